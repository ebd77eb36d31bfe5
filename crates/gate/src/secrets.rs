//! Every secret ever issued and the keys they are of, as small as they get.
//!
//! A million keys are 64 bytes each for the secret and 40 for the key, their description, and 16 of the table: about
//! 170 MB. All of it is atomics, so that a change is made in place and nothing is forgotten by it. A record is written
//! before its place is put into the table, and the table makes whoever finds a place see what is there.

use std::sync::Arc;

use arc_swap::ArcSwapAny;
use latchkey_keys::{Digest, Standing, judge};
use latchkey_store::{KeyState, SecretState};
use latchkey_types::{KeyId, SecretId, Timestamp, verify::VerifyCode};
use triomphe::ThinArc;
use uuid::Uuid;

use crate::{
    record::ProjectRecord,
    slab::Slab,
    sync::{
        OnceLock,
        atomic::{
            AtomicU32, AtomicU64,
            Ordering::{Relaxed, SeqCst},
        },
    },
    table::Table,
    usage::Usage,
    verify::Refusal,
    word::{KeyWord, SecretWord},
};

// Every word is written and read SeqCst. A writer's store is then in one order with the loads of every
// reader, and with the registration of open calls and watches, whose correctness needs just that ("store
// mine, then load yours" on both sides). On x86 and ARMv8 such a load costs no more than an Acquire one.
// The other fields are written once, before the table says where they are.

/// The secrets and keys. They are written only under the store's writer's lock; counters are their own.
pub(crate) struct Secrets {
    table: Table,
    secrets: Slab<SecretRecord>,
    keys: Slab<KeyRecord>,
    projects: Slab<OnceLock<Arc<ProjectRecord>>>,
    usages: Slab<Usage>,
}

/// One secret that was found, with what it belongs to. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Slot {
    secrets: Arc<Secrets>,
    place: u32,
    project: Arc<ProjectRecord>,
}

/// One secret, in one line of the processor's cache: what a check of it reads is fetched at once.
#[derive(Default)]
#[repr(align(64))]
struct SecretRecord {
    digest: [AtomicU64; 4],
    id: IdCell,
    word: AtomicU64,
    /// The place of its key.
    key: AtomicU32,
    /// The place of its counters, from 1; 0 until its first use.
    usage: AtomicU32,
}

/// A key.
#[derive(Default)]
struct KeyRecord {
    id: IdCell,
    word: AtomicU64,
    /// A pointer to the text with its count and length. `None` is the empty one.
    description: ArcSwapAny<Option<ThinArc<(), u8>>>,
    /// The place of its project.
    project: AtomicU32,
}

/// An id that is written once.
#[derive(Default)]
struct IdCell([AtomicU64; 2]);

impl Secrets {
    pub(crate) fn new() -> Self {
        Self {
            table: Table::new(),
            secrets: Slab::new(),
            keys: Slab::new(),
            projects: Slab::new(),
            usages: Slab::new(),
        }
    }

    /// How many keys there are.
    pub(crate) fn keys(&self) -> usize {
        self.keys.len()
    }

    /// How many secrets there are.
    pub(crate) fn len(&self) -> usize {
        self.secrets.len()
    }

    /// The secret with this digest.
    pub(crate) fn find(self: &Arc<Self>, digest: &Digest) -> Option<Slot> {
        self.slot(self.place_of(digest)?)
    }

    /// The secret at a place that was told before, by the table or by [`Slot::place`].
    pub(crate) fn slot(self: &Arc<Self>, place: u32) -> Option<Slot> {
        let key = self.keys.at(self.secrets.at(place).key.load(Relaxed));
        let project = self.projects.at(key.project.load(Relaxed)).get()?;
        Some(Slot {
            secrets: Arc::clone(self),
            place,
            project: Arc::clone(project),
        })
    }

    /// A place for a new project; `None` when there is none left.
    pub(crate) fn add_project(
        &self,
        project: impl FnOnce(u32) -> ProjectRecord,
    ) -> Option<Arc<ProjectRecord>> {
        let place = self.projects.give()?;
        let project = self
            .projects
            .at(place)
            .get_or_init(|| Arc::new(project(place)));
        Some(Arc::clone(project))
    }

