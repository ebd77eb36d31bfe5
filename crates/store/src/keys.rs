//! Keys, their secrets, and when these were used.

mod change;
mod rows;

use diesel::prelude::*;
use latchkey_keys::{Digest, verdict};
use latchkey_types::{
    KeyId, ProjectId, SecretId, Timestamp, UserId,
    key::{Environment, KeyStatus, Via},
    receipt::RevokeReason,
    user::UserRef,
};

pub use self::change::{
    add_secret, create_key, retire_old_secrets, revoke_key, revoke_project_keys, set_key,
};
use self::rows::{KeyRow, complete};
use crate::{
    Db, StoreError,
    columns::{Word, like_pattern},
    db::MultiBackend,
    page::{PageQuery, Paged, paged},
    schema::keys,
};

/// A key with everything that is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// The key's id.
    pub id: KeyId,
    /// The project it opens.
    pub project_id: ProjectId,
    /// What it is for.
    pub description: String,
    /// What it is used in.
    pub environment: Environment,
    /// Who made it.
    pub created_by: UserRef,
    /// When it was made.
    pub created_at: Timestamp,
    /// From this moment on it is expired.
    pub expires_at: Option<Timestamp>,
    /// Since when it is switched off.
    pub disabled_at: Option<Timestamp>,
    /// Since when it is revoked.
    pub revoked_at: Option<Timestamp>,
    /// Who revoked it.
    pub revoked_by: Option<UserRef>,
    /// Why.
    pub revoke_reason: Option<RevokeReason>,
    /// Counts the changes of the editable fields.
    pub version: i64,
    /// All secrets it ever had, the present one first, then the newest.
    pub secrets: Vec<StoredSecret>,
}

/// One secret of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSecret {
    /// The secret's id.
    pub id: SecretId,
    /// Its keyed digest.
    pub digest: Digest,
    /// The beginning and the last four characters.
    pub hint: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// The planned end of its overlap; `None` for the key's present secret.
    pub retires_at: Option<Timestamp>,
    /// When the overlap was ended earlier.
    pub retired_at: Option<Timestamp>,
    /// Its uses, as far as they have been flushed.
    pub activity: Option<Activity>,
}

/// The first and the last accepted call of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// The first call.
    pub first_used_at: Timestamp,
    /// How the key arrived then.
    pub first_via: Via,
    /// What program sent it then.
    pub first_client: Option<String>,
    /// The last call.
    pub last_used_at: Timestamp,
    /// How the key arrived then.
    pub last_via: Via,
    /// What program sent it then.
    pub last_client: Option<String>,
    /// From which address.
    pub last_ip: Option<String>,
}

/// A key to make. Its first secret comes with it.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// The key's id.
    pub id: KeyId,
    /// The project it opens.
    pub project_id: ProjectId,
    /// What it is for.
    pub description: String,
    /// What it is used in.
    pub environment: Environment,
    /// Who makes it.
    pub created_by: UserId,
    /// Now.
    pub created_at: Timestamp,
    /// From this moment on it is expired.
    pub expires_at: Option<Timestamp>,
}

/// A secret to add to a key.
#[derive(Debug, Clone)]
pub struct NewSecret {
    /// The secret's id.
    pub id: SecretId,
    /// Its keyed digest.
    pub digest: Digest,
    /// Which pepper made the digest.
    pub pepper_version: i32,
    /// The beginning and the last four characters.
    pub hint: String,
    /// Now.
    pub created_at: Timestamp,
}

/// What to change of a key: `None` keeps.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyChange {
    /// A new description.
    pub description: Option<String>,
    /// A new environment.
    pub environment: Option<Environment>,
    /// `Some(None)`: it never expires.
    pub expires_at: Option<Option<Timestamp>>,
    /// `Some(None)` switches it on again.
    pub disabled_at: Option<Option<Timestamp>>,
}

/// Which keys to list by what they are at `now`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeyStatusFilter {
    /// All but the revoked ones.
    #[default]
    NotRevoked,
    /// All.
    All,
    /// Those that are accepted.
    Active,
    /// Those that are expired, and neither disabled nor revoked.
    Expired,
    /// Those that are disabled and not revoked.
    Disabled,
    /// Those that are revoked.
    Revoked,
}

/// Which keys to list.
#[derive(Debug, Clone, Copy)]
pub struct KeyFilter<'a> {
    /// Only those with this text in the description or a secret's hint, whatever the case.
    pub q: Option<&'a str>,
    /// What they are at `now`.
    pub status: KeyStatusFilter,
    /// Only of this environment.
    pub environment: Option<Environment>,
    /// Only made by this person.
    pub created_by: Option<UserId>,
    /// The moment that decides what is expired.
    pub now: Timestamp,
}

