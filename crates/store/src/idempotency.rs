//! Outcomes that are given again when a request is sent again with the same Idempotency-Key.

use diesel::prelude::*;
use latchkey_keys::Digest;
use latchkey_types::Timestamp;

use crate::{
    Db, StoreError, Tx,
    columns::{AsDigest, AsMillis},
    schema::idempotency,
};

/// An outcome's row; also the insert.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = idempotency)]
pub struct StoredOutcome {
    /// Who sent the request: a user's or a token's id.
    pub principal: String,
    /// The Idempotency-Key.
    pub key: String,
    /// The keyed digest of the request: another request with the same key is a mistake.
    #[diesel(deserialize_as = AsDigest)]
    pub request_digest: Digest,
    /// The answer's HTTP status.
    pub status: i32,
    /// The answer's body, where it holds no secret.
    pub body: Option<String>,
    /// What was made, where the answer held a secret.
    pub shown_id: Option<String>,
    /// From this moment on the key may be used for something else.
    #[diesel(deserialize_as = AsMillis)]
    pub expires_at: Timestamp,
}

/// The outcome of the request that this principal sent with this key, if it still counts.
///
/// # Errors
/// Those of the database.
pub fn find_outcome(
    db: &mut Db,
    principal: &str,
    key: &str,
    now: Timestamp,
) -> Result<Option<StoredOutcome>, StoreError> {
    Ok(idempotency::table
        .filter(idempotency::principal.eq(principal))
        .filter(idempotency::key.eq(key))
        .filter(idempotency::expires_at.gt(now.as_millis()))
        .select(StoredOutcome::as_select())
        .first(db)
        .optional()?)
}

/// Keeps an outcome, in the transaction that brought it about.
///
/// # Errors
/// `Taken(Other)` when there is one that still counts; those of the database.
pub fn create_outcome(
    tx: &mut Tx<'_>,
    new: &StoredOutcome,
    now: Timestamp,
) -> Result<(), StoreError> {
    diesel::delete(
        idempotency::table
            .filter(idempotency::principal.eq(&new.principal))
            .filter(idempotency::key.eq(&new.key))
            .filter(idempotency::expires_at.le(now.as_millis())),
    )
    .execute(&mut **tx)?;
    diesel::insert_into(idempotency::table)
        .values((
            idempotency::principal.eq(&new.principal),
            idempotency::key.eq(&new.key),
            idempotency::request_digest.eq(new.request_digest.as_bytes().as_slice()),
            idempotency::status.eq(new.status),
            idempotency::body.eq(new.body.as_deref()),
            idempotency::shown_id.eq(new.shown_id.as_deref()),
            idempotency::expires_at.eq(new.expires_at.as_millis()),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Clears away outcomes that don't count any more; how many.
///
/// # Errors
/// Those of the database.
pub fn delete_expired_outcomes(tx: &mut Tx<'_>, now: Timestamp) -> Result<usize, StoreError> {
    Ok(
        diesel::delete(idempotency::table.filter(idempotency::expires_at.le(now.as_millis())))
            .execute(&mut **tx)?,
    )
}
