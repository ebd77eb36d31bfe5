//! What HTTP doesn't let a test do: let time pass.

use latchkey_store::{StoreError, keys, memories, new_id, sessions, sessions::StoredSession};
use latchkey_types::{KeyId, ProjectId, Timestamp};

use super::{
    TestServer,
    actor::{Actor, CreatedKey, Project},
};

/// This moment.
pub fn now() -> Timestamp {
    latchkey_api::clock::now()
}

/// So many seconds from now, as the API writes it.
pub fn after(seconds: i64) -> String {
    now().plus_seconds(seconds).to_string()
}

/// So many seconds ago, as the API writes it.
pub fn before(seconds: i64) -> String {
    after(-seconds)
}

impl TestServer {
    /// The expiry of a key is moved to this many seconds from now, where a PATCH would refuse it if it is past.
    pub fn db_expire_key(&self, project: &Project, key: &CreatedKey, seconds: i64) {
        let id: KeyId = key.id.parse().expect("an id");
        let project: ProjectId = project.id.parse().expect("an id");
        let change = keys::KeyChange {
            expires_at: Some(Some(now().plus_seconds(seconds))),
            ..Default::default()
        };
        let changed = self.shared().store.write(|tx| {
            keys::find_key(tx, project, id)?;
            keys::set_key(tx, id, &change)
        });
        let _: keys::StoredKey = changed
            .map_err(|e: StoreError| e.to_string())
            .expect("the key is there");
    }

    /// A memory that this key wrote; its id.
    pub fn db_remember(&self, project: &Project, key: &CreatedKey, text: &str) -> String {
        let new = memories::NewMemory {
            id: new_id(),
            project_id: project.id.parse().expect("an id"),
            key_id: key.id.parse().expect("an id"),
            text: text.to_owned(),
            tags: vec!["shelf".to_owned()],
            created_at: now(),
        };
        let made = self
            .shared()
            .store
            .write(|tx| memories::create_memory(tx, &new));
        made.map_err(|e: StoreError| e.to_string())
            .expect("the memory is kept")
            .id
            .to_string()
    }

    /// The row of the session that this cookie value stands for.
    pub fn db_session(&self, cookie: &str) -> StoredSession {
        let app = self.shared();
        let digest = app.ring.session.digest(cookie.as_bytes());
        let found = app.store.read(|db| sessions::find_session(db, &digest));
        found
            .map_err(|e: StoreError| e.to_string())
            .expect("the database reads")
            .expect("the session is there")
            .0
    }

    /// In this person's browser the password was last given long ago, but the session goes on.
    pub fn db_forget_confirmation(&self, who: &Actor) {
        self.db_confirm_session(who, Timestamp::from_millis(0));
    }

    /// In this person's browser the password was last given at this moment.
    pub fn db_confirm_session(&self, who: &Actor, at: Timestamp) {
        let row = self.db_session(who.credential());
        let noted = self
            .shared()
            .store
            .write(|tx| sessions::confirm_session(tx, row.id, &row.digest, at));
        let is_there = noted
            .map_err(|e: StoreError| e.to_string())
            .expect("the database writes");
        assert!(is_there, "the session is there");
    }

    /// The row of a session tells another last request and another end.
    pub fn db_touch_session(&self, row: &StoredSession, seen_at: Timestamp, expires_at: Timestamp) {
        let touched = self
            .shared()
            .store
            .write(|tx| sessions::touch_session(tx, row.id, seen_at, expires_at, None, None));
        touched
            .map_err(|e: StoreError| e.to_string())
            .expect("the session is there");
    }
}
