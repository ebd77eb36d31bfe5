//! What has to be read again, and so can't be kept as a digest: the credentials of upstreams, and what authenticator apps
//! share with the server.

use std::fmt;

use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{AeadInOut as _, inout::InOutBuf},
};
use zeroize::Zeroizing;

/// What sealed bytes begin with: another format or cipher would get another number.
const VERSION: u8 = 1;
const NONCE: usize = 24;
const TAG: usize = 16;

/// Encrypts and authenticates bytes for the database (XChaCha20-Poly1305, draft-irtf-cfrg-xchacha-03).
///
/// Sealed bytes are a version byte, the nonce of 24 bytes, and the ciphertext with its tag of 16. Its nonces
/// are random: with 192 bits two never meet, however often is sealed.
pub struct Sealer(XChaCha20Poly1305);

/// Why nothing was sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealError<E> {
    /// There was no randomness.
    Randomness(E),
    /// More than the cipher takes at once: 256 GiB.
    TooLong,
}

impl Sealer {
    pub(crate) fn of(key: &[u8; 32]) -> Self {
        Self(XChaCha20Poly1305::new(key.into()))
    }

    /// Seals these bytes. Only with the same `associated` parts, which say where the bytes belong, can they be
    /// opened. `fill` gives the nonce, and must do so from the operating system's generator.
    ///
    /// # Errors
    /// Whatever `fill` gives, or more bytes than the cipher takes; then nothing is sealed.
    pub fn seal<E>(
        &self,
        plain: &[u8],
        associated: &[&[u8]],
        mut fill: impl FnMut(&mut [u8]) -> Result<(), E>,
    ) -> Result<Vec<u8>, SealError<E>> {
        let mut nonce = XNonce::default();
        fill(&mut nonce).map_err(SealError::Randomness)?;
        // The capacity is exact: a vector that grew would leave a copy of the plain bytes behind.
        let mut sealed = Vec::with_capacity(1 + NONCE + plain.len() + TAG);
        sealed.push(VERSION);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let body = sealed.get_mut(1 + NONCE..).unwrap_or_default();
        let tag = self
            .0
            .encrypt_inout_detached(&nonce, &joined(associated), InOutBuf::from(body))
            .map_err(|_| SealError::TooLong)?;
        sealed.extend_from_slice(&tag);
        Ok(sealed)
    }

    /// The bytes that were sealed with these `associated` parts; wiped when dropped. `None` for anything else:
    /// what another key sealed, what belongs elsewhere, what was changed or cut.
    #[must_use]
    pub fn open(&self, sealed: &[u8], associated: &[&[u8]]) -> Option<Zeroizing<Vec<u8>>> {
        let (&VERSION, rest) = sealed.split_first()? else {
            return None;
        };
        let (nonce, body) = rest.split_at_checked(NONCE)?;
        let nonce = XNonce::try_from(nonce).ok()?;
        let mut plain = Zeroizing::new(body.to_vec());
        self.0
            .decrypt_in_place(&nonce, &joined(associated), &mut *plain)
            .ok()?;
        Some(plain)
    }
}

/// The parts with their lengths before them, so that `ab` + `c` and `a` + `bc` differ.
fn joined(parts: &[&[u8]]) -> Vec<u8> {
    let mut joined = Vec::new();
    for part in parts {
        joined.extend_from_slice(&(part.len() as u64).to_le_bytes());
        joined.extend_from_slice(part);
    }
    joined
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer(…)")
    }
}

impl<E: fmt::Display> fmt::Display for SealError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Randomness(error) => write!(f, "the system gave no randomness: {error}"),
            Self::TooLong => f.write_str("too long to be sealed"),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for SealError<E> {}

#[cfg(test)]
mod fuzz;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::MasterKey;

    fn sealer(key: u8) -> Sealer {
        Sealer::of(&[key; 32])
    }

    fn seal(plain: &[u8], associated: &[&[u8]]) -> Vec<u8> {
        let fill = |bytes: &mut [u8]| {
            bytes.fill(5);
            Ok::<_, ()>(())
        };
        sealer(7)
            .seal(plain, associated, fill)
            .expect("it is short")
    }

    #[test]
    fn what_is_sealed_opens_where_it_belongs_and_nowhere_else() {
        let sealed = seal(b"Bearer x", &[b"ab", b"c"]);
        let open = |key, associated: &[&[u8]]| sealer(key).open(&sealed, associated);
        assert_eq!(open(7, &[b"ab", b"c"]).unwrap().as_slice(), b"Bearer x");
        assert!(open(8, &[b"ab", b"c"]).is_none());
        assert!(open(7, &[b"a", b"bc"]).is_none());
        assert!(open(7, &[b"abc"]).is_none());
        assert!(open(7, &[]).is_none());
    }

    #[test]
    fn every_changed_bit_and_every_cut_is_noticed() {
        let sealed = seal(b"Bearer x", &[]);
        for at in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[at / 8] ^= 1 << (at % 8);
            assert!(sealer(7).open(&changed, &[]).is_none(), "bit {at}");
        }
        for length in 0..sealed.len() {
            assert!(sealer(7).open(&sealed[..length], &[]).is_none(), "{length}");
        }
    }

    /// Databases hold this format: it must open what an earlier version sealed. The vector of
    /// draft-irtf-cfrg-xchacha-03 §A.3.1 can't be used as it is, because associated parts get their lengths.
    #[test]
    fn the_format_stays() {
        let sealed = seal(b"Bearer x", &[b"project"]);
        let hex: String = sealed.iter().map(|b| format!("{b:02x}")).collect();
        let nonce = "05".repeat(24);
        let body = "b3df149f7805e95705feaba80a3074b7ee80ce45dd77380f";
        assert_eq!(hex, format!("01{nonce}{body}"));
    }

    #[test]
    fn nonces_are_what_fill_gives_and_without_randomness_nothing_is_sealed() {
        let sealed = seal(b"x", &[]);
        assert_eq!(sealed[..25], [[1].as_slice(), &[5; 24]].concat());
        let none = sealer(7).seal(b"x", &[], |_| Err("gone"));
        assert_eq!(none, Err(SealError::Randomness("gone")));
    }

    #[test]
    fn debug_shows_nothing() {
        let sealer = MasterKey::from_bytes([7; 32]).sealer("x");
        assert_eq!(format!("{sealer:?}"), "Sealer(…)");
    }

    proptest! {
        #[test]
        fn anything_can_be_sealed_and_nothing_panics(plain: Vec<u8>, place: Vec<u8>, noise: Vec<u8>) {
            let sealed = seal(&plain, &[&place]);
            prop_assert!(plain.len() < 8 || !sealed.windows(plain.len()).any(|part| part == plain));
            let opened = sealer(7).open(&sealed, &[&place]);
            prop_assert_eq!(opened.map(|plain| plain.to_vec()), Some(plain));
            prop_assert!(sealer(7).open(&noise, &[&place]).is_none());
        }
    }
}
