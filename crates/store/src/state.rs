//! The state of rows as the observer gets it: for single ones after a change, and for all of them at the
//! start.

use diesel::prelude::*;
use latchkey_keys::Digest;
use latchkey_types::{
    KeyId, ProjectId, SecretId, Timestamp, UserId, key::Environment, member::Role,
};

use crate::{
    Change, Db, KeyState, SecretState, StoreError,
    columns::{AsDigest, AsText, OptMillis},
    members,
    projects::{StoredProject, find_project},
    schema::{key_secrets as secrets, keys, management_tokens, project_members, projects, users},
    tokens::StoredToken,
    users::{StoredUser, find_user},
};

/// So many ids go into one `IN (…)`.
const IN_MAX: usize = 1000;

/// The states of these keys, in the order of their ids. Ids without a row are left out.
pub(crate) fn keys(db: &mut Db, ids: &[KeyId]) -> Result<Vec<KeyState>, StoreError> {
    let mut states = Vec::with_capacity(ids.len());
    for ids in ids.chunks(IN_MAX) {
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let rows: Vec<KeyRow> = keys::table
            .filter(keys::id.eq_any(&ids))
            .order(keys::id.asc())
            .select(KeyRow::as_select())
            .load(db)?;
        let of_them: Vec<SecretRow> = secrets::table
            .filter(secrets::key_id.eq_any(&ids))
            .order((
                secrets::key_id.asc(),
                secrets::created_at.asc(),
                secrets::id.asc(),
            ))
            .select(SecretRow::as_select())
            .load(db)?;
        states.extend(together(rows, of_them));
    }
    Ok(states)
}

/// What these rows are now. A row that is not there any more, or never came to be because its transaction
/// was lost, is told as dead.
pub(crate) fn again(db: &mut Db, changes: &[Change]) -> Result<Vec<Change>, StoreError> {
    let mut now = Vec::with_capacity(changes.len());
    for change in changes {
        now.push(match change {
            Change::Key(old) => {
                let found = keys(db, &[old.id])?.pop();
                Change::Key(found.unwrap_or_else(|| KeyState {
                    revoked: true,
                    ..old.clone()
                }))
            }
            Change::Project(old) => {
                let found = find_project(db, old.id)?.map(|project| project.state());
                Change::Project(found.unwrap_or_else(|| crate::ProjectState {
                    archived: true,
                    ..old.clone()
                }))
            }
            Change::User(old) => {
                let found = find_user(db, old.id)?.map(|user| user.state());
                Change::User(found.unwrap_or_else(|| crate::UserState {
                    disabled: true,
                    ..old.clone()
                }))
            }
            Change::Token(old) => {
                let found =
                    crate::tokens::find_token(db, old.user_id, old.id)?.map(|token| token.state());
                Change::Token(found.unwrap_or_else(|| crate::TokenState {
                    revoked: true,
                    ..old.clone()
                }))
            }
            Change::Member { project, user, .. } => Change::Member {
                project: *project,
                user: *user,
                role: members::find_role(db, *project, *user)?,
            },
        });
    }
    Ok(now)
}

/// Sends the state of everything, `batch` rows at a time: first people and projects, then memberships and
/// tokens, then keys with their secrets. Only one batch is in memory.
pub(crate) fn load(
    db: &mut Db,
    batch: u32,
    mut give: impl FnMut(&[Change]),
) -> Result<(), StoreError> {
    let limit = i64::from(batch.max(1));
    let mut after = String::new();
    loop {
        let rows: Vec<StoredUser> = users::table
            .filter(users::id.gt(&after))
            .order(users::id.asc())
            .limit(limit)
            .select(StoredUser::as_select())
            .load(db)?;
        let Some(last) = rows.last() else { break };
        after = last.id.to_string();
        give(
            &rows
                .iter()
                .map(|row| Change::User(row.state()))
                .collect::<Vec<_>>(),
        );
    }
    after.clear();
    loop {
        let rows: Vec<StoredProject> = projects::table
            .filter(projects::id.gt(&after))
            .order(projects::id.asc())
            .limit(limit)
            .select(StoredProject::as_select())
            .load(db)?;
        let Some(last) = rows.last() else { break };
        after = last.id.to_string();
        give(
            &rows
                .iter()
                .map(|row| Change::Project(row.state()))
                .collect::<Vec<_>>(),
        );
        load_members(db, &rows, &mut give)?;
    }
    after.clear();
    loop {
        let rows: Vec<StoredToken> = management_tokens::table
            .filter(management_tokens::id.gt(&after))
            .order(management_tokens::id.asc())
            .limit(limit)
            .select(StoredToken::as_select())
            .load(db)?;
        let Some(last) = rows.last() else { break };
        after = last.id.to_string();
        give(
            &rows
                .iter()
                .map(|row| Change::Token(row.state()))
                .collect::<Vec<_>>(),
        );
    }
    load_keys(db, limit, give)
}

