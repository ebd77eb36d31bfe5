//! The least that a durable write costs on this disk: a row, a transaction, again and again, with the settings that
//! Latchkey gives its own connections.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use diesel::{
    Connection as _, ExpressionMethods as _, RunQueryDsl as _, SqliteConnection,
    connection::SimpleConnection as _, insert_into,
};

use crate::Outcome;

diesel::table! {
    rows (id) {
        id -> Text,
        digest -> Binary,
        description -> Text,
        created_at -> BigInt,
    }
}

/// A database with one table.
pub struct Bare {
    db: SqliteConnection,
    count: u64,
}

impl Bare {
    /// Makes it in this folder.
    ///
    /// # Errors
    /// When the folder can't be written.
    pub fn make(folder: &Path) -> Outcome<Self> {
        let file = folder.join("bare.db");
        let mut db = SqliteConnection::establish(&file.to_string_lossy())?;
        db.batch_execute(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
             CREATE TABLE rows (id TEXT NOT NULL PRIMARY KEY, digest BLOB NOT NULL,
                                description TEXT NOT NULL, created_at BIGINT NOT NULL);",
        )?;
        Ok(Self { db, count: 0 })
    }

    /// Writes rows for so long, each in a transaction of its own; how many a second.
    ///
    /// # Errors
    /// When one can't be written.
    pub fn write(&mut self, time: Duration) -> Outcome<f64> {
        let (start, before) = (Instant::now(), self.count);
        while start.elapsed() < time {
            self.count += 1;
            // As long as a key's id, and in order, as those are.
            let id = format!("key_{:032x}", self.count);
            let row = (
                rows::id.eq(id),
                rows::digest.eq([7; 32].as_slice()),
                rows::description.eq("Production - Claude Integration"),
                rows::created_at.eq(0),
            );
            self.db
                .immediate_transaction(|db| insert_into(rows::table).values(row).execute(db))?;
        }
        let written = (self.count - before) as f64;
        Ok(written / start.elapsed().as_secs_f64())
    }
}
