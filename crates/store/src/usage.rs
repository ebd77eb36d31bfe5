//! Counts per hour and the first and last use, written in batches and by column. Nothing here ever writes
//! to `keys` or `key_secrets`: a counter must not bring a revoked key back to life.

use diesel::{dsl::sql, prelude::*, sql_types::BigInt, upsert::excluded};
use latchkey_types::{KeyId, ProjectId, SecretId, Timestamp, insight::UsageHour, key::Via};

use crate::{
    Db, StoreError, Tx,
    columns::{AsMillis, AsText, Word},
    schema::{key_activity as activity, key_usage as usage},
};

/// One hour, in milliseconds.
const HOUR_MILLIS: i64 = 3_600_000;

/// What happened with one secret since the last flush.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageDelta {
    /// The key.
    pub key: KeyId,
    /// The key's project.
    pub project: ProjectId,
    /// The secret.
    pub secret: SecretId,
    /// Any moment of the hour to count in.
    pub hour: Timestamp,
    /// Accepted calls whose key came in a header.
    pub via_header: u32,
    /// Accepted calls whose key came in the URL.
    pub via_url: u32,
    /// Accepted questions of `POST /keys/verify`.
    pub via_verify: u32,
    /// Calls that were refused although the key was known.
    pub refused: u32,
    /// The first accepted call of these; counts only where the database knows no earlier one. `None`: the
    /// same as `last_use`.
    pub first_use: Option<StoredUse>,
    /// The last accepted call of these.
    pub last_use: Option<StoredUse>,
}

/// One accepted call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredUse {
    /// When.
    pub at: Timestamp,
    /// How the key arrived.
    pub via: Via,
    /// What program sent it, as it calls itself.
    pub client: Option<String>,
    /// From which address. Only the last use remembers it.
    pub ip: Option<String>,
}

/// Whose usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsageOf {
    /// Of all keys of a project.
    Project(ProjectId),
    /// Of one key.
    Key(KeyId),
}

macro_rules! count {
    ($db:expr, $delta:expr) => {
        let accepted =
            i64::from($delta.via_header) + i64::from($delta.via_url) + i64::from($delta.via_verify);
        if accepted > 0 || $delta.refused > 0 {
            let hour = $delta.hour.as_millis();
            diesel::insert_into(usage::table)
                .values((
                    usage::key_id.eq($delta.key.to_string()),
                    usage::hour.eq(hour - hour.rem_euclid(HOUR_MILLIS)),
                    usage::project_id.eq($delta.project.to_string()),
                    usage::accepted.eq(accepted),
                    usage::refused.eq(i64::from($delta.refused)),
                    usage::via_header.eq(i64::from($delta.via_header)),
                    usage::via_url.eq(i64::from($delta.via_url)),
                    usage::via_verify.eq(i64::from($delta.via_verify)),
                ))
                .on_conflict((usage::key_id, usage::hour))
                .do_update()
                .set((
                    usage::accepted.eq(usage::accepted + excluded(usage::accepted)),
                    usage::refused.eq(usage::refused + excluded(usage::refused)),
                    usage::via_header.eq(usage::via_header + excluded(usage::via_header)),
                    usage::via_url.eq(usage::via_url + excluded(usage::via_url)),
                    usage::via_verify.eq(usage::via_verify + excluded(usage::via_verify)),
                ))
                .execute($db)?;
        }
    };
}

macro_rules! note {
    ($db:expr, $delta:expr) => {
        if let Some(last) = &$delta.last_use {
            let first = $delta.first_use.as_ref().unwrap_or(last);
            diesel::insert_into(activity::table)
                .values((
                    activity::secret_id.eq($delta.secret.to_string()),
                    activity::key_id.eq($delta.key.to_string()),
                    activity::first_used_at.eq(first.at.as_millis()),
                    activity::first_via.eq(first.via.word()),
                    activity::first_client.eq(first.client.as_deref()),
                    activity::last_used_at.eq(last.at.as_millis()),
                    activity::last_via.eq(last.via.word()),
                    activity::last_client.eq(last.client.as_deref()),
                    activity::last_ip.eq(last.ip.as_deref()),
                ))
                .on_conflict(activity::secret_id)
                .do_update()
                .set((
                    activity::last_used_at.eq(excluded(activity::last_used_at)),
                    activity::last_via.eq(excluded(activity::last_via)),
                    activity::last_client.eq(excluded(activity::last_client)),
                    activity::last_ip.eq(excluded(activity::last_ip)),
                ))
                .execute($db)?;
        }
    };
}

/// Adds these counts. Rows are written in the order of the keys, so that two batches never wait for each
/// other crosswise.
///
/// # Errors
/// Those of the database; then nothing is counted.
pub fn flush(tx: &mut Tx<'_>, deltas: &[UsageDelta]) -> Result<(), StoreError> {
    let mut sorted: Vec<&UsageDelta> = deltas.iter().collect();
    sorted.sort_by_key(|delta| (delta.key, delta.secret, delta.hour));
    for delta in sorted {
        // MultiConnection has no upsert, each of its backends has.
        match &mut **tx {
            Db::Sqlite(db) => {
                count!(db, delta);
                note!(db, delta);
            }
            Db::Pg(db) => {
                count!(db, delta);
                note!(db, delta);
            }
        }
    }
    Ok(())
}

/// The hours from `from` on and before `to` that had a call, oldest first.
///
/// # Errors
/// Those of the database.
pub fn list_usage(
    db: &mut Db,
    of: UsageOf,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<UsageHour>, StoreError> {
    // Hours of a key are one row each already; those of a project are summed. SUM of BIGINT is NUMERIC on
    // PostgreSQL, hence the cast.
    let query = usage::table
        .group_by(usage::hour)
        .select((
            usage::hour,
            sql::<BigInt>("CAST(SUM(accepted) AS BIGINT)"),
            sql::<BigInt>("CAST(SUM(refused) AS BIGINT)"),
            sql::<BigInt>("CAST(SUM(via_header) AS BIGINT)"),
            sql::<BigInt>("CAST(SUM(via_url) AS BIGINT)"),
            sql::<BigInt>("CAST(SUM(via_verify) AS BIGINT)"),
        ))
        .into_boxed::<crate::db::MultiBackend>();
    let query = match of {
        UsageOf::Project(id) => query.filter(usage::project_id.eq(id.to_string())),
        UsageOf::Key(id) => query.filter(usage::key_id.eq(id.to_string())),
    };
    let rows: Vec<(AsMillis, i64, i64, i64, i64, i64)> = query
        .filter(usage::hour.ge(from.as_millis()))
        .filter(usage::hour.lt(to.as_millis()))
        .order(usage::hour.asc())
        .load(db)?;
    Ok(rows
        .into_iter()
        .map(
            |(hour, accepted, refused, via_header, via_url, via_verify)| UsageHour {
                hour: hour.into(),
                accepted,
                refused,
                via_header,
                via_url,
                via_verify,
            },
        )
        .collect())
}

/// Which keys of the project came in a URL at or after `since` (to the hour).
///
/// # Errors
/// Those of the database.
pub fn list_keys_seen_in_url(
    db: &mut Db,
    project: ProjectId,
    since: Timestamp,
) -> Result<Vec<KeyId>, StoreError> {
    let ids: Vec<AsText<KeyId>> = usage::table
        .filter(usage::project_id.eq(project.to_string()))
        .filter(usage::hour.gt(since.as_millis() - HOUR_MILLIS))
        .filter(usage::via_url.gt(0_i64))
        .select(usage::key_id)
        .distinct()
        .load(db)?;
    Ok(ids.into_iter().map(|id| id.0).collect())
}
