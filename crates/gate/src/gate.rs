//! The gate as a whole: what it is made of, what tells it the truth, and the smaller questions.

use std::sync::{Arc, atomic::Ordering::SeqCst};

use crossbeam_queue::SegQueue;
use latchkey_keys::KeyRing;
use latchkey_store::{Change, Observer, Store, StoreError};
use latchkey_types::{KeyId, ProjectId, UserId, member::Role, user::InstanceRole};
use parking_lot::Mutex;

use crate::{
    calls::Calls,
    index::Index,
    record::{ProjectRecord, UserRecord},
    watch::{Watch, Watches},
};

/// Rows that are read at once when everything is loaded: some megabytes.
const LOAD_BATCH: u32 = 10_000;

/// Answers from memory who may pass. Shared as `Arc<Gate>`; see the crate's page for its promises.
pub struct Gate {
    pub(crate) ring: Arc<KeyRing>,
    pub(crate) index: Index,
    pub(crate) calls: Arc<Calls>,
    pub(crate) watches: Arc<Watches>,
    /// The places of the secrets whose counters have something to flush, each at most once.
    pub(crate) dirty: SegQueue<u32>,
    pub(crate) flushing: Mutex<()>,
}

/// How much is in memory, for `/metrics`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GateCounts {
    /// Keys, revoked ones too.
    pub keys: usize,
    /// Secrets of keys, retired ones too.
    pub secrets: usize,
    /// Management tokens, revoked ones too.
    pub tokens: usize,
    /// Calls in progress.
    pub open_calls: usize,
}

impl Gate {
    /// An empty gate that accepts nothing and says "not serving" until the store tells it otherwise.
    #[must_use]
    pub fn new(ring: Arc<KeyRing>) -> Arc<Self> {
        Arc::new(Self {
            ring,
            index: Index::new(),
            calls: Arc::new(Calls::new()),
            watches: Arc::new(Watches::new()),
            dirty: SegQueue::new(),
            flushing: Mutex::new(()),
        })
    }

    /// Reads everything into memory. Observe the store first, so that nothing is committed unseen between
    /// the two.
    ///
    /// # Errors
    /// Those of the database; the gate then holds a part of it and must not serve.
    pub fn load(&self, store: &Store) -> Result<(), StoreError> {
        store.load(LOAD_BATCH, |changes| self.changed(changes))
    }

    /// Whether there are answers at all at this moment.
    #[must_use]
    pub fn is_serving(&self) -> bool {
        self.calls.serving.load(SeqCst)
    }

    /// A person. `None` also while a change of them is in doubt.
    #[must_use]
    pub fn user(&self, id: UserId) -> Option<Arc<UserRecord>> {
        self.index.user(id).filter(|user| !user.in_doubt)
    }

    /// What a person may do in a project: an admin acts as its owner, a disabled person may nothing. `None`
    /// for a stranger, for a project that does not exist, and while a change of the person or of their
    /// membership is in doubt.
    #[must_use]
    pub fn role_in(&self, user: UserId, project: ProjectId) -> Option<Role> {
        let record = self.user(user).filter(|user| !user.disabled)?;
        let project = self.index.project(project)?;
        match record.role {
            InstanceRole::Admin => Some(Role::Owner),
            InstanceRole::Member => self.index.member(project.id(), user),
        }
    }

    /// A project by its id, archived or not.
    #[must_use]
    pub fn project(&self, id: ProjectId) -> Option<Arc<ProjectRecord>> {
        self.index.project(id)
    }

    /// A project by its slug, archived or not.
    #[must_use]
    pub fn project_by_slug(&self, slug: &str) -> Option<Arc<ProjectRecord>> {
        self.index.project_by_slug(slug)
    }

    /// Begins to watch a key. It need not exist.
    #[must_use]
    pub fn watch(&self, key: KeyId) -> Watch {
        self.watches.watch(key)
    }

    /// How much is in memory.
    #[must_use]
    pub fn counts(&self) -> GateCounts {
        GateCounts {
            keys: self.index.keys(),
            secrets: self.index.secrets(),
            tokens: self.index.tokens(),
            open_calls: self.calls.open(),
        }
    }

    /// Tells those who watch, after the change can be read.
    fn tell(&self, changes: &[Change]) {
        for change in changes {
            match change {
                Change::Key(state) => self.watches.poke(state.id),
                // Archiving touches every key of the project. Watches are few, and being woken in vain
                // costs them one look.
                Change::Project(_) => self.watches.poke_all(),
                Change::User(_) | Change::Token(_) | Change::Member { .. } => {}
            }
        }
    }
}

impl Observer for Gate {
    fn changed(&self, changes: &[Change]) {
        for change in changes {
            self.index.apply(change);
        }
        self.tell(changes);
    }

    fn in_doubt(&self, changes: &[Change]) {
        for change in changes {
            self.index.doubt(change);
        }
        self.tell(changes);
    }

    fn serving(&self, yes: bool) {
        self.calls.serving.store(yes, SeqCst);
    }

    fn reloading(&self) {
        self.index.forget_members();
    }
}
