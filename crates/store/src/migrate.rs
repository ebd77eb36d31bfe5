//! The tables' history, embedded: run at every start, and refused where a later Latchkey has gone on.

use diesel::{
    backend::Backend, connection::SimpleConnection as _, migration::MigrationSource, prelude::*,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::{Db, OpenError, StoreError, error::first_line, home::now, schema::instance};

const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// Brings the tables up to date and checks that the database is ours: not newer than this program, and
/// made with this master key. The names of the migrations that ran.
pub(crate) fn migrate(
    db: &mut Db,
    master_check: Option<&[u8; 32]>,
) -> Result<Vec<String>, OpenError> {
    if check(db, master_check)? == Age::New {
        tracing::debug!("the database is empty");
    }
    let ran = match db {
        Db::Sqlite(db) => run(db, SQLITE)?,
        Db::Pg(db) => {
            // Changing a big table may take longer than any request may.
            db.batch_execute("SET statement_timeout = 0")
                .map_err(StoreError::from)?;
            let ran = run(db, POSTGRES)?;
            db.batch_execute("SET statement_timeout = '10s'")
                .map_err(StoreError::from)?;
            ran
        }
    };
    if let Some(master_check) = master_check {
        remember(db, master_check)?;
    }
    Ok(ran)
}

/// Whether the database has tables of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Age {
    New,
    Used,
}

/// Checks that the database is ours, before anything in it is changed.
pub(crate) fn check(db: &mut Db, master_check: Option<&[u8; 32]>) -> Result<Age, OpenError> {
    let age = match db {
        Db::Sqlite(db) => known(db, &SQLITE)?,
        Db::Pg(db) => known(db, &POSTGRES)?,
    };
    if age == Age::Used
        && let Some(wanted) = master_check
    {
        let found: Option<Vec<u8>> = instance::table
            .select(instance::master_check)
            .first(db)
            .optional()
            .map_err(StoreError::from)?;
        if found.is_some_and(|found| found != wanted) {
            return Err(OpenError::WrongMasterKey);
        }
    }
    Ok(age)
}

fn known<DB: Backend>(
    db: &mut impl MigrationHarness<DB>,
    source: &EmbeddedMigrations,
) -> Result<Age, OpenError> {
    let known: Vec<String> = MigrationSource::<DB>::migrations(source)
        .map_err(|error| failed(&*error))?
        .iter()
        .map(|migration| migration.name().version().to_string())
        .collect();
    let applied = db.applied_migrations().map_err(|error| failed(&*error))?;
    for version in &applied {
        let version = version.to_string();
        if !known.contains(&version) {
            return Err(OpenError::TooNew(version));
        }
    }
    Ok(if applied.is_empty() {
        Age::New
    } else {
        Age::Used
    })
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

/// Keeps the master key's check value, if there is none yet.
fn remember(db: &mut Db, master_check: &[u8; 32]) -> Result<(), StoreError> {
    let rows: i64 = instance::table.count().get_result(db)?;
    if rows == 0 {
        diesel::insert_into(instance::table)
            .values((
                instance::id.eq(1),
                instance::master_check.eq(master_check.as_slice()),
                instance::created_at.eq(now().as_millis()),
            ))
            .execute(db)?;
    }
    Ok(())
}

fn failed(error: &(dyn std::error::Error + Send + Sync)) -> OpenError {
    OpenError::Unreadable(format!(
        "the database's tables can't be read or brought up to date ({}): check that this user may make \
         tables there, and that the database is Latchkey's or empty",
        first_line(&error.to_string())
    ))
}
