//! What is known of each key while it is checked and revoked, by one clock, and whether an answer fits.

use std::{cell::Cell, time::Instant};

/// When the end of each key was asked for, and when that was answered.
pub struct Ledger {
    keys: Vec<Lines>,
}

#[derive(Default)]
struct Lines {
    asked: Cell<Option<Instant>>,
    answered: Cell<Option<Instant>>,
}

/// What an answer to a check is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// It began after the revoke's answer was read, and the key was refused.
    Late,
    /// It began before that: either answer is right.
    Early,
    /// It began after the revoke's answer was read, and the key was accepted.
    AcceptedLate,
    /// It was refused before anybody asked for the key's end.
    RefusedEarly,
}

impl Ledger {
    /// So many keys, all of which are good.
    pub fn new(keys: usize) -> Self {
        Self {
            keys: (0..keys).map(|_| Lines::default()).collect(),
        }
    }

    /// The first byte of the request that revokes this key leaves after this moment.
    pub fn ask(&self, key: usize, now: Instant) {
        if let Some(lines) = self.keys.get(key) {
            lines.asked.set(Some(now));
        }
    }

    /// The last byte of the 2xx has been read before this moment.
    pub fn answered(&self, key: usize, now: Instant) {
        if let Some(lines) = self.keys.get(key) {
            lines.answered.set(Some(now));
        }
    }

    /// Judges a check, right after its answer was read. `started` is before its first byte was sent.
    pub fn judge(&self, key: usize, started: Instant, is_accepted: bool) -> Finding {
        let lines = self.keys.get(key);
        let answered = lines.and_then(|lines| lines.answered.get());
        let is_late = answered.is_some_and(|answered| started > answered);
        let is_asked = lines.is_some_and(|lines| lines.asked.get().is_some());
        match (is_late, is_accepted) {
            (true, true) => Finding::AcceptedLate,
            (true, false) => Finding::Late,
            (false, false) if !is_asked => Finding::RefusedEarly,
            (false, _) => Finding::Early,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn only_what_begins_after_the_answer_has_to_be_refused() {
        let asked = Instant::now();
        let answered = asked + Duration::from_millis(2);
        let [before, between, after] = [0, 1, 3].map(|at| asked + Duration::from_millis(at));
        let ledger = Ledger::new(2);
        ledger.ask(0, asked);
        ledger.answered(0, answered);
        let table = [
            (0, before, true, Finding::Early),
            (0, between, true, Finding::Early),
            (0, between, false, Finding::Early),
            (0, answered, true, Finding::Early),
            (0, after, false, Finding::Late),
            (0, after, true, Finding::AcceptedLate),
            // The other key was left alone.
            (1, after, true, Finding::Early),
            (1, after, false, Finding::RefusedEarly),
        ];
        for (key, started, is_accepted, wanted) in table {
            let finding = ledger.judge(key, started, is_accepted);
            assert_eq!(finding, wanted, "key {key}, {is_accepted}");
        }
    }
}
