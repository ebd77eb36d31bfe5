//! The audit log: a chain of keyed hashes, written in the same transaction as what it tells.
//!
//! Each row's hash covers the hash before it and every field, so a row that was changed, taken out or put
//! in shows. A tail that was cut off does not; for that, keep a copy of the head.
//!
//! A row names the version of the master key that its hash is made with, so the chain goes on across a replacement. When
//! a master key is retired, nobody can make the hashes of its rows again. So that event carries a seal: one more chain
//! over all rows before it, made with the newest key.

mod seal;

use std::{collections::BTreeMap, fmt, str::FromStr};

use diesel::prelude::*;
use latchkey_keys::{Digest, KeyRing, SubKey};
use latchkey_types::{
    EventId, ProjectId, Timestamp,
    audit::{Actor, ActorKind, AuditEvent},
};

use self::seal::Running;
pub use self::seal::{SEALING_ACTION, Sealing, seal};
use crate::{
    Db, StoreError, Tx,
    columns::{AsDigest, AsJson, AsMillis, AsText, OptText, Word, json},
    db::MultiBackend,
    new_id,
    schema::audit_events as events,
};

/// Something that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// When.
    pub at: Timestamp,
    /// What kind of caller.
    pub actor_kind: ActorKind,
    /// The user's or the token's id.
    pub actor_id: Option<String>,
    /// The name they have now.
    pub actor_name: String,
    /// What, such as `key.revoke`.
    pub action: String,
    /// On what: an id.
    pub target: Option<String>,
    /// In which project.
    pub project_id: Option<ProjectId>,
    /// What else is worth knowing. Never a secret.
    pub details: BTreeMap<String, String>,
    /// From which address.
    pub ip: Option<String>,
}

/// Which events to list. `None` is any.
#[derive(Debug, Clone, Copy, Default)]
pub struct EventFilter<'a> {
    /// Only of this project.
    pub project: Option<ProjectId>,
    /// Only by the actor with this id.
    pub actor: Option<&'a str>,
    /// Only of this action.
    pub action: Option<&'a str>,
    /// Only at this moment or later.
    pub from: Option<Timestamp>,
    /// Only before this moment.
    pub to: Option<Timestamp>,
}

/// What a walk along the chain found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chain {
    /// Every row is as it was written.
    Whole {
        /// How many rows.
        events: i64,
        /// The last row's hash.
        head: Digest,
        /// The event whose seal stands for rows of which the hashes could not be made again; `None` where all could.
        sealed_by: Option<i64>,
    },
    /// The row with this sequence is missing, was changed, or was put in.
    Broken {
        /// Where the chain breaks first.
        sequence: i64,
    },
    /// One of the rows up to `through` was changed; only with the retired master key could be told which.
    SealBroken {
        /// The last row that the seal covers.
        through: i64,
        /// The event that has the seal.
        by: i64,
    },
}

/// The end of the log at some moment, as `sequence:hash`: kept elsewhere, it shows a tail that was cut off, which the
/// chain alone can't.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The last event's sequence; 0 where there is none.
    pub sequence: i64,
    /// Its hash.
    pub hash: Digest,
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.sequence, hex(&self.hash))
    }
}

impl FromStr for Head {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str =
            "must be a number, a colon and 64 hex digits, as `audit verify` prints it";
        let (sequence, hex) = text.trim().split_once(':').ok_or(FORM)?;
        let sequence = sequence.parse().ok().filter(|n| *n >= 0).ok_or(FORM)?;
        let hash = of_hex(hex).ok_or(FORM)?;
        Ok(Self { sequence, hash })
    }
}

fn hex(digest: &Digest) -> String {
    let digits = digest.as_bytes().iter();
    digits.map(|byte| format!("{byte:02x}")).collect()
}

fn of_hex(hex: &str) -> Option<Digest> {
    if hex.len() != 64 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; 32];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(Digest::from_bytes(bytes))
}

