use latchkey_store::{
    Change, PageQuery, Store,
    keys::{self, KeyFilter, KeyStatusFilter},
};
use latchkey_types::{
    KeyId, ProjectId, guidance::normal_description, key::Environment, key::KeyStatus,
    receipt::RevokeReason,
};

use crate::support::{
    NOW, Recorder, a_key, ada_and_project, later, new_key, new_secret, on_each, read, write,
};

fn filter(status: KeyStatusFilter) -> KeyFilter<'static> {
    KeyFilter {
        q: None,
        status,
        environment: None,
        created_by: None,
        now: NOW,
    }
}

fn list(store: &Store, project: ProjectId, filter: &KeyFilter<'_>) -> Vec<KeyId> {
    let (rows, _) = read(store, |db| {
        keys::list_keys(db, project, filter, &PageQuery::first(100))
    });
    rows.iter().map(|key| key.id).collect()
}

#[test]
fn a_key_is_found_in_its_project_with_its_secret_and_its_people() {
    on_each(|_, store| {
        let (ada, project) = ada_and_project(store);
        let recorder = Recorder::attach(store);
        let made = a_key(store, project, ada, "Production - Claude Integration");
        let found = read(store, |db| keys::find_key(db, project, made.id)).unwrap();
        assert_eq!(found, made);
        assert_eq!(found.created_by.name, "Ada");
        assert_eq!(found.newest_secret().unwrap().hint, "lk_…a1B2");
        assert_eq!(found.status(NOW), KeyStatus::Active);
        let elsewhere = latchkey_store::new_id();
        assert!(read(store, |db| keys::find_key(db, elsewhere, made.id)).is_none());
        let told = recorder.keys();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].secrets.len(), 1);
        assert!(told[0].secrets[0].is_newest);
        assert_eq!(told[0].secrets[0].digest, made.secrets[0].digest);
        // The state is told as it was written; a start reads it from the tables.
        let mut loaded = Vec::new();
        store
            .load(10, |changes| loaded.extend_from_slice(changes))
            .unwrap();
        assert_eq!(loaded.last(), Some(&Change::Key(told[0].clone())));
    });
}

#[test]
fn a_rotated_key_has_two_secrets_until_the_overlap_ends() {
    on_each(|_, store| {
        let (ada, project) = ada_and_project(store);
        let recorder = Recorder::attach(store);
        let key = a_key(store, project, ada, "");
        let old = key.secrets[0].id;
        // The clock has been set back in the meantime; the new secret is the present one all the same.
        let mut new = new_secret("c3D4");
        new.created_at = later(-5);
        let rotated = write(store, |tx| keys::add_secret(tx, key.id, &new, later(60)));
        let ids: Vec<_> = rotated.secrets.iter().map(|secret| secret.id).collect();
        assert_eq!(ids, [new.id, old]);
        assert_eq!(rotated.live_secrets(later(59)).count(), 2);
        assert_eq!(rotated.live_secrets(later(60)).count(), 1);
        assert_eq!(rotated.version, 1);
        recorder.take();
        let ended = write(store, |tx| keys::retire_old_secrets(tx, key.id, later(10)));
        assert_eq!(ended, [old]);
        let told = recorder.keys().pop().unwrap();
        let of = |id| told.secrets.iter().find(|secret| secret.id == id).unwrap();
        assert_eq!(of(old).retires_at, Some(later(10)));
        assert!(!of(old).is_newest && of(new.id).is_newest);
        assert_eq!(of(new.id).retires_at, None);
        // Again: nothing more ends, and memory is told again.
        let again = write(store, |tx| keys::retire_old_secrets(tx, key.id, later(11)));
        assert!(again.is_empty());
        assert_eq!(recorder.keys(), [told]);
    });
}

#[test]
fn a_revoked_key_stays_as_it_was_revoked_first() {
    on_each(|_, store| {
        let (ada, project) = ada_and_project(store);
        let recorder = Recorder::attach(store);
        let key = a_key(store, project, ada, "");
        let revoke =
            |reason, now| write(store, |tx| keys::revoke_key(tx, key.id, ada, reason, now));
        assert!(revoke(RevokeReason::Compromised, later(1)));
        recorder.take();
        assert!(!revoke(RevokeReason::Unused, later(2)));
        assert!(recorder.keys()[0].revoked);
        let found = read(store, |db| keys::find_key(db, project, key.id)).unwrap();
        assert_eq!(found.revoked_at, Some(later(1)));
        assert_eq!(found.revoke_reason, Some(RevokeReason::Compromised));
        assert_eq!(found.revoked_by.clone().unwrap().id, ada);
        assert_eq!(found.status(NOW), KeyStatus::Revoked);
    });
}

