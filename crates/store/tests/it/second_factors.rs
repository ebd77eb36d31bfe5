use latchkey_keys::{Digest, KeyRing, MasterKey};
use latchkey_store::{Store, new_id, second_factors as rows, users};
use latchkey_types::{UserId, user::InstanceRole};

use crate::support::{NOW, later, new_user, on_each, read, write};

fn digest(text: &str) -> Digest {
    KeyRing::derive(&MasterKey::from_bytes([9; 32]))
        .recovery_code
        .digest(text.as_bytes())
}

fn person(store: &Store, email: &str) -> UserId {
    write(store, |tx| {
        users::create_user(tx, &new_user(email, InstanceRole::Member))
    })
    .id
}

fn is_on(store: &Store, user: UserId) -> bool {
    let found = read(store, |db| users::find_user(db, user));
    found.is_some_and(|user| user.has_second_factor)
}

#[test]
fn it_is_on_once_it_is_confirmed_and_for_its_person_alone() {
    on_each(|_, store| {
        let (ada, other) = (
            person(store, "ada@example.com"),
            person(store, "other@example.com"),
        );
        let codes = [digest("one"), digest("two")];
        write(store, |tx| {
            rows::create_second_factor(tx, ada, b"first", NOW)
        });
        write(store, |tx| {
            rows::create_second_factor(tx, ada, b"second", NOW)
        });
        let begun = read(store, |db| rows::find_second_factor(db, ada)).unwrap();
        assert_eq!(begun.sealed_secret, b"second");
        assert_eq!((begun.confirmed_at, begun.last_step), (None, 0));
        assert!(!is_on(store, ada));

        write(store, |tx| {
            rows::confirm_second_factor(tx, ada, &codes, later(5))
        });
        let found = read(store, |db| rows::find_second_factor(db, ada)).unwrap();
        assert_eq!(found.confirmed_at, Some(later(5)));
        assert!(is_on(store, ada) && !is_on(store, other));
        assert!(read(store, |db| rows::find_second_factor(db, other)).is_none());
        let (listed, _) = read(store, |db| {
            users::list_users(db, &latchkey_store::PageQuery::first(10))
        });
        let on: Vec<_> = listed
            .iter()
            .filter(|user| user.has_second_factor)
            .collect();
        assert_eq!((on.len(), on[0].id), (1, ada));
        assert!(on[0].to_user().has_second_factor);

        assert!(write(store, |tx| rows::delete_second_factor(tx, ada)));
        assert!(!write(store, |tx| rows::delete_second_factor(tx, ada)));
        assert!(!is_on(store, ada));
        // The codes went with it.
        write(store, |tx| {
            rows::create_second_factor(tx, ada, b"third", NOW)
        });
        write(store, |tx| rows::confirm_second_factor(tx, ada, &[], NOW));
        let take = |user| {
            write(store, |tx| {
                rows::take_recovery_code(tx, user, &digest("one"), NOW)
            })
        };
        assert_eq!(take(ada), None);
    });
}

#[test]
fn a_step_is_taken_once_and_none_before_it() {
    on_each(|_, store| {
        let ada = person(store, "ada@example.com");
        let take = |step| write(store, |tx| rows::take_step(tx, ada, step));
        assert!(!take(5), "there is nothing to take it of");
        write(store, |tx| {
            rows::create_second_factor(tx, ada, b"sealed", NOW)
        });
        for (step, is_taken) in [(5, true), (5, false), (4, false), (6, true), (5, false)] {
            assert_eq!(take(step), is_taken, "{step}");
        }
    });
}

#[test]
fn a_recovery_code_is_taken_once_by_its_person() {
    on_each(|_, store| {
        let (ada, other) = (
            person(store, "ada@example.com"),
            person(store, "other@example.com"),
        );
        for (user, codes) in [(ada, ["a", "b", "c"]), (other, ["d", "e", "f"])] {
            write(store, |tx| {
                rows::create_second_factor(tx, user, b"sealed", NOW)
            });
            let codes = codes.map(digest);
            write(store, |tx| {
                rows::confirm_second_factor(tx, user, &codes, NOW)
            });
        }
        let take = |user, code| {
            write(store, |tx| {
                rows::take_recovery_code(tx, user, &digest(code), later(1))
            })
        };
        assert_eq!(take(other, "a"), None);
        assert_eq!(take(ada, "a"), Some(2));
        assert_eq!(take(ada, "a"), None);
        assert_eq!(take(ada, "z"), None);
        assert_eq!(take(new_id(), "b"), None);
        assert_eq!(take(ada, "c"), Some(1));
        assert_eq!(take(other, "d"), Some(2));
    });
}
