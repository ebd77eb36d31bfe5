//! Limits on attempts to sign in: guessing a password has to be slow, and hashing one is work.
//!
//! Three limits: for one account from one address; for one address, where several people may sit; and,
//! much wider, for one account from anywhere, so that a stranger's guesses don't lock its owner out soon.
//! A fourth, much narrower, is for the codes of a second factor: they are short, and who gets so far knows the password.

mod callers;

use std::{net::IpAddr, num::NonZeroU32, time::Duration};

use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
};
use latchkey_types::{ProblemCode, UserId};

pub use self::callers::{Budget, Callers};
use crate::error::{ApiError, ApiResult};

/// The limiters. What they remember is small: one time for each account and address that tried.
pub struct Throttle {
    pairs: DefaultKeyedRateLimiter<(String, Option<IpAddr>)>,
    addresses: DefaultKeyedRateLimiter<Option<IpAddr>>,
    accounts: DefaultKeyedRateLimiter<String>,
    codes: DefaultKeyedRateLimiter<UserId>,
}

impl Throttle {
    /// So many attempts a minute for one account from one address; three times as many from one address;
    /// ten times as many for one account; and as many codes of one account an hour.
    #[must_use]
    pub fn new(per_minute: u32) -> Self {
        let quota = |times: u32| {
            let n = per_minute.saturating_mul(times);
            Quota::per_minute(NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN))
        };
        Self {
            pairs: RateLimiter::keyed(quota(1)),
            addresses: RateLimiter::keyed(quota(3)),
            accounts: RateLimiter::keyed(quota(10)),
            codes: RateLimiter::keyed(Quota::per_hour(
                NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN),
            )),
        }
    }

    /// Counts an attempt to sign in to this account.
    ///
    /// # Errors
    /// 429 with the seconds to wait.
    pub fn account(&self, account: &str, address: Option<IpAddr>) -> ApiResult<()> {
        self.address(address)?;
        let account = account.trim().to_lowercase();
        let now = DefaultClock::default().now();
        self.pairs
            .check_key(&(account.clone(), network(address)))
            .map_err(|no| refused("attempts", no.wait_time_from(now)))?;
        self.accounts
            .check_key(&account)
            .map_err(|no| refused("attempts", no.wait_time_from(now)))
    }

    /// Counts a code for the second factor of this account, from wherever it comes. Of a million codes three are right at
    /// a time: at ten an hour a guess takes years.
    ///
    /// # Errors
    /// 429 with the seconds to wait.
    pub fn code(&self, user: UserId) -> ApiResult<()> {
        let now = DefaultClock::default().now();
        self.codes
            .check_key(&user)
            .map_err(|no| refused("attempts", no.wait_time_from(now)))
    }

    /// Counts an attempt that names no account.
    ///
    /// # Errors
    /// 429 with the seconds to wait.
    pub fn address(&self, address: Option<IpAddr>) -> ApiResult<()> {
        let now = DefaultClock::default().now();
        self.addresses
            .check_key(&network(address))
            .map_err(|no| refused("attempts", no.wait_time_from(now)))
    }

    /// Forgets who has not tried for long.
    pub fn tidy(&self) {
        self.pairs.retain_recent();
        self.addresses.retain_recent();
        self.accounts.retain_recent();
        self.codes.retain_recent();
    }
}

fn refused(what: &str, wait: Duration) -> ApiError {
    // Whole seconds, and never so few that it would still be too early.
    let seconds = (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1);
    ApiError::new(
        ProblemCode::TooManyAttempts,
        format!("There were too many {what}. Try again in {seconds} seconds."),
    )
    .retry_after(seconds)
}

/// One subscriber has a whole /64 of IPv6 addresses (RFC 6177), so that is what counts as one.
fn network(address: Option<IpAddr>) -> Option<IpAddr> {
    match address {
        Some(IpAddr::V6(ip)) => {
            let [a, b, c, d, ..] = ip.segments();
            Some(IpAddr::from([a, b, c, d, 0, 0, 0, 0]))
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_limited_per_address() {
        let throttle = Throttle::new(2);
        let (here, there) = (
            Some(IpAddr::from([192, 0, 2, 1])),
            Some(IpAddr::from([192, 0, 2, 2])),
        );
        assert!(throttle.account("ada@example.com", here).is_ok());
        assert!(throttle.account(" ADA@example.com", here).is_ok());
        let refused = throttle.account("ada@example.com", here).unwrap_err();
        assert_eq!(refused.code(), ProblemCode::TooManyAttempts);
        assert!(
            throttle.account("ada@example.com", there).is_ok(),
            "her own address is another"
        );
    }

    #[test]
    fn an_address_is_limited_over_all_accounts() {
        let throttle = Throttle::new(2);
        let here = Some(IpAddr::from([192, 0, 2, 1]));
        let tried = (0..10)
            .filter(|n| throttle.account(&n.to_string(), here).is_ok())
            .count();
        assert_eq!(tried, 6);
        assert!(throttle.address(here).is_err());
    }

    #[test]
    fn codes_of_an_account_are_limited_by_the_hour_from_everywhere() {
        let throttle = Throttle::new(2);
        let (ada, other): (UserId, UserId) = (
            "usr_019a1c5e0f7a7c3e8a4b5d6e7f801234".parse().unwrap(),
            "usr_019a1c5e0f7a7c3e8a4b5d6e7f801235".parse().unwrap(),
        );
        assert!(throttle.code(ada).is_ok() && throttle.code(ada).is_ok());
        let refused = throttle.code(ada).unwrap_err();
        assert_eq!(refused.code(), ProblemCode::TooManyAttempts);
        let seconds = refused.inner().retry_after_seconds.unwrap();
        assert!(seconds > 60, "the next one comes within {seconds} seconds");
        assert!(throttle.code(other).is_ok());
    }

    #[test]
    fn a_whole_ipv6_network_is_one_address() {
        let one: IpAddr = "2001:db8:1:2:3::4".parse().unwrap();
        let other: IpAddr = "2001:db8:1:2:ffff::1".parse().unwrap();
        assert_eq!(network(Some(one)), network(Some(other)));
    }
}
