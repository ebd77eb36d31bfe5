//! The tables' history, embedded: run at every start, and refused where a later Latchkey has gone on.

use diesel::{backend::Backend, connection::SimpleConnection as _, migration::MigrationSource};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::{Db, OpenError, StoreError, error::first_line, master_keys};

const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// Brings the tables up to date and checks that the database is ours: not newer than this program, and
/// made with these master keys. The names of the migrations that ran.
pub(crate) fn migrate(db: &mut Db, checks: Option<&[[u8; 32]]>) -> Result<Vec<String>, OpenError> {
    if check(db, checks)? == Age::New {
        tracing::debug!("the database is empty");
    }
    match db {
        Db::Sqlite(db) => run(db, SQLITE),
        Db::Pg(db) => {
            // Changing a big table may take longer than any request may.
            db.batch_execute("SET statement_timeout = 0")
                .map_err(StoreError::from)?;
            let ran = run(db, POSTGRES)?;
            db.batch_execute("SET statement_timeout = '10s'")
                .map_err(StoreError::from)?;
            Ok(ran)
        }
    }
}

/// Whether the database has tables of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Age {
    New,
    Used,
}

/// Checks that the database is ours, before anything in it is changed.
pub(crate) fn check(db: &mut Db, checks: Option<&[[u8; 32]]>) -> Result<Age, OpenError> {
    let applied = applied(db)?;
    if applied.is_empty() {
        return Ok(Age::New);
    }
    if let Some(checks) = checks {
        master_keys::check(db, checks, has_master_keys(&applied))?;
    }
    Ok(Age::Used)
}

/// Checks that nothing has to be brought up to date: for what can't do that itself.
pub(crate) fn check_current(db: &mut Db) -> Result<(), OpenError> {
    if has_master_keys(&applied(db)?) {
        return Ok(());
    }
    Err(OpenError::Unreadable(
        "this database is not in this version's form yet: start the server, or run `latchkey migrate`".to_owned(),
    ))
}

/// Whether the table of master keys is there, or the database is from before it.
fn has_master_keys(applied: &[String]) -> bool {
    applied.iter().any(|version| version == "0009")
}

/// The versions of the migrations that the database has.
fn applied(db: &mut Db) -> Result<Vec<String>, OpenError> {
    match db {
        Db::Sqlite(db) => known(db, &SQLITE),
        Db::Pg(db) => known(db, &POSTGRES),
    }
}

fn known<DB: Backend>(
    db: &mut impl MigrationHarness<DB>,
    source: &EmbeddedMigrations,
) -> Result<Vec<String>, OpenError> {
    let known: Vec<String> = MigrationSource::<DB>::migrations(source)
        .map_err(|error| failed(&*error))?
        .iter()
        .map(|migration| migration.name().version().to_string())
        .collect();
    let applied = db.applied_migrations().map_err(|error| failed(&*error))?;
    let applied: Vec<String> = applied.iter().map(ToString::to_string).collect();
    match applied.iter().find(|version| !known.contains(version)) {
        Some(version) => Err(OpenError::TooNew(version.clone())),
        None => Ok(applied),
    }
}

fn run<DB: Backend>(
    db: &mut impl MigrationHarness<DB>,
    source: EmbeddedMigrations,
) -> Result<Vec<String>, OpenError> {
    let ran = db
        .run_pending_migrations(source)
        .map_err(|error| failed(&*error))?;
    Ok(ran.iter().map(ToString::to_string).collect())
}

fn failed(error: &(dyn std::error::Error + Send + Sync)) -> OpenError {
    OpenError::Unreadable(format!(
        "the database's tables can't be read or brought up to date ({}): check that this user may make \
         tables there, and that the database is Latchkey's or empty",
        first_line(&error.to_string())
    ))
}
