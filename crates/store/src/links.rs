//! Sign-in links: for invited people and forgotten passwords.

use diesel::prelude::*;
use latchkey_keys::Digest;
use latchkey_types::{Timestamp, UserId};

use crate::{Db, StoreError, Tx, columns::AsText, schema::sign_in_links};

/// Makes a link. Earlier ones of this person stop working.
///
/// # Errors
/// Those of the database.
pub fn create_sign_in_link(
    tx: &mut Tx<'_>,
    digest: &Digest,
    user: UserId,
    created_at: Timestamp,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    delete_links_of(tx, user)?;
    diesel::insert_into(sign_in_links::table)
        .values((
            sign_in_links::digest.eq(digest.as_bytes().as_slice()),
            sign_in_links::user_id.eq(user.to_string()),
            sign_in_links::created_at.eq(created_at.as_millis()),
            sign_in_links::expires_at.eq(expires_at.as_millis()),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Whose link this is, if it works at this time.
///
/// # Errors
/// Those of the database.
pub fn find_sign_in_link(
    db: &mut Db,
    digest: &Digest,
    now: Timestamp,
) -> Result<Option<UserId>, StoreError> {
    let link = sign_in_links::table
        .filter(sign_in_links::digest.eq(digest.as_bytes().as_slice()))
        .filter(sign_in_links::used_at.is_null())
        .filter(sign_in_links::expires_at.gt(now.as_millis()));
    let user: Option<AsText<UserId>> = link.select(sign_in_links::user_id).first(db).optional()?;
    Ok(user.map(|user| user.0))
}

/// Uses a link up and says whose it is. `None` when there is none, or it was used, or its time is over.
///
/// # Errors
/// Those of the database.
pub fn use_sign_in_link(
    tx: &mut Tx<'_>,
    digest: &Digest,
    now: Timestamp,
) -> Result<Option<UserId>, StoreError> {
    let Some(user) = find_sign_in_link(tx, digest, now)? else {
        return Ok(None);
    };
    diesel::update(
        sign_in_links::table.filter(sign_in_links::digest.eq(digest.as_bytes().as_slice())),
    )
    .set(sign_in_links::used_at.eq(now.as_millis()))
    .execute(&mut **tx)?;
    Ok(Some(user))
}

/// Takes all links of this person back that were not used yet; how many.
///
/// # Errors
/// Those of the database.
pub fn delete_links_of(tx: &mut Tx<'_>, user: UserId) -> Result<usize, StoreError> {
    Ok(diesel::delete(
        sign_in_links::table
            .filter(sign_in_links::user_id.eq(user.to_string()))
            .filter(sign_in_links::used_at.is_null()),
    )
    .execute(&mut **tx)?)
}
