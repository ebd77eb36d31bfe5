//! Transactions, and what the observer hears of them.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use latchkey_store::{Change, StoreError, keys, members, projects, tokens, users};
use latchkey_types::{member::Role, receipt::RevokeReason, user::InstanceRole};

use crate::support::{
    NOW, Recorder, Told, a_key, ada_and_project, new_project, new_user, on_each, read, write,
};

#[test]
fn an_error_rolls_everything_back_and_nobody_hears_of_it() {
    on_each(|_, store| {
        let recorder = Recorder::attach(store);
        let failed: Result<(), StoreError> = store.write(|tx| {
            users::create_user(tx, &new_user("ada@example.com", InstanceRole::Admin))?;
            assert_eq!(tx.changes().len(), 1);
            Err(StoreError::Internal("no".to_owned()))
        });
        assert!(failed.is_err());
        assert_eq!(read(store, users::count_users), 0);
        assert_eq!(recorder.take(), []);
    });
}

#[test]
fn a_panic_rolls_back_and_the_next_write_works() {
    on_each(|_, store| {
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _: Result<(), StoreError> = store.write(|tx| {
                users::create_user(tx, &new_user("ada@example.com", InstanceRole::Admin))?;
                panic!("on purpose");
            });
        }));
        assert!(panicked.is_err());
        ada_and_project(store);
        assert_eq!(read(store, users::count_users), 1);
    });
}

#[test]
fn a_taken_value_leaves_the_transaction_usable_to_roll_back() {
    on_each(|_, store| {
        let (ada, project) = ada_and_project(store);
        let taken = store.write(|tx| {
            members::create_member(tx, project, ada, Role::Viewer, NOW)?;
            Ok::<_, StoreError>(())
        });
        assert!(matches!(taken, Err(StoreError::Taken(_))));
        write(store, |tx| {
            projects::create_project(tx, &new_project("next"))
        });
    });
}

#[test]
fn every_kind_of_change_is_told_after_its_commit() {
    on_each(|_, store| {
        let recorder = Recorder::attach(store);
        let (ada, project) = ada_and_project(store);
        let told = recorder.take();
        let [Told::Changed(changes)] = &told[..] else {
            panic!("{told:?}")
        };
        assert!(matches!(
            &changes[..],
            [
                Change::User(_),
                Change::Project(_),
                Change::Member {
                    role: Some(Role::Owner),
                    ..
                }
            ]
        ));
        write(store, |tx| members::delete_member(tx, project, ada));
        let gone = Change::Member {
            project,
            user: ada,
            role: None,
        };
        assert_eq!(recorder.take(), [Told::Changed(vec![gone])]);
        write(store, |tx| tokens::revoke_tokens_of(tx, ada, NOW));
        assert_eq!(recorder.take(), []);
    });
}

#[test]
fn nobody_reads_between_commit_and_news_what_was_not_committed() {
    on_each(|_, store| {
        let (ada, project) = ada_and_project(store);
        let key = a_key(store, project, ada, "");
        let recorder = Recorder::attach(store);
        let heard = Arc::new(AtomicUsize::new(0));
        let (inner, count, told) = (store.clone(), Arc::clone(&heard), Arc::clone(&recorder));
        store.after_commit(move || {
            // The database has it already, the observer not yet.
            let found = read(&inner, |db| keys::find_key(db, project, key.id)).unwrap();
            assert!(found.revoked_at.is_some());
            assert_eq!(told.take(), []);
            count.fetch_add(1, Ordering::SeqCst);
        });
        write(store, |tx| {
            keys::revoke_key(tx, key.id, ada, RevokeReason::Other, NOW)
        });
        assert_eq!(heard.load(Ordering::SeqCst), 1);
        assert!(recorder.keys()[0].revoked);
    });
}

#[test]
fn changes_arrive_in_commit_order_from_many_threads() {
    on_each(|_, store| {
        let (ada, project) = ada_and_project(store);
        let key = a_key(store, project, ada, "").id;
        let recorder = Recorder::attach(store);
        std::thread::scope(|scope| {
            for n in 0..4 {
                scope.spawn(move || {
                    for m in 0..10 {
                        let change = keys::KeyChange {
                            description: Some(format!("{n} {m}")),
                            ..Default::default()
                        };
                        write(store, |tx| keys::set_key(tx, key, &change));
                    }
                });
            }
        });
        let told = recorder.keys();
        assert_eq!(told.len(), 40);
        let found = read(store, |db| keys::find_key(db, project, key)).unwrap();
        assert_eq!(found.version, 41);
        assert_eq!(told.last().unwrap().description, found.description);
    });
}
