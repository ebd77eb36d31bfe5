//! The seal over events whose hashes nobody can make again, because their master key is retired.

use std::collections::BTreeMap;

use diesel::prelude::*;
use latchkey_keys::{Digest, KeyRing, SubKey};
use latchkey_types::audit::AuditEvent;

use super::{BEGINNING, Chain, EventRow, after, events, hash, hex, of_hex, verify_chain};
use crate::{Db, StoreError};

/// The action of the event that has a seal.
pub const SEALING_ACTION: &str = "master_key.retire";

/// A seal to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sealing {
    /// The last event that it covers; the first is 1.
    pub through: i64,
    /// Where the log was broken when it was sealed.
    pub broken_at: Option<i64>,
    digest: Digest,
}

/// A seal as it was found.
pub(super) struct Seal {
    /// The event that has it.
    pub(super) sequence: i64,
    pub(super) key_version: i32,
    pub(super) through: i64,
    pub(super) broken_at: Option<i64>,
    pub(super) digest: Digest,
}

/// A seal in the making: a chain beside the log's own, over each row's fields, its hash and the version of the
/// key that made it.
pub(super) struct Running<'a> {
    key: &'a SubKey,
    digest: Digest,
}

impl Sealing {
    /// For the details of the event that is to have the seal.
    #[must_use]
    pub fn details(&self) -> BTreeMap<&'static str, String> {
        let mut details = BTreeMap::from([
            ("sealed_through", self.through.to_string()),
            ("seal", hex(&self.digest)),
        ]);
        if let Some(sequence) = self.broken_at {
            details.insert("broken_at", sequence.to_string());
        }
        details
    }
}

impl<'a> Running<'a> {
    /// With the seal's key of the master key of this version, if that is there.
    pub(super) fn new(ring: &'a KeyRing, key_version: i32) -> Option<Self> {
        Some(Self {
            key: ring.audit_seal_of(key_version)?,
            digest: BEGINNING,
        })
    }

    pub(super) fn add(
        &mut self,
        written: &Digest,
        key_version: i32,
        event: &AuditEvent,
    ) -> Result<(), StoreError> {
        let fields = hash(self.key, &self.digest, event)?;
        let version = key_version.to_be_bytes();
        self.digest = self
            .key
            .digest_parts(&[fields.as_bytes(), written.as_bytes(), &version]);
        Ok(())
    }

    pub(super) fn seal(&self) -> Digest {
        self.digest
    }
}

/// A seal over all events that there are, with the newest key of this ring. A log that is broken is sealed as it is, and
/// the seal says where: what was tampered with before must not look whole after.
///
/// # Errors
/// Those of the database.
pub fn seal(db: &mut Db, ring: &KeyRing) -> Result<Sealing, StoreError> {
    let broken_at = match verify_chain(db, ring)? {
        Chain::Whole { .. } => None,
        Chain::Broken { sequence } => Some(sequence),
        // Which one isn't known.
        Chain::SealBroken { .. } => Some(1),
    };
    let mut running = Running {
        key: &ring.audit_seal,
        digest: BEGINNING,
    };
    let mut through = 0;
    loop {
        let rows = after(db, through)?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            let (written, key_version) = (row.hash, row.key_version);
            let event = row.event();
            through = event.sequence;
            running.add(&written, key_version, &event)?;
        }
    }
    Ok(Sealing {
        through,
        broken_at,
        digest: running.digest,
    })
}

/// The last event that has a seal.
pub(super) fn last(db: &mut Db) -> Result<Option<Seal>, StoreError> {
    let row: Option<EventRow> = events::table
        .filter(events::action.eq(SEALING_ACTION))
        .order(events::sequence.desc())
        .select(EventRow::as_select())
        .first(db)
        .optional()?;
    Ok(row.and_then(|row| {
        let number = |name| -> Option<i64> { row.details.get(name)?.parse().ok() };
        Some(Seal {
            sequence: row.sequence,
            key_version: row.key_version,
            // It never covers itself: what it says of later events it can't know.
            through: number("sealed_through")?.min(row.sequence - 1),
            broken_at: number("broken_at"),
            digest: of_hex(row.details.get("seal")?)?,
        })
    }))
}
