//! Setting up a new instance: whoever has the token that the server printed becomes its administrator.

use std::sync::atomic::{AtomicBool, Ordering};

use latchkey_keys::{Digest, KeyRing, OpaqueToken};
use subtle::ConstantTimeEq as _;

/// Whether setup is needed, and the digest of the token that it takes.
pub struct Setup {
    digest: Digest,
    needed: AtomicBool,
}

impl Setup {
    /// With the token that was configured, or a fresh one, which is returned to be printed.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn new(
        ring: &KeyRing,
        configured: Option<&str>,
        needed: bool,
    ) -> Result<(Self, Option<OpaqueToken>), getrandom::Error> {
        let fresh = match configured {
            Some(_) => None,
            None => Some(OpaqueToken::generate(getrandom::fill)?),
        };
        let text = configured
            .or(fresh.as_ref().map(OpaqueToken::expose))
            .unwrap_or_default();
        let digest = ring.setup.digest(text.as_bytes());
        Ok((
            Self {
                digest,
                needed: AtomicBool::new(needed),
            },
            fresh,
        ))
    }

    /// Whether no account exists yet.
    #[must_use]
    pub fn is_needed(&self) -> bool {
        self.needed.load(Ordering::Acquire)
    }

    /// From now on it isn't.
    pub fn done(&self) {
        self.needed.store(false, Ordering::Release);
    }

    /// Whether this is the token.
    #[must_use]
    pub fn accepts(&self, ring: &KeyRing, token: &str) -> bool {
        let presented = ring.setup.digest(token.as_bytes());
        self.digest.as_bytes().ct_eq(presented.as_bytes()).into()
    }
}
