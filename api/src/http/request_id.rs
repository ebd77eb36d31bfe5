//! A request's id: names it in the log, in problem documents and in `X-Request-Id`.
//!
//! A caller's own X-Request-Id is not taken over: it would let them write into our log, and make two
//! requests share an id.

use std::{
    fmt,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

use actix_web::http::header::HeaderValue;

/// 32 hex digits: half of them of this process, half a counter. No randomness is spent on each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestId(u64, u64);

static PROCESS: LazyLock<u64> = LazyLock::new(|| {
    let mut bytes = [0; 8];
    // Without randomness the start time must do: the id is a name, not a secret.
    match getrandom::fill(&mut bytes) {
        Ok(()) => u64::from_le_bytes(bytes),
        Err(_) => crate::clock::now().as_millis().unsigned_abs(),
    }
});
static COUNTER: AtomicU64 = AtomicU64::new(0);

impl RequestId {
    /// The next one.
    #[must_use]
    pub fn next() -> Self {
        Self(*PROCESS, COUNTER.fetch_add(1, Ordering::Relaxed))
    }

    /// The 32 digits, without an allocation: every answer has them.
    #[must_use]
    pub fn digits(self) -> [u8; 32] {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [b'0'; 32];
        let all = u128::from(self.0) << 64 | u128::from(self.1);
        for (at, digit) in text.iter_mut().rev().enumerate() {
            *digit = DIGITS[(all >> (4 * at) & 0xf) as usize];
        }
        text
    }

    /// The 32 digits as the value of a header.
    #[must_use]
    pub fn value(self) -> HeaderValue {
        // Hex digits always can be one.
        HeaderValue::from_bytes(&self.digits()).unwrap_or(HeaderValue::from_static("none"))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}{:016x}", self.0, self.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digits_are_those_that_are_displayed() {
        for id in [
            RequestId(0, 0),
            RequestId(0x0123_4567_89ab_cdef, 10),
            RequestId(u64::MAX, 1),
        ] {
            assert_eq!(id.digits(), id.to_string().as_bytes());
        }
    }
}
