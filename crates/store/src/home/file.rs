//! SQLite: a file, its lock file beside it, and the watch that it is not swapped while we run.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use diesel::{Connection as _, SqliteConnection, connection::SimpleConnection as _, prelude::*};
use parking_lot::Mutex;

use super::Purpose;
use crate::{Db, LockMode, OpenError, StoreError, error::first_line};

/// How long a start waits for the process before it to let go of the lock.
const LOCK_PATIENCE: Duration = Duration::from_secs(1);

/// The file of a SQLite database.
pub(crate) struct FileHome {
    path: PathBuf,
    lock_path: PathBuf,
    busy_timeout: Duration,
    /// Which file it was when it was opened.
    file: FileId,
    lock_file: FileId,
    lock: Mutex<Option<File>>,
}

impl FileHome {
    pub(super) fn take(
        path: &Path,
        busy_timeout: Duration,
        mode: LockMode,
    ) -> Result<(Self, Db), OpenError> {
        let path = std::path::absolute(path).map_err(|error| unreadable(path, &error))?;
        let folder = path.parent().unwrap_or(Path::new("/"));
        let lock_path = lock_path(&path);
        let lock = lock(&path, mode)?;
        make_file(&path, folder).map_err(|error| unreadable(&path, &error))?;
        let home = Self {
            file: FileId::of(&path).map_err(|error| unreadable(&path, &error))?,
            lock_file: FileId::of(&lock_path).map_err(|error| unreadable(&lock_path, &error))?,
            lock: Mutex::new(Some(lock)),
            path,
            lock_path,
            busy_timeout,
        };
        let mut db = home.connect(Purpose::Write).map_err(|error| {
            OpenError::Unreadable(format!(
                "the database file {} can't be opened ({error}): check that it is an SQLite database and \
                 that this user may read and write it and its folder",
                home.path.display()
            ))
        })?;
        home.check_journal(&mut db)?;
        Ok((home, db))
    }

    /// Whether the path still leads to the file that was opened. Otherwise a write would go into a file
    /// that nobody finds again. A file put in its place is not taken over while running: it may be older,
    /// and what memory knows would then be wrong. The same file back in its place is fine.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        same(&self.path, self.file, "the database file")?;
        // Whoever deletes the lock file lets a second server in.
        same(&self.lock_path, self.lock_file, "the database's lock file")
    }

    pub(super) fn connect(&self, purpose: Purpose) -> Result<Db, StoreError> {
        self.check()?;
        let db = connect(&self.path, self.busy_timeout, purpose)?;
        self.check()?;
        Ok(db)
    }

    /// Makes the writer's connection again.
    pub(crate) fn connect_writer(&self) -> Result<Db, StoreError> {
        self.connect(Purpose::Write)
    }

    /// Writes something durable over what a failed COMMIT may have left in the write-ahead log.
    ///
    /// When a sync fails, the transaction's pages are in the log already, whole and with their checksums. No reader sees
    /// them, so the change seems not to have happened; but a process that opens the database after a crash would take
    /// them for committed. A later transaction is written over them. It has to change a page, and an UPDATE to the
    /// same value may not; nothing else uses this number.
    pub(crate) fn settle(&self, db: &mut Db) -> Result<(), StoreError> {
        db.begin_write()?;
        let number: i32 = diesel::dsl::sql::<diesel::sql_types::Integer>(
            "SELECT user_version FROM pragma_user_version",
        )
        .get_result(db)?;
        if let Db::Sqlite(db) = db {
            db.batch_execute(&format!("PRAGMA user_version = {}", number.wrapping_add(1)))?;
        }
        Ok(db.commit()?)
    }

    pub(super) fn release(&self) {
        self.lock.lock().take();
    }

    fn check_journal(&self, db: &mut Db) -> Result<(), OpenError> {
        let mode: String = diesel::dsl::sql::<diesel::sql_types::Text>(
            "SELECT journal_mode FROM pragma_journal_mode",
        )
        .get_result(db)
        .map_err(StoreError::from)?;
        if mode == "wal" {
            return Ok(());
        }
        Err(OpenError::Unsafe(format!(
            "the database file {} can't use a write-ahead log (its journal mode is {mode}): put it on a \
             local disk",
            self.path.display()
        )))
    }
}

