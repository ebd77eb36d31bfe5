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
    /// Which pepper that is: the version of the newest master key. Rows remember it, so that those that an older
    /// master key made stand beside the new ones.
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
    /// For the seal over what was written to the audit log with keys that are retired.
    pub audit_seal: SubKey,
    /// The peppers of the master keys that were replaced and are not retired, the newest first.
    older_peppers: Vec<SubKey>,
    /// What it takes to check what older master keys wrote to the audit log, those of retired ones too.
    older_audits: Vec<OlderAudit>,
}

#[derive(Debug)]
struct OlderAudit {
    version: i32,
    chain: SubKey,
    seal: SubKey,
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
    /// All the keys that a master key stands for which is the only one and was never replaced.
    #[must_use]
    pub fn derive(master: &MasterKey) -> Self {
        Self::of(1, master)
    }

    /// All the keys that the newest master key stands for, which has this version.
    #[must_use]
    pub fn of(version: i32, master: &MasterKey) -> Self {
        Self {
            // The 1 is the label's own, and the same for every master key: their peppers differ all the same.
            pepper: master.subkey("pepper 1"),
            pepper_version: version,
            session: master.subkey("session"),
            link: master.subkey("sign-in link"),
            setup: master.subkey("setup"),
            audit: master.subkey("audit chain"),
            idempotency: master.subkey("idempotency"),
            mcp_session: master.subkey("mcp session"),
            upstream: master.sealer("upstream headers"),
            second_factor: master.sealer("second factor"),
            recovery_code: master.subkey("recovery code"),
            audit_seal: master.subkey("audit seal"),
            older_peppers: Vec::new(),
            older_audits: Vec::new(),
        }
    }

    /// The same with a master key that was replaced: the next older one of those that are there already. Of a retired
    /// one only the audit log's keys are taken: no secret is accepted by it any more.
    #[must_use]
    pub fn with_older(mut self, version: i32, master: &MasterKey, is_retired: bool) -> Self {
        if !is_retired {
            self.older_peppers.push(master.subkey("pepper 1"));
        }
        self.older_audits.push(OlderAudit {
            version,
            chain: master.subkey("audit chain"),
            seal: master.subkey("audit seal"),
        });
        self
    }

    /// What older master keys would have kept of a secret; nothing where there is one master key. Each step is one
    /// HMAC, so take them only when the secret isn't found by [`KeyRing::secret_digest`].
    pub fn older_digests(&self, secret: &impl SecretText) -> impl Iterator<Item = Digest> {
        let text = secret.secret_text().as_bytes();
        self.older_peppers
            .iter()
            .map(move |pepper| pepper.digest(text))
    }

    /// The audit chain's key of the master key of this version; `None` where that is not there.
    #[must_use]
    pub fn audit_of(&self, version: i32) -> Option<&SubKey> {
        if version == self.pepper_version {
            return Some(&self.audit);
        }
        self.older_audit(version).map(|older| &older.chain)
    }

    /// The audit seal's key, likewise.
    #[must_use]
    pub fn audit_seal_of(&self, version: i32) -> Option<&SubKey> {
        if version == self.pepper_version {
            return Some(&self.audit_seal);
        }
        self.older_audit(version).map(|older| &older.seal)
    }

    fn older_audit(&self, version: i32) -> Option<&OlderAudit> {
        self.older_audits
            .iter()
            .find(|older| older.version == version)
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
            &ring.audit_seal,
        ]
        .map(|key| key.digest(b"x"));
        for (at, one) in all.iter().enumerate() {
            assert!(!all[at + 1..].contains(one));
        }
    }

    #[test]
    fn older_keys_are_there_for_what_they_made_and_retired_ones_for_the_log_alone() {
        let [one, two, three] = [1, 2, 3].map(|n| MasterKey::from_bytes([n; 32]));
        let ring = KeyRing::of(3, &three)
            .with_older(2, &two, false)
            .with_older(1, &one, true);
        let secret = Secret::generate::<()>(SecretKind::Key, |bytes| {
            bytes.fill(1);
            Ok(())
        })
        .expect("the filler never fails");
        let of = |master: &MasterKey| KeyRing::derive(master).secret_digest(&secret);
        assert_eq!(ring.secret_digest(&secret), of(&three));
        let older: Vec<Digest> = ring.older_digests(&secret).collect();
        assert_eq!(older, [of(&two)]);
        assert_eq!(KeyRing::derive(&one).older_digests(&secret).count(), 0);
        for (version, master) in [(1, &one), (2, &two), (3, &three)] {
            let alone = KeyRing::derive(master);
            let digest = |key: Option<&SubKey>| key.map(|key| key.digest(b"x"));
            assert_eq!(
                digest(ring.audit_of(version)),
                Some(alone.audit.digest(b"x"))
            );
            let seal = alone.audit_seal.digest(b"x");
            assert_eq!(digest(ring.audit_seal_of(version)), Some(seal));
        }
        assert!(ring.audit_of(4).is_none() && ring.audit_seal_of(0).is_none());
    }

    #[test]
    fn debug_shows_nothing() {
        let ring = KeyRing::derive(&MasterKey::from_bytes([7; 32]));
        assert!(format!("{ring:?}").starts_with("KeyRing { pepper: SubKey(…), pepper_version: 1,"));
    }
}
