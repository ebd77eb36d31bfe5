//! Master keys in databases of before there could be several, and what needs an older one.

use latchkey_keys::{KeyRing, MasterKey, MasterKeys};
use latchkey_store::{
    LockMode, OpenError,
    audit::{self, Chain},
    keys, master_keys,
    master_keys::Needing,
    tokens, users,
};
use latchkey_types::{receipt::RevokeReason, token::Permission, user::InstanceRole};

use crate::support::{
    Database, NOW, ada_and_project, databases, later, new_key, new_secret, new_user, on_each, read,
    write,
};

/// What a database was like before migration 0009.
const BEFORE: &str = "DROP TABLE master_keys; ALTER TABLE audit_events DROP COLUMN key_version; \
                      DELETE FROM __diesel_schema_migrations WHERE version = '0009'";

#[test]
fn an_older_database_keeps_its_key_as_version_one() {
    for database in databases() {
        let store = database.open();
        let event = audit::NewEvent {
            at: NOW,
            actor_kind: latchkey_types::audit::ActorKind::Cli,
            actor_id: None,
            actor_name: "command line".to_owned(),
            action: "user.create".to_owned(),
            target: None,
            project_id: None,
            details: std::collections::BTreeMap::new(),
            ip: None,
        };
        write(&store, |tx| tx.audit(&event));
        store.close();
        database.run(BEFORE);
        let Err(error) = database.try_open(2, LockMode::Serve) else {
            panic!("opened")
        };
        assert_eq!(error, OpenError::WrongMasterKey);
        // Refused before anything was changed.
        database.run("CREATE TABLE master_keys (x INTEGER); DROP TABLE master_keys");
        let store = database.open();
        let ring = store.ring();
        assert_eq!(ring.pepper_version, 1);
        write(&store, |tx| tx.audit(&event));
        let chain = read(&store, |db| audit::verify_chain(db, &ring));
        assert!(matches!(chain, Chain::Whole { events: 2, .. }));
        store.close();
        assert!(database.try_open(2, LockMode::Serve).is_err());
    }
}

#[test]
fn an_empty_database_numbers_its_keys_by_their_order() {
    for database in databases() {
        let [one, two] = [1, 2].map(|n| MasterKey::from_bytes([n; 32]));
        let both = MasterKeys::from(one).succeeded_by(two);
        let store = database.try_open_with(&both, LockMode::Serve).unwrap();
        assert_eq!(store.ring().pepper_version, 2);
        store.close();
        let Err(OpenError::MasterKeys(sentence)) = database.try_open(1, LockMode::Serve) else {
            panic!("opened")
        };
        assert!(sentence.contains("version 2"), "{sentence}");
    }
}

#[test]
fn only_what_is_or_can_be_accepted_needs_an_older_key() {
    on_each(|_, store| {
        let (ada, project) = ada_and_project(store);
        let make = |description: &str| {
            write(store, |tx| {
                keys::create_key(tx, &new_key(project, ada, description), &new_secret("a1B2"))
            })
        };
        let expired = write(store, |tx| {
            let mut key = new_key(project, ada, "expired");
            key.expires_at = Some(later(10));
            keys::create_key(tx, &key, &new_secret("a1B2"))
        });
        let (live, disabled, revoked) = (make("live"), make("disabled"), make("revoked"));
        let (rotated, over) = (make("rotated"), make("rotated long ago"));
        let old_secret = rotated.secrets[0].id;
        let bo = write(store, |tx| {
            users::create_user(tx, &new_user("bo@example.com", InstanceRole::Member))
        });
        let token = |expires_at| tokens::NewToken {
            id: latchkey_store::new_id(),
            user_id: bo.id,
            name: "CI".to_owned(),
            digest: new_secret("a1B2").digest,
            pepper_version: 1,
            hint: "lkm_…a1B2".to_owned(),
            permissions: vec![Permission::Read],
            created_at: NOW,
            expires_at,
        };
        let (live_token, late) = (token(None), token(Some(later(10))));
        write(store, |tx| {
            keys::revoke_key(tx, revoked.id, None, RevokeReason::Other, NOW)?;
            let off = keys::KeyChange {
                disabled_at: Some(Some(NOW)),
                ..keys::KeyChange::default()
            };
            keys::set_key(tx, disabled.id, &off)?;
            for (key, ends) in [(&rotated, later(3600)), (&over, later(10))] {
                let mut secret = new_secret("c3D4");
                secret.pepper_version = 2;
                keys::add_secret(tx, key.id, &secret, ends)?;
            }
            tokens::create_token(tx, &live_token)?;
            tokens::create_token(tx, &late)
        });
        let needing = |newest| read(store, |db| master_keys::list_needing(db, newest, later(10)));
        let mut wanted = vec![
            Needing::Key(live.id),
            Needing::Key(disabled.id),
            Needing::Overlap(rotated.id, old_secret),
            Needing::Token(bo.id, live_token.id),
        ];
        let mut found = needing(2);
        found.sort_by_key(|needing| format!("{needing:?}"));
        wanted.sort_by_key(|needing| format!("{needing:?}"));
        assert_eq!(found, wanted);
        assert_eq!(needing(1), []);
        let early = read(store, |db| master_keys::list_needing(db, 2, NOW));
        assert!(early.contains(&Needing::Key(expired.id)));
    });
}

#[test]
fn a_key_in_front_succeeds_and_is_not_used_before() {
    on_each(|_, store| {
        let [one, two] = [1, 2].map(|n| MasterKey::from_bytes([n; 32]));
        let alone = KeyRing::derive(&two);
        let both = MasterKeys::from(one).succeeded_by(two);
        let ring: Result<_, OpenError> = store.read(|db| master_keys::successor(db, &both));
        let ring = ring.unwrap().unwrap();
        assert_eq!(ring.pepper_version, 2);
        assert_eq!(ring.pepper.digest(b"x"), alone.pepper.digest(b"x"));
        let none = MasterKeys::from(MasterKey::from_bytes([1; 32]));
        let ring: Result<_, OpenError> = store.read(|db| master_keys::successor(db, &none));
        assert!(ring.unwrap().is_none());
    });
}

/// A server that was given the new key in time could otherwise come back and go on with the old one.
#[test]
fn a_replacement_while_the_server_was_away_is_noticed() {
    let Some(database) = Database::postgres() else {
        return;
    };
    database.open().close();
    let [one, two] = [1, 2].map(|n| MasterKey::from_bytes([n; 32]));
    let check = two.check_value();
    let both = MasterKeys::from(one).succeeded_by(two);
    let store = database.try_open_with(&both, LockMode::Serve).unwrap();
    let hex: String = check.iter().map(|byte| format!("{byte:02x}")).collect();
    database.run(&format!(
        "INSERT INTO master_keys (check_value, version, created_at) VALUES ('\\x{hex}', 2, 0)"
    ));
    database.cut_connections();
    let begin = std::time::Instant::now();
    loop {
        let ada = new_user("ada@example.com", InstanceRole::Admin);
        let written = store.write(|tx| users::create_user(tx, &ada));
        let Err(error) = written else {
            panic!("it went on with the old key")
        };
        if error.to_string().contains("the master key was replaced") {
            break;
        }
        assert!(begin.elapsed().as_secs() < 30, "{error}");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    store.close();
}
