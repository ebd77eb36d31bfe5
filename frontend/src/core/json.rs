//! JSON as the server writes and reads it, straight from an answer's bytes and into a request's.
//!
//! `serde_json` does the same with numbers that have a fraction and with errors that say what and where. No type here has
//! such a number, and a page has no use for such errors: an answer is what our own server wrote of the same types, or it
//! is of another version. They were a sixth of the whole download.

mod text;
mod value;
mod write;

use serde::{Serialize, de::DeserializeOwned};

/// Reads a value, or nothing if the bytes are not one of this type.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let mut text = text::Text::new(bytes);
    let value = T::deserialize(&mut text).ok()?;
    text.is_at_end().then_some(value)
}

/// Writes a value; what can't be written becomes `null`, which the server refuses.
pub fn write(value: &impl Serialize) -> String {
    let mut writer = write::Writer::default();
    match value.serialize(&mut writer) {
        Ok(()) => writer.into_text(),
        Err(_) => "null".to_owned(),
    }
}

#[cfg(test)]
mod tests;
