//! What changes keys. Each function sends the key's new state to the observer by itself.

use diesel::prelude::*;
use latchkey_types::{
    KeyId, ProjectId, SecretId, Timestamp, UserId, guidance::normal_description,
    receipt::RevokeReason, user::UserRef,
};

use super::{KeyChange, NewKey, NewSecret, StoredKey, StoredSecret, find_key_anywhere};
use crate::{
    Change, KeyState, SecretState, StoreError, Tx,
    columns::{AsText, Word, millis, search_text},
    schema::{key_secrets as secrets, keys, users},
    state,
};

/// Makes a key with its first secret.
///
/// # Errors
/// Those of the database.
pub fn create_key(
    tx: &mut Tx<'_>,
    new: &NewKey,
    secret: &NewSecret,
) -> Result<StoredKey, StoreError> {
    diesel::insert_into(keys::table)
        .values((
            keys::id.eq(new.id.to_string()),
            keys::project_id.eq(new.project_id.to_string()),
            keys::description.eq(&new.description),
            keys::normal_description.eq(normal_description(&new.description)),
            keys::search.eq(search(&new.description, &[&secret.hint])),
            keys::environment.eq(new.environment.word()),
            keys::created_by.eq(new.created_by.to_string()),
            keys::created_at.eq(new.created_at.as_millis()),
            keys::expires_at.eq(millis(new.expires_at)),
            keys::version.eq(1_i64),
        ))
        .execute(&mut **tx)?;
    insert_secret(tx, new.id, secret)?;
    // What was written is known, so it is not read again.
    tx.push(Change::Key(KeyState {
        id: new.id,
        project_id: new.project_id,
        description: new.description.clone(),
        environment: new.environment,
        expires_at: new.expires_at,
        disabled: false,
        revoked: false,
        secrets: vec![SecretState {
            id: secret.id,
            digest: secret.digest,
            retires_at: None,
            is_newest: true,
        }],
    }));
    let name: Option<String> = users::table
        .filter(users::id.eq(new.created_by.to_string()))
        .select(users::name)
        .first(&mut **tx)
        .optional()?;
    Ok(StoredKey {
        id: new.id,
        project_id: new.project_id,
        description: new.description.clone(),
        environment: new.environment,
        created_by: UserRef {
            id: new.created_by,
            name: name.unwrap_or_default(),
        },
        created_at: new.created_at,
        expires_at: new.expires_at,
        disabled_at: None,
        revoked_at: None,
        revoked_by: None,
        revoke_reason: None,
        version: 1,
        secrets: vec![StoredSecret {
            id: secret.id,
            digest: secret.digest,
            hint: secret.hint.clone(),
            created_at: secret.created_at,
            retires_at: None,
            retired_at: None,
            activity: None,
        }],
    })
}

/// Changes a key's editable fields and counts the version up.
///
/// # Errors
/// `Internal` when there is no such key; those of the database.
pub fn set_key(tx: &mut Tx<'_>, id: KeyId, change: &KeyChange) -> Result<StoredKey, StoreError> {
    diesel::update(keys::table.filter(keys::id.eq(id.to_string())))
        .set((
            Changes {
                description: change.description.as_deref(),
                normal_description: change.description.as_deref().map(normal_description),
                environment: change.environment.map(|environment| environment.word()),
                expires_at: change.expires_at.map(millis),
                disabled_at: change.disabled_at.map(millis),
            },
            keys::version.eq(keys::version + 1),
        ))
        .execute(&mut **tx)?;
    if change.description.is_some() {
        set_search(tx, id)?;
    }
    changed(tx, id)
}

/// Gives a key another secret. The one it has retires at `old_retires_at`; the caller has seen to it that
/// no overlap is running and that this one doesn't outlive the key.
///
/// # Errors
/// Those of the database.
pub fn add_secret(
    tx: &mut Tx<'_>,
    key: KeyId,
    new: &NewSecret,
    old_retires_at: Timestamp,
) -> Result<StoredKey, StoreError> {
    diesel::update(
        secrets::table
            .filter(secrets::key_id.eq(key.to_string()))
            .filter(secrets::retires_at.is_null()),
    )
    .set(secrets::retires_at.eq(old_retires_at.as_millis()))
    .execute(&mut **tx)?;
    insert_secret(tx, key, new)?;
    set_search(tx, key)?;
    changed(tx, key)
}

