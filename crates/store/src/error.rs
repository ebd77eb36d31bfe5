//! What can go wrong, in words that hold no secret, digest or password.

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use thiserror::Error;

/// Why a read or a write did not happen.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StoreError {
    /// A row with this value exists already; nothing was changed.
    #[error("{0} is taken")]
    Taken(Unique),
    /// The database can't be reached or is busy; nothing was changed. Trying again later may help.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// COMMIT failed in a way that doesn't tell whether the change is durable. What it touched counts
    /// as dead in memory until it has been read again.
    #[error("the database did not confirm the change, so it may or may not have happened")]
    InDoubt,
    /// A mistake of ours, or a database that holds what we never wrote; nothing was changed.
    #[error("internal error of the store: {0}")]
    Internal(String),
}

/// What must be unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unique {
    /// A person's e-mail address, whatever its case.
    Email,
    /// A project's slug.
    Slug,
    /// A person's membership in a project.
    Member,
    /// The digest of a secret, session or link.
    Digest,
    /// Anything else, such as an idempotency key or a receipt.
    Other,
}

impl std::fmt::Display for Unique {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Email => "this e-mail address",
            Self::Slug => "this slug",
            Self::Member => "this membership",
            Self::Digest => "this secret",
            Self::Other => "this row",
        })
    }
}

/// Why the store could not be opened: one sentence each, with what to do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OpenError {
    /// The database URL is none.
    #[error("{0}")]
    Url(String),
    /// Another process holds the database.
    #[error("{0}")]
    Locked(String),
    /// The master key is not the one that this database was made with.
    #[error(
        "the master key does not belong to this database: start with the master key that was used when \
         the database was created (LATCHKEY_MASTER_KEY, or the key file beside it), or with an empty database"
    )]
    WrongMasterKey,
    /// Of the master keys one is missing, doesn't belong here or is in the wrong place.
    #[error("{0}")]
    MasterKeys(String),
    /// A later Latchkey has changed the tables.
    #[error(
        "the database was changed by a newer Latchkey (migration {0} is unknown to this one): start that \
         version or a later one"
    )]
    TooNew(String),
    /// The file or the server can't be read.
    #[error("{0}")]
    Unreadable(String),
    /// The server's settings would lose acknowledged changes.
    #[error("{0}")]
    Unsafe(String),
    /// Anything else.
    #[error("the database could not be opened: {0}")]
    Store(StoreError),
}

impl From<StoreError> for OpenError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<DieselError> for StoreError {
    fn from(error: DieselError) -> Self {
        match error {
            DieselError::DatabaseError(kind, information) => match kind {
                DatabaseErrorKind::UniqueViolation => Self::Taken(unique_of(
                    information.constraint_name(),
                    information.message(),
                )),
                DatabaseErrorKind::ClosedConnection => {
                    Self::Unavailable("the connection was closed".to_owned())
                }
                DatabaseErrorKind::SerializationFailure => {
                    Self::Unavailable("another transaction was in the way".to_owned())
                }
                DatabaseErrorKind::ReadOnlyTransaction => {
                    Self::Unavailable("the server only reads at the moment".to_owned())
                }
                DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::Unknown => {
                    of_message(information.message())
                }
                // Constraints other than uniqueness fail only when we got something wrong. Their
                // messages may quote values of the row, so only their kind is told.
                other => Self::Internal(format!("a constraint refused the row ({other:?})")),
            },
            DieselError::BrokenTransactionManager | DieselError::RollbackErrorOnCommit { .. } => {
                Self::Unavailable("the connection is broken".to_owned())
            }
            DieselError::NotFound => Self::Internal("a row that must exist is missing".to_owned()),
            DieselError::DeserializationError(_) => {
                Self::Internal("a column holds what was never written to it".to_owned())
            }
            other => Self::Internal(first_line(&other.to_string())),
        }
    }
}

/// Which uniqueness failed. PostgreSQL names the index, SQLite the columns in its message.
fn unique_of(constraint: Option<&str>, message: &str) -> Unique {
    let name = constraint.unwrap_or(message);
    if name.contains("email_key") {
        Unique::Email
    } else if name.contains("slug") {
        Unique::Slug
    } else if name.contains("project_members") {
        Unique::Member
    } else if name.contains("digest") || name.contains("sign_in_links") {
        Unique::Digest
    } else {
        Unique::Other
    }
}

/// SQLite's messages for mistakes in a statement, as opposed to those of a bad disk or a locked file.
const OUR_MISTAKES: [&str; 9] = [
    "no such ",
    "syntax error",
    "has no column",
    "cannot start a transaction",
    "datatype mismatch",
    "does not exist",
    "bind or column index out of range",
    "too many SQL variables",
    "bad parameter or other API misuse",
];

/// diesel gives no SQLSTATE and PostgreSQL translates its messages, so what can't be told apart counts as
/// "try again later" (timeouts, a full disk, a shutdown, too many connections): with statements that the
/// tests have run on both databases it is far more often the surroundings than the statement.
fn of_message(message: &str) -> StoreError {
    let line = first_line(message);
    if OUR_MISTAKES.iter().any(|mistake| line.contains(mistake)) {
        StoreError::Internal(line)
    } else {
        StoreError::Unavailable(line)
    }
}

/// Only the first line: PostgreSQL's further ones (DETAIL, CONTEXT) can quote values.
pub(crate) fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim().to_owned()
}
