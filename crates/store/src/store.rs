//! The store: reads beside each other, writes one after the other, each followed by the news of it.

use std::{
    ops::{Deref, DerefMut},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use latchkey_keys::KeyRing;
use parking_lot::{Condvar, Mutex, MutexGuard};

use crate::{
    Change, Db, Observer, StoreError,
    home::{Home, Proof},
    master_keys::Spare,
    queue::Queue,
    readers::Readers,
    state,
};

/// How long a write waits for the one before it.
pub(crate) const WRITER_PATIENCE: Duration = Duration::from_secs(5);
/// Between two attempts to connect to a server that is gone: requests in between are answered at once.
const RETRY_PAUSE: Duration = Duration::from_millis(500);
/// Rows that are read at once when everything is loaded again.
const BATCH: u32 = 10_000;

/// The database. Cheap to clone; all clones are the same.
#[derive(Clone)]
pub struct Store(pub(crate) Arc<Inner>);

/// A transaction that writes. It derefs to [`Db`], so it goes wherever a connection goes.
pub struct Tx<'a> {
    db: &'a mut Db,
    ring: &'a Arc<KeyRing>,
    changes: Vec<Change>,
}

pub(crate) struct Inner {
    pub(crate) home: Home,
    pub(crate) ring: Arc<KeyRing>,
    pub(crate) spare: Spare,
    pub(crate) checks: Vec<[u8; 32]>,
    pub(crate) writer: Mutex<Writer>,
    pub(crate) queue: Queue,
    pub(crate) readers: Readers,
    pub(crate) observer: OnceLock<Arc<dyn Observer>>,
    pub(crate) proof: Arc<Proof>,
    /// What the observer was told last; the lock keeps what it is told in order.
    pub(crate) serving: Mutex<bool>,
    /// Whether the writer's connection is good, as far as anybody knows.
    pub(crate) is_connected: AtomicBool,
    pub(crate) is_closed: AtomicBool,
    pub(crate) stop: (Mutex<bool>, Condvar),
    pub(crate) threads: Mutex<Vec<std::thread::JoinHandle<()>>>,
    #[cfg(feature = "testing")]
    pub(crate) hooks: crate::testing::Hooks,
}

pub(crate) struct Writer {
    pub(crate) db: Option<Db>,
    /// Rows of which nobody knows whether their COMMIT happened.
    pub(crate) doubt: Vec<Change>,
    /// A COMMIT failed, and what it had written may still come to life ([`FileHome::settle`]).
    ///
    /// [`FileHome::settle`]: crate::home::FileHome::settle
    pub(crate) is_unsettled: bool,
    pub(crate) failed_at: Option<Instant>,
}

impl Store {
    /// Runs `f` in a transaction that only reads: all its statements see the same moment.
    ///
    /// Blocks; call it where blocking is allowed.
    ///
    /// # Errors
    /// `f`'s own, and `Unavailable` when the database can't be reached.
    pub fn read<T, E: From<StoreError>>(
        &self,
        f: impl FnOnce(&mut Db) -> Result<T, E>,
    ) -> Result<T, E> {
        self.0.check()?;
        self.0.readers.read(&self.0.home, f)
    }

    /// Runs `f` in a transaction that writes. `Ok` is committed, and the observer knows of it, before this
    /// returns; `Err` is rolled back.
    ///
    /// A transaction is never run again by itself, although PostgreSQL may ask for that (40001, 40P01):
    /// only this one connection of this one process writes, so there is nobody to be in its way, and `f`
    /// may have done what can't be done twice.
    ///
    /// Blocks; call it where blocking is allowed, and in a task that the request can't cancel.
    ///
    /// # Errors
    /// `f`'s own; `Unavailable` when the database can't be reached or is busy, then nothing was changed;
    /// `InDoubt` when COMMIT failed without telling whether it happened.
    pub fn write<T, E: From<StoreError>>(
        &self,
        f: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let inner = &*self.0;
        let mut writer = inner.lock_writer(WRITER_PATIENCE)?;
        inner.ready(&mut writer)?;
        // Taken out for the time of the transaction: if `f` panics it is dropped, which rolls back.
        let Some(mut db) = writer.db.take() else {
            return Err(StoreError::Internal("the writer got lost".to_owned()).into());
        };
        if let Err(error) = db.begin_write() {
            inner.put_back(&mut writer, db);
            return Err(StoreError::from(error).into());
        }
        let mut tx = Tx::new(&mut db, &inner.ring);
        match f(&mut tx) {
            Ok(value) => {
                let changes = tx.changes;
                inner.commit(&mut writer, db, &changes)?;
                Ok(value)
            }
            Err(error) => {
                if let Err(reason) = db.rollback() {
                    tracing::warn!(error = %StoreError::from(reason), "a rollback failed");
                }
                inner.put_back(&mut writer, db);
                Err(error)
            }
        }
    }

