//! The rows that a key is put together from.

use std::collections::HashMap;

use diesel::prelude::*;
use latchkey_keys::Digest;
use latchkey_types::{
    KeyId, ProjectId, SecretId, Timestamp, UserId,
    key::{Environment, Via},
    receipt::RevokeReason,
    user::UserRef,
};

use super::{Activity, StoredKey, StoredSecret};
use crate::{
    Db, StoreError,
    columns::{AsDigest, AsMillis, AsText, OptMillis, OptText},
    page::Cursor,
    schema::{key_activity, key_secrets, keys, users},
};

/// So many ids go into one `IN (…)`: far below SQLite's 32,766 and PostgreSQL's 65,535 parameters.
const IN_MAX: usize = 1000;

#[derive(Queryable, Selectable)]
#[diesel(table_name = keys)]
pub(super) struct KeyRow {
    #[diesel(deserialize_as = AsText<KeyId>)]
    id: KeyId,
    #[diesel(deserialize_as = AsText<ProjectId>)]
    project_id: ProjectId,
    description: String,
    #[diesel(deserialize_as = AsText<Environment>)]
    environment: Environment,
    #[diesel(deserialize_as = AsText<UserId>)]
    created_by: UserId,
    #[diesel(deserialize_as = AsMillis)]
    created_at: Timestamp,
    #[diesel(deserialize_as = OptMillis)]
    expires_at: Option<Timestamp>,
    #[diesel(deserialize_as = OptMillis)]
    disabled_at: Option<Timestamp>,
    #[diesel(deserialize_as = OptMillis)]
    revoked_at: Option<Timestamp>,
    #[diesel(deserialize_as = OptText<UserId>)]
    revoked_by: Option<UserId>,
    #[diesel(deserialize_as = OptText<RevokeReason>)]
    revoke_reason: Option<RevokeReason>,
    version: i64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = key_secrets)]
struct SecretRow {
    #[diesel(deserialize_as = AsText<SecretId>)]
    id: SecretId,
    #[diesel(deserialize_as = AsText<KeyId>)]
    key_id: KeyId,
    #[diesel(deserialize_as = AsDigest)]
    digest: Digest,
    hint: String,
    #[diesel(deserialize_as = AsMillis)]
    created_at: Timestamp,
    #[diesel(deserialize_as = OptMillis)]
    retires_at: Option<Timestamp>,
    #[diesel(deserialize_as = OptMillis)]
    retired_at: Option<Timestamp>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = key_activity)]
struct ActivityRow {
    #[diesel(deserialize_as = AsText<SecretId>)]
    secret_id: SecretId,
    #[diesel(deserialize_as = AsMillis)]
    first_used_at: Timestamp,
    #[diesel(deserialize_as = AsText<Via>)]
    first_via: Via,
    first_client: Option<String>,
    #[diesel(deserialize_as = AsMillis)]
    last_used_at: Timestamp,
    #[diesel(deserialize_as = AsText<Via>)]
    last_via: Via,
    last_client: Option<String>,
    last_ip: Option<String>,
}

impl KeyRow {
    pub(super) fn place(&self) -> Cursor {
        (self.created_at.as_millis(), self.id.to_string())
    }
}

/// The earlier of two moments that may be none.
pub(super) fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// Adds secrets, uses and people to these keys.
pub(super) fn complete(db: &mut Db, rows: Vec<KeyRow>) -> Result<Vec<StoredKey>, StoreError> {
    let ids: Vec<String> = rows.iter().map(|row| row.id.to_string()).collect();
    let mut secrets = secrets_of(db, &ids)?;
    let people = people_of(db, &rows)?;
    let person = |id: UserId| {
        let name = people.get(&id).cloned().unwrap_or_default();
        UserRef { id, name }
    };
    Ok(rows
        .into_iter()
        .map(|row| StoredKey {
            secrets: secrets.remove(&row.id).unwrap_or_default(),
            id: row.id,
            project_id: row.project_id,
            description: row.description,
            environment: row.environment,
            created_by: person(row.created_by),
            created_at: row.created_at,
            expires_at: row.expires_at,
            disabled_at: row.disabled_at,
            revoked_at: row.revoked_at,
            revoked_by: row.revoked_by.map(person),
            revoke_reason: row.revoke_reason,
            version: row.version,
        })
        .collect())
}

fn secrets_of(
    db: &mut Db,
    keys: &[String],
) -> Result<HashMap<KeyId, Vec<StoredSecret>>, StoreError> {
    let mut found: HashMap<KeyId, Vec<StoredSecret>> = HashMap::with_capacity(keys.len());
    for ids in keys.chunks(IN_MAX) {
        let rows: Vec<SecretRow> = key_secrets::table
            .filter(key_secrets::key_id.eq_any(ids))
            .select(SecretRow::as_select())
            .load(db)?;
        let activities: Vec<ActivityRow> = key_activity::table
            .filter(key_activity::key_id.eq_any(ids))
            .select(ActivityRow::as_select())
            .load(db)?;
        let mut activities: HashMap<SecretId, ActivityRow> = activities
            .into_iter()
            .map(|row| (row.secret_id, row))
            .collect();
        for row in rows {
            found.entry(row.key_id).or_default().push(StoredSecret {
                activity: activities.remove(&row.id).map(Activity::from),
                id: row.id,
                digest: row.digest,
                hint: row.hint,
                created_at: row.created_at,
                retires_at: row.retires_at,
                retired_at: row.retired_at,
            });
        }
    }
    for secrets in found.values_mut() {
        // The present secret is the one without a planned end: its place must not hang on the clock, which
        // may have been set back between two rotations.
        secrets.sort_by_key(|secret| {
            let is_old = secret.retires_at.is_some();
            (is_old, std::cmp::Reverse((secret.created_at, secret.id)))
        });
    }
    Ok(found)
}

fn people_of(db: &mut Db, rows: &[KeyRow]) -> Result<HashMap<UserId, String>, StoreError> {
    let mut ids: Vec<String> = rows
        .iter()
        .flat_map(|row| [Some(row.created_by), row.revoked_by])
        .flatten()
        .map(|id| id.to_string())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let mut people = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(IN_MAX) {
        let rows: Vec<(AsText<UserId>, String)> = users::table
            .filter(users::id.eq_any(ids))
            .select((users::id, users::name))
            .load(db)?;
        people.extend(rows.into_iter().map(|(id, name)| (id.0, name)));
    }
    Ok(people)
}

impl From<ActivityRow> for Activity {
    fn from(row: ActivityRow) -> Self {
        Self {
            first_used_at: row.first_used_at,
            first_via: row.first_via,
            first_client: row.first_client,
            last_used_at: row.last_used_at,
            last_via: row.last_via,
            last_client: row.last_client,
            last_ip: row.last_ip,
        }
    }
}
