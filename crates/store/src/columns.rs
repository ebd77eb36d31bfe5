//! How ids, words, times, digests and JSON stand in columns, and how rows give them back as their own
//! types. Rows name these wrappers in `deserialize_as`; nothing else uses them.

use std::str::FromStr;

use diesel::{
    backend::Backend,
    deserialize::{self, FromSql, FromSqlRow},
    expression::AsExpression,
    sql_types::{BigInt, Binary, Nullable, Text},
};
use latchkey_keys::Digest;
use latchkey_types::{
    EventId, KeyId, MemoryId, ProjectId, ReceiptId, SecretId, SessionId, Slug, Timestamp, TokenId,
    UserId,
    audit::ActorKind,
    key::{Environment, Via},
    member::Role,
    receipt::{ReceiptKind, RevokeReason},
    token::Permission,
    user::InstanceRole,
};
use serde::{Serialize, de::DeserializeOwned};

use crate::StoreError;

/// A text column that holds a `T`.
#[derive(Debug, FromSqlRow, AsExpression)]
#[diesel(sql_type = Text)]
pub struct AsText<T>(pub(crate) T);

/// A text column that holds a `T` or null.
#[derive(Debug, FromSqlRow, AsExpression)]
#[diesel(sql_type = Nullable<Text>)]
pub struct OptText<T>(pub(crate) Option<T>);

/// A column of unix milliseconds.
#[derive(Debug, FromSqlRow, AsExpression)]
#[diesel(sql_type = BigInt)]
pub struct AsMillis(Timestamp);

/// A column of unix milliseconds or null.
#[derive(Debug, FromSqlRow, AsExpression)]
#[diesel(sql_type = Nullable<BigInt>)]
pub struct OptMillis(pub(crate) Option<Timestamp>);

/// A column of 32 bytes.
#[derive(Debug, FromSqlRow, AsExpression)]
#[diesel(sql_type = Binary)]
pub struct AsDigest(Digest);

/// A text column of JSON.
#[derive(Debug, FromSqlRow, AsExpression)]
#[diesel(sql_type = Text)]
pub struct AsJson<T>(T);

/// A type with a word for each value.
pub trait Word: Sized {
    /// The value of this word.
    fn of_word(word: &str) -> Option<Self>;
    /// The word of this value.
    fn word(&self) -> String;
}

macro_rules! parsed {
    ($($name:ty),* $(,)?) => {$(
        impl Word for $name {
            fn of_word(word: &str) -> Option<Self> {
                <$name>::from_str(word).ok()
            }

            fn word(&self) -> String {
                self.to_string()
            }
        }

        from_text!($name);
    )*};
}

macro_rules! words {
    ($($name:ty { $($word:literal = $value:path),* $(,)? })*) => {$(
        impl Word for $name {
            fn of_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some($value),)*
                    _ => None,
                }
            }

            fn word(&self) -> String {
                match self {
                    $($value => $word.to_owned(),)*
                }
            }
        }

        from_text!($name);
    )*};
}

macro_rules! from_text {
    ($name:ty) => {
        impl From<AsText<$name>> for $name {
            fn from(column: AsText<$name>) -> Self {
                column.0
            }
        }

        impl From<OptText<$name>> for Option<$name> {
            fn from(column: OptText<$name>) -> Self {
                column.0
            }
        }
    };
}

parsed!(
    EventId, KeyId, MemoryId, ProjectId, ReceiptId, SecretId, SessionId, Slug, TokenId, UserId
);

words! {
    ActorKind {
        "user" = ActorKind::User,
        "token" = ActorKind::Token,
        "cli" = ActorKind::Cli,
        "anonymous" = ActorKind::Anonymous,
    }
    Environment {
        "production" = Environment::Production,
        "staging" = Environment::Staging,
        "development" = Environment::Development,
        "none" = Environment::None,
    }
    InstanceRole {
        "admin" = InstanceRole::Admin,
        "member" = InstanceRole::Member,
    }
    ReceiptKind {
        "revoke" = ReceiptKind::Revoke,
        "overlap_end" = ReceiptKind::OverlapEnd,
    }
    RevokeReason {
        "compromised" = RevokeReason::Compromised,
        "rotated" = RevokeReason::Rotated,
        "unused" = RevokeReason::Unused,
        "other" = RevokeReason::Other,
        "project_archived" = RevokeReason::ProjectArchived,
        "user_disabled" = RevokeReason::UserDisabled,
    }
    Role {
        "viewer" = Role::Viewer,
        "editor" = Role::Editor,
        "owner" = Role::Owner,
    }
    Via {
        "header" = Via::Header,
        "url" = Via::Url,
        "verify" = Via::Verify,
    }
}

