//! Counts per hour and the first and last use, written in batches and by column. Nothing here ever writes
//! to `keys` or `key_secrets`: a counter must not bring a revoked key back to life.

use std::collections::BTreeMap;

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

/// How many rows one statement writes, far below the variables that either database allows. Diesel keeps no upsert
/// prepared, so the statement's text is read anew each time: written row by row, that was most of a flush, and a write
/// that somebody waits for waits for the flush.
const ROWS_AT_ONCE: usize = 500;

/// What is added to the row of a key and an hour.
#[derive(Default)]
struct Counts {
    project: String,
    refused: i64,
    via_header: i64,
    via_url: i64,
    via_verify: i64,
}

/// What the row of a secret learns.
struct Uses<'a> {
    first: &'a StoredUse,
    last: &'a StoredUse,
}

macro_rules! count {
    ($db:expr, $counts:expr) => {{
        let rows: Vec<_> = $counts
            .iter()
            .map(|((key, hour), counts)| {
                let accepted = counts.via_header + counts.via_url + counts.via_verify;
                (
                    usage::key_id.eq(key.to_string()),
                    usage::hour.eq(*hour),
                    usage::project_id.eq(counts.project.as_str()),
                    usage::accepted.eq(accepted),
                    usage::refused.eq(counts.refused),
                    usage::via_header.eq(counts.via_header),
                    usage::via_url.eq(counts.via_url),
                    usage::via_verify.eq(counts.via_verify),
                )
            })
            .collect();
        for rows in rows.chunks(ROWS_AT_ONCE) {
            diesel::insert_into(usage::table)
                .values(rows)
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
    }};
}

macro_rules! note {
    ($db:expr, $uses:expr) => {{
        let rows: Vec<_> = $uses
            .iter()
            .map(|((key, secret), Uses { first, last })| {
                (
                    activity::secret_id.eq(secret.to_string()),
                    activity::key_id.eq(key.to_string()),
                    activity::first_used_at.eq(first.at.as_millis()),
                    activity::first_via.eq(first.via.word()),
                    activity::first_client.eq(first.client.as_deref()),
                    activity::last_used_at.eq(last.at.as_millis()),
                    activity::last_via.eq(last.via.word()),
                    activity::last_client.eq(last.client.as_deref()),
                    activity::last_ip.eq(last.ip.as_deref()),
                )
            })
            .collect();
        for rows in rows.chunks(ROWS_AT_ONCE) {
            diesel::insert_into(activity::table)
                .values(rows)
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
    }};
}

/// Adds these counts. Rows are written in the order of the keys, so that two batches never wait for each
/// other crosswise.
///
/// # Errors
/// Those of the database; then nothing is counted.
pub fn flush(tx: &mut Tx<'_>, deltas: &[UsageDelta]) -> Result<(), StoreError> {
    // A statement may meet a row only once: two secrets of a key count in one row, and a secret may come twice.
    let mut counts: BTreeMap<(KeyId, i64), Counts> = BTreeMap::new();
    let mut uses: BTreeMap<(KeyId, SecretId), Uses<'_>> = BTreeMap::new();
    for delta in deltas {
        let hour = delta.hour.as_millis();
        let hour = hour - hour.rem_euclid(HOUR_MILLIS);
        if delta.via_header | delta.via_url | delta.via_verify | delta.refused > 0 {
            let sum = counts.entry((delta.key, hour)).or_insert_with(|| Counts {
                project: delta.project.to_string(),
                ..Counts::default()
            });
            sum.refused += i64::from(delta.refused);
            sum.via_header += i64::from(delta.via_header);
            sum.via_url += i64::from(delta.via_url);
            sum.via_verify += i64::from(delta.via_verify);
        }
        if let Some(last) = &delta.last_use {
            let first = delta.first_use.as_ref().unwrap_or(last);
            let known = uses
                .entry((delta.key, delta.secret))
                .or_insert(Uses { first, last });
            if first.at < known.first.at {
                known.first = first;
            }
            if last.at >= known.last.at {
                known.last = last;
            }
        }
    }
    // MultiConnection has no upsert, each of its backends has.
    match &mut **tx {
        Db::Sqlite(db) => {
            count!(db, counts);
            note!(db, uses);
        }
        Db::Pg(db) => {
            count!(db, counts);
            note!(db, uses);
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
