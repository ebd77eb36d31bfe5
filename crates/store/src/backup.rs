//! A copy of a SQLite database while a server works on it, and the way back.
//!
//! `VACUUM INTO` and not SQLite's backup interface: that one begins again whenever another process writes, and under
//! load would never end. It reads in one transaction, so the copy is of one moment, and writers go on meanwhile.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use diesel::{dsl::sql, prelude::*, sql_query, sql_types::Text};
use latchkey_keys::MasterKeys;

use crate::{
    DatabaseUrl, Db, LockMode, OpenError, StoreError, beside,
    home::{self, Purpose},
    schema::{audit_events, keys},
    url::Place,
};

/// What is in a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// Its size in bytes.
    pub bytes: u64,
    /// Keys in it, revoked ones too.
    pub keys: i64,
    /// The sequence of the last audit event.
    pub last_event: i64,
}

/// Writes a copy of the database into a new file, also while a server works on it. The file has its name only once it
/// is whole and on the disk, and only this user may read it.
///
/// # Errors
/// One sentence: not SQLite, no such database, the file is there already or can't be written.
pub fn back_up(url: &DatabaseUrl, to: &Path) -> Result<Copied, OpenError> {
    if matches!(url.place(), Place::Server { .. }) {
        return Err(OpenError::Url(
            "backup is for SQLite; PostgreSQL has pg_dump, which copies a database while it is in use"
                .to_owned(),
        ));
    }
    // Not one that only reads: SQLite takes VACUUM INTO for a change.
    let mut db = beside::connect(url.place(), Purpose::Write, None)?;
    into_place(to, |aside| {
        let target = aside
            .to_str()
            .ok_or_else(|| unusable(to, "its name is not UTF-8"))?;
        sql_query("VACUUM INTO ?")
            .bind::<Text, _>(target)
            .execute(&mut db)
            .map_err(|error| {
                OpenError::Unreadable(format!(
                    "the backup could not be written ({}): is there room on its disk?",
                    StoreError::from(error)
                ))
            })?;
        examine(aside)
    })
}

/// Puts a copy in the place of a database that isn't there any more.
///
/// # Errors
/// One sentence: a database is there already (or what is left of one), a server holds it, or the copy is no whole
/// database of this version or an earlier one, made with these master keys.
pub fn restore(from: &Path, url: &DatabaseUrl, masters: &MasterKeys) -> Result<Copied, OpenError> {
    let Place::File(path) = url.place() else {
        return Err(OpenError::Url(
            "restore is for SQLite; PostgreSQL has pg_restore".to_owned(),
        ));
    };
    let source = Place::File(from.to_path_buf());
    let checks = masters.check_values();
    drop(beside::connect(&source, Purpose::Look, Some(&checks))?);
    // Held until the copy is in its place.
    let _lock = home::lock_file(path, LockMode::Cli)?;
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        // A log of another database, left beside the copy, would be played into it.
        if Path::new(&name).exists() {
            return Err(unusable(
                Path::new(&name),
                "is there already; move the old database and its -wal and -shm files away first",
            ));
        }
    }
    into_place(path, |aside| {
        fs::copy(from, aside).map_err(|error| unusable(from, error))?;
        examine(aside)
    })
}

/// Makes a file aside, syncs it, and gives it its name, unless that is taken.
fn into_place(
    path: &Path,
    fill: impl FnOnce(&Path) -> Result<Copied, OpenError>,
) -> Result<Copied, OpenError> {
    if path.exists() {
        return Err(unusable(path, "is there already; name a new file"));
    }
    let mut aside = path.as_os_str().to_owned();
    aside.push(format!(".{}.part", std::process::id()));
    let aside = PathBuf::from(aside);
    let made = home::private(OpenOptions::new().create_new(true).write(true))
        .open(&aside)
        .map_err(|error| unusable(path, error));
    let outcome = made.and_then(|_| fill(&aside)).and_then(|copied| {
        let finish = || -> io::Result<()> {
            File::open(&aside)?.sync_all()?;
            // A link never replaces a file, a renaming does.
            fs::hard_link(&aside, path)?;
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
        };
        finish().map_err(|error| unusable(path, error))?;
        Ok(copied)
    });
    let _ = fs::remove_file(&aside);
    outcome
}

/// Whether the copy is whole, and what is in it.
fn examine(path: &Path) -> Result<Copied, OpenError> {
    let copy = Place::File(path.to_path_buf());
    let mut db = home::connect_beside(&copy, Duration::from_secs(5), Purpose::Look)?;
    let mut look = || -> Result<(String, i64, Option<i64>), StoreError> {
        let verdict = sql::<Text>("SELECT integrity_check FROM pragma_integrity_check");
        Ok((
            verdict.get_result(&mut db)?,
            keys::table.count().get_result(&mut db)?,
            audit_events::table
                .select(diesel::dsl::max(audit_events::sequence))
                .first(&mut db)?,
        ))
    };
    let (verdict, keys, last_event) = look()?;
    drop::<Db>(db);
    if verdict != "ok" {
        return Err(unusable(path, "the copy is damaged; the disk may be, too"));
    }
    let bytes = fs::metadata(path).map_err(|error| unusable(path, error))?;
    Ok(Copied {
        bytes: bytes.len(),
        keys,
        last_event: last_event.unwrap_or(0),
    })
}

fn unusable(path: &Path, what: impl std::fmt::Display) -> OpenError {
    OpenError::Unreadable(format!("{}: {what}", path.display()))
}
