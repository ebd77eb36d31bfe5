//! A time and its flags in one 64-bit word, so that they change together.

use latchkey_types::{Timestamp, key::Environment};

/// 48 bits of milliseconds reach beyond the year 9999, which is where `Timestamp` ends.
const TIME_BITS: u32 = 48;
const TIME: u64 = (1 << TIME_BITS) - 1;

const FLAG_A: u64 = 1 << TIME_BITS;
const FLAG_B: u64 = 1 << (TIME_BITS + 1);
const FLAG_C: u64 = 1 << (TIME_BITS + 2);
const ENVIRONMENT_SHIFT: u32 = TIME_BITS + 3;

/// What is known of a key but its texts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyWord(pub(crate) u64);

/// What is known of one secret of a key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct SecretWord(pub(crate) u64);

/// What is known of a project but its texts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct ProjectWord(pub(crate) u64);

impl KeyWord {
    /// Set while nobody knows whether the last commit on the key went through.
    pub(crate) const IN_DOUBT: u64 = FLAG_C;

    pub(crate) fn new(
        expires_at: Option<Timestamp>,
        revoked: bool,
        disabled: bool,
        environment: Environment,
    ) -> Self {
        let environment: u64 = match environment {
            Environment::None => 0,
            Environment::Production => 1,
            Environment::Staging => 2,
            Environment::Development => 3,
        };
        Self(
            pack(expires_at)
                | flag(revoked, FLAG_A)
                | flag(disabled, FLAG_B)
                | environment << ENVIRONMENT_SHIFT,
        )
    }

    pub(crate) const fn expires_at(self) -> Option<Timestamp> {
        unpack(self.0)
    }

    pub(crate) const fn is_revoked(self) -> bool {
        self.0 & FLAG_A != 0
    }

    pub(crate) const fn is_disabled(self) -> bool {
        self.0 & FLAG_B != 0
    }

    pub(crate) const fn is_in_doubt(self) -> bool {
        self.0 & Self::IN_DOUBT != 0
    }

    pub(crate) const fn environment(self) -> Environment {
        match self.0 >> ENVIRONMENT_SHIFT & 3 {
            1 => Environment::Production,
            2 => Environment::Staging,
            3 => Environment::Development,
            _ => Environment::None,
        }
    }
}

impl SecretWord {
    pub(crate) fn new(retires_at: Option<Timestamp>, is_newest: bool) -> Self {
        Self(pack(retires_at) | flag(is_newest, FLAG_A))
    }

    pub(crate) const fn retires_at(self) -> Option<Timestamp> {
        unpack(self.0)
    }

    pub(crate) const fn is_newest(self) -> bool {
        self.0 & FLAG_A != 0
    }
}

impl ProjectWord {
    /// Set while nobody knows whether the last commit on the project went through.
    pub(crate) const IN_DOUBT: u64 = FLAG_C;

    pub(crate) fn new(archived: bool) -> Self {
        Self(flag(archived, FLAG_A))
    }

    pub(crate) const fn is_archived(self) -> bool {
        self.0 & FLAG_A != 0
    }

    pub(crate) const fn is_in_doubt(self) -> bool {
        self.0 & Self::IN_DOUBT != 0
    }
}

const fn flag(set: bool, bit: u64) -> u64 {
    if set { bit } else { 0 }
}

/// All ones stand for "never".
fn pack(at: Option<Timestamp>) -> u64 {
    // A Timestamp is never negative and ends below 2^48 - 1, so neither fallback is ever taken; both would
    // be the safe side, a time that is over.
    at.map_or(TIME, |at| {
        u64::try_from(at.as_millis()).map_or(0, |millis| millis.min(TIME - 1))
    })
}

const fn unpack(word: u64) -> Option<Timestamp> {
    match word & TIME {
        TIME => None,
        millis => Some(Timestamp::from_millis(millis.cast_signed())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMES: [Option<Timestamp>; 4] = [
        None,
        Some(Timestamp::from_millis(0)),
        Some(Timestamp::from_millis(1_700_000_000_123)),
        Some(Timestamp::MAX),
    ];

    #[test]
    fn a_keys_word_reads_back_what_it_was_made_of() {
        for at in TIMES {
            for flags in 0..4 {
                for environment in [
                    Environment::None,
                    Environment::Production,
                    Environment::Staging,
                    Environment::Development,
                ] {
                    let (revoked, disabled) = (flags & 1 != 0, flags & 2 != 0);
                    let word = KeyWord::new(at, revoked, disabled, environment);
                    let doubtful = KeyWord(word.0 | KeyWord::IN_DOUBT);
                    assert!(!word.is_in_doubt() && doubtful.is_in_doubt());
                    for word in [word, doubtful] {
                        assert_eq!(word.expires_at(), at);
                        assert_eq!(word.is_revoked(), revoked);
                        assert_eq!(word.is_disabled(), disabled);
                        assert_eq!(word.environment(), environment);
                    }
                }
            }
        }
    }

    #[test]
    fn the_other_words_do_too() {
        for at in TIMES {
            for newest in [false, true] {
                let word = SecretWord::new(at, newest);
                assert_eq!((word.retires_at(), word.is_newest()), (at, newest));
            }
        }
        for archived in [false, true] {
            let word = ProjectWord::new(archived);
            assert!(!word.is_in_doubt());
            let word = ProjectWord(word.0 | ProjectWord::IN_DOUBT);
            assert_eq!((word.is_archived(), word.is_in_doubt()), (archived, true));
        }
    }
}
