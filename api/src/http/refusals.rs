//! How many lines the log gets about refused checks.
//!
//! Whoever tries keys as fast as the network lets them must neither fill the disk nor slow down everybody else's checks:
//! a line costs more than ten refusals. Each second has its lines, and what comes beyond is counted and told as a number.
//! A key's own counters and `/metrics` count every refusal all the same.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use latchkey_types::Timestamp;

/// Lines a second.
const LINES: u64 = 100;
/// Bits of the word below that count lines; the second is above them.
const COUNT_BITS: u32 = 24;

/// The count of this second, and of what was not logged.
#[derive(Default)]
pub struct Refusals {
    /// The second, and how many refusals came in it.
    word: AtomicU64,
    unlogged: AtomicU64,
}

impl Refusals {
    /// Whether a refusal at this moment gets a line. Counts it.
    pub fn has_room(&self, now: Timestamp) -> bool {
        let second = now.as_millis().unsigned_abs() / 1000;
        let word = self.word.load(Relaxed);
        let count = match word >> COUNT_BITS == second {
            true => word & ((1 << COUNT_BITS) - 1),
            false => 0,
        };
        if count >= LINES {
            self.unlogged.fetch_add(1, Relaxed);
            return false;
        }
        // Two at the same moment may count as one: a line more or less is no matter.
        self.word.store(second << COUNT_BITS | (count + 1), Relaxed);
        true
    }

    /// How many got no line since this was last asked.
    pub fn take_unlogged(&self) -> u64 {
        self.unlogged.swap(0, Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_second_has_its_lines_and_the_rest_is_counted() {
        let refusals = Refusals::default();
        let noon = Timestamp::from_millis(1_700_000_000_000);
        let lines = |at: Timestamp| (0..250).filter(|_| refusals.has_room(at)).count();
        assert_eq!(lines(noon), 100);
        assert_eq!(lines(noon.plus_millis(999)), 0);
        assert_eq!(refusals.take_unlogged(), 400);
        assert_eq!(lines(noon.plus_millis(1000)), 100);
        assert_eq!(
            (refusals.take_unlogged(), refusals.take_unlogged()),
            (150, 0)
        );
    }
}
