//! Enums that are one word in JSON.

/// Reads and writes an enum of words, derived with `#[serde(remote = "Self")]`, as a string and nothing
/// else: serde_json alone would also take `{"word": null}` for it.
macro_rules! word {
    ($name:ty) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                Self::serialize(self, to)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(from)?;
                Self::deserialize(serde::de::IntoDeserializer::into_deserializer(text))
            }
        }
    };
}

pub(crate) use word;

#[cfg(test)]
mod tests {
    use crate::key::Environment;

    #[test]
    fn a_word_is_a_string_and_nothing_else() {
        let read = |json: &str| serde_json::from_str::<Environment>(json);
        assert_eq!(read("\"production\"").ok(), Some(Environment::Production));
        for wrong in [
            "{\"production\":null}",
            "null",
            "1",
            "[\"production\"]",
            "\"moon\"",
        ] {
            assert!(read(wrong).is_err(), "{wrong} was taken");
        }
        let written = serde_json::to_string(&Environment::Production);
        assert_eq!(written.ok().as_deref(), Some("\"production\""));
    }
}