/// Whether the log holds this head: its event is there, with its hash. Ask in the same transaction that
/// [`verify_chain`] walked in.
///
/// # Errors
/// Those of the database.
pub fn holds_head(db: &mut Db, head: &Head) -> Result<bool, StoreError> {
    if head.sequence == 0 {
        return Ok(head.hash == BEGINNING);
    }
    let found: Option<AsDigest> = events::table
        .filter(events::sequence.eq(head.sequence))
        .select(events::hash)
        .first(db)
        .optional()?;
    Ok(found.is_some_and(|found| Digest::from(found) == head.hash))
}

impl Tx<'_> {
    /// Writes an event at the end of the log; its sequence.
    ///
    /// # Errors
    /// Those of the database.
    pub fn audit(&mut self, new: &NewEvent) -> Result<i64, StoreError> {
        let ring = self.ring();
        self.audit_by(&ring, new)
    }

    /// The same with the newest key of this ring.
    pub(crate) fn audit_by(&mut self, ring: &KeyRing, new: &NewEvent) -> Result<i64, StoreError> {
        let last: Option<(i64, AsDigest)> = events::table
            .order(events::sequence.desc())
            .select((events::sequence, events::hash))
            .first(&mut **self)
            .optional()?;
        let (last, previous) = last.map_or((0, BEGINNING), |(sequence, hash)| {
            (sequence, Digest::from(hash))
        });
        let event = AuditEvent {
            id: new_id(),
            sequence: last + 1,
            at: new.at,
            actor: Actor {
                kind: new.actor_kind,
                id: new.actor_id.clone(),
                name: new.actor_name.clone(),
            },
            action: new.action.clone(),
            target: new.target.clone(),
            project_id: new.project_id,
            details: new.details.clone(),
            ip: new.ip.clone(),
        };
        let hash = hash(&ring.audit, &previous, &event)?;
        diesel::insert_into(events::table)
            .values((
                events::sequence.eq(event.sequence),
                events::id.eq(event.id.to_string()),
                events::at.eq(event.at.as_millis()),
                events::actor_kind.eq(event.actor.kind.word()),
                events::actor_id.eq(event.actor.id),
                events::actor_name.eq(event.actor.name),
                events::action.eq(event.action),
                events::target.eq(event.target),
                events::project_id.eq(event.project_id.map(|id| id.to_string())),
                events::details.eq(json(&event.details)?),
                events::ip.eq(event.ip),
                events::previous_hash.eq(previous.as_bytes().as_slice()),
                events::hash.eq(hash.as_bytes().as_slice()),
                events::key_version.eq(ring.pepper_version),
            ))
            .execute(&mut **self)?;
        Ok(event.sequence)
    }
}

/// Events, newest first, that come before the sequence `before`; and the sequence to go on with, if there
/// are more.
///
/// # Errors
/// Those of the database.
pub fn list_events(
    db: &mut Db,
    filter: &EventFilter<'_>,
    before: Option<i64>,
    limit: u32,
) -> Result<(Vec<AuditEvent>, Option<i64>), StoreError> {
    let mut query = events::table
        .select(EventRow::as_select())
        .into_boxed::<MultiBackend>();
    if let Some(project) = filter.project {
        query = query.filter(events::project_id.eq(project.to_string()));
    }
    if let Some(actor) = filter.actor {
        query = query.filter(events::actor_id.eq(actor.replace('\0', "")));
    }
    if let Some(action) = filter.action {
        query = query.filter(events::action.eq(action.replace('\0', "")));
    }
    if let Some(from) = filter.from {
        query = query.filter(events::at.ge(from.as_millis()));
    }
    if let Some(to) = filter.to {
        query = query.filter(events::at.lt(to.as_millis()));
    }
    if let Some(before) = before {
        query = query.filter(events::sequence.lt(before));
    }
    let mut rows: Vec<EventRow> = query
        .order(events::sequence.desc())
        .limit(i64::from(limit) + 1)
        .load(db)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|row| row.sequence);
    Ok((rows.into_iter().map(EventRow::event).collect(), next))
}

