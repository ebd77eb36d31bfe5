//! What a second factor is made of: the secret that an authenticator app shares with the server, and the codes for the
//! day when the app is lost.

use zeroize::Zeroizing;

use crate::{Digest, SubKey, base32};

/// Bytes of a shared secret: 160 bits, as RFC 4226 §4 recommends.
const SECRET_BYTES: usize = 20;
/// Random bytes of a recovery code: 120 bits, so that a fast keyed digest of it will do (ASVS 5.0 6.5.2 draws the line
/// at 112).
const CODE_BYTES: usize = 15;
/// Characters of a recovery code, without the hyphens.
const CODE_LENGTH: usize = 24;
/// Characters between two hyphens.
const GROUP: usize = 4;

/// The secret that an authenticator app and the server share (RFC 6238). Wiped when dropped.
pub struct TotpSecret(Zeroizing<[u8; SECRET_BYTES]>);

/// A code that signs in once in the place of the app's: 120 random bits in groups of four. Wiped when dropped.
pub struct RecoveryCode(Zeroizing<String>);

impl TotpSecret {
    /// Makes a secret of the bytes that `fill` gives, which must come from the operating system's generator.
    ///
    /// # Errors
    /// Whatever `fill` gives; then there is no secret.
    pub fn generate<E>(mut fill: impl FnMut(&mut [u8]) -> Result<(), E>) -> Result<Self, E> {
        let mut bytes = Zeroizing::new([0; SECRET_BYTES]);
        fill(bytes.as_mut_slice())?;
        Ok(Self(bytes))
    }

    /// The secret that these bytes are; `None` if they are too few or too many.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes
            .try_into()
            .ok()
            .map(|bytes| Self(Zeroizing::new(bytes)))
    }

    /// The bytes, to seal them and to make codes with.
    #[must_use]
    pub fn expose(&self) -> &[u8; SECRET_BYTES] {
        &self.0
    }

    /// The text for the app: Base32, 32 characters.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        base32::encode(self.0.as_slice())
    }
}

impl RecoveryCode {
    /// Makes a code of the bytes that `fill` gives, which must come from the operating system's generator.
    ///
    /// # Errors
    /// Whatever `fill` gives; then there is no code.
    pub fn generate<E>(mut fill: impl FnMut(&mut [u8]) -> Result<(), E>) -> Result<Self, E> {
        let mut bytes = Zeroizing::new([0; CODE_BYTES]);
        fill(bytes.as_mut_slice())?;
        Ok(Self(base32::encode(bytes.as_slice())))
    }

    /// Reads what somebody typed, in any case, with blanks and hyphens wherever they are. `None` for what can't be a
    /// code: that needs no hashing and no look-up.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut code = Zeroizing::new(String::with_capacity(CODE_LENGTH));
        for c in text.chars().filter(|c| !c.is_whitespace() && *c != '-') {
            let c = c.to_ascii_uppercase();
            if code.len() == CODE_LENGTH || !base32::is_of_alphabet(c) {
                return None;
            }
            code.push(c);
        }
        (code.len() == CODE_LENGTH).then_some(Self(code))
    }

    /// The text for its owner, in groups.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(CODE_LENGTH / GROUP * (GROUP + 1)));
        for (at, c) in self.0.chars().enumerate() {
            if at > 0 && at % GROUP == 0 {
                text.push('-');
            }
            text.push(c);
        }
        text
    }

    /// What is kept of it, by the sub-key of this purpose: bound to its owner, so that a row copied to another person
    /// opens nothing.
    #[must_use]
    pub fn digest(&self, key: &SubKey, owner: &str) -> Digest {
        key.digest_parts(&[owner.as_bytes(), self.0.as_bytes()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{KeyRing, MasterKey};

    fn count_up(bytes: &mut [u8]) -> Result<(), ()> {
        for (byte, n) in bytes.iter_mut().zip(0..) {
            *byte = n;
        }
        Ok(())
    }

    #[test]
    fn a_secret_has_160_bits_and_is_its_bytes_again() {
        let secret = TotpSecret::generate(count_up).unwrap();
        assert_eq!(
            secret.to_text().as_str(),
            "AAAQEAYEAUDAOCAJBIFQYDIOB4IBCEQT"
        );
        let again = TotpSecret::from_bytes(secret.expose()).unwrap();
        assert!(again.expose() == secret.expose());
        for length in [0, 19, 21] {
            assert!(
                TotpSecret::from_bytes(&vec![1; length]).is_none(),
                "{length}"
            );
        }
    }

    #[test]
    fn a_code_has_120_bits_in_groups_and_is_read_however_it_is_typed() {
        let code = RecoveryCode::generate(count_up).unwrap();
        let text = code.to_text();
        assert_eq!(text.as_str(), "AAAQ-EAYE-AUDA-OCAJ-BIFQ-YDIO");
        for typed in [
            text.as_str(),
            "aaaqeayeaudaocajbifqydio",
            " AAAQ EAYE AUDA OCAJ BIFQ YDIO\n",
            "AAAQEAYE-AUDAOCAJ-BIFQYDIO-",
        ] {
            let parsed = RecoveryCode::parse(typed);
            assert!(
                parsed.is_some_and(|parsed| *parsed.0 == *code.0),
                "{typed:?}"
            );
        }
        for junk in [
            "",
            "123456",
            "AAAQ-EAYE-AUDA-OCAJ-BIFQ-YDI",
            "AAAQ-EAYE-AUDA-OCAJ-BIFQ-YDIOA",
            "AAAQ-EAYE-AUDA-OCAJ-BIFQ-YDI1",
            "AAAQ-EAYE-AUDA-OCAJ-BIFQ-YDIÄ",
        ] {
            assert!(RecoveryCode::parse(junk).is_none(), "{junk:?}");
        }
    }

    #[test]
    fn a_digest_is_of_one_code_and_one_person() {
        let ring = KeyRing::derive(&MasterKey::from_bytes([7; 32]));
        let code = RecoveryCode::generate(count_up).unwrap();
        let other = RecoveryCode::parse("AAAQ-EAYE-AUDA-OCAJ-BIFQ-YDIA").unwrap();
        let digest = code.digest(&ring.recovery_code, "usr_1");
        let typed = RecoveryCode::parse("aaaq eaye auda ocaj bifq ydio").unwrap();
        assert_eq!(digest, typed.digest(&ring.recovery_code, "usr_1"));
        assert_ne!(digest, code.digest(&ring.recovery_code, "usr_2"));
        assert_ne!(digest, other.digest(&ring.recovery_code, "usr_1"));
    }

    #[test]
    fn without_randomness_there_is_neither() {
        assert_eq!(TotpSecret::generate(|_| Err("gone")).err(), Some("gone"));
        assert_eq!(RecoveryCode::generate(|_| Err("gone")).err(), Some("gone"));
    }
}
