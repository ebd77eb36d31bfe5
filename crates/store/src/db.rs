//! One connection, to either backend. Which one is chosen by the URL's scheme, never by trying.

use diesel::{
    PgConnection, SqliteConnection,
    connection::{AnsiTransactionManager, SimpleConnection as _, TransactionManager},
    result::QueryResult,
};

/// A connection. Only this room runs statements on it; others hand it on to this room's functions.
#[derive(diesel::MultiConnection)]
pub enum Db {
    /// SQLite.
    Sqlite(SqliteConnection),
    /// PostgreSQL.
    Pg(PgConnection),
}

impl Db {
    /// Begins a transaction that writes. IMMEDIATE, because a SQLite transaction that begins by reading and
    /// then writes gets SQLITE_BUSY whatever the timeout, when another one wrote in between.
    pub(crate) fn begin_write(&mut self) -> QueryResult<()> {
        match self {
            Self::Sqlite(db) => {
                AnsiTransactionManager::begin_transaction_sql(db, "BEGIN IMMEDIATE")
            }
            Self::Pg(db) => AnsiTransactionManager::begin_transaction_sql(db, "BEGIN"),
        }
    }

    /// Begins a transaction that only reads: all its statements see one moment.
    pub(crate) fn begin_read(&mut self) -> QueryResult<()> {
        match self {
            Self::Sqlite(db) => AnsiTransactionManager::begin_transaction_sql(db, "BEGIN"),
            Self::Pg(db) => AnsiTransactionManager::begin_transaction_sql(
                db,
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            ),
        }
    }

    /// Begins a part of the open transaction that can be taken back alone.
    pub(crate) fn begin_part(&mut self) -> QueryResult<()> {
        self.batch_execute("SAVEPOINT part")
    }

    /// Makes the part belong to the transaction for good.
    pub(crate) fn end_part(&mut self) -> QueryResult<()> {
        self.batch_execute("RELEASE SAVEPOINT part")
    }

    /// Takes the part back. Released, too: a savepoint that is left makes SQLite copy pages again and again.
    pub(crate) fn take_part_back(&mut self) -> QueryResult<()> {
        self.batch_execute("ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part")
    }

    pub(crate) fn commit(&mut self) -> QueryResult<()> {
        <Self as TransactionManager<Self>>::commit_transaction(self)
    }

    pub(crate) fn rollback(&mut self) -> QueryResult<()> {
        <Self as TransactionManager<Self>>::rollback_transaction(self)
    }

    /// Whether a transaction is still open or the connection failed: it must not be used again.
    pub(crate) fn is_broken(&mut self) -> bool {
        <Self as TransactionManager<Self>>::is_broken_transaction_manager(self)
    }
}
