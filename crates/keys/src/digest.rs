//! What is kept of a secret.

use std::{
    fmt,
    hash::{Hash, Hasher},
};

use subtle::ConstantTimeEq as _;

/// A keyed digest (HMAC-SHA256, 32 bytes) of a secret, of a token or of what has to be recognised again.
///
/// `Debug` shows nothing of it: who can read logs must not be able to find rows.
#[derive(Clone, Copy, Eq, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest that these bytes are.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first 8 bytes. They are as good as random to everyone without the key, so a hash table may use
    /// them as they are.
    #[must_use]
    pub const fn prefix(&self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Hash for Digest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.prefix());
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Digest::from_bytes([0xab; 32])), "Digest(…)");
    }

    #[test]
    fn digests_that_differ_in_one_bit_are_different() {
        for at in 0..32 {
            let mut other = [7; 32];
            other[at] ^= 0x80;
            assert_ne!(Digest::from_bytes(other), Digest::from_bytes([7; 32]));
        }
    }
}
