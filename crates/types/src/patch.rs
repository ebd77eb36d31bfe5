//! PATCH in three states: absent keeps, `null` clears, a value sets.

use serde::{Deserialize, Deserializer};

/// For a field of type `Option<Option<T>>` with `#[serde(default, deserialize_with = "nullable")]`:
/// absent is `None`, `null` is `Some(None)`.
///
/// # Errors
/// Those of `T`.
pub fn nullable<'de, T, D>(from: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::<T>::deserialize(from).map(Some)
}
