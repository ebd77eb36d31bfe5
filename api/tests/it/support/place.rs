//! Where a database of a test is, and what tests do to it behind the server's back.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use diesel::{Connection as _, PgConnection, SqliteConnection, connection::SimpleConnection as _};
use latchkey_keys::{KeyRing, MasterKeys};
use latchkey_store::{DatabaseUrl, LockMode, OpenOptions, Store};

use super::{Backend, backend, process::MASTER_KEY};

/// The variable that names the maintenance database of the run's server, with a superuser's password.
const SERVER: &str = "LATCHKEY_TEST_POSTGRES";

/// A database of a test's own. It goes when this is dropped.
pub enum Place {
    /// A file, in a folder that somebody else removes.
    File(PathBuf),
    /// A database on the server of this run.
    Server { admin: String, name: String },
}

/// A connection that no server knows of.
pub enum Intruder {
    Sqlite(SqliteConnection),
    Pg(PgConnection),
}

impl Place {
    /// A database that nobody has used; if it is a file, then somewhere in this folder.
    pub fn fresh(folder: &Path) -> Self {
        if backend() == Backend::Sqlite {
            return Self::File(folder.join("data/latchkey.db"));
        }
        let admin = std::env::var(SERVER)
            .unwrap_or_else(|_| panic!("{SERVER} must name a server; cargo xtask test starts one"));
        Self::fresh_on(&admin)
    }

    /// A database that nobody has used, on the server with this maintenance database.
    pub fn fresh_on(admin: &str) -> Self {
        let admin = admin.to_owned();
        let name = format!("latchkey_it_{}", uuid::Uuid::now_v7().simple());
        let place = Self::Server { admin, name };
        place.administrate("CREATE DATABASE $");
        place
    }

    /// As the server's setting.
    pub fn url(&self) -> String {
        match self {
            Self::File(path) => format!("sqlite://{}", path.display()),
            Self::Server { admin, name } => {
                let mut url = url::Url::parse(admin).unwrap();
                url.set_path(name);
                url.into()
            }
        }
    }

    /// The file, on SQLite.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Server { .. } => None,
        }
    }

    /// A connection beside the server's own.
    pub fn intrude(&self) -> Intruder {
        match self {
            Self::File(path) => {
                let mut file = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
                // The server may be writing at the moment.
                file.batch_execute("PRAGMA busy_timeout = 10000").unwrap();
                Intruder::Sqlite(file)
            }
            Self::Server { .. } => Intruder::Pg(PgConnection::establish(&self.url()).unwrap()),
        }
    }

    /// Runs a statement as the server's superuser from outside of the database, which `$` stands for.
    /// Nothing on SQLite.
    pub fn administrate(&self, sql: &str) {
        if let Self::Server { admin, name } = self {
            let mut server = PgConnection::establish(admin).unwrap();
            server.batch_execute(&sql.replace('$', name)).unwrap();
        }
    }

    /// The database itself, while no server has it.
    pub fn open(&self) -> (Store, Arc<KeyRing>) {
        let masters = MasterKeys::parse(MASTER_KEY).unwrap();
        let url = DatabaseUrl::parse(&self.url()).unwrap();
        let options = OpenOptions::new(url, &masters, LockMode::Cli);
        let store = Store::open(options).unwrap_or_else(|e| panic!("{e}"));
        let ring = store.ring();
        (store, ring)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.administrate("DROP DATABASE IF EXISTS $ WITH (FORCE)");
        }
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
