use std::collections::BTreeMap;

use latchkey_keys::{KeyRing, MasterKey};
use latchkey_store::{
    Store, StoreError,
    audit::{self, Chain, EventFilter, NewEvent},
    new_id,
};
use latchkey_types::{ProjectId, audit::ActorKind};

use crate::support::{later, on_each, read, write};

fn event(n: i64, project: Option<ProjectId>) -> NewEvent {
    NewEvent {
        at: later(n),
        actor_kind: ActorKind::User,
        actor_id: Some(format!("usr_{}", n % 2)),
        actor_name: "Ada".to_owned(),
        action: if n % 3 == 0 {
            "key.revoke"
        } else {
            "key.create"
        }
        .to_owned(),
        target: None,
        project_id: project,
        details: BTreeMap::from([("reason".to_owned(), "Ümlaut \"quoted\"".to_owned())]),
        ip: None,
    }
}

fn ring() -> KeyRing {
    KeyRing::derive(&MasterKey::from_bytes([1; 32]))
}

fn chain(store: &Store) -> Chain {
    read(store, |db| audit::verify_chain(db, &ring()))
}

#[test]
fn the_chain_shows_what_was_changed_or_taken_out() {
    for sabotage in [
        "UPDATE audit_events SET actor_name = 'Eve' WHERE sequence = 3",
        "UPDATE audit_events SET ip = '' WHERE sequence = 3",
        "DELETE FROM audit_events WHERE sequence = 3",
    ] {
        on_each(|database, store| {
            for n in 1..=5 {
                assert_eq!(write(store, |tx| tx.audit(&event(n, None))), n);
            }
            assert!(matches!(chain(store), Chain::Whole { events: 5, .. }));
            database.run(sabotage);
            assert_eq!(chain(store), Chain::Broken { sequence: 3 });
        });
    }
}

#[test]
fn an_event_goes_with_the_change_that_it_tells() {
    on_each(|_, store| {
        let failed: Result<(), StoreError> = store.write(|tx| {
            tx.audit(&event(1, None))?;
            Err(StoreError::Internal("no".to_owned()))
        });
        assert!(failed.is_err());
        assert!(matches!(chain(store), Chain::Whole { events: 0, .. }));
        assert_eq!(write(store, |tx| tx.audit(&event(1, None))), 1);
    });
}

#[test]
fn events_are_listed_newest_first_and_filtered() {
    on_each(|_, store| {
        let project: ProjectId = new_id();
        for n in 1..=6 {
            write(store, |tx| tx.audit(&event(n, (n > 2).then_some(project))));
        }
        let list = |filter: &EventFilter<'_>, before, limit| {
            let (events, next) = read(store, |db| audit::list_events(db, filter, before, limit));
            let sequences: Vec<i64> = events.iter().map(|event| event.sequence).collect();
            (sequences, next)
        };
        let all = EventFilter::default();
        assert_eq!(list(&all, None, 4), (vec![6, 5, 4, 3], Some(3)));
        assert_eq!(list(&all, Some(3), 4), (vec![2, 1], None));
        let of_project = EventFilter {
            project: Some(project),
            actor: Some("usr_0"),
            ..all
        };
        assert_eq!(list(&of_project, None, 9), (vec![6, 4], None));
        let revokes = EventFilter {
            action: Some("key.revoke"),
            from: Some(later(4)),
            to: Some(later(7)),
            ..all
        };
        assert_eq!(list(&revokes, None, 9), (vec![6], None));
        let (events, _) = read(store, |db| audit::list_events(db, &all, None, 1));
        assert_eq!(events[0].details, event(6, None).details);
    });
}