    /// Sets who learns of changes. Only the first call counts; call it before serving.
    pub fn observe(&self, observer: Arc<dyn Observer>) {
        if self.0.observer.set(observer).is_err() {
            tracing::warn!("the store has an observer already");
        }
    }

    /// Gives the state of everything, `batch` rows at a time, in this order: people, projects with their
    /// memberships, tokens, keys. Nothing is written meanwhile.
    ///
    /// # Errors
    /// Those of the database.
    pub fn load(&self, batch: u32, give: impl FnMut(&[Change])) -> Result<(), StoreError> {
        let mut writer = self.0.lock_writer(WRITER_PATIENCE)?;
        self.0.ready(&mut writer)?;
        match &mut writer.db {
            Some(db) => state::load(db, batch, give),
            None => Err(StoreError::Internal("the writer got lost".to_owned())),
        }
    }

    /// Whether this process may answer, as the observer was told.
    #[must_use]
    pub fn is_serving(&self) -> bool {
        *self.0.serving.lock()
    }
}

impl<'a> Tx<'a> {
    pub(crate) fn new(db: &'a mut Db, ring: &'a Arc<KeyRing>) -> Self {
        Self {
            db,
            ring,
            changes: Vec::new(),
        }
    }

    pub(crate) fn into_changes(self) -> Vec<Change> {
        self.changes
    }

    /// What the observer will be told after the commit, so far.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    pub(crate) fn push(&mut self, change: Change) {
        self.changes.push(change);
    }

    pub(crate) fn ring(&self) -> Arc<KeyRing> {
        Arc::clone(self.ring)
    }
}

impl Deref for Tx<'_> {
    type Target = Db;

    fn deref(&self) -> &Db {
        self.db
    }
}

impl DerefMut for Tx<'_> {
    fn deref_mut(&mut self) -> &mut Db {
        self.db
    }
}