impl<T: Word, DB: Backend> FromSql<Text, DB> for AsText<T>
where
    String: FromSql<Text, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        let word = String::from_sql(bytes)?;
        // The value isn't quoted: a column that holds the wrong thing may hold anything.
        T::of_word(&word)
            .map(Self)
            .ok_or_else(|| "unknown word".into())
    }
}

impl<T: Word, DB: Backend> FromSql<Nullable<Text>, DB> for OptText<T>
where
    AsText<T>: FromSql<Text, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        AsText::from_sql(bytes).map(|column| Self(Some(column.0)))
    }

    fn from_nullable_sql(bytes: Option<DB::RawValue<'_>>) -> deserialize::Result<Self> {
        bytes.map_or(Ok(Self(None)), Self::from_sql)
    }
}

impl<DB: Backend> FromSql<BigInt, DB> for AsMillis
where
    i64: FromSql<BigInt, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        i64::from_sql(bytes).map(|millis| Self(Timestamp::from_millis(millis)))
    }
}

impl<DB: Backend> FromSql<Nullable<BigInt>, DB> for OptMillis
where
    i64: FromSql<BigInt, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        i64::from_sql(bytes).map(|millis| Self(Some(Timestamp::from_millis(millis))))
    }

    fn from_nullable_sql(bytes: Option<DB::RawValue<'_>>) -> deserialize::Result<Self> {
        bytes.map_or(Ok(Self(None)), Self::from_sql)
    }
}

impl<DB: Backend> FromSql<Binary, DB> for AsDigest
where
    Vec<u8>: FromSql<Binary, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        let bytes: [u8; 32] = Vec::from_sql(bytes)?
            .try_into()
            .map_err(|_| "a digest must have 32 bytes")?;
        Ok(Self(Digest::from_bytes(bytes)))
    }
}

impl<T: DeserializeOwned, DB: Backend> FromSql<Text, DB> for AsJson<T>
where
    String: FromSql<Text, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        let text = String::from_sql(bytes)?;
        serde_json::from_str(&text)
            .map(Self)
            .map_err(|_| "unexpected JSON".into())
    }
}

impl From<AsMillis> for Timestamp {
    fn from(column: AsMillis) -> Self {
        column.0
    }
}

impl From<OptMillis> for Option<Timestamp> {
    fn from(column: OptMillis) -> Self {
        column.0
    }
}

impl From<AsDigest> for Digest {
    fn from(column: AsDigest) -> Self {
        column.0
    }
}

impl<K: Ord, V> From<AsJson<std::collections::BTreeMap<K, V>>>
    for std::collections::BTreeMap<K, V>
{
    fn from(column: AsJson<Self>) -> Self {
        column.0
    }
}

impl From<AsJson<Vec<String>>> for Vec<String> {
    fn from(column: AsJson<Self>) -> Self {
        column.0
    }
}

impl From<AsJson<Vec<Permission>>> for Vec<Permission> {
    fn from(column: AsJson<Self>) -> Self {
        column.0
    }
}

/// A time for a nullable column.
pub(crate) fn millis(at: Option<Timestamp>) -> Option<i64> {
    at.map(Timestamp::as_millis)
}

/// JSON for a text column.
pub(crate) fn json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value)
        .map_err(|_| StoreError::Internal("a value could not be written as JSON".to_owned()))
}

/// Lower-case form without NUL, which PostgreSQL can't store and nothing we store contains.
pub(crate) fn search_text(text: &str) -> String {
    text.to_lowercase().replace('\0', "")
}

/// The LIKE pattern (with `\` as escape) that finds `q` anywhere in a lower-case column.
pub(crate) fn like_pattern(q: &str) -> String {
    let mut pattern = String::with_capacity(q.len() + 2);
    pattern.push('%');
    for c in search_text(q).chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_for_wildcards_finds_them_literally() {
        assert_eq!(like_pattern("50%_\\Ä"), "%50\\%\\_\\\\ä%");
        assert_eq!(like_pattern("a\0b"), "%ab%");
    }
}