    /// From now on a key is like this. `project` is asked for the place of a key's project when the key is new.
    /// Returns whether there was room and a project for it.
    pub(crate) fn set(&self, state: &KeyState, project: impl FnOnce() -> Option<u32>) -> bool {
        let known = state
            .secrets
            .iter()
            .find_map(|secret| self.place_of(&secret.digest));
        let key = match known {
            Some(place) => {
                let key = self.secrets.at(place).key.load(Relaxed);
                self.keys.at(key).set(state);
                key
            }
            None => {
                let Some((project, key)) = project().zip(self.keys.give()) else {
                    return false;
                };
                let record = self.keys.at(key);
                record.id.set(state.id.as_uuid());
                record.project.store(project, Relaxed);
                record.set(state);
                key
            }
        };
        state
            .secrets
            .iter()
            .all(|secret| self.set_secret(secret, key))
    }

    /// Nobody knows what this key is like. What was never known stays unknown: nobody holds a secret whose creation was
    /// not answered.
    pub(crate) fn doubt(&self, state: &KeyState) {
        if let Some(place) = state
            .secrets
            .iter()
            .find_map(|secret| self.place_of(&secret.digest))
        {
            let key = self.keys.at(self.secrets.at(place).key.load(Relaxed));
            key.word.fetch_or(KeyWord::IN_DOUBT, SeqCst);
        }
    }

    fn set_secret(&self, state: &SecretState, key: u32) -> bool {
        let word = SecretWord::new(state.retires_at, state.is_newest).0;
        if let Some(place) = self.place_of(&state.digest) {
            self.secrets.at(place).word.store(word, SeqCst);
            return true;
        }
        let Some(place) = self.secrets.give() else {
            return false;
        };
        let record = self.secrets.at(place);
        for (cell, part) in record.digest.iter().zip(parts(&state.digest)) {
            cell.store(part, Relaxed);
        }
        record.id.set(state.id.as_uuid());
        record.key.store(key, Relaxed);
        record.word.store(word, SeqCst);
        let hash_of = |place| self.secrets.at(place).digest().prefix();
        self.table.insert(state.digest.prefix(), place, hash_of);
        true
    }

    fn place_of(&self, digest: &Digest) -> Option<u32> {
        let is = |place| self.secrets.at(place).digest() == *digest;
        self.table.find(digest.prefix(), is)
    }
}

impl Slot {
    /// Names the secret among all others.
    pub(crate) const fn place(&self) -> u32 {
        self.place
    }

    pub(crate) fn digest(&self) -> Digest {
        self.secret().digest()
    }

    pub(crate) fn id(&self) -> SecretId {
        SecretId::from_uuid(self.secret().id.get())
    }

    pub(crate) fn key_id(&self) -> KeyId {
        KeyId::from_uuid(self.key().id.get())
    }

    pub(crate) const fn project(&self) -> &Arc<ProjectRecord> {
        &self.project
    }

    pub(crate) fn description(&self) -> String {
        let text = self.key().description.load();
        let bytes = text.as_deref().map_or(&[][..], |text| &text.slice);
        String::from_utf8_lossy(bytes).into_owned()
    }

    pub(crate) fn word(&self) -> SecretWord {
        self.secret().word()
    }

    pub(crate) fn key_word(&self) -> KeyWord {
        self.key().word()
    }

    /// The counters, if it was ever used.
    pub(crate) fn usage(&self) -> Option<&Usage> {
        let place = self.secret().usage.load(SeqCst).checked_sub(1)?;
        Some(self.secrets.usages.at(place))
    }

    /// The counters. `None` when there is no room for any more.
    pub(crate) fn usage_or_new(&self) -> Option<&Usage> {
        if let Some(usage) = self.usage() {
            return Some(usage);
        }
        let fresh = self.secrets.usages.give()? + 1;
        // Whoever loses this race leaves a place unused, once in a secret's life.
        let place = match self
            .secret()
            .usage
            .compare_exchange(0, fresh, SeqCst, SeqCst)
        {
            Ok(_) => fresh,
            Err(earlier) => earlier,
        };
        Some(self.secrets.usages.at(place - 1))
    }