impl StoredKey {
    /// What the key is at `now`.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> KeyStatus {
        verdict::status(
            self.revoked_at.is_some(),
            self.disabled_at.is_some(),
            self.expires_at,
            now,
        )
    }

    /// The key's present secret; a key always has one.
    #[must_use]
    pub fn newest_secret(&self) -> Option<&StoredSecret> {
        self.secrets.first()
    }

    /// Its secrets that are not retired at `now`, the present one first: one, or two during an overlap.
    pub fn live_secrets(&self, now: Timestamp) -> impl Iterator<Item = &StoredSecret> {
        self.secrets
            .iter()
            .filter(move |secret| !verdict::is_over(secret.ends_at(), now))
    }

    /// The secret that was used last, with its uses.
    #[must_use]
    pub fn last_use(&self) -> Option<(&StoredSecret, &Activity)> {
        self.secrets
            .iter()
            .filter_map(|secret| Some((secret, secret.activity.as_ref()?)))
            .max_by_key(|(_, activity)| activity.last_used_at)
    }
}

impl StoredSecret {
    /// From which moment on it is retired: the planned end of the overlap or the real one, whichever comes
    /// first.
    #[must_use]
    pub fn ends_at(&self) -> Option<Timestamp> {
        rows::earlier(self.retires_at, self.retired_at)
    }
}

/// The key with this id in this project.
///
/// # Errors
/// Those of the database.
pub fn find_key(
    db: &mut Db,
    project: ProjectId,
    id: KeyId,
) -> Result<Option<StoredKey>, StoreError> {
    Ok(find_key_anywhere(db, id)?.filter(|key| key.project_id == project))
}

/// The key with this id in any project.
///
/// # Errors
/// Those of the database.
pub fn find_key_anywhere(db: &mut Db, id: KeyId) -> Result<Option<StoredKey>, StoreError> {
    let rows: Vec<KeyRow> = keys::table
        .filter(keys::id.eq(id.to_string()))
        .select(KeyRow::as_select())
        .load(db)?;
    Ok(complete(db, rows)?.pop())
}

/// Keys of a project, newest first: one indexed query for the page's rows, and one each for their secrets,
/// uses and people.
///
/// # Errors
/// Those of the database.
pub fn list_keys(
    db: &mut Db,
    project: ProjectId,
    filter: &KeyFilter<'_>,
    page: &PageQuery,
) -> Result<Paged<StoredKey>, StoreError> {
    let mut query = keys::table
        .filter(keys::project_id.eq(project.to_string()))
        .select(KeyRow::as_select())
        .into_boxed::<MultiBackend>();
    let now = filter.now.as_millis();
    query = match filter.status {
        KeyStatusFilter::All => query,
        KeyStatusFilter::NotRevoked => query.filter(keys::revoked_at.is_null()),
        KeyStatusFilter::Revoked => query.filter(keys::revoked_at.is_not_null()),
        KeyStatusFilter::Disabled => query
            .filter(keys::revoked_at.is_null())
            .filter(keys::disabled_at.is_not_null()),
        KeyStatusFilter::Expired => query
            .filter(keys::revoked_at.is_null())
            .filter(keys::disabled_at.is_null())
            .filter(keys::expires_at.le(now)),
        KeyStatusFilter::Active => query
            .filter(keys::revoked_at.is_null())
            .filter(keys::disabled_at.is_null())
            .filter(keys::expires_at.is_null().or(keys::expires_at.gt(now))),
    };
    if let Some(environment) = filter.environment {
        query = query.filter(keys::environment.eq(environment.word()));
    }
    if let Some(user) = filter.created_by {
        query = query.filter(keys::created_by.eq(user.to_string()));
    }
    if let Some(q) = filter.q {
        query = query.filter(keys::search.like(like_pattern(q)).escape('\\'));
    }
    let rows: Vec<KeyRow> = paged!(query, keys::created_at, keys::id, page).load(db)?;
    let (rows, next) = page.cut(rows, KeyRow::place);
    Ok((complete(db, rows)?, next))
}

/// The keys that this person made and that are not revoked, newest first.
///
/// # Errors
/// Those of the database.
pub fn list_live_keys_made_by(db: &mut Db, user: UserId) -> Result<Vec<StoredKey>, StoreError> {
    let rows: Vec<KeyRow> = keys::table
        .filter(keys::created_by.eq(user.to_string()))
        .filter(keys::revoked_at.is_null())
        .order((keys::created_at.desc(), keys::id.desc()))
        .select(KeyRow::as_select())
        .load(db)?;
    complete(db, rows)
}

/// Whether a key of the project that is not revoked, other than `except`, has this description in the form
/// of `types::guidance::normal_description`.
///
/// # Errors
/// Those of the database.
pub fn description_exists(
    db: &mut Db,
    project: ProjectId,
    normal: &str,
    except: Option<KeyId>,
) -> Result<bool, StoreError> {
    // An empty text is no id, so it excepts nothing.
    let except = except.map(|id| id.to_string()).unwrap_or_default();
    let found: Option<String> = keys::table
        .filter(keys::project_id.eq(project.to_string()))
        .filter(keys::normal_description.eq(normal))
        .filter(keys::revoked_at.is_null())
        .filter(keys::id.ne(except))
        .select(keys::id)
        .first(db)
        .optional()?;
    Ok(found.is_some())
}
