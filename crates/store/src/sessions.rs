//! Browser sessions. Whether one is over is the caller's to judge, by its `expires_at`.

use diesel::prelude::*;
use latchkey_keys::Digest;
use latchkey_types::{SessionId, Timestamp, UserId};

use crate::{
    Db, StoreError, Tx,
    columns::{AsDigest, AsMillis, AsText},
    schema::{sessions, users},
    users::StoredUser,
};

/// A session's row.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = sessions)]
pub struct StoredSession {
    /// The session's id.
    #[diesel(deserialize_as = AsText<SessionId>)]
    pub id: SessionId,
    /// The keyed digest of its token.
    #[diesel(deserialize_as = AsDigest)]
    pub digest: Digest,
    /// Whose it is.
    #[diesel(deserialize_as = AsText<UserId>)]
    pub user_id: UserId,
    /// When they signed in.
    #[diesel(deserialize_as = AsMillis)]
    pub created_at: Timestamp,
    /// The last request that was noted.
    #[diesel(deserialize_as = AsMillis)]
    pub last_seen_at: Timestamp,
    /// From this moment on it is over: idle or absolute, whichever comes first.
    #[diesel(deserialize_as = AsMillis)]
    pub expires_at: Timestamp,
    /// The address of the last request.
    pub ip: Option<String>,
    /// The browser's own description of itself.
    pub user_agent: Option<String>,
    /// When the person last gave their password in it.
    #[diesel(deserialize_as = AsMillis)]
    pub confirmed_at: Timestamp,
}

/// Begins a session.
///
/// # Errors
/// Those of the database.
pub fn create_session(tx: &mut Tx<'_>, new: &StoredSession) -> Result<(), StoreError> {
    diesel::insert_into(sessions::table)
        .values((
            sessions::id.eq(new.id.to_string()),
            sessions::digest.eq(new.digest.as_bytes().as_slice()),
            sessions::user_id.eq(new.user_id.to_string()),
            sessions::created_at.eq(new.created_at.as_millis()),
            sessions::last_seen_at.eq(new.last_seen_at.as_millis()),
            sessions::expires_at.eq(new.expires_at.as_millis()),
            sessions::ip.eq(new.ip.as_deref()),
            sessions::user_agent.eq(new.user_agent.as_deref()),
            sessions::confirmed_at.eq(new.confirmed_at.as_millis()),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// The session with this digest, over or not, and its person, disabled or not.
///
/// # Errors
/// Those of the database.
pub fn find_session(
    db: &mut Db,
    digest: &Digest,
) -> Result<Option<(StoredSession, StoredUser)>, StoreError> {
    Ok(sessions::table
        .inner_join(users::table)
        .filter(sessions::digest.eq(digest.as_bytes().as_slice()))
        .select((StoredSession::as_select(), StoredUser::as_select()))
        .first(db)
        .optional()?)
}

/// Notes a request: the session then ends at `expires_at`.
///
/// # Errors
/// Those of the database.
pub fn touch_session(
    tx: &mut Tx<'_>,
    id: SessionId,
    seen_at: Timestamp,
    expires_at: Timestamp,
    ip: Option<&str>,
    user_agent: Option<&str>,
) -> Result<(), StoreError> {
    diesel::update(sessions::table.filter(sessions::id.eq(id.to_string())))
        .set((
            sessions::last_seen_at.eq(seen_at.as_millis()),
            sessions::expires_at.eq(expires_at.as_millis()),
            sessions::ip.eq(ip),
            sessions::user_agent.eq(user_agent),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Notes that the person gave their password once more, and what the session's token is from now on. Whether the
/// session is still there.
///
/// # Errors
/// Those of the database.
pub fn confirm_session(
    tx: &mut Tx<'_>,
    id: SessionId,
    digest: &Digest,
    confirmed_at: Timestamp,
) -> Result<bool, StoreError> {
    let confirmed = diesel::update(sessions::table.filter(sessions::id.eq(id.to_string())))
        .set((
            sessions::digest.eq(digest.as_bytes().as_slice()),
            sessions::confirmed_at.eq(confirmed_at.as_millis()),
        ))
        .execute(&mut **tx)?;
    Ok(confirmed > 0)
}

/// A person's sessions that are not over, newest first.
///
/// # Errors
/// Those of the database.
pub fn list_sessions(
    db: &mut Db,
    user: UserId,
    now: Timestamp,
) -> Result<Vec<StoredSession>, StoreError> {
    Ok(sessions::table
        .filter(sessions::user_id.eq(user.to_string()))
        .filter(sessions::expires_at.gt(now.as_millis()))
        .order((sessions::created_at.desc(), sessions::id.desc()))
        .select(StoredSession::as_select())
        .load(db)?)
}

/// Ends a session of this person. Whether there was one.
///
/// # Errors
/// Those of the database.
pub fn delete_session(tx: &mut Tx<'_>, user: UserId, id: SessionId) -> Result<bool, StoreError> {
    let ended = diesel::delete(
        sessions::table
            .filter(sessions::id.eq(id.to_string()))
            .filter(sessions::user_id.eq(user.to_string())),
    )
    .execute(&mut **tx)?;
    Ok(ended > 0)
}

/// Ends all sessions of this person but `except`; which they were.
///
/// # Errors
/// Those of the database.
pub fn delete_sessions_of(
    tx: &mut Tx<'_>,
    user: UserId,
    except: Option<SessionId>,
) -> Result<Vec<SessionId>, StoreError> {
    // An empty text is no id, so it excepts nothing.
    let except = except.map(|id| id.to_string()).unwrap_or_default();
    let ended: Vec<AsText<SessionId>> = sessions::table
        .filter(sessions::user_id.eq(user.to_string()))
        .filter(sessions::id.ne(&except))
        .select(sessions::id)
        .load(&mut **tx)?;
    diesel::delete(
        sessions::table
            .filter(sessions::user_id.eq(user.to_string()))
            .filter(sessions::id.ne(&except)),
    )
    .execute(&mut **tx)?;
    Ok(ended.into_iter().map(|id| id.0).collect())
}

/// Clears away sessions that are over; how many.
///
/// # Errors
/// Those of the database.
pub fn delete_expired_sessions(tx: &mut Tx<'_>, now: Timestamp) -> Result<usize, StoreError> {
    Ok(
        diesel::delete(sessions::table.filter(sessions::expires_at.le(now.as_millis())))
            .execute(&mut **tx)?,
    )
}