/// Walks along the whole chain.
///
/// # Errors
/// Those of the database.
pub fn verify_chain(db: &mut Db, ring: &KeyRing) -> Result<Chain, StoreError> {
    // Believed only if the walk finds the event that has it to be as it was written.
    let seal = seal::last(db)?;
    let sealed = |sequence| seal.as_ref().is_some_and(|seal| sequence <= seal.through);
    let mut running = seal
        .as_ref()
        .and_then(|seal| Running::new(ring, seal.key_version));
    let (mut last, mut previous, mut is_sealed) = (0, BEGINNING, false);
    loop {
        let rows = after(db, last)?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            let (written, before, key_version) = (row.hash, row.previous_hash, row.key_version);
            let event = row.event();
            let is_proven = match ring.audit_of(key_version) {
                Some(key) => hash(key, &previous, &event)? == written,
                None => {
                    is_sealed = true;
                    sealed(event.sequence)
                }
            };
            if event.sequence != last + 1 || before != previous || !is_proven {
                return Ok(Chain::Broken { sequence: last + 1 });
            }
            if sealed(event.sequence)
                && let Some(running) = &mut running
            {
                running.add(&written, key_version, &event)?;
            }
            last += 1;
            previous = written;
        }
    }
    if let Some(seal) = &seal {
        if running.is_none_or(|running| running.seal() != seal.digest) {
            return Ok(Chain::SealBroken {
                through: seal.through,
                by: seal.sequence,
            });
        }
        if let Some(sequence) = seal.broken_at {
            return Ok(Chain::Broken { sequence });
        }
    }
    Ok(Chain::Whole {
        events: last,
        head: previous,
        sealed_by: seal.filter(|_| is_sealed).map(|seal| seal.sequence),
    })
}

/// The next rows behind this one.
fn after(db: &mut Db, last: i64) -> Result<Vec<EventRow>, StoreError> {
    Ok(events::table
        .filter(events::sequence.gt(last))
        .order(events::sequence.asc())
        .limit(1000)
        .select(EventRow::as_select())
        .load(db)?)
}

/// What comes before the first row.
const BEGINNING: Digest = Digest::from_bytes([0; 32]);

#[derive(Queryable, Selectable)]
#[diesel(table_name = events)]
struct EventRow {
    sequence: i64,
    #[diesel(deserialize_as = AsText<EventId>)]
    id: EventId,
    #[diesel(deserialize_as = AsMillis)]
    at: Timestamp,
    #[diesel(deserialize_as = AsText<ActorKind>)]
    actor_kind: ActorKind,
    actor_id: Option<String>,
    actor_name: String,
    action: String,
    target: Option<String>,
    #[diesel(deserialize_as = OptText<ProjectId>)]
    project_id: Option<ProjectId>,
    #[diesel(deserialize_as = AsJson<BTreeMap<String, String>>)]
    details: BTreeMap<String, String>,
    ip: Option<String>,
    #[diesel(deserialize_as = AsDigest)]
    previous_hash: Digest,
    #[diesel(deserialize_as = AsDigest)]
    hash: Digest,
    key_version: i32,
}

impl EventRow {
    fn event(self) -> AuditEvent {
        AuditEvent {
            id: self.id,
            sequence: self.sequence,
            at: self.at,
            actor: Actor {
                kind: self.actor_kind,
                id: self.actor_id,
                name: self.actor_name,
            },
            action: self.action,
            target: self.target,
            project_id: self.project_id,
            details: self.details,
            ip: self.ip,
        }
    }
}

/// A row's hash. An optional field goes in with a mark before it, so that none and empty differ.
fn hash(key: &SubKey, previous: &Digest, event: &AuditEvent) -> Result<Digest, StoreError> {
    let optional =
        |text: Option<&str>| text.map_or_else(|| "-".to_owned(), |text| format!("+{text}"));
    let project = event.project_id.map(|id| id.to_string());
    Ok(key.digest_parts(&[
        previous.as_bytes(),
        &event.sequence.to_be_bytes(),
        event.id.to_string().as_bytes(),
        &event.at.as_millis().to_be_bytes(),
        event.actor.kind.word().as_bytes(),
        optional(event.actor.id.as_deref()).as_bytes(),
        event.actor.name.as_bytes(),
        event.action.as_bytes(),
        optional(event.target.as_deref()).as_bytes(),
        optional(project.as_deref()).as_bytes(),
        json(&event.details)?.as_bytes(),
        optional(event.ip.as_deref()).as_bytes(),
    ]))
}
