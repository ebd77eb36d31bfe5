//! Opening: take the lock, check that the database is ours, bring its tables up to date.

use std::{
    sync::{Arc, OnceLock, atomic::AtomicBool},
    time::Duration,
};

use latchkey_keys::{KeyRing, MasterKeys};
use parking_lot::{Condvar, Mutex};

use crate::{
    DatabaseUrl, OpenError, Store, StoreError,
    home::{Home, Proof},
    master_keys::{self, Spare},
    migrate,
    queue::Queue,
    readers::Readers,
    store::{Inner, Writer},
};

/// How to open a store.
pub struct OpenOptions<'a> {
    /// Where the database is.
    pub url: DatabaseUrl,
    /// The master keys. The database knows which versions they are, so the keys of every purpose are made here; the
    /// store itself uses the audit log's ([`Store::ring`]).
    pub masters: &'a MasterKeys,
    /// Most connections that read at the same time.
    pub readers: u32,
    /// How long SQLite waits for a lock that another process holds.
    pub busy_timeout: Duration,
    /// What this process is.
    pub lock: LockMode,
}

/// What the process is that takes the database. Either way it is the only one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockMode {
    /// A server.
    Serve,
    /// A command that changes something while no server runs.
    Cli,
}

impl LockMode {
    pub(crate) fn refusal(self) -> OpenError {
        OpenError::Locked(
            match self {
                Self::Serve => {
                    "another Latchkey process uses this database: stop it first, or give this one a \
                     database of its own (LATCHKEY_DATABASE_URL)"
                }
                Self::Cli => {
                    "a Latchkey server uses this database: do this in the browser or through its API, or \
                     stop the server first"
                }
            }
            .to_owned(),
        )
    }
}

impl<'a> OpenOptions<'a> {
    /// Options with 4 readers and 5 s of patience with SQLite's locks.
    #[must_use]
    pub fn new(url: DatabaseUrl, masters: &'a MasterKeys, lock: LockMode) -> Self {
        Self {
            url,
            masters,
            readers: 4,
            busy_timeout: Duration::from_secs(5),
            lock,
        }
    }
}

impl Store {
    /// Opens the database and keeps it for this process alone. The first opening makes the tables and
    /// remembers the master keys' check values.
    ///
    /// Blocks, on PostgreSQL for up to some seconds after an unclean end.
    ///
    /// # Errors
    /// One sentence that says what to do.
    pub fn open(options: OpenOptions<'_>) -> Result<Self, OpenError> {
        let proof = Proof::new();
        let (home, mut db) = Home::take(
            options.url.place(),
            options.busy_timeout,
            options.lock,
            &proof,
        )?;
        let checks = options.masters.check_values();
        migrate::migrate(&mut db, Some(&checks))?;
        master_keys::remember(&mut db, &checks)?;
        let recognised = master_keys::recognise(&mut db, options.masters)?;
        if let Home::Server(home) = &home {
            home.begin_serving(&mut db)?;
        }
        Ok(Self(Arc::new(Inner {
            home,
            ring: Arc::new(recognised.ring),
            spare: recognised.spare,
            checks,
            writer: Mutex::new(Writer {
                db: Some(db),
                doubt: Vec::new(),
                is_unsettled: false,
                failed_at: None,
            }),
            queue: Queue::default(),
            readers: Readers::new(options.readers),
            observer: OnceLock::new(),
            proof,
            serving: Mutex::new(false),
            is_connected: AtomicBool::new(true),
            is_closed: AtomicBool::new(false),
            stop: (Mutex::new(false), Condvar::new()),
            threads: Mutex::default(),
            #[cfg(feature = "testing")]
            hooks: crate::testing::Hooks::default(),
        })))
    }

    /// The keys of every purpose.
    #[must_use]
    pub fn ring(&self) -> Arc<KeyRing> {
        Arc::clone(&self.0.ring)
    }

    /// The master keys that were given and are not in use.
    #[must_use]
    pub fn spare(&self) -> Spare {
        self.0.spare
    }

    /// Brings the tables up to date and lets go again; the names of the migrations that ran.
    ///
    /// # Errors
    /// As [`Store::open`], but for the master key, which this doesn't need.
    pub fn migrate(url: &DatabaseUrl) -> Result<Vec<String>, OpenError> {
        let (_home, mut db) = Home::take(
            url.place(),
            Duration::from_secs(5),
            LockMode::Cli,
            &Proof::new(),
        )?;
        migrate::migrate(&mut db, None)
    }
}

impl From<OpenError> for StoreError {
    fn from(error: OpenError) -> Self {
        Self::Unavailable(error.to_string())
    }
}
