//! Who gets the database, and who is told why not.

use latchkey_store::{DatabaseUrl, LockMode, OpenError, Store, users};
use latchkey_types::user::InstanceRole;

use crate::support::{Database, databases, new_user, on_each, read, write};

#[test]
fn only_one_process_gets_the_database() {
    on_each(|database, _store| {
        for (lock, wanted) in [
            (LockMode::Serve, "another Latchkey process"),
            (LockMode::Cli, "through its API"),
        ] {
            let Err(OpenError::Locked(sentence)) = database.try_open(1, lock) else {
                panic!("opened twice")
            };
            assert!(sentence.contains(wanted), "{sentence}");
        }
        let url = DatabaseUrl::parse(&database.url).unwrap();
        assert!(matches!(Store::migrate(&url), Err(OpenError::Locked(_))));
    });
}

#[test]
fn a_closed_store_lets_the_next_one_in_and_answers_nobody() {
    for database in databases() {
        let first = database.open();
        let clone = first.clone();
        write(&first, |tx| {
            users::create_user(tx, &new_user("ada@example.com", InstanceRole::Admin))
        });
        first.close();
        assert!(clone.read(users::count_users).is_err());
        let second = database.open();
        assert_eq!(read(&second, users::count_users), 1);
        second.close();
    }
}

#[test]
fn a_wrong_master_key_is_told() {
    for database in databases() {
        database.open().close();
        let Err(error) = database.try_open(2, LockMode::Serve) else {
            panic!("opened")
        };
        assert_eq!(error, OpenError::WrongMasterKey);
        database.open().close();
    }
}

#[test]
fn a_newer_database_is_told() {
    for database in databases() {
        database.open().close();
        database.run("INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')");
        let Err(error) = database.try_open(1, LockMode::Serve) else {
            panic!("opened")
        };
        assert_eq!(error, OpenError::TooNew("9999".to_owned()));
    }
}

#[test]
fn migrating_is_done_once() {
    for database in databases() {
        let url = DatabaseUrl::parse(&database.url).unwrap();
        assert_eq!(Store::migrate(&url).unwrap().len(), 7);
        assert!(Store::migrate(&url).unwrap().is_empty());
        database.open().close();
    }
}

#[test]
fn a_file_that_is_no_database_is_told() {
    let database = Database::sqlite();
    let folder = database.folder().join("data");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("latchkey.db"), "something else ".repeat(100)).unwrap();
    let Err(OpenError::Unreadable(sentence)) = database.try_open(1, LockMode::Serve) else {
        panic!("opened")
    };
    assert!(sentence.contains("check that"), "{sentence}");
}

#[cfg(unix)]
#[test]
fn what_is_made_belongs_to_this_user_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let database = Database::sqlite();
    let store = database.open();
    let mode = |path: &str| {
        let path = database.folder().join(path);
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    };
    assert_eq!(mode("data"), 0o700);
    for file in ["latchkey.db", "latchkey.db-wal", "latchkey.db.lock"] {
        assert_eq!(mode(&format!("data/{file}")), 0o600, "{file}");
    }
    store.close();
}

#[test]
fn a_server_that_is_not_there_is_told_without_the_password() {
    let url = DatabaseUrl::parse("postgres://ada:s3cret@127.0.0.1:1/none").unwrap();
    let Err(error) = Store::migrate(&url) else {
        panic!("opened")
    };
    let sentence = error.to_string();
    assert!(sentence.contains("can't be reached"), "{sentence}");
    assert!(!sentence.contains("s3cret"), "{sentence}");
}

#[test]
fn a_node_that_did_not_say_goodbye_is_waited_for() {
    let Some(database) = Database::postgres() else {
        return;
    };
    database.open().close();
    database.run("UPDATE instance SET serving = 'another node'");
    let begin = std::time::Instant::now();
    let store = database.open();
    assert!(begin.elapsed().as_millis() >= 3000);
    store.close();
    let begin = std::time::Instant::now();
    database.open().close();
    assert!(begin.elapsed().as_millis() < 2000);
}