fn load_members(
    db: &mut Db,
    of: &[StoredProject],
    give: &mut impl FnMut(&[Change]),
) -> Result<(), StoreError> {
    for projects in of.chunks(IN_MAX) {
        let ids: Vec<String> = projects.iter().map(|row| row.id.to_string()).collect();
        let rows: Vec<(AsText<ProjectId>, AsText<UserId>, AsText<Role>)> = project_members::table
            .filter(project_members::project_id.eq_any(&ids))
            .select((
                project_members::project_id,
                project_members::user_id,
                project_members::role,
            ))
            .load(db)?;
        let changes: Vec<Change> = rows
            .into_iter()
            .map(|(project, user, role)| Change::Member {
                project: project.0,
                user: user.0,
                role: Some(role.0),
            })
            .collect();
        give(&changes);
    }
    Ok(())
}

fn load_keys(db: &mut Db, limit: i64, mut give: impl FnMut(&[Change])) -> Result<(), StoreError> {
    let mut after = String::new();
    loop {
        let rows: Vec<KeyRow> = keys::table
            .filter(keys::id.gt(&after))
            .order(keys::id.asc())
            .limit(limit)
            .select(KeyRow::as_select())
            .load(db)?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        let last = last.id.to_string();
        let of_them: Vec<SecretRow> = secrets::table
            .filter(secrets::key_id.gt(&after))
            .filter(secrets::key_id.le(&last))
            .order((
                secrets::key_id.asc(),
                secrets::created_at.asc(),
                secrets::id.asc(),
            ))
            .select(SecretRow::as_select())
            .load(db)?;
        after = last;
        let changes: Vec<Change> = together(rows, of_them).map(Change::Key).collect();
        give(&changes);
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = keys)]
struct KeyRow {
    #[diesel(deserialize_as = AsText<KeyId>)]
    id: KeyId,
    #[diesel(deserialize_as = AsText<ProjectId>)]
    project_id: ProjectId,
    description: String,
    #[diesel(deserialize_as = AsText<Environment>)]
    environment: Environment,
    #[diesel(deserialize_as = OptMillis)]
    expires_at: Option<Timestamp>,
    #[diesel(deserialize_as = OptMillis)]
    disabled_at: Option<Timestamp>,
    #[diesel(deserialize_as = OptMillis)]
    revoked_at: Option<Timestamp>,
}

impl From<SecretRow> for SecretState {
    fn from(row: SecretRow) -> Self {
        Self {
            id: row.id,
            digest: row.digest,
            retires_at: match (row.retires_at, row.retired_at) {
                (Some(planned), Some(real)) => Some(planned.min(real)),
                (planned, real) => planned.or(real),
            },
            // Only a secret that another one has followed gets a planned end.
            is_newest: row.retires_at.is_none(),
        }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = secrets)]
struct SecretRow {
    #[diesel(deserialize_as = AsText<SecretId>)]
    id: SecretId,
    #[diesel(deserialize_as = AsText<KeyId>)]
    key_id: KeyId,
    #[diesel(deserialize_as = AsDigest)]
    digest: Digest,
    #[diesel(deserialize_as = OptMillis)]
    retires_at: Option<Timestamp>,
    #[diesel(deserialize_as = OptMillis)]
    retired_at: Option<Timestamp>,
}

/// Keys with their secrets. Both are in the order of the keys' ids, so they are gone through side by side: a start does this
/// a million times.
fn together(rows: Vec<KeyRow>, secrets: Vec<SecretRow>) -> impl Iterator<Item = KeyState> {
    let mut secrets = secrets.into_iter().peekable();
    rows.into_iter().map(move |row| KeyState {
        secrets: std::iter::from_fn(|| secrets.next_if(|secret| secret.key_id == row.id))
            .map(SecretState::from)
            .collect(),
        id: row.id,
        project_id: row.project_id,
        description: row.description,
        environment: row.environment,
        expires_at: row.expires_at,
        disabled: row.disabled_at.is_some(),
        revoked: row.revoked_at.is_some(),
    })
}
