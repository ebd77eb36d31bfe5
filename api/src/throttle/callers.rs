//! Limits on what signed-in callers do: a person's sessions and tokens have one budget together, because a person can
//! make more of either. Guessing is limited elsewhere ([`super::Throttle`]), calls of a key at its endpoint.

use std::num::NonZeroU32;

use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::NoOpMiddleware,
    state::keyed::DefaultKeyedStateStore,
};
use latchkey_types::UserId;

use super::refused;
use crate::error::ApiResult;

/// What an operation counts against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Budget {
    /// Whatever writes.
    Changes,
    /// Reading much at once.
    Exports,
}

/// The limits on callers. What they remember is one time for each person who called lately.
pub struct Callers<C: Clock = DefaultClock> {
    changes: Option<Limiter<C>>,
    exports: Option<Limiter<C>>,
    clock: C,
}

type Limiter<C> =
    RateLimiter<UserId, DefaultKeyedStateStore<UserId>, C, NoOpMiddleware<<C as Clock>::Instant>>;

impl Callers {
    /// So many changes and exports a minute for one person, and as many at once; 0 is no limit.
    #[must_use]
    pub fn new(changes: u32, exports: u32) -> Self {
        Self::with_clock(changes, exports, DefaultClock::default())
    }
}

impl<C: Clock + Clone> Callers<C> {
    fn with_clock(changes: u32, exports: u32, clock: C) -> Self {
        let limiter = |per_minute| {
            let quota = Quota::per_minute(NonZeroU32::new(per_minute)?);
            let times = DefaultKeyedStateStore::default();
            Some(RateLimiter::new(quota, times, clock.clone()))
        };
        Self {
            changes: limiter(changes),
            exports: limiter(exports),
            clock,
        }
    }

    /// Counts one operation of this person.
    ///
    /// # Errors
    /// 429 with the seconds to wait.
    pub fn count(&self, user_id: UserId, budget: Budget) -> ApiResult<()> {
        let (limiter, what) = match budget {
            Budget::Changes => (&self.changes, "changes by you and your management tokens"),
            Budget::Exports => (
                &self.exports,
                "reads of the audit log by you and your management tokens",
            ),
        };
        let Some(limiter) = limiter else {
            return Ok(());
        };
        limiter
            .check_key(&user_id)
            .map_err(|no| refused(what, no.wait_time_from(self.clock.now())))
    }

    /// Forgets who has not called for long.
    pub fn tidy(&self) {
        for limiter in [&self.changes, &self.exports].into_iter().flatten() {
            limiter.retain_recent();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use governor::clock::FakeRelativeClock;
    use latchkey_types::ProblemCode;

    use super::*;

    fn people() -> (UserId, UserId) {
        let id = |n: u128| UserId::from_uuid(uuid::Uuid::from_u128(n));
        (id(1), id(2))
    }

    #[test]
    fn people_and_budgets_are_counted_apart() {
        let (ada, other) = people();
        let callers = Callers::with_clock(2, 1, FakeRelativeClock::default());
        assert!(callers.count(ada, Budget::Changes).is_ok());
        assert!(callers.count(ada, Budget::Changes).is_ok());
        let refused = callers.count(ada, Budget::Changes).unwrap_err();
        assert_eq!(refused.code(), ProblemCode::TooManyAttempts);
        assert!(callers.count(ada, Budget::Exports).is_ok());
        assert!(callers.count(ada, Budget::Exports).is_err());
        assert!(callers.count(other, Budget::Changes).is_ok());
    }

    #[test]
    fn after_the_seconds_that_the_refusal_names_there_is_room_and_not_before() {
        let (ada, _) = people();
        let clock = FakeRelativeClock::default();
        // One every 20 seconds, once the three at once are spent.
        let callers = Callers::with_clock(3, 0, clock.clone());
        for _ in 0..3 {
            assert!(callers.count(ada, Budget::Changes).is_ok());
        }
        clock.advance(Duration::from_millis(500));
        let refused = callers.count(ada, Budget::Changes).unwrap_err();
        assert_eq!(refused.seconds_to_wait(), Some(20));
        clock.advance(Duration::from_secs(19));
        let refused = callers.count(ada, Budget::Changes).unwrap_err();
        assert_eq!(refused.seconds_to_wait(), Some(1));
        clock.advance(Duration::from_secs(1));
        assert!(callers.count(ada, Budget::Changes).is_ok());
        assert!(callers.count(ada, Budget::Changes).is_err());
    }

    #[test]
    fn zero_is_no_limit() {
        let (ada, _) = people();
        let callers = Callers::with_clock(0, 0, FakeRelativeClock::default());
        for _ in 0..10_000 {
            assert!(callers.count(ada, Budget::Changes).is_ok());
            assert!(callers.count(ada, Budget::Exports).is_ok());
        }
    }
}
