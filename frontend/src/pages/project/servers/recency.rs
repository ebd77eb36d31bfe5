//! How long ago a secret was used: what decides whether to warn before its access ends. Pure.

use latchkey_types::{Timestamp, key::Key};

/// Used so recently that somebody is surely working with it: warn before it ends.
pub const BUSY_SECONDS: i64 = 15 * 60;
/// Used so recently that its end deserves a second question.
pub const RECENT_SECONDS: i64 = 24 * 3600;

/// Whether it was within the last so many seconds.
#[must_use]
pub fn is_within(at: Option<Timestamp>, seconds: i64, now: Timestamp) -> bool {
    at.is_some_and(|at| at.plus_seconds(seconds) > now)
}

/// Where the last call came from, as it continues “used 2 min ago”: “by claude-code/2.1.0 from 203.0.113.7”.
#[must_use]
pub fn origin(key: &Key) -> String {
    let by = key
        .last_used_client
        .as_deref()
        .map(|client| format!(" by {client}"));
    let from = key.last_used_ip.as_deref().map(|ip| format!(" from {ip}"));
    format!("{}{}", by.unwrap_or_default(), from.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    #[test]
    fn recent_means_less_than_the_span() {
        assert!(!is_within(None, 60, NOW));
        assert!(is_within(Some(NOW.plus_seconds(-59)), 60, NOW));
        assert!(!is_within(Some(NOW.plus_seconds(-60)), 60, NOW));
    }
}
