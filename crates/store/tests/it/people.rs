use latchkey_keys::{KeyRing, MasterKey};
use latchkey_store::{PageQuery, StoreError, Unique, links, new_id, sessions, tokens, users};
use latchkey_types::{UserId, token::Permission, user::InstanceRole};

use crate::support::{NOW, later, new_user, on_each, read, write};

fn digest(text: &str) -> latchkey_keys::Digest {
    KeyRing::derive(&MasterKey::from_bytes([9; 32]))
        .session
        .digest(text.as_bytes())
}

fn session(user: UserId, text: &str, expires_in: i64) -> sessions::StoredSession {
    sessions::StoredSession {
        id: new_id(),
        digest: digest(text),
        user_id: user,
        created_at: NOW,
        last_seen_at: NOW,
        expires_at: later(expires_in),
        ip: Some("203.0.113.7".to_owned()),
        user_agent: None,
        confirmed_at: NOW,
    }
}

#[test]
fn an_email_address_belongs_to_one_person_whatever_its_case() {
    on_each(|_, store| {
        assert_eq!(read(store, users::count_users), 0);
        let ada = write(store, |tx| {
            users::create_user(tx, &new_user("Ada@Example.com", InstanceRole::Admin))
        });
        let again = store
            .write(|tx| users::create_user(tx, &new_user("ada@example.COM", InstanceRole::Member)));
        assert_eq!(again.err(), Some(StoreError::Taken(Unique::Email)));
        let found = read(store, |db| users::find_user_by_email(db, "ADA@example.com")).unwrap();
        assert_eq!(
            (found.id, found.email.as_str()),
            (ada.id, "Ada@Example.com")
        );
        assert_eq!(read(store, users::count_users), 1);
    });
}

#[test]
fn changing_a_person_counts_the_version_up_and_keeps_the_rest() {
    on_each(|_, store| {
        let ada = write(store, |tx| {
            users::create_user(tx, &new_user("ada@example.com", InstanceRole::Admin))
        });
        assert_eq!(read(store, users::count_active_admins), 1);
        let disable = users::UserChange {
            disabled_at: Some(Some(NOW)),
            ..Default::default()
        };
        let changed = write(store, |tx| users::set_user(tx, ada.id, &disable));
        assert_eq!((changed.version, changed.disabled_at), (2, Some(NOW)));
        assert_eq!(changed.name, "Ada");
        assert_eq!(read(store, users::count_active_admins), 0);
        let enable = users::UserChange {
            name: Some("Ada L.".to_owned()),
            disabled_at: Some(None),
            ..Default::default()
        };
        let changed = write(store, |tx| users::set_user(tx, ada.id, &enable));
        assert_eq!((changed.version, changed.disabled_at), (3, None));
        assert_eq!(changed.to_user().name, "Ada L.");
        write(store, |tx| users::set_password(tx, ada.id, "$argon2id$x"));
        let found = read(store, |db| users::find_user(db, ada.id)).unwrap();
        assert_eq!(found.password_hash.as_deref(), Some("$argon2id$x"));
        assert_eq!(found.version, 3);
    });
}

#[test]
fn people_are_listed_in_pages_newest_first() {
    on_each(|_, store| {
        let ids: Vec<UserId> = (0..5)
            .map(|n| {
                let mut user = new_user(&format!("{n}@example.com"), InstanceRole::Member);
                // Two of one millisecond: the id decides.
                user.created_at = later(n / 2);
                write(store, |tx| users::create_user(tx, &user)).id
            })
            .collect();
        let mut page = PageQuery::first(2);
        let mut seen = Vec::new();
        loop {
            let (rows, next) = read(store, |db| users::list_users(db, &page));
            assert!(rows.len() <= 2);
            seen.extend(rows.iter().map(|user| user.id));
            let Some(next) = next else { break };
            page.after = Some(next);
        }
        let mut wanted = ids;
        wanted.reverse();
        assert_eq!(seen, wanted);
    });
}

