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

/// For a field of type `Option<T>` that nothing can clear, with `#[serde(default, deserialize_with = "given")]`:
/// absent is `None`, and `null` is refused. Taken for absent, it would be a change that silently doesn't happen.
///
/// # Errors
/// Those of `T`, of which `null` is one.
pub fn given<'de, T, D>(from: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(from).map(Some)
}
