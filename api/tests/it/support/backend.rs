//! What keeps the rows in this run.

/// A kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// A file in a folder of the test's own.
    Sqlite,
    /// A database of the test's own on the server that `LATCHKEY_TEST_POSTGRES` names.
    Postgres,
}

/// The backend of this run, which `LATCHKEY_TEST_BACKEND` names; SQLite if nothing does.
pub fn backend() -> Backend {
    match std::env::var("LATCHKEY_TEST_BACKEND").as_deref() {
        Err(_) | Ok("" | "sqlite") => Backend::Sqlite,
        Ok("postgres") => Backend::Postgres,
        Ok(other) => panic!("LATCHKEY_TEST_BACKEND is {other:?}; it must be sqlite or postgres"),
    }
}
