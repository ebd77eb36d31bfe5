//! The master keys that a database was ever used with: which of those that are given are which, and how one comes after
//! another. Of a key only its check value is here, which opens nothing.

mod matching;
mod needed;

use diesel::prelude::*;
use latchkey_keys::{KeyRing, MasterKeys};
use latchkey_types::Timestamp;

use self::matching::{Known, Matched};
pub use self::needed::{Needing, list_needing};
use crate::{
    Db, OpenError, StoreError, Tx,
    audit::{self, NewEvent, Sealing},
    columns::OptMillis,
    home::now,
    schema::{idempotency, instance, master_keys, sessions, sign_in_links},
};

/// What of the given master keys this database uses.
pub(crate) struct Recognised {
    pub(crate) ring: KeyRing,
    pub(crate) spare: Spare,
    /// With the key that is given in front of those that are in use, as the newest.
    successor: Option<KeyRing>,
}

/// Master keys that are given and not in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spare {
    /// Whether the first one is new: a replacement was prepared, or begun, and isn't done.
    pub is_pending: bool,
    /// How many are retired.
    pub retired: usize,
}

/// What a replacement ended, because it was bound to the old master key and can't be made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replaced {
    /// Browser sessions.
    pub sessions: usize,
    /// Sign-in links that nobody had used.
    pub sign_in_links: usize,
    /// Remembered Idempotency-Keys.
    pub outcomes: usize,
}

/// Whether these master keys are the database's, before anything in it is changed. `is_current`: whether it has the
/// table of master keys.
pub(crate) fn check(db: &mut Db, given: &[[u8; 32]], is_current: bool) -> Result<(), OpenError> {
    let known = if is_current { known(db)? } else { first(db)? };
    matching::matched(given, &known).map(drop)
}

/// Whether this is still the newest version. A process that was away from its server for a while might otherwise go on
/// sealing with a key that was replaced meanwhile, though it was given the new one, too.
pub(crate) fn check_newest(db: &mut Db, version: i32) -> Result<(), StoreError> {
    match known(db)?.first() {
        Some(newest) if newest.version != version => Err(StoreError::Unavailable(
            "the master key was replaced while the database was away: start again".to_owned(),
        )),
        _ => Ok(()),
    }
}

/// Tells which of these master keys is which. A database that knows none yet would take them as they stand.
pub(crate) fn recognise(db: &mut Db, masters: &MasterKeys) -> Result<Recognised, OpenError> {
    let given = masters.check_values();
    let mut known = known(db)?;
    if known.is_empty() {
        known = numbered(&given);
    }
    let matched = matching::matched(&given, &known)?;
    let ring = ring(masters, &matched).ok_or(OpenError::WrongMasterKey)?;
    let successor = matched.is_pending.then(|| {
        let mut keys = masters.iter();
        let newest = keys
            .next()
            .map(|key| KeyRing::of(ring.pepper_version + 1, key));
        newest.map(|newest| with_older(newest, keys.zip(&matched.rest)))
    });
    Ok(Recognised {
        ring,
        spare: Spare {
            is_pending: matched.is_pending,
            retired: matched.rest.iter().filter(|key| key.is_retired).count(),
        },
        successor: successor.flatten(),
    })
}

/// Remembers the master keys of a database that knows none yet.
pub(crate) fn remember(db: &mut Db, given: &[[u8; 32]]) -> Result<(), StoreError> {
    let now = now();
    if known(db)?.is_empty() {
        for key in numbered(given).iter().rev() {
            insert(db, &key.check, key.version, now)?;
        }
    }
    let rows: i64 = instance::table.count().get_result(db)?;
    if rows == 0
        && let Some(newest) = given.first()
    {
        diesel::insert_into(instance::table)
            .values((
                instance::id.eq(1),
                instance::master_check.eq(newest.as_slice()),
                instance::created_at.eq(now.as_millis()),
            ))
            .execute(db)?;
    }
    Ok(())
}

/// The ring with the key that is given in front of those in use as the newest, for [`replace`]; `None` where there is
/// no such key.
///
/// # Errors
/// As opening the database with these keys; those of the database.
pub fn successor(db: &mut Db, masters: &MasterKeys) -> Result<Option<KeyRing>, OpenError> {
    Ok(recognise(db, masters)?.successor)
}

