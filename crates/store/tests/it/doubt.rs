//! A COMMIT whose outcome nobody knows.

use latchkey_store::{StoreError, keys, testing::CommitFault};
use latchkey_types::receipt::RevokeReason;

use crate::support::{
    NOW, Recorder, Told, a_key, ada_and_project, new_key, new_secret, on_each, read, write,
};

#[test]
fn rows_in_doubt_are_read_again_whatever_happened() {
    for (fault, is_revoked) in [
        (CommitFault::AfterCommit, true),
        (CommitFault::InsteadOfCommit, false),
    ] {
        on_each(|_, store| {
            let (ada, project) = ada_and_project(store);
            let key = a_key(store, project, ada, "");
            let recorder = Recorder::attach(store);
            store.start_monitor();
            recorder.take();
            store.fail_next_commit(fault);
            let outcome =
                store.write(|tx| keys::revoke_key(tx, key.id, ada, RevokeReason::Compromised, NOW));
            assert_eq!(outcome, Err(StoreError::InDoubt));
            // On a server the lock may have gone with the connection: that is told, too.
            let told = recorder.take();
            assert!(matches!(told.last(), Some(Told::InDoubt(_))), "{told:?}");
            store.check_now();
            let told = recorder.keys().pop().unwrap();
            assert_eq!((told.id, told.revoked), (key.id, is_revoked));
            assert!(store.is_serving());
            let found = read(store, |db| keys::find_key(db, project, key.id)).unwrap();
            assert_eq!(found.revoked_at.is_some(), is_revoked);
        });
    }
}

#[test]
fn a_key_that_never_came_to_be_is_told_as_dead() {
    on_each(|_, store| {
        let (ada, project) = ada_and_project(store);
        let recorder = Recorder::attach(store);
        store.fail_next_commit(CommitFault::InsteadOfCommit);
        let new = new_key(project, ada, "lost");
        let outcome = store.write(|tx| keys::create_key(tx, &new, &new_secret("lost")));
        assert_eq!(outcome, Err(StoreError::InDoubt));
        recorder.take();
        // The next write settles it first.
        write(store, |tx| {
            keys::create_key(tx, &new_key(project, ada, "next"), &new_secret("next"))
        });
        let told = recorder.keys();
        assert_eq!(told.len(), 2);
        assert_eq!((told[0].id, told[0].revoked), (new.id, true));
        assert!(!told[1].revoked);
    });
}