/// Ends an overlap: retires all secrets of the key but the present one at once. Those it ended; none when
/// no overlap was running.
///
/// # Errors
/// Those of the database.
pub fn retire_old_secrets(
    tx: &mut Tx<'_>,
    key: KeyId,
    now: Timestamp,
) -> Result<Vec<SecretId>, StoreError> {
    let running = secrets::table
        .filter(secrets::key_id.eq(key.to_string()))
        .filter(secrets::retires_at.gt(now.as_millis()))
        .filter(secrets::retired_at.is_null());
    let ended: Vec<AsText<SecretId>> = running
        .select(secrets::id)
        .order(secrets::id.asc())
        .load(&mut **tx)?;
    for id in &ended {
        diesel::update(secrets::table.filter(secrets::id.eq(id.0.to_string())))
            .set(secrets::retired_at.eq(now.as_millis()))
            .execute(&mut **tx)?;
    }
    // Sent even when nothing ended: asking again puts the state in memory right again, too.
    push(tx, &[key])?;
    Ok(ended.into_iter().map(|id| id.0).collect())
}

/// Revokes a key for ever; `by` nobody where the command line does. Whether it was this call that did: again changes
/// nothing, but the key's state goes to the observer in any case.
///
/// # Errors
/// Those of the database.
pub fn revoke_key(
    tx: &mut Tx<'_>,
    key: KeyId,
    by: impl Into<Option<UserId>>,
    reason: RevokeReason,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let revoked = diesel::update(
        keys::table
            .filter(keys::id.eq(key.to_string()))
            .filter(keys::revoked_at.is_null()),
    )
    .set((
        keys::revoked_at.eq(now.as_millis()),
        keys::revoked_by.eq(by.into().map(|id| id.to_string())),
        keys::revoke_reason.eq(reason.word()),
    ))
    .execute(&mut **tx)?;
    push(tx, &[key])?;
    Ok(revoked > 0)
}

/// Revokes all keys of a project that are not; which they were, oldest id first.
///
/// # Errors
/// Those of the database.
pub fn revoke_project_keys(
    tx: &mut Tx<'_>,
    project: ProjectId,
    by: UserId,
    reason: RevokeReason,
    now: Timestamp,
) -> Result<Vec<KeyId>, StoreError> {
    let live: Vec<AsText<KeyId>> = keys::table
        .filter(keys::project_id.eq(project.to_string()))
        .filter(keys::revoked_at.is_null())
        .select(keys::id)
        .order(keys::id.asc())
        .load(&mut **tx)?;
    let live: Vec<KeyId> = live.into_iter().map(|id| id.0).collect();
    diesel::update(
        keys::table
            .filter(keys::project_id.eq(project.to_string()))
            .filter(keys::revoked_at.is_null()),
    )
    .set((
        keys::revoked_at.eq(now.as_millis()),
        keys::revoked_by.eq(by.to_string()),
        keys::revoke_reason.eq(reason.word()),
    ))
    .execute(&mut **tx)?;
    push(tx, &live)?;
    Ok(live)
}

#[derive(AsChangeset)]
#[diesel(table_name = keys)]
struct Changes<'a> {
    description: Option<&'a str>,
    normal_description: Option<String>,
    environment: Option<String>,
    expires_at: Option<Option<i64>>,
    disabled_at: Option<Option<i64>>,
}

fn insert_secret(tx: &mut Tx<'_>, key: KeyId, new: &NewSecret) -> Result<(), StoreError> {
    diesel::insert_into(secrets::table)
        .values((
            secrets::id.eq(new.id.to_string()),
            secrets::key_id.eq(key.to_string()),
            secrets::digest.eq(new.digest.as_bytes().as_slice()),
            secrets::pepper_version.eq(new.pepper_version),
            secrets::hint.eq(&new.hint),
            secrets::created_at.eq(new.created_at.as_millis()),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Writes the text that searching looks into again, from the description and all hints.
fn set_search(tx: &mut Tx<'_>, key: KeyId) -> Result<(), StoreError> {
    let row = keys::table.filter(keys::id.eq(key.to_string()));
    let description: String = row.clone().select(keys::description).first(&mut **tx)?;
    let hints: Vec<String> = secrets::table
        .filter(secrets::key_id.eq(key.to_string()))
        .select(secrets::hint)
        .load(&mut **tx)?;
    let hints: Vec<&str> = hints.iter().map(String::as_str).collect();
    diesel::update(row)
        .set(keys::search.eq(search(&description, &hints)))
        .execute(&mut **tx)?;
    Ok(())
}

fn search(description: &str, hints: &[&str]) -> String {
    search_text(&format!("{description} {}", hints.join(" ")))
}

fn changed(tx: &mut Tx<'_>, id: KeyId) -> Result<StoredKey, StoreError> {
    push(tx, &[id])?;
    Ok(find_key_anywhere(tx, id)?.ok_or(diesel::result::Error::NotFound)?)
}

fn push(tx: &mut Tx<'_>, ids: &[KeyId]) -> Result<(), StoreError> {
    for state in state::keys(tx, ids)? {
        tx.push(Change::Key(state));
    }
    Ok(())
}