#[test]
fn sessions_are_found_touched_and_ended() {
    on_each(|_, store| {
        let ada = write(store, |tx| {
            users::create_user(tx, &new_user("ada@example.com", InstanceRole::Admin))
        });
        let (one, two, over) = (
            session(ada.id, "one", 60),
            session(ada.id, "two", 60),
            session(ada.id, "over", -1),
        );
        write(store, |tx| {
            for session in [&one, &two, &over] {
                sessions::create_session(tx, session)?;
            }
            sessions::touch_session(tx, one.id, later(5), later(100), None, Some("curl"))
        });
        let (found, user) = read(store, |db| sessions::find_session(db, &one.digest)).unwrap();
        assert_eq!((found.id, user.id), (one.id, ada.id));
        assert_eq!(
            (found.last_seen_at, found.expires_at),
            (later(5), later(100))
        );
        assert_eq!(
            (found.ip, found.user_agent.as_deref()),
            (None, Some("curl"))
        );
        assert!(read(store, |db| sessions::find_session(db, &digest("three"))).is_none());
        let listed = read(store, |db| sessions::list_sessions(db, ada.id, NOW));
        assert_eq!(listed.len(), 2);
        assert_eq!(
            write(store, |tx| sessions::delete_expired_sessions(tx, NOW)),
            1
        );
        assert!(!write(store, |tx| sessions::delete_session(
            tx,
            new_id(),
            one.id
        )));
        let ended = write(store, |tx| {
            sessions::delete_sessions_of(tx, ada.id, Some(one.id))
        });
        assert_eq!(ended, [two.id]);
        assert!(write(store, |tx| sessions::delete_session(
            tx, ada.id, one.id
        )));
        assert!(!write(store, |tx| sessions::delete_session(
            tx, ada.id, one.id
        )));
    });
}

#[test]
fn a_sign_in_link_works_once_and_a_newer_one_replaces_it() {
    on_each(|_, store| {
        let ada = write(store, |tx| {
            users::create_user(tx, &new_user("ada@example.com", InstanceRole::Admin))
        });
        let make = |text: &str| {
            write(store, |tx| {
                links::create_sign_in_link(tx, &digest(text), ada.id, NOW, later(60))
            });
        };
        let use_it =
            |text: &str, now| write(store, |tx| links::use_sign_in_link(tx, &digest(text), now));
        make("one");
        make("two");
        assert_eq!(use_it("one", NOW), None);
        assert_eq!(use_it("two", later(60)), None);
        assert_eq!(use_it("two", later(59)), Some(ada.id));
        assert_eq!(use_it("two", later(59)), None);
        make("three");
        assert_eq!(write(store, |tx| links::delete_links_of(tx, ada.id)), 1);
        assert_eq!(use_it("three", NOW), None);
    });
}

#[test]
fn a_token_stays_revoked_and_belongs_to_its_person() {
    on_each(|_, store| {
        let ada = write(store, |tx| {
            users::create_user(tx, &new_user("ada@example.com", InstanceRole::Admin))
        });
        let new = |text: &str| tokens::NewToken {
            id: new_id(),
            user_id: ada.id,
            name: "Deploy script".to_owned(),
            digest: digest(text),
            pepper_version: 1,
            hint: "lkm_…x9Qz".to_owned(),
            permissions: vec![Permission::Read, Permission::Verify],
            created_at: NOW,
            expires_at: None,
        };
        let one = write(store, |tx| tokens::create_token(tx, &new("one")));
        assert_eq!(one.permissions, [Permission::Read, Permission::Verify]);
        let same_digest = store.write(|tx| tokens::create_token(tx, &new("one")));
        assert_eq!(same_digest.err(), Some(StoreError::Taken(Unique::Digest)));
        let two = write(store, |tx| tokens::create_token(tx, &new("two")));
        let stranger = write(store, |tx| tokens::revoke_token(tx, new_id(), one.id, NOW));
        assert!(stranger.is_none());
        let first = write(store, |tx| tokens::revoke_token(tx, ada.id, one.id, NOW));
        let again = write(store, |tx| {
            tokens::revoke_token(tx, ada.id, one.id, later(5))
        });
        assert_eq!(first.unwrap().revoked_at, Some(NOW));
        assert_eq!(again.unwrap().revoked_at, Some(NOW));
        let rest = write(store, |tx| tokens::revoke_tokens_of(tx, ada.id, later(9)));
        assert_eq!(rest, [two.id]);
        let (listed, next) = read(store, |db| {
            tokens::list_tokens(db, ada.id, &PageQuery::first(10))
        });
        assert_eq!((listed.len(), next), (2, None));
    });
}
