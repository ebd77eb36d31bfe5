//! The keys of every purpose, made once at the start.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{Digest, MasterKey, Presented, Sealer, Secret};

/// A key of HMAC-SHA256 for one purpose. It is keyed once and its state cloned for each use, which saves
/// two of four compressions.
pub struct SubKey(Hmac<Sha256>);

/// Every sub-key that Latchkey uses.
#[derive(Debug)]
pub struct KeyRing {
    /// For the secrets at rest, `lk_…` and `lkm_…`.
    pub pepper: SubKey,
    /// Which pepper that is. Rows remember it, so that a later one can come in beside it.
    pub pepper_version: i32,
    /// For the tokens of browser sessions.
    pub session: SubKey,
    /// For the tokens of sign-in links.
    pub link: SubKey,
    /// For the setup token.
    pub setup: SubKey,
    /// For the chain of the audit log.
    pub audit: SubKey,
    /// For the digests of requests that are remembered by their Idempotency-Key.
    pub idempotency: SubKey,
    /// For the session ids that MCP clients get.
    pub mcp_session: SubKey,
    /// For the values of the headers that upstreams get.
    pub upstream: Sealer,
    /// For the secrets that authenticator apps share with the server.
    pub second_factor: Sealer,
    /// For the codes that sign in when such an app is lost.
    pub recovery_code: SubKey,
}

/// What has a secret's text: [`Secret`] and [`Presented`], and nothing else.
pub trait SecretText: sealed::Sealed {
    /// The text. Do not keep it.
    fn secret_text(&self) -> &str;
}

impl SubKey {
    pub(crate) fn of(key: &[u8; 32]) -> Self {
        // HMAC pads a key with zeros to the block's 64 bytes. Done here it can't fail, unlike
        // `new_from_slice`.
        let mut block = Zeroizing::new([0_u8; 64]);
        for (place, byte) in block.iter_mut().zip(key) {
            *place = *byte;
        }
        let block: &[u8; 64] = &block;
        Self(Hmac::new(block.into()))
    }

    /// The keyed digest of these bytes.
    #[must_use]
    pub fn digest(&self, data: &[u8]) -> Digest {
        let mut mac = self.0.clone();
        mac.update(data);
        Digest::from_bytes(mac.finalize().into_bytes().into())
    }

    /// The keyed digest of several parts. Each goes in with its length before it, so `ab` + `c` and
    /// `a` + `bc` differ.
    #[must_use]
    pub fn digest_parts(&self, parts: &[&[u8]]) -> Digest {
        let mut mac = self.0.clone();
        for part in parts {
            // usize is at most 64 bits on every platform Rust has.
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part);
        }
        Digest::from_bytes(mac.finalize().into_bytes().into())
    }
}

impl KeyRing {
    /// All the keys that this master key stands for.
    #[must_use]
    pub fn derive(master: &MasterKey) -> Self {
        Self {
            pepper: master.subkey("pepper 1"),
            pepper_version: 1,
            session: master.subkey("session"),
            link: master.subkey("sign-in link"),
            setup: master.subkey("setup"),
            audit: master.subkey("audit chain"),
            idempotency: master.subkey("idempotency"),
            mcp_session: master.subkey("mcp session"),
            upstream: master.sealer("upstream headers"),
            second_factor: master.sealer("second factor"),
            recovery_code: master.subkey("recovery code"),
        }
    }

    /// What is kept of a secret. Its prefix is part of the text, so a key and a token never meet.
    #[must_use]
    pub fn secret_digest(&self, secret: &impl SecretText) -> Digest {
        self.pepper.digest(secret.secret_text().as_bytes())
    }
}

impl SecretText for Secret {
    fn secret_text(&self) -> &str {
        self.expose()
    }
}

impl SecretText for Presented<'_> {
    fn secret_text(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Debug for SubKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SubKey(…)")
    }
}

mod sealed {
    /// Keeps other types from being taken for secrets.
    pub trait Sealed {}
    impl Sealed for crate::Secret {}
    impl Sealed for crate::Presented<'_> {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SecretKind;

    /// RFC 4231, test case 1, whose key is shorter than a block, as ours are.
    #[test]
    fn it_is_hmac_sha256() {
        let mut key = [0; 32];
        key[..20].fill(0x0b);
        let wanted = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7";
        let digest = SubKey::of(&key).digest(b"Hi There");
        let hex: String = digest
            .as_bytes()
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        assert_eq!(hex, wanted);
    }

    #[test]
    fn parts_are_kept_apart() {
        let key = SubKey::of(&[7; 32]);
        let digests = [
            key.digest_parts(&[b"ab", b"c"]),
            key.digest_parts(&[b"a", b"bc"]),
            key.digest_parts(&[b"abc"]),
            key.digest_parts(&[b"abc", b""]),
            key.digest(b"abc"),
        ];
        for (at, one) in digests.iter().enumerate() {
            assert!(!digests[at + 1..].contains(one));
        }
    }

    #[test]
    fn a_secret_and_the_same_text_presented_have_one_digest() {
        let ring = KeyRing::derive(&MasterKey::from_bytes([7; 32]));
        let secret = Secret::generate::<()>(SecretKind::Key, |bytes| {
            bytes.fill(1);
            Ok(())
        })
        .expect("the filler never fails");
        let presented = Presented::parse(secret.expose()).expect("it was just made");
        assert_eq!(ring.secret_digest(&secret), ring.secret_digest(&presented));
    }

    #[test]
    fn every_purpose_has_a_key_of_its_own() {
        let ring = KeyRing::derive(&MasterKey::from_bytes([7; 32]));
        let all = [
            &ring.pepper,
            &ring.session,
            &ring.link,
            &ring.setup,
            &ring.audit,
            &ring.idempotency,
            &ring.mcp_session,
            &ring.recovery_code,
        ]
        .map(|key| key.digest(b"x"));
        for (at, one) in all.iter().enumerate() {
            assert!(!all[at + 1..].contains(one));
        }
    }

    #[test]
    fn debug_shows_nothing() {
        let ring = KeyRing::derive(&MasterKey::from_bytes([7; 32]));
        assert!(format!("{ring:?}").starts_with("KeyRing { pepper: SubKey(…), pepper_version: 1,"));
    }
}
