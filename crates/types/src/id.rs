//! Ids: opaque to callers, `prefix_` + the 32 lower-case hex digits of a UUIDv7.

use std::{fmt, ops::Deref, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use uuid::{Uuid, fmt::Simple};

/// Why a text is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdError {
    prefix: &'static str,
}

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "expected an id of the form {}_ and 32 hex digits",
            self.prefix
        )
    }
}

impl std::error::Error for IdError {}

fn parse(text: &str, prefix: &'static str) -> Result<Uuid, IdError> {
    let wrong = IdError { prefix };
    let hex = text
        .strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('_'))
        .ok_or_else(|| wrong.clone())?;
    // One id has one spelling: Uuid::parse alone would also take capitals, hyphens and braces.
    let plain = hex.len() == 32 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if !plain {
        return Err(wrong);
    }
    Uuid::try_parse(hex).map_err(|_| wrong)
}

/// An id's text, which is on the stack: an answer to a check has two of them.
pub struct IdText {
    bytes: [u8; TEXT_MAX],
    length: usize,
}

/// `proj_` and 32 digits; the other prefixes are shorter.
const TEXT_MAX: usize = 37;

impl IdText {
    fn new(prefix: &str, uuid: &Uuid) -> Self {
        let mut bytes = [0; TEXT_MAX];
        let (head, digits) = bytes.split_at_mut(prefix.len() + 1);
        head[..prefix.len()].copy_from_slice(prefix.as_bytes());
        head[prefix.len()] = b'_';
        uuid.simple().encode_lower(digits);
        Self {
            bytes,
            length: prefix.len() + 1 + Simple::LENGTH,
        }
    }
}

impl Deref for IdText {
    type Target = str;

    fn deref(&self) -> &str {
        // It is ASCII, so this never comes to the default.
        std::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $example:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "openapi", schema(value_type = String, examples($example)))]
        pub struct $name(Uuid);

        impl $name {
            /// What every id of this kind begins with, without the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// The id that this UUID stands for.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID inside.
            #[must_use]
            pub const fn as_uuid(&self) -> &Uuid {
                &self.0
            }

            /// Its text.
            #[must_use]
            pub fn text(&self) -> IdText {
                IdText::new($prefix, &self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.text())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                parse(text, $prefix).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(&self.text())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
                text.parse().map_err(D::Error::custom)
            }
        }
    };
}

id!(
    /// A person.
    UserId, "usr", "usr_019a1c5e0f7a7c3e8a4b5d6e7f801234"
);
id!(
    /// A browser session.
    SessionId, "ses", "ses_019a1c5e0f7a7c3e8a4b5d6e7f801235"
);
id!(
    /// A management token.
    TokenId, "tok", "tok_019a1c5e0f7a7c3e8a4b5d6e7f801236"
);
id!(
    /// A project.
    ProjectId, "proj", "proj_019a1c5e0f7a7c3e8a4b5d6e7f801237"
);
id!(
    /// An API key, whatever secret it has at the moment.
    KeyId, "key", "key_019a1c5e0f7a7c3e8a4b5d6e7f801238"
);
id!(
    /// One secret of a key: rotation adds another.
    SecretId, "sec", "sec_019a1c5e0f7a7c3e8a4b5d6e7f801239"
);
id!(
    /// One row of the audit log.
    EventId, "evt", "evt_019a1c5e0f7a7c3e8a4b5d6e7f80123a"
);
id!(
    /// What a revoke, an overlap's end or an archive did.
    ReceiptId, "rcpt", "rcpt_019a1c5e0f7a7c3e8a4b5d6e7f80123b"
);
id!(
    /// A memory of the built-in memory server.
    MemoryId, "mem", "mem_019a1c5e0f7a7c3e8a4b5d6e7f80123c"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_what_it_wrote() {
        let uuid = Uuid::from_u128(0x19a);
        let id = KeyId::from_uuid(uuid);
        assert_eq!(&*id.text(), "key_0000000000000000000000000000019a");
        assert_eq!(id.to_string().parse::<KeyId>(), Ok(id));
        // The longest one.
        let id = ProjectId::from_uuid(uuid);
        assert_eq!(&*id.text(), "proj_0000000000000000000000000000019a");
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{id}\""));
    }

    #[test]
    fn an_id_has_one_spelling() {
        let good = "key_019a1c5e0f7a7c3e8a4b5d6e7f801238";
        assert!(good.parse::<KeyId>().is_ok());
        for bad in [
            "",
            "key_",
            "key",
            "019a1c5e0f7a7c3e8a4b5d6e7f801238",
            "KEY_019a1c5e0f7a7c3e8a4b5d6e7f801238",
            "key_019A1C5E0F7A7C3E8A4B5D6E7F801238",
            "key_019a1c5e-0f7a-7c3e-8a4b-5d6e7f801238",
            "key_019a1c5e0f7a7c3e8a4b5d6e7f80123",
            "key_019a1c5e0f7a7c3e8a4b5d6e7f8012388",
            "proj_019a1c5e0f7a7c3e8a4b5d6e7f801238",
            "key_019a1c5e0f7a7c3e8a4b5d6e7f80123é",
            " key_019a1c5e0f7a7c3e8a4b5d6e7f801238",
        ] {
            assert!(bad.parse::<KeyId>().is_err(), "{bad:?} was taken");
        }
    }
}