    /// The verdict at this moment.
    ///
    /// # Errors
    /// The reason against the secret, or that there can't be a verdict now.
    pub(crate) fn judge(&self, project_matches: bool, now: Timestamp) -> Result<(), Refusal> {
        let (key, secret, project) = self.words();
        if key.is_in_doubt() || project.is_in_doubt() {
            return Err(Refusal::NotServing);
        }
        let standing = Standing {
            revoked: key.is_revoked(),
            disabled: key.is_disabled(),
            expires_at: key.expires_at(),
            project_archived: project.is_archived(),
            retires_at: secret.retires_at(),
            project_matches,
        };
        match judge(&standing, now) {
            VerifyCode::Valid => Ok(()),
            code => Err(Refusal::Code(code)),
        }
    }

    /// When this secret stops being accepted by itself: when it retires or its key expires.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        let ends = [self.key_word().expires_at(), self.word().retires_at()];
        ends.into_iter().flatten().min()
    }

    /// The three words as they were together. Read one after the other they could show a mixture that never
    /// was: retired is read before a retire, disabled after the enable that followed it. Two equal readings
    /// in a row rule that out. After a few tries the last reading counts: a reader must not wait for a
    /// writer, and whatever began after a change was answered reads that change at the first try.
    fn words(&self) -> (KeyWord, SecretWord, crate::word::ProjectWord) {
        let (secret, key) = (self.secret(), self.key());
        let read = || (key.word(), secret.word(), self.project.word());
        let mut words = read();
        for _ in 0..3 {
            let again = read();
            if again == words {
                break;
            }
            words = again;
        }
        words
    }

    fn secret(&self) -> &SecretRecord {
        self.secrets.secrets.at(self.place)
    }

    fn key(&self) -> &KeyRecord {
        self.secrets.keys.at(self.secret().key.load(Relaxed))
    }
}

impl SecretRecord {
    fn digest(&self) -> Digest {
        let mut bytes = [0; 32];
        for (chunk, part) in bytes.chunks_exact_mut(8).zip(&self.digest) {
            chunk.copy_from_slice(&part.load(Relaxed).to_le_bytes());
        }
        Digest::from_bytes(bytes)
    }

    fn word(&self) -> SecretWord {
        SecretWord(self.word.load(SeqCst))
    }
}

impl KeyRecord {
    /// Also ends the doubt, if there was one.
    fn set(&self, state: &KeyState) {
        let word = KeyWord::new(
            state.expires_at,
            state.revoked,
            state.disabled,
            state.environment,
        );
        self.word.store(word.0, SeqCst);
        let wanted = state.description.as_bytes();
        let known = self.description.load();
        if known.as_deref().map_or(&[][..], |text| &text.slice) != wanted {
            let text = (!wanted.is_empty()).then(|| ThinArc::from_header_and_slice((), wanted));
            self.description.store(text);
        }
    }

    fn word(&self) -> KeyWord {
        KeyWord(self.word.load(SeqCst))
    }
}

impl IdCell {
    fn set(&self, id: &Uuid) {
        let (high, low) = id.as_u64_pair();
        self.0[0].store(high, Relaxed);
        self.0[1].store(low, Relaxed);
    }

    fn get(&self) -> Uuid {
        Uuid::from_u64_pair(self.0[0].load(Relaxed), self.0[1].load(Relaxed))
    }
}

fn parts(digest: &Digest) -> [u64; 4] {
    let mut parts = [0; 4];
    for (part, chunk) in parts.iter_mut().zip(digest.as_bytes().chunks_exact(8)) {
        *part = chunk
            .iter()
            .rev()
            .fold(0, |all, byte| all << 8 | u64::from(*byte));
    }
    parts
}

// Whoever makes a record larger makes a million of them larger: see the top of this file.
const _: () = assert!(size_of::<SecretRecord>() == 64);
const _: () = assert!(size_of::<KeyRecord>() <= 40);
