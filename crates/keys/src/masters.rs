//! The master keys of an instance: one, or several from a replacement until the older ones are retired.

use std::{fmt, iter};

use zeroize::Zeroizing;

use crate::{MasterKey, MasterKeyError};

/// A master key and those that it replaced, the newest first. Which versions they are, only the database can tell.
pub struct MasterKeys {
    newest: MasterKey,
    older: Vec<MasterKey>,
}

/// Why a text is not a list of master keys. It says nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MasterKeysError {
    /// One of them is none.
    Key {
        /// Its place, counted from 1.
        at: usize,
        /// How many there are.
        of: usize,
        /// What is wrong with it.
        error: MasterKeyError,
    },
    /// Two of them are the same.
    Repeated {
        /// The place of the first, counted from 1.
        first: usize,
        /// The place of the second.
        second: usize,
    },
}

impl MasterKeys {
    /// Reads keys as [`MasterKey::parse`] does, with blanks, line ends or commas between them.
    ///
    /// # Errors
    /// When there is none, one is not a key, or one is there twice.
    pub fn parse(text: &str) -> Result<Self, MasterKeysError> {
        let texts: Vec<&str> = text
            .split(|c: char| c.is_ascii_whitespace() || c == ',')
            .filter(|part| !part.is_empty())
            .collect();
        let of = texts.len().max(1);
        let key = |at: usize, text: &str| {
            MasterKey::parse(text).map_err(|error| MasterKeysError::Key { at, of, error })
        };
        let newest = key(1, texts.first().copied().unwrap_or_default())?;
        let older = texts.iter().enumerate().skip(1);
        let older: Result<Vec<_>, _> = older.map(|(at, text)| key(at + 1, text)).collect();
        let keys = Self {
            newest,
            older: older?,
        };
        keys.without_repetition()
    }

    fn without_repetition(self) -> Result<Self, MasterKeysError> {
        // Compared by what a database keeps of them, which opens nothing: the time that takes tells nothing either.
        let checks = self.check_values();
        for (at, check) in checks.iter().enumerate() {
            if let Some(before) = checks.iter().take(at).position(|other| other == check) {
                return Err(MasterKeysError::Repeated {
                    first: before + 1,
                    second: at + 1,
                });
            }
        }
        Ok(self)
    }

    /// These keys with another one that is newer.
    #[must_use]
    pub fn succeeded_by(mut self, newest: MasterKey) -> Self {
        self.older
            .insert(0, std::mem::replace(&mut self.newest, newest));
        self
    }

    /// The newest key alone. The older ones are wiped.
    #[must_use]
    pub fn newest_alone(self) -> Self {
        self.newest.into()
    }

    /// The keys, the newest first.
    pub fn iter(&self) -> impl Iterator<Item = &MasterKey> {
        iter::once(&self.newest).chain(&self.older)
    }

    /// Their check values ([`MasterKey::check_value`]), in the same order.
    #[must_use]
    pub fn check_values(&self) -> Vec<[u8; 32]> {
        self.iter().map(MasterKey::check_value).collect()
    }

    /// The text for the keys' file: one a line, each as [`MasterKey::to_text`].
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        // The capacity is exact: a string that grew would leave a copy behind that nobody wipes.
        let mut text = Zeroizing::new(String::with_capacity(65 * (1 + self.older.len())));
        for key in self.iter() {
            text.push_str(&key.to_text());
            text.push('\n');
        }
        text
    }
}

impl From<MasterKey> for MasterKeys {
    fn from(key: MasterKey) -> Self {
        Self {
            newest: key,
            older: Vec::new(),
        }
    }
}

impl fmt::Display for MasterKeysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key { of: 1, error, .. } => error.fmt(f),
            Self::Key { at, of, error } => write!(f, "key {at} of {of}: {error}"),
            Self::Repeated { first, second } => {
                write!(f, "keys {first} and {second} are the same; take one out")
            }
        }
    }
}

impl std::error::Error for MasterKeysError {}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    const ONE_AS_BASE64: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    const TWO: &str = "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0efeeedecebeae9e8e7e6e5e4e3e2e1e0";
    const THREE: &str = "1111111111111111111111111111111111111111111111111111111111111111";

    #[test]
    fn one_key_or_several_are_read_in_their_order() {
        for (text, wanted) in [
            (ONE.to_owned(), vec![ONE]),
            (format!(" {ONE}\r\n"), vec![ONE]),
            (format!("{TWO}\n{ONE}\n"), vec![TWO, ONE]),
            (format!("{TWO} {ONE}"), vec![TWO, ONE]),
            (format!("{TWO},{ONE}"), vec![TWO, ONE]),
            (
                format!("\n{TWO} ,\t{THREE}\r\n\r\n{ONE_AS_BASE64},\n"),
                vec![TWO, THREE, ONE],
            ),
        ] {
            let keys = MasterKeys::parse(&text).unwrap();
            let texts: Vec<String> = keys.iter().map(|key| key.to_text().to_string()).collect();
            assert_eq!(texts, wanted, "{text:?}");
            assert_eq!(*keys.to_text(), format!("{}\n", wanted.join("\n")));
            let again = MasterKeys::parse(&keys.to_text()).unwrap();
            assert_eq!(again.check_values(), keys.check_values());
        }
    }

    #[test]
    fn what_is_wrong_is_named_by_its_place_and_not_repeated() {
        let length = MasterKeyError::Length;
        let none = MasterKeysError::Key {
            at: 1,
            of: 1,
            error: length,
        };
        let second = |of, error| MasterKeysError::Key { at: 2, of, error };
        let twice = |first, second| MasterKeysError::Repeated { first, second };
        for (text, error) in [
            (String::new(), none),
            (" ,\n".to_owned(), none),
            ("hunter2".to_owned(), none),
            (format!("{ONE},hunter2"), second(2, length)),
            (
                format!("{TWO}\n{}\n{ONE}", ONE.replace('0', "g")),
                second(3, MasterKeyError::Characters),
            ),
            (format!("{ONE}\n{ONE_AS_BASE64}"), twice(1, 2)),
            (format!("{TWO} {ONE} {TWO}"), twice(1, 3)),
            // Written without anything between them.
            (format!("{TWO}{ONE}"), none),
        ] {
            let found = MasterKeys::parse(&text).err();
            assert_eq!(found, Some(error), "{text:?}");
            assert!(!error.to_string().contains("hunter2"));
        }
        assert_eq!(none.to_string(), length.to_string());
        assert_eq!(
            second(2, length).to_string(),
            format!("key 2 of 2: {length}")
        );
    }

    #[test]
    fn a_newer_key_comes_first_and_can_be_left_alone() {
        let [one, two] = [1, 2].map(|n| MasterKey::from_bytes([n; 32]));
        let wanted = [two.check_value(), one.check_value()];
        let both = MasterKeys::from(one).succeeded_by(two);
        assert_eq!(both.check_values(), wanted);
        assert_eq!(both.newest_alone().check_values(), wanted[..1]);
    }
}