/// A connection to the file at this path, whichever that is now.
pub(super) fn connect(
    path: &Path,
    busy_timeout: Duration,
    purpose: Purpose,
) -> Result<Db, StoreError> {
    // mode=rw: a file that has vanished is an error, not a new empty database.
    let uri = format!("file:{}?mode=rw", escaped(path));
    let mut db = SqliteConnection::establish(&uri)
        .map_err(|error| StoreError::Unavailable(first_line(&error.to_string())))?;
    // The order matters: changing the journal mode may have to wait for a lock. What a savepoint may have to take back is
    // kept in memory: as a file it would be written at each change.
    db.batch_execute(&format!(
        "PRAGMA busy_timeout = {}; {} PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
         PRAGMA temp_store = MEMORY; PRAGMA query_only = {};",
        busy_timeout.as_millis(),
        match purpose {
            Purpose::Read | Purpose::Write => "PRAGMA journal_mode = WAL;",
            // Such a log would be left beside a copy that is to be one file.
            Purpose::Look => "",
        },
        match purpose {
            Purpose::Write => "OFF",
            Purpose::Read | Purpose::Look => "ON",
        },
    ))?;
    Ok(Db::Sqlite(db))
}

/// Takes the lock of the file at this path, which needs not exist.
pub(super) fn lock(path: &Path, mode: LockMode) -> Result<File, OpenError> {
    let path = std::path::absolute(path).map_err(|error| unreadable(path, &error))?;
    let folder = path.parent().unwrap_or(Path::new("/"));
    make_folder(folder).map_err(|error| unreadable(folder, &error))?;
    take_lock(&lock_path(&path), mode)
}

/// What identifies a file whatever its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileId {
    device: u64,
    number: u64,
}

impl FileId {
    /// Only asks for the file's facts. Opening and closing the database file here would drop the locks that
    /// SQLite holds on it (POSIX advisory locks belong to the process).
    #[cfg(unix)]
    fn of(path: &Path) -> io::Result<Self> {
        use std::os::unix::fs::MetadataExt as _;
        let facts = fs::metadata(path)?;
        Ok(Self {
            device: facts.dev(),
            number: facts.ino(),
        })
    }

    #[cfg(not(unix))]
    fn of(path: &Path) -> io::Result<Self> {
        fs::metadata(path).map(|_| Self {
            device: 0,
            number: 0,
        })
    }
}

fn same(path: &Path, wanted: FileId, what: &str) -> Result<(), StoreError> {
    match FileId::of(path) {
        Ok(found) if found == wanted => Ok(()),
        Ok(_) => Err(StoreError::Unavailable(format!(
            "{what} was replaced by another one: put the first one back, or restart"
        ))),
        Err(error) => Err(StoreError::Unavailable(format!(
            "{what} can't be reached ({})",
            error.kind()
        ))),
    }
}

fn lock_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

fn take_lock(path: &Path, mode: LockMode) -> Result<File, OpenError> {
    let file = private(OpenOptions::new().create(true).truncate(false).write(true))
        .open(path)
        .map_err(|error| unreadable(path, &error))?;
    let begin = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if begin.elapsed() < LOCK_PATIENCE => {
                std::thread::sleep(Duration::from_millis(50));
            }
            Err(TryLockError::WouldBlock) => return Err(mode.refusal()),
            Err(TryLockError::Error(error)) => return Err(unreadable(path, &error)),
        }
    }
}

fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Makes the file if it is missing, and its name durable.
fn make_file(path: &Path, folder: &Path) -> io::Result<()> {
    match private(OpenOptions::new().create_new(true).write(true)).open(path) {
        Ok(file) => {
            file.sync_all()?;
            File::open(folder)?.sync_all()
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Only this user may read what is made.
pub(crate) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

fn unreadable(path: &Path, error: &io::Error) -> OpenError {
    OpenError::Unreadable(format!(
        "{} can't be used ({error}): check the path and that this user may read and write there",
        path.display()
    ))
}

/// The path as it stands in a `file:` URI.
fn escaped(path: &Path) -> String {
    path.to_string_lossy()
        .replace('%', "%25")
        .replace('?', "%3f")
        .replace('#', "%23")
}