impl Inner {
    pub(crate) fn lock_writer(
        &self,
        patience: Duration,
    ) -> Result<MutexGuard<'_, Writer>, StoreError> {
        self.writer
            .try_lock_for(patience)
            .ok_or_else(|| StoreError::Unavailable("other changes are taking too long".to_owned()))
    }

    /// Whether the database is where it was. If not, the observer learns it at once and not only when the
    /// monitor looks again.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        if self.is_closed.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("the store is closed".to_owned()));
        }
        self.home.check().inspect_err(|_| self.tell_serving(false))
    }

    /// Makes the writer fit to write: connected, and with nothing left in doubt.
    pub(crate) fn ready(&self, writer: &mut Writer) -> Result<(), StoreError> {
        self.check()?;
        if writer.db.is_none() {
            self.connect(writer)?;
        }
        if writer.is_unsettled {
            self.settle(writer)?;
        }
        if !writer.doubt.is_empty()
            && let Some(db) = &mut writer.db
        {
            let now = state::again(db, &writer.doubt)?;
            tracing::info!(rows = now.len(), "rows in doubt have been read again");
            writer.doubt.clear();
            self.tell_changed(&now);
        }
        Ok(())
    }

    /// Makes what a failed COMMIT left behind final, one way or the other.
    fn settle(&self, writer: &mut Writer) -> Result<(), StoreError> {
        if let Home::File(home) = &self.home {
            let Some(mut db) = writer.db.take() else {
                return Err(StoreError::Internal("the writer got lost".to_owned()));
            };
            // On an error the connection is dropped, and the next attempt makes a new one.
            home.settle(&mut db)?;
            writer.db = Some(db);
        }
        writer.is_unsettled = false;
        Ok(())
    }

    fn connect(&self, writer: &mut Writer) -> Result<(), StoreError> {
        let is_early = |at: Instant| at.elapsed() < RETRY_PAUSE;
        if writer.failed_at.is_some_and(is_early) {
            return Err(StoreError::Unavailable(
                "the database could not be reached a moment ago".to_owned(),
            ));
        }
        match self.reconnect() {
            Ok(db) => {
                writer.db = Some(db);
                writer.failed_at = None;
                self.is_connected.store(true, Ordering::SeqCst);
                Ok(())
            }
            Err(error) => {
                writer.failed_at = Some(Instant::now());
                Err(error)
            }
        }
    }

    fn reconnect(&self) -> Result<Db, StoreError> {
        let home = match &self.home {
            // The file and its lock are still ours, so nobody else has written.
            Home::File(home) => return home.connect_writer(),
            Home::Server(home) => home,
        };
        // The lock went with the old session. Another node may have had it and written in between, so
        // nothing that memory knows counts until all of it has been read again.
        self.tell_serving(false);
        let mut db = home.reconnect()?;
        crate::migrate::check(&mut db, Some(&self.checks))
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        crate::master_keys::check_newest(&mut db, self.ring.pepper_version)?;
        home.begin_serving(&mut db)?;
        if let Some(observer) = self.observer.get() {
            observer.reloading();
            state::load(&mut db, BATCH, |changes| observer.changed(changes))?;
        }
        tracing::info!("the database is ours again");
        Ok(db)
    }

    pub(crate) fn commit(
        &self,
        writer: &mut Writer,
        mut db: Db,
        changes: &[Change],
    ) -> Result<(), StoreError> {
        let committed = self.commit_once(&mut db);
        // A file that has been moved away has taken the commit with it: that is no durable success.
        let is_there = self.home.check();
        match (committed, is_there) {
            (Ok(()), Ok(())) => {
                writer.db = Some(db);
                #[cfg(feature = "testing")]
                self.hooks.after_commit();
                self.tell_changed(changes);
                Ok(())
            }
            (committed, is_there) => {
                writer.is_unsettled = true;
                if committed.is_ok() {
                    // The connection itself is good, and will be again when the file is back.
                    writer.db = Some(db);
                } else {
                    drop(db);
                    self.lost();
                }
                let reason = committed.err().or_else(|| is_there.err());
                tracing::error!(
                    error = reason.map(|error| error.to_string()),
                    rows = changes.len(),
                    "nobody knows whether a commit happened: its rows count as dead until read again"
                );
                writer.doubt.extend_from_slice(changes);
                if let Some(observer) = self.observer.get() {
                    observer.in_doubt(changes);
                }
                Err(StoreError::InDoubt)
            }
        }
    }

    fn commit_once(&self, db: &mut Db) -> Result<(), StoreError> {
        #[cfg(feature = "testing")]
        if let Some(fault) = self.hooks.take_fault() {
            if fault == crate::testing::CommitFault::AfterCommit {
                db.commit()?;
            }
            return Err(StoreError::Unavailable("asked for by a test".to_owned()));
        }
        Ok(db.commit()?)
    }

    /// Keeps the connection for the next write, unless it failed.
    pub(crate) fn put_back(&self, writer: &mut Writer, mut db: Db) {
        if db.is_broken() {
            drop(db);
            self.lost();
        } else {
            writer.db = Some(db);
        }
    }

    /// The writer's connection is gone. On a server the lock went with it.
    pub(crate) fn lost(&self) {
        self.is_connected.store(false, Ordering::SeqCst);
        if matches!(self.home, Home::Server(_)) {
            self.tell_serving(false);
        }
    }

    fn tell_changed(&self, changes: &[Change]) {
        if let Some(observer) = self.observer.get()
            && !changes.is_empty()
        {
            observer.changed(changes);
        }
    }
}
