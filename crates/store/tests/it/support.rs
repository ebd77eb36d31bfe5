//! A fresh database for each test, on each backend, and things to fill it with.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use diesel::{Connection as _, PgConnection, connection::SimpleConnection as _};
use latchkey_keys::{Digest, KeyRing, MasterKey, MasterKeys};
use latchkey_store::{
    Change, DatabaseUrl, LockMode, Observer, OpenError, OpenOptions, Store, StoreError, keys,
    members, new_id, projects, users,
};
use latchkey_types::{
    KeyId, ProjectId, Timestamp, UserId, key::Environment, member::Role, user::InstanceRole,
};

pub const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// A database of this test alone; gone when dropped.
pub struct Database {
    pub url: String,
    folder: Option<tempfile::TempDir>,
    server: Option<(String, String)>,
}

impl Database {
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            url: format!("sqlite://{}/data/latchkey.db", folder.path().display()),
            folder: Some(folder),
            server: None,
        }
    }

    pub fn postgres() -> Option<Self> {
        let server = std::env::var("LATCHKEY_TEST_POSTGRES").ok()?;
        let name = format!("store_{}", new_id::<KeyId>());
        run(&server, &format!("CREATE DATABASE {name}"));
        let (address, _) = server.rsplit_once('/').unwrap();
        Some(Self {
            url: format!("{address}/{name}"),
            folder: None,
            server: Some((server, name)),
        })
    }

    pub fn folder(&self) -> &std::path::Path {
        self.folder.as_ref().unwrap().path()
    }

    /// Runs a statement beside the store.
    pub fn run(&self, sql: &str) {
        match &self.folder {
            Some(folder) => {
                let path = folder.path().join("data/latchkey.db");
                diesel::SqliteConnection::establish(path.to_str().unwrap())
                    .unwrap()
                    .batch_execute(sql)
                    .unwrap();
            }
            None => run(&self.url, sql),
        }
    }

    /// Ends all sessions that are connected to this database, as a restart of the server would.
    pub fn cut_connections(&self) {
        let (server, name) = self.server.as_ref().unwrap();
        run(
            server,
            &format!(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
            ),
        );
    }

    pub fn someone_waits_for_a_lock(&self) -> bool {
        use diesel::{RunQueryDsl as _, dsl::sql, sql_types::BigInt};

        let mut db = PgConnection::establish(&self.url).unwrap();
        let waiting: i64 = sql::<BigInt>(
            "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database \
             WHERE d.datname = current_database() AND l.locktype = 'advisory' AND NOT l.granted",
        )
        .get_result(&mut db)
        .unwrap();
        waiting > 0
    }

    /// Ends the session that holds the lock of the one process that may serve.
    pub fn cut_holder_of_lock(&self) {
        self.run(
            "SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database \
             WHERE d.datname = current_database() AND l.locktype = 'advisory' AND l.granted",
        );
    }

    pub fn open(&self) -> Store {
        self.try_open(1, LockMode::Serve).unwrap()
    }

    pub fn try_open(&self, master: u8, lock: LockMode) -> Result<Store, OpenError> {
        self.try_open_with(&MasterKey::from_bytes([master; 32]).into(), lock)
    }

    pub fn try_open_with(&self, masters: &MasterKeys, lock: LockMode) -> Result<Store, OpenError> {
        let url = DatabaseUrl::parse(&self.url).unwrap();
        let mut options = OpenOptions::new(url, masters, lock);
        options.busy_timeout = Duration::from_millis(300);
        Store::open(options)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some((server, name)) = &self.server {
            run(server, &format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

fn run(url: &str, sql: &str) {
    PgConnection::establish(url)
        .unwrap()
        .batch_execute(sql)
        .unwrap();
}

/// Runs the test on a fresh database of each backend there is.
pub fn on_each(test: impl Fn(&Database, &Store)) {
    for database in databases() {
        let store = database.open();
        test(&database, &store);
        store.close();
    }
}

pub fn databases() -> Vec<Database> {
    let mut databases = vec![Database::sqlite()];
    databases.extend(Database::postgres());
    databases
}

/// What an observer was told, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    Changed(Vec<Change>),
    InDoubt(Vec<Change>),
    Serving(bool),
    Reloading,
}

#[derive(Default)]
pub struct Recorder(Mutex<Vec<Told>>);

impl Recorder {
    pub fn attach(store: &Store) -> Arc<Self> {
        let recorder = Arc::new(Self::default());
        store.observe(Arc::clone(&recorder) as Arc<dyn Observer>);
        recorder
    }

    /// What was told since the last time.
    pub fn take(&self) -> Vec<Told> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    /// The keys that were told as changed since the last time.
    pub fn keys(&self) -> Vec<latchkey_store::KeyState> {
        self.take()
            .into_iter()
            .filter_map(|told| match told {
                Told::Changed(changes) => Some(changes),
                _ => None,
            })
            .flatten()
            .filter_map(|change| match change {
                Change::Key(state) => Some(state),
                _ => None,
            })
            .collect()
    }

    fn push(&self, told: Told) {
        self.0.lock().unwrap().push(told);
    }
}

impl Observer for Recorder {
    fn changed(&self, changes: &[Change]) {
        self.push(Told::Changed(changes.to_vec()));
    }

    fn in_doubt(&self, changes: &[Change]) {
        self.push(Told::InDoubt(changes.to_vec()));
    }

    fn serving(&self, yes: bool) {
        self.push(Told::Serving(yes));
    }

    fn reloading(&self) {
        self.push(Told::Reloading);
    }
}

pub fn write<T>(
    store: &Store,
    f: impl FnOnce(&mut latchkey_store::Tx<'_>) -> Result<T, StoreError>,
) -> T {
    store.write(f).unwrap()
}

pub fn read<T>(
    store: &Store,
    f: impl FnOnce(&mut latchkey_store::Db) -> Result<T, StoreError>,
) -> T {
    store.read(f).unwrap()
}

pub fn new_user(email: &str, role: InstanceRole) -> users::NewUser {
    users::NewUser {
        id: new_id(),
        name: "Ada".to_owned(),
        email: email.to_owned(),
        password_hash: None,
        role,
        created_at: NOW,
    }
}

pub fn new_project(slug: &str) -> projects::NewProject {
    projects::NewProject {
        id: new_id(),
        slug: slug.parse().unwrap(),
        name: "Memory Lake".to_owned(),
        description: String::new(),
        backend: r#"{"kind":"memory"}"#.to_owned(),
        allow_key_in_url: true,
        allowed_origins: vec!["https://claude.ai".to_owned()],
        created_at: NOW,
    }
}

pub fn new_key(project: ProjectId, user: UserId, description: &str) -> keys::NewKey {
    keys::NewKey {
        id: new_id(),
        project_id: project,
        description: description.to_owned(),
        environment: Environment::Production,
        created_by: user,
        created_at: NOW,
        expires_at: None,
    }
}

pub fn new_secret(hint: &str) -> keys::NewSecret {
    let id = new_id();
    let ring = KeyRing::derive(&MasterKey::from_bytes([9; 32]));
    keys::NewSecret {
        digest: digest_of(&ring, &format!("{id}")),
        id,
        pepper_version: 1,
        hint: format!("lk_…{hint}"),
        created_at: NOW,
    }
}

fn digest_of(ring: &KeyRing, text: &str) -> Digest {
    ring.pepper.digest(text.as_bytes())
}

/// Ada, and a project that she owns.
pub fn ada_and_project(store: &Store) -> (UserId, ProjectId) {
    write(store, |tx| {
        let ada = users::create_user(tx, &new_user("ada@example.com", InstanceRole::Admin))?;
        let project = projects::create_project(tx, &new_project("memorylake"))?;
        members::create_member(tx, project.id, ada.id, Role::Owner, NOW)?;
        Ok((ada.id, project.id))
    })
}

/// A key of this project.
pub fn a_key(
    store: &Store,
    project: ProjectId,
    user: UserId,
    description: &str,
) -> keys::StoredKey {
    write(store, |tx| {
        keys::create_key(
            tx,
            &new_key(project, user, description),
            &new_secret("a1B2"),
        )
    })
}

pub fn later(seconds: i64) -> Timestamp {
    NOW.plus_seconds(seconds)
}
