//! The database goes away under a running store, and comes back.

use std::{
    fs,
    time::{Duration, Instant},
};

use latchkey_store::{Store, StoreError, keys, users};
use latchkey_types::receipt::RevokeReason;

use crate::support::{Database, NOW, Recorder, Told, a_key, ada_and_project, read, write};

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(
            begin.elapsed() < Duration::from_secs(10),
            "{what} never came"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn is_unavailable(store: &Store) -> bool {
    matches!(
        store.read(users::count_users),
        Err(StoreError::Unavailable(_))
    )
}

#[test]
fn a_file_that_is_moved_away_is_missed_and_welcomed_back() {
    let database = Database::sqlite();
    let store = database.open();
    let (ada, project) = ada_and_project(&store);
    let recorder = Recorder::attach(&store);
    store.start_monitor();
    assert_eq!(recorder.take(), [Told::Serving(true)]);
    let path = database.folder().join("data/latchkey.db");
    let away = database.folder().join("away.db");
    fs::rename(&path, &away).unwrap();
    wait_until("serving(false)", || !store.is_serving());
    assert!(is_unavailable(&store));
    let refused =
        store.write(|tx| keys::revoke_project_keys(tx, project, ada, RevokeReason::Other, NOW));
    assert!(
        matches!(refused, Err(StoreError::Unavailable(_))),
        "{refused:?}"
    );
    // Nothing was made in its place.
    assert!(!path.exists());
    // Another file in its place is not ours either.
    fs::copy(&away, &path).unwrap();
    assert!(is_unavailable(&store));
    fs::rename(&away, &path).unwrap();
    wait_until("serving(true)", || store.is_serving());
    a_key(&store, project, ada, "after");
    store.close();
}

#[test]
fn a_file_that_is_moved_away_during_a_commit_leaves_doubt() {
    let database = Database::sqlite();
    let store = database.open();
    let (ada, project) = ada_and_project(&store);
    let key = a_key(&store, project, ada, "");
    let recorder = Recorder::attach(&store);
    let path = database.folder().join("data/latchkey.db");
    let away = database.folder().join("away.db");
    let outcome = store.write(|tx| {
        keys::revoke_key(tx, key.id, ada, RevokeReason::Other, NOW)?;
        fs::rename(&path, &away).unwrap();
        Ok::<_, StoreError>(())
    });
    assert_eq!(outcome, Err(StoreError::InDoubt));
    assert!(matches!(recorder.take()[..], [Told::InDoubt(_)]));
    fs::rename(&away, &path).unwrap();
    assert!(store.check_now());
    assert!(recorder.keys()[0].revoked);
    store.close();
}

#[test]
fn a_lock_file_that_is_deleted_stops_the_server() {
    let database = Database::sqlite();
    let store = database.open();
    store.start_monitor();
    fs::remove_file(database.folder().join("data/latchkey.db.lock")).unwrap();
    assert!(is_unavailable(&store));
    assert!(!store.is_serving());
    store.close();
}

#[test]
fn a_file_that_is_locked_by_another_program_refuses_writes_and_answers_reads() {
    use diesel::{Connection as _, SqliteConnection, connection::SimpleConnection as _};

    let database = Database::sqlite();
    let store = database.open();
    let (ada, project) = ada_and_project(&store);
    store.start_monitor();
    let path = database.folder().join("data/latchkey.db");
    let mut other = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    let refused =
        store.write(|tx| keys::revoke_project_keys(tx, project, ada, RevokeReason::Other, NOW));
    assert!(
        matches!(refused, Err(StoreError::Unavailable(_))),
        "{refused:?}"
    );
    assert_eq!(read(&store, users::count_users), 1);
    assert!(store.check_now());
    other.batch_execute("ROLLBACK").unwrap();
    a_key(&store, project, ada, "after");
    store.close();
}

#[test]
fn a_lost_server_is_noticed_locked_again_and_read_again() {
    let Some(database) = Database::postgres() else {
        return;
    };
    let store = database.open();
    let (ada, project) = ada_and_project(&store);
    let key = a_key(&store, project, ada, "");
    read(&store, users::count_users);
    let recorder = Recorder::attach(&store);
    store.start_monitor();
    recorder.take();
    database.cut_connections();
    // Somebody else revokes it while the lock is not ours.
    database.run("UPDATE keys SET revoked_at = 1");
    let mut told = Vec::new();
    wait_until("serving(false), then serving(true)", || {
        told.extend(recorder.take());
        told.last() == Some(&Told::Serving(true))
    });
    assert_eq!(told.first(), Some(&Told::Serving(false)));
    assert!(told.contains(&Told::Reloading));
    let reloaded = told.iter().any(|told| match told {
        Told::Changed(changes) => changes.iter().any(|change| {
            matches!(change, latchkey_store::Change::Key(state) if state.id == key.id && state.revoked)
        }),
        _ => false,
    });
    assert!(reloaded);
    read(&store, users::count_users);
    write(&store, |tx| {
        keys::revoke_key(tx, key.id, ada, RevokeReason::Other, NOW)
    });
    store.close();
}

#[test]
fn a_connection_that_is_cut_during_a_write_changes_nothing() {
    let Some(database) = Database::postgres() else {
        return;
    };
    let store = database.open();
    let (ada, project) = ada_and_project(&store);
    let key = a_key(&store, project, ada, "");
    let outcome = store.write(|tx| {
        keys::revoke_key(tx, key.id, ada, RevokeReason::Other, NOW)?;
        database.cut_connections();
        keys::revoke_key(tx, key.id, ada, RevokeReason::Other, NOW)
    });
    assert!(
        matches!(outcome, Err(StoreError::Unavailable(_))),
        "{outcome:?}"
    );
    wait_until("the next write", || {
        store
            .write(|tx| keys::set_key(tx, key.id, &keys::KeyChange::default()))
            .is_ok_and(|key| key.revoked_at.is_none())
    });
    store.close();
}

#[test]
fn a_connection_that_is_cut_before_commit_leaves_doubt_until_read_again() {
    let Some(database) = Database::postgres() else {
        return;
    };
    let store = database.open();
    let (ada, project) = ada_and_project(&store);
    let key = a_key(&store, project, ada, "");
    let recorder = Recorder::attach(&store);
    let outcome = store.write(|tx| {
        keys::revoke_key(tx, key.id, ada, RevokeReason::Other, NOW)?;
        database.cut_connections();
        Ok::<_, StoreError>(())
    });
    assert_eq!(outcome, Err(StoreError::InDoubt));
    assert!(matches!(recorder.take().last(), Some(Told::InDoubt(_))));
    wait_until("the state", || {
        store.check_now();
        recorder
            .keys()
            .iter()
            .any(|state| state.id == key.id && !state.revoked)
    });
    store.close();
}

#[test]
fn a_node_that_lost_the_lock_to_another_does_not_serve() {
    use diesel::{Connection as _, PgConnection, connection::SimpleConnection as _};

    let Some(database) = Database::postgres() else {
        return;
    };
    let store = database.open();
    store.start_monitor();
    assert!(store.is_serving());
    // Another process waits for the lock and gets it the moment our session ends.
    let lock = i64::from_be_bytes(*b"latchkey");
    let url = database.url.clone();
    let (release, released) = std::sync::mpsc::channel::<()>();
    let other = std::thread::spawn(move || {
        let mut other = PgConnection::establish(&url).unwrap();
        other
            .batch_execute(&format!("SELECT pg_advisory_lock({lock})"))
            .unwrap();
        released.recv().unwrap();
    });
    wait_until("the other's wait", || database.someone_waits_for_a_lock());
    database.cut_holder_of_lock();
    wait_until("serving(false)", || !store.is_serving());
    let refused = store.write(users_are_counted);
    assert!(matches!(refused, Err(StoreError::Unavailable(_))));
    std::thread::sleep(Duration::from_millis(1500));
    assert!(!store.is_serving());
    release.send(()).unwrap();
    other.join().unwrap();
    wait_until("serving(true)", || store.is_serving());
    store.close();
}

fn users_are_counted(tx: &mut latchkey_store::Tx<'_>) -> Result<i64, StoreError> {
    users::count_users(tx)
}