/// Makes the newest key of `ring` the newest one of the database. What is sealed has to be sealed again in the same
/// transaction. Sessions, sign-in links and remembered Idempotency-Keys end: their digests are bound to the key before.
/// The event is the first one of which the hash is made with the new key, and so fixes the log up to here against
/// whoever has the old one.
///
/// # Errors
/// Those of the database.
pub fn replace(
    tx: &mut Tx<'_>,
    ring: &KeyRing,
    masters: &MasterKeys,
    now: Timestamp,
    event: impl FnOnce(&Replaced) -> NewEvent,
) -> Result<Replaced, StoreError> {
    let check = masters.iter().next().map(|key| key.check_value());
    let check = check.ok_or_else(|| StoreError::Internal("no master key".to_owned()))?;
    insert(tx, &check, ring.pepper_version, now)?;
    let unused = sign_in_links::table.filter(sign_in_links::used_at.is_null());
    let replaced = Replaced {
        sign_in_links: usize::try_from(unused.count().get_result::<i64>(&mut **tx)?)
            .unwrap_or_default(),
        sessions: diesel::delete(sessions::table).execute(&mut **tx)?,
        outcomes: diesel::delete(idempotency::table).execute(&mut **tx)?,
    };
    diesel::delete(sign_in_links::table).execute(&mut **tx)?;
    tx.audit_by(ring, &event(&replaced))?;
    Ok(replaced)
}

/// Retires all master keys but the newest: from now on the database does without them. Whoever calls this has seen to
/// it that nothing needs them ([`list_needing`]). The event carries a seal over the whole log before it, made with the
/// newest key, so that the log can still be verified. The versions that were retired, and where the log was found
/// broken.
///
/// # Errors
/// Those of the database.
pub fn retire(
    tx: &mut Tx<'_>,
    now: Timestamp,
    event: impl FnOnce(&[i32], &Sealing) -> NewEvent,
) -> Result<(Vec<i32>, Option<i64>), StoreError> {
    let newest = tx.ring().pepper_version;
    let older = || {
        master_keys::table
            .filter(master_keys::version.lt(newest))
            .filter(master_keys::retired_at.is_null())
    };
    let versions: Vec<i32> = older()
        .select(master_keys::version)
        .order(master_keys::version.asc())
        .load(&mut **tx)?;
    if versions.is_empty() {
        return Ok((versions, None));
    }
    diesel::update(older())
        .set(master_keys::retired_at.eq(now.as_millis()))
        .execute(&mut **tx)?;
    let ring = tx.ring();
    let sealing = audit::seal(tx, &ring)?;
    tx.audit(&event(&versions, &sealing))?;
    Ok((versions, sealing.broken_at))
}

fn ring(masters: &MasterKeys, matched: &Matched) -> Option<KeyRing> {
    let mut in_use = masters
        .iter()
        .skip(usize::from(matched.is_pending))
        .zip(&matched.rest);
    let (newest, key) = in_use.next()?;
    Some(with_older(KeyRing::of(key.version, newest), in_use))
}

fn with_older<'a>(
    ring: KeyRing,
    older: impl Iterator<Item = (&'a latchkey_keys::MasterKey, &'a matching::Match)>,
) -> KeyRing {
    older.fold(ring, |ring, (master, key)| {
        ring.with_older(key.version, master, key.is_retired)
    })
}

fn known(db: &mut Db) -> Result<Vec<Known>, StoreError> {
    let rows: Vec<(Vec<u8>, i32, OptMillis)> = master_keys::table
        .select((
            master_keys::check_value,
            master_keys::version,
            master_keys::retired_at,
        ))
        .order(master_keys::version.desc())
        .load(db)?;
    let known = rows.into_iter().map(|(check, version, retired_at)| Known {
        check,
        version,
        is_retired: retired_at.0.is_some(),
    });
    Ok(known.collect())
}

/// The one master key of a database from before there could be several.
fn first(db: &mut Db) -> Result<Vec<Known>, StoreError> {
    let check: Option<Vec<u8>> = instance::table
        .select(instance::master_check)
        .first(db)
        .optional()?;
    let known = check.map(|check| Known {
        check,
        version: 1,
        is_retired: false,
    });
    Ok(known.into_iter().collect())
}

/// The keys of a database that knows none, by their order: the oldest is version 1.
fn numbered(given: &[[u8; 32]]) -> Vec<Known> {
    let numbered = given.iter().rev().zip(1..).map(|(check, version)| Known {
        check: check.to_vec(),
        version,
        is_retired: false,
    });
    let mut numbered: Vec<Known> = numbered.collect();
    numbered.reverse();
    numbered
}

fn insert(db: &mut Db, check: &[u8], version: i32, now: Timestamp) -> Result<(), StoreError> {
    diesel::insert_into(master_keys::table)
        .values((
            master_keys::check_value.eq(check),
            master_keys::version.eq(version),
            master_keys::created_at.eq(now.as_millis()),
        ))
        .execute(db)?;
    Ok(())
}
