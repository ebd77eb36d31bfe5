//! The place where the database is: how connections to it are made, and whether it is still there.

mod file;
mod server;

use std::{sync::Arc, time::Duration};

use latchkey_types::Timestamp;

pub(crate) use self::{
    file::{FileHome, private},
    server::{LEASE, ServerHome},
};
use crate::{Db, LockMode, OpenError, StoreError, url::Place};

/// The place of the database.
pub(crate) enum Home {
    /// A SQLite file.
    File(FileHome),
    /// A PostgreSQL server.
    Server(ServerHome),
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Read,
    Write,
    /// To read a file that nobody else has, and leave it as it is.
    Look,
}

/// A connection without the lock that only one process can have.
pub(crate) fn connect_beside(
    place: &Place,
    busy_timeout: Duration,
    purpose: Purpose,
) -> Result<Db, OpenError> {
    match place {
        Place::File(path) => file::connect(path, busy_timeout, purpose).map_err(|error| {
            OpenError::Unreadable(format!(
                "the database file {} can't be read ({error}): check the path, and that this user may read \
                 and write it and its folder",
                path.display()
            ))
        }),
        Place::Server { url, password } => server::connect_beside(url, password),
    }
}

/// The lock of a SQLite file, until it is dropped; its folder is made where it is missing.
pub(crate) fn lock_file(
    path: &std::path::Path,
    mode: LockMode,
) -> Result<std::fs::File, OpenError> {
    file::lock(path, mode)
}

impl Home {
    /// Takes the lock that only one process can have, and makes the writer's connection.
    pub(crate) fn take(
        place: &Place,
        busy_timeout: Duration,
        mode: LockMode,
        proof: &Arc<Proof>,
    ) -> Result<(Self, Db), OpenError> {
        match place {
            Place::File(path) => {
                let (home, db) = FileHome::take(path, busy_timeout, mode)?;
                Ok((Self::File(home), db))
            }
            Place::Server { url, password } => {
                let (home, db) = ServerHome::take(url, password, mode, proof)?;
                Ok((Self::Server(home), db))
            }
        }
    }

    /// Whether the file is still the one that was opened. A server is asked by the monitor instead.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        match self {
            Self::File(home) => home.check(),
            Self::Server(_) => Ok(()),
        }
    }

    pub(crate) fn connect_reader(&self) -> Result<Db, StoreError> {
        match self {
            Self::File(home) => home.connect(Purpose::Read),
            Self::Server(home) => home.connect(Purpose::Read),
        }
    }

    /// Lets another process have the database.
    pub(crate) fn release(&self) {
        if let Self::File(home) = self {
            home.release();
        }
    }
}

/// When the last statement began that showed the writer's connection to be alive. On PostgreSQL the lock
/// belongs to that connection, so this proves that the lock is ours.
#[derive(Debug)]
pub(crate) struct Proof {
    start: std::time::Instant,
    millis: std::sync::atomic::AtomicU64,
}

impl Proof {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            start: std::time::Instant::now(),
            millis: std::sync::atomic::AtomicU64::new(0),
        })
    }

    /// Now, in milliseconds since this process opened the store.
    pub(crate) fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// A statement that began at `began` has succeeded.
    pub(crate) fn give(&self, began: u64) {
        self.millis
            .fetch_max(began, std::sync::atomic::Ordering::SeqCst);
    }

    /// How old the last proof is.
    pub(crate) fn age(&self) -> Duration {
        let given = self.millis.load(std::sync::atomic::Ordering::SeqCst);
        Duration::from_millis(self.now().saturating_sub(given))
    }
}

/// The wall clock, for the one row that this room writes by itself.
pub(crate) fn now() -> Timestamp {
    let millis = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.as_millis());
    Timestamp::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
}
