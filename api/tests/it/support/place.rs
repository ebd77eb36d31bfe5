//! Where a database of a test is, and what tests do to it behind the server's back.

use std::{path::PathBuf, sync::Arc};

use diesel::{Connection as _, PgConnection, SqliteConnection, connection::SimpleConnection as _};
use latchkey_keys::{KeyRing, MasterKey};
use latchkey_store::{DatabaseUrl, LockMode, OpenOptions, Store};

use super::{database::Database, process::MASTER_KEY};

/// A database of a test's own. It goes when this is dropped.
pub struct Place(Database);

/// A connection that no server knows of.
pub enum Intruder {
    Sqlite(SqliteConnection),
    Pg(PgConnection),
}

impl Place {
    /// A database that nobody has used.
    pub fn fresh() -> Self {
        Self(Database::create())
    }

    /// As the server's setting.
    pub fn url(&self) -> String {
        match &self.0 {
            Database::Sqlite(_) => format!("sqlite://{}", self.path().unwrap().display()),
            Database::Postgres { server, name } => {
                let mut url = server.clone();
                url.set_path(name);
                url.into()
            }
        }
    }

    /// The file, on SQLite.
    pub fn path(&self) -> Option<PathBuf> {
        match &self.0 {
            Database::Sqlite(folder) => Some(folder.path().join("latchkey.db")),
            Database::Postgres { .. } => None,
        }
    }

    /// A connection beside the server's own.
    pub fn intrude(&self) -> Intruder {
        match self.path() {
            Some(path) => {
                Intruder::Sqlite(SqliteConnection::establish(path.to_str().unwrap()).unwrap())
            }
            None => Intruder::Pg(PgConnection::establish(&self.url()).unwrap()),
        }
    }

    /// Runs a statement as the server's superuser from outside of the database, which `$` stands for.
    /// Nothing on SQLite.
    pub fn administrate(&self, sql: &str) {
        if let Database::Postgres { server, name } = &self.0 {
            let mut server = PgConnection::establish(server.as_str()).unwrap();
            server.batch_execute(&sql.replace('$', name)).unwrap();
        }
    }

    /// The database itself, while no server has it.
    pub fn open(&self) -> (Store, Arc<KeyRing>) {
        let master = MasterKey::parse(MASTER_KEY).unwrap();
        let ring = Arc::new(KeyRing::derive(&master));
        let url = DatabaseUrl::parse(&self.url()).unwrap();
        let options = OpenOptions::new(url, Arc::clone(&ring), master.check_value(), LockMode::Cli);
        (Store::open(options).unwrap_or_else(|e| panic!("{e}")), ring)
    }
}

impl Intruder {
    /// Runs statements.
    pub fn execute(&mut self, sql: &str) {
        match self {
            Self::Sqlite(db) => db.batch_execute(sql),
            Self::Pg(db) => db.batch_execute(sql),
        }
        .unwrap();
    }
}
