//! Contenders in turns: all run, one is loaded, round by round, each time in another order.

use crate::{
    Outcome,
    bench::Bench,
    contender::Contender,
    figures::Series,
    say,
    wrk::{self, Sample},
};

/// Before the first round each is loaded for so long, in seconds.
const WARM_UP: u32 = 1;
/// Slow ones are timed in no more rounds than this.
const SLOW_ROUNDS: u32 = 3;

/// A contender, and how often it is timed.
pub struct Entry {
    /// Who.
    pub contender: Contender,
    /// Whether it is so slow that fewer rounds tell the same.
    pub is_slow: bool,
}

/// What a contender's rounds gave.
#[derive(Clone, Default)]
pub struct Timed {
    /// Its name.
    pub name: String,
    /// Answers a second.
    pub rate: Series,
    /// Half of the answers came sooner, in milliseconds.
    pub p50: Series,
    /// 99 of 100 came sooner, in milliseconds.
    pub p99: Series,
}

impl Timed {
    /// One without figures.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    /// Adds a round's; `None` for a round in which it was left out.
    pub fn push(&mut self, sample: Option<Sample>) {
        self.rate.push(sample.map(|sample| sample.per_second()));
        self.p50.push(sample.map(|sample| sample.p50_us / 1000.0));
        self.p99.push(sample.map(|sample| sample.p99_us / 1000.0));
    }
}

impl Entry {
    /// One that is far slower than the others.
    pub fn slow(contender: Contender) -> Self {
        Self {
            contender,
            is_slow: true,
        }
    }
}

impl From<Contender> for Entry {
    fn from(contender: Contender) -> Self {
        Self {
            contender,
            is_slow: false,
        }
    }
}

/// Checks all of them, then times them; in the order in which they came.
///
/// # Errors
/// When one of them answers wrongly.
pub fn in_turns(bench: &Bench, entries: &[Entry]) -> Outcome<Vec<Timed>> {
    let folder = bench.folder("wrk")?;
    for entry in entries {
        entry.contender.check()?;
    }
    for entry in entries {
        wrk::load(&entry.contender, WARM_UP, folder.path())?;
    }
    let mut timed: Vec<Timed> = entries
        .iter()
        .map(|entry| Timed::named(&entry.contender.name))
        .collect();
    for round in 0..bench.rounds() {
        say(&format!("  round {} of {}", round + 1, bench.rounds()));
        for at in order(entries.len(), round) {
            let (Some(entry), Some(timed)) = (entries.get(at), timed.get_mut(at)) else {
                continue;
            };
            let is_out = entry.is_slow && round >= SLOW_ROUNDS;
            timed.push(match is_out {
                true => None,
                false => Some(wrk::load(&entry.contender, bench.seconds(), folder.path())?),
            });
        }
    }
    Ok(timed)
}

/// Another one begins each round, so that nobody is always first after somebody slow.
fn order(count: usize, round: u32) -> impl Iterator<Item = usize> {
    (0..count).map(move |at| (at + round as usize) % count.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_round_has_everybody_and_begins_with_another() {
        let rounds: Vec<Vec<usize>> = (0..4).map(|round| order(3, round).collect()).collect();
        assert_eq!(rounds, [[0, 1, 2], [1, 2, 0], [2, 0, 1], [0, 1, 2]]);
    }
}
