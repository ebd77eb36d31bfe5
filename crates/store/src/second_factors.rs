//! Second factors at sign-in, and the codes for when one is lost. What a code is, and whether it is right, is the
//! caller's to judge; here is what can be taken once only.

use diesel::prelude::*;
use latchkey_keys::Digest;
use latchkey_types::{Timestamp, UserId};

use crate::{
    Db, StoreError, Tx,
    columns::{AsText, OptMillis},
    schema::{recovery_codes, second_factors},
};

/// A person's second factor. It has no `Debug`: the sealed secret is nobody's business.
#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = second_factors)]
pub struct StoredSecondFactor {
    /// The secret that the app shares with the server, sealed and bound to the person.
    pub sealed_secret: Vec<u8>,
    /// Since when signing in asks for it; `None` while it is only begun.
    #[diesel(deserialize_as = OptMillis)]
    pub confirmed_at: Option<Timestamp>,
    /// The time step of the last code that was accepted.
    pub last_step: i64,
}

/// Begins one, in the place of one that was begun before. The caller has looked that none is confirmed.
///
/// # Errors
/// Those of the database.
pub fn create_second_factor(
    tx: &mut Tx<'_>,
    user: UserId,
    sealed_secret: &[u8],
    now: Timestamp,
) -> Result<(), StoreError> {
    delete_second_factor(tx, user)?;
    diesel::insert_into(second_factors::table)
        .values((
            second_factors::user_id.eq(user.to_string()),
            second_factors::sealed_secret.eq(sealed_secret),
            second_factors::created_at.eq(now.as_millis()),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// A person's second factor, confirmed or only begun.
///
/// # Errors
/// Those of the database.
pub fn find_second_factor(
    db: &mut Db,
    user: UserId,
) -> Result<Option<StoredSecondFactor>, StoreError> {
    Ok(second_factors::table
        .filter(second_factors::user_id.eq(user.to_string()))
        .select(StoredSecondFactor::as_select())
        .first(db)
        .optional()?)
}

/// Turns one that was begun on: from now on signing in asks for it. `codes` are the digests of its recovery codes.
///
/// # Errors
/// Those of the database.
pub fn confirm_second_factor(
    tx: &mut Tx<'_>,
    user: UserId,
    codes: &[Digest],
    now: Timestamp,
) -> Result<(), StoreError> {
    diesel::update(second_factors::table.filter(second_factors::user_id.eq(user.to_string())))
        .set(second_factors::confirmed_at.eq(now.as_millis()))
        .execute(&mut **tx)?;
    for digest in codes {
        diesel::insert_into(recovery_codes::table)
            .values((
                recovery_codes::digest.eq(digest.as_bytes().as_slice()),
                recovery_codes::user_id.eq(user.to_string()),
            ))
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// Takes the code of this time step. `false` when one of this step or a later one was taken before: each works once.
///
/// # Errors
/// Those of the database.
pub fn take_step(tx: &mut Tx<'_>, user: UserId, step: i64) -> Result<bool, StoreError> {
    let taken = diesel::update(
        second_factors::table
            .filter(second_factors::user_id.eq(user.to_string()))
            .filter(second_factors::last_step.lt(step)),
    )
    .set(second_factors::last_step.eq(step))
    .execute(&mut **tx)?;
    Ok(taken > 0)
}

/// Takes a recovery code of this person, and says how many are left. `None` when there is no such code, or it was used.
///
/// # Errors
/// Those of the database.
pub fn take_recovery_code(
    tx: &mut Tx<'_>,
    user: UserId,
    digest: &Digest,
    now: Timestamp,
) -> Result<Option<i64>, StoreError> {
    let unused = recovery_codes::table
        .filter(recovery_codes::user_id.eq(user.to_string()))
        .filter(recovery_codes::used_at.is_null());
    let this = recovery_codes::digest.eq(digest.as_bytes().as_slice());
    let taken = diesel::update(unused.clone().filter(this))
        .set(recovery_codes::used_at.eq(now.as_millis()))
        .execute(&mut **tx)?;
    if taken == 0 {
        return Ok(None);
    }
    Ok(Some(unused.count().get_result(&mut **tx)?))
}

/// Takes a person's second factor away, with its recovery codes. Whether there was one, confirmed or only begun.
///
/// # Errors
/// Those of the database.
pub fn delete_second_factor(tx: &mut Tx<'_>, user: UserId) -> Result<bool, StoreError> {
    let user = user.to_string();
    diesel::delete(recovery_codes::table.filter(recovery_codes::user_id.eq(&user)))
        .execute(&mut **tx)?;
    let deleted = diesel::delete(second_factors::table.filter(second_factors::user_id.eq(&user)))
        .execute(&mut **tx)?;
    Ok(deleted > 0)
}

/// The sealed secrets of all second factors, begun ones too.
///
/// # Errors
/// Those of the database.
pub fn list_sealed_secrets(db: &mut Db) -> Result<Vec<(UserId, Vec<u8>)>, StoreError> {
    let rows: Vec<(AsText<UserId>, Vec<u8>)> = second_factors::table
        .order(second_factors::user_id.asc())
        .select((second_factors::user_id, second_factors::sealed_secret))
        .load(db)?;
    Ok(rows
        .into_iter()
        .map(|(user, sealed)| (user.0, sealed))
        .collect())
}

/// Puts the same secret, sealed again, in the place of the old one.
///
/// # Errors
/// Those of the database.
pub fn set_sealed_secret(tx: &mut Tx<'_>, user: UserId, sealed: &[u8]) -> Result<(), StoreError> {
    diesel::update(second_factors::table.filter(second_factors::user_id.eq(user.to_string())))
        .set(second_factors::sealed_secret.eq(sealed))
        .execute(&mut **tx)?;
    Ok(())
}

/// Forgets the recovery codes of everybody.
///
/// # Errors
/// Those of the database.
pub fn delete_recovery_codes(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    diesel::delete(recovery_codes::table).execute(&mut **tx)?;
    Ok(())
}
