//! Event streams that are open through the proxy: what they weigh, and how soon they end with their key.

mod held;

use std::{
    io,
    time::{Duration, Instant},
};

use self::held::{Ends, Held};
use super::mcp::backend;
use crate::{
    Outcome,
    bench::Bench,
    load::{self, Connection},
    machine, peers,
    report::{Bound, Cell, Report},
    say,
    server::Server,
    stock::SLUG,
};

/// Keys with open streams.
const KEYS: usize = 10;
/// Streams of each.
const STREAMS: usize = 100;
/// What Latchkey may have in memory with all of them, in MiB.
const MEMORY: f64 = 64.0;
/// How long a revoke may take, in milliseconds.
const LONGEST: f64 = 50.0;

/// A revoke of a key with open streams.
struct Revoke {
    time: Duration,
    ends: Ends,
}

/// Measures it.
///
/// # Errors
/// When a stream doesn't open, or doesn't end with its key.
pub fn run(bench: &Bench) -> Outcome<Report> {
    let busy = machine::busy_percent()?;
    let rounds = bench.rounds() as usize;
    let settings = [backend::ALLOW, ("LATCHKEY_MCP_CALLS_PER_KEY", "100")];
    let server = Server::start(bench, KEYS * rounds, &settings)?;
    let (upstream, _process) = peers::start_own(bench, "echo")?;
    backend::set_upstream(&server, upstream)?;

    let (mut memory, mut revokes) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        say(&format!("  round {} of {rounds}", round + 1));
        let before = server.resident_mib()?;
        let (after, ended) = load::run(one_round(&server, round * KEYS))??;
        memory.push((before, after));
        revokes.extend(ended);
    }
    let about = format!(
        "{} event streams (`GET` of the MCP endpoint) are open through Latchkey to an MCP server that says nothing, {STREAMS} \
         for each of {KEYS} keys. Then one key after the other is revoked, and each stream of a revoked key has to end while \
         all others stay open.",
        KEYS * STREAMS
    );
    Ok(report(about, busy, &memory, &revokes))
}

/// Opens all streams, looks at the memory, and revokes key after key.
async fn one_round(server: &Server, first: usize) -> Outcome<(f64, Vec<Revoke>)> {
    let path = format!("/{SLUG}/mcp/v1");
    let keys = server.stock.keys.iter().skip(first).take(KEYS);
    let mut open = Vec::new();
    for key in keys {
        let held = Held::open(server.address, &path, &key.secret, STREAMS).await?;
        open.push((key.id, held));
    }
    let memory = server.resident_mib()?;
    let mut connection = Connection::open(server.address).await?;
    let mut revokes = Vec::new();
    while let Some((id, held)) = open.pop() {
        let request = server
            .as_manager("DELETE", &format!("{}/{id}", server.keys_path()))
            .bytes();
        let start = Instant::now();
        let status = connection.ask(&request).await?.status;
        let time = start.elapsed();
        if status != 200 {
            return Err(io::Error::other(format!("a revoke was answered with {status}")).into());
        }
        let ends = held.until_all_ended().await?;
        revokes.push(Revoke { time, ends });
        let early: usize = open.iter_mut().map(|(_, held)| held.ended_early()).sum();
        if early > 0 {
            return Err(format!("{early} streams of keys that are good have ended").into());
        }
    }
    Ok((memory, revokes))
}

fn report(about: String, busy: f64, memory: &[(f64, f64)], revokes: &[Revoke]) -> Report {
    let mut report = Report::new(about, busy);
    let (before, first_after) = memory.first().copied().unwrap_or((f64::NAN, f64::NAN));
    let most = memory
        .iter()
        .map(|(_, after)| *after)
        .fold(first_after, f64::max);
    report.table(
        "Latchkey's resident memory, MiB",
        &["when", "MiB"],
        vec![
            vec!["before the first stream".into(), Cell::Number(before, 1)],
            vec!["with 1,000 streams".into(), Cell::Number(first_after, 1)],
            vec![
                "with 1,000 streams, the most of all rounds".into(),
                Cell::Number(most, 1),
            ],
        ],
    );
    let mut times: Vec<f64> = revokes
        .iter()
        .map(|revoke| revoke.time.as_secs_f64() * 1000.0)
        .collect();
    times.sort_by(f64::total_cmp);
    let p99 = percentile(&times, 99);
    let sum = |of: fn(&Ends) -> usize| {
        revokes.iter().map(|revoke| of(&revoke.ends)).sum::<usize>() as f64
    };
    report.table(
        "Revokes of keys with 100 open streams",
        &["what", "figure"],
        vec![
            vec!["revokes".into(), Cell::Number(revokes.len() as f64, 0)],
            vec![
                "to the answer, median, ms".into(),
                Cell::Number(percentile(&times, 50), 1),
            ],
            vec!["to the answer, p99, ms".into(), Cell::Number(p99, 1)],
            vec![
                "streams that ended with their last chunk".into(),
                Cell::Number(sum(|ends| ends.orderly), 0),
            ],
            vec![
                "streams that ended with their connection".into(),
                Cell::Number(sum(|ends| ends.cut), 0),
            ],
        ],
    );
    report.target(
        "8: 1,000 idle streams: at most 64 MiB in all",
        most,
        Bound::AtMost(MEMORY),
        1,
    );
    report.target(
        "8: a revoke of a key with 100 of them: p99 at most 50 ms",
        p99,
        Bound::AtMost(LONGEST),
        1,
    );
    report
}

/// So many of a hundred are at most this (the nearest rank above).
fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_figures() {
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        for (figures, percent, wanted) in [
            (hundred.as_slice(), 99, 99.0),
            (&hundred, 50, 50.0),
            (&hundred[..50], 99, 50.0),
            (&hundred[..1], 99, 1.0),
        ] {
            assert!(
                (percentile(figures, percent) - wanted).abs() < 1e-9,
                "{percent} of {}",
                figures.len()
            );
        }
        assert!(percentile(&[], 99).is_nan());
    }
}
