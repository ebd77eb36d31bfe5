//! The one key that every other key is made of.

use std::fmt;

use zeroize::Zeroizing;

use crate::{Sealer, SubKey, base64};

/// 32 secret bytes. Lost, no key that was ever issued verifies again; leaked together with the database,
/// guesses can be checked offline. Wiped when dropped.
pub struct MasterKey(Zeroizing<[u8; 32]>);

/// Why a text is not a master key. It says nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MasterKeyError {
    /// Neither 64 nor 43 nor 44 characters.
    Length,
    /// The length is right, but it is neither hex nor base64 of 32 bytes.
    Characters,
}

impl MasterKey {
    /// Reads 64 hex digits, or base64 of 32 bytes in either alphabet, with or without its `=`. Blanks and
    /// line ends around it are ignored.
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse(text: &str) -> Result<Self, MasterKeyError> {
        let text = text.trim_ascii();
        let bytes = match text.len() {
            64 => of_hex(text),
            43 => base64::decode(text),
            44 => text.strip_suffix('=').and_then(base64::decode),
            _ => return Err(MasterKeyError::Length),
        };
        bytes.map(Self).ok_or(MasterKeyError::Characters)
    }

    /// The key that these bytes are.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Makes a key of the bytes that `fill` gives, which must come from the operating system's generator.
    ///
    /// # Errors
    /// Whatever `fill` gives; then there is no key.
    pub fn generate<E>(mut fill: impl FnMut(&mut [u8]) -> Result<(), E>) -> Result<Self, E> {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        fill(bytes.as_mut_slice())?;
        Ok(Self(bytes))
    }

    /// The text for the key's file: 64 hex digits.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        // The capacity is exact: a string that grew would leave a copy behind that nobody wipes.
        let mut text = Zeroizing::new(String::with_capacity(64));
        for byte in self.0.iter() {
            for half in [byte >> 4, byte & 0xf] {
                text.extend(char::from_digit(u32::from(half), 16));
            }
        }
        text
    }

    /// The key for one purpose. The same label always gives the same key, and no key tells about another.
    #[must_use]
    pub fn subkey(&self, label: &str) -> SubKey {
        SubKey::of(&self.derived(label))
    }

    /// The same, to encrypt with. A label has one use: as a sub-key or as a sealer.
    #[must_use]
    pub fn sealer(&self, label: &str) -> Sealer {
        Sealer::of(&self.derived(label))
    }

    fn derived(&self, label: &str) -> Zeroizing<[u8; 32]> {
        let derived = SubKey::of(&self.0).digest_parts(&[b"latchkey sub-key 1", label.as_bytes()]);
        Zeroizing::new(*derived.as_bytes())
    }

    /// What a database keeps to recognise its master key. It opens nothing.
    #[must_use]
    pub fn check_value(&self) -> [u8; 32] {
        *self.subkey("check value").digest(b"").as_bytes()
    }
}

impl fmt::Display for MasterKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Length => {
                "a master key has 64 hex digits, or is the base64 of 32 bytes (43 or 44 characters)"
            }
            Self::Characters => {
                "the master key has the right length but is neither hex nor base64 of 32 bytes"
            }
        })
    }
}

impl std::error::Error for MasterKeyError {}

fn of_hex(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        for &digit in pair {
            let half = char::from(digit).to_digit(16)?;
            *byte = *byte << 4 | u8::try_from(half).ok()?;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod fuzz;

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    const BASE64: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

    #[test]
    fn every_spelling_is_the_same_key() {
        for text in [
            HEX.to_owned(),
            HEX.to_uppercase(),
            format!("{HEX}\n"),
            BASE64.to_owned(),
            format!(" {BASE64}=\r\n"),
        ] {
            let key = MasterKey::parse(&text);
            assert!(key.is_ok_and(|key| *key.to_text() == HEX), "{text:?}");
        }
        let both_alphabets = format!("{}{}8", "_".repeat(21), "/".repeat(21));
        let key = MasterKey::parse(&both_alphabets);
        assert!(key.is_ok_and(|key| *key.to_text() == "f".repeat(64)));
    }

    #[test]
    fn nonsense_is_refused_without_repeating_it() {
        for (text, error) in [
            ("", MasterKeyError::Length),
            ("hunter2", MasterKeyError::Length),
            (&HEX[..63], MasterKeyError::Length),
            (&HEX.replace('0', "g"), MasterKeyError::Characters),
            (&"é".repeat(32), MasterKeyError::Characters),
            (&"!".repeat(43), MasterKeyError::Characters),
            (&format!("{BASE64}A"), MasterKeyError::Characters),
        ] {
            assert_eq!(MasterKey::parse(text).err(), Some(error), "{text:?}");
        }
        assert!(!MasterKeyError::Length.to_string().contains("hunter2"));
    }

    #[test]
    fn labels_separate_keys() {
        let key = MasterKey::from_bytes([7; 32]);
        let (one, other) = (key.subkey("one"), key.subkey("other"));
        assert_ne!(one.digest(b"x"), other.digest(b"x"));
        assert_eq!(one.digest(b"x"), key.subkey("one").digest(b"x"));
        assert_ne!(one.digest(b"x"), SubKey::of(&[7; 32]).digest(b"x"));
    }

    #[test]
    fn the_check_value_tells_keys_apart() {
        let key = MasterKey::from_bytes([7; 32]);
        assert_eq!(
            key.check_value(),
            MasterKey::from_bytes([7; 32]).check_value()
        );
        assert_ne!(
            key.check_value(),
            MasterKey::from_bytes([8; 32]).check_value()
        );
    }
}