#[test]
fn changing_a_key_keeps_what_is_not_named() {
    on_each(|_, store| {
        let (ada, project) = ada_and_project(store);
        let key = a_key(store, project, ada, "Analytics Dashboard");
        let change = keys::KeyChange {
            disabled_at: Some(Some(NOW)),
            expires_at: Some(Some(later(60))),
            ..Default::default()
        };
        let changed = write(store, |tx| keys::set_key(tx, key.id, &change));
        assert_eq!(changed.version, 2);
        assert_eq!(changed.description, "Analytics Dashboard");
        assert_eq!(changed.status(NOW), KeyStatus::Disabled);
        let change = keys::KeyChange {
            description: Some("Billing".to_owned()),
            environment: Some(Environment::None),
            expires_at: Some(None),
            disabled_at: Some(None),
        };
        let changed = write(store, |tx| keys::set_key(tx, key.id, &change));
        assert_eq!((changed.expires_at, changed.disabled_at), (None, None));
        assert_eq!(changed.environment, Environment::None);
        let q = |q| KeyFilter {
            q: Some(q),
            ..filter(KeyStatusFilter::All)
        };
        assert_eq!(list(store, project, &q("billing")), [key.id]);
        assert_eq!(list(store, project, &q("analytics")), []);
        assert_eq!(list(store, project, &q("A1b2")), [key.id]);
    });
}

#[test]
fn keys_are_filtered_by_what_they_are() {
    on_each(|_, store| {
        let (ada, project) = ada_and_project(store);
        let make = |description: &str, expires_at| {
            let mut new = new_key(project, ada, description);
            new.expires_at = expires_at;
            write(store, |tx| keys::create_key(tx, &new, &new_secret("zzzz"))).id
        };
        let active = make("active", Some(later(1)));
        let expired = make("expired", Some(NOW));
        let disabled = make("disabled", Some(NOW));
        let revoked = make("revoked", None);
        let disable = keys::KeyChange {
            disabled_at: Some(Some(NOW)),
            ..Default::default()
        };
        write(store, |tx| {
            keys::set_key(tx, disabled, &disable)?;
            keys::revoke_key(tx, revoked, ada, RevokeReason::Other, NOW)
        });
        for (status, wanted) in [
            (
                KeyStatusFilter::All,
                vec![revoked, disabled, expired, active],
            ),
            (KeyStatusFilter::NotRevoked, vec![disabled, expired, active]),
            (KeyStatusFilter::Active, vec![active]),
            (KeyStatusFilter::Expired, vec![expired]),
            (KeyStatusFilter::Disabled, vec![disabled]),
            (KeyStatusFilter::Revoked, vec![revoked]),
        ] {
            assert_eq!(list(store, project, &filter(status)), wanted, "{status:?}");
        }
        let staging = KeyFilter {
            environment: Some(Environment::Staging),
            ..filter(KeyStatusFilter::All)
        };
        assert_eq!(list(store, project, &staging), []);
        let strangers = KeyFilter {
            created_by: Some(latchkey_store::new_id()),
            ..filter(KeyStatusFilter::All)
        };
        assert_eq!(list(store, project, &strangers), []);
        let mine = read(store, |db| keys::list_live_keys_made_by(db, ada));
        assert_eq!(mine.len(), 3);
    });
}

#[test]
fn keys_come_in_pages_without_gap_or_double() {
    on_each(|_, store| {
        let (ada, project) = ada_and_project(store);
        let mut wanted: Vec<KeyId> = (0..7)
            .map(|n| {
                let mut new = new_key(project, ada, &format!("100%_{n}"));
                new.created_at = later(n / 3);
                write(store, |tx| keys::create_key(tx, &new, &new_secret("zzzz"))).id
            })
            .collect();
        wanted.reverse();
        let mut page = PageQuery::first(3);
        let mut seen = Vec::new();
        let only = KeyFilter {
            q: Some("100%_"),
            ..filter(KeyStatusFilter::NotRevoked)
        };
        loop {
            let (rows, next) = read(store, |db| keys::list_keys(db, project, &only, &page));
            seen.extend(rows.iter().map(|key| key.id));
            let Some(next) = next else { break };
            page.after = Some(next);
        }
        assert_eq!(seen, wanted);
    });
}

#[test]
fn duplicates_are_noticed_among_keys_that_are_not_revoked() {
    on_each(|_, store| {
        let (ada, project) = ada_and_project(store);
        let key = a_key(store, project, ada, " Analytics  dashboard");
        let exists = |except| {
            let normal = normal_description("ANALYTICS Dashboard");
            read(store, |db| {
                keys::description_exists(db, project, &normal, except)
            })
        };
        assert!(exists(None));
        assert!(!exists(Some(key.id)));
        write(store, |tx| {
            keys::revoke_key(tx, key.id, ada, RevokeReason::Other, NOW)
        });
        assert!(!exists(None));
    });
}

#[test]
fn archiving_revokes_every_key_that_was_not() {
    on_each(|_, store| {
        let (ada, project) = ada_and_project(store);
        let recorder = Recorder::attach(store);
        let one = a_key(store, project, ada, "one").id;
        let two = a_key(store, project, ada, "two").id;
        let before = a_key(store, project, ada, "before").id;
        write(store, |tx| {
            keys::revoke_key(tx, before, ada, RevokeReason::Unused, NOW)
        });
        recorder.take();
        let revoked = write(store, |tx| {
            keys::revoke_project_keys(tx, project, ada, RevokeReason::ProjectArchived, later(1))
        });
        assert_eq!(revoked, [one, two]);
        let told = recorder.keys();
        assert_eq!(told.len(), 2);
        assert!(told.iter().all(|key| key.revoked));
        let kept = read(store, |db| keys::find_key_anywhere(db, before)).unwrap();
        assert_eq!(kept.revoke_reason, Some(RevokeReason::Unused));
    });
}
