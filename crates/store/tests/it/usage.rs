use latchkey_store::{
    keys,
    usage::{self, StoredUse, UsageDelta, UsageOf},
};
use latchkey_types::{Timestamp, key::Via, receipt::RevokeReason};

use crate::support::{NOW, a_key, ada_and_project, later, on_each, read, write};

fn used(at: Timestamp, via: Via, client: &str) -> StoredUse {
    StoredUse {
        at,
        via,
        client: Some(client.to_owned()),
        ip: Some("203.0.113.7".to_owned()),
    }
}

fn delta(key: &keys::StoredKey, at: Timestamp) -> UsageDelta {
    UsageDelta {
        key: key.id,
        project: key.project_id,
        secret: key.secrets[0].id,
        hour: at,
        via_header: 2,
        via_url: 1,
        via_verify: 0,
        refused: 4,
        first_use: Some(used(at, Via::Url, "curl")),
        last_use: Some(used(at.plus_seconds(1), Via::Header, "claude-code/2.1.0")),
    }
}

#[test]
fn counts_add_up_by_hour_and_the_first_use_stays() {
    on_each(|_, store| {
        let (ada, project) = ada_and_project(store);
        let one = a_key(store, project, ada, "one");
        let two = a_key(store, project, ada, "two");
        let hour = 3600;
        write(store, |tx| {
            usage::flush(tx, &[delta(&two, NOW), delta(&one, NOW)])
        });
        write(store, |tx| {
            usage::flush(tx, &[delta(&one, later(1)), delta(&one, later(hour))])
        });
        let list = |of| {
            read(store, |db| {
                usage::list_usage(db, of, later(-hour), later(2 * hour))
            })
            .into_iter()
            .map(|row| (row.accepted, row.refused, row.via_header, row.via_url))
            .collect::<Vec<_>>()
        };
        assert_eq!(list(UsageOf::Key(one.id)), [(6, 8, 4, 2), (3, 4, 2, 1)]);
        assert_eq!(
            list(UsageOf::Project(project)),
            [(9, 12, 6, 3), (3, 4, 2, 1)]
        );
        let none = read(store, |db| {
            usage::list_usage(db, UsageOf::Key(one.id), later(5 * hour), later(6 * hour))
        });
        assert!(none.is_empty());
        let found = read(store, |db| keys::find_key(db, project, one.id)).unwrap();
        let (_, activity) = found.last_use().unwrap();
        assert_eq!(
            (activity.first_used_at, activity.first_via),
            (NOW, Via::Url)
        );
        assert_eq!(activity.last_used_at, later(hour + 1));
        assert_eq!(activity.last_client.as_deref(), Some("claude-code/2.1.0"));
        let in_url = read(store, |db| usage::list_keys_seen_in_url(db, project, NOW));
        assert_eq!(in_url.len(), 2);
    });
}

#[test]
fn noting_a_use_never_brings_a_revoked_key_back() {
    on_each(|_, store| {
        let (ada, project) = ada_and_project(store);
        let key = a_key(store, project, ada, "");
        write(store, |tx| {
            keys::revoke_key(tx, key.id, ada, RevokeReason::Compromised, NOW)
        });
        write(store, |tx| usage::flush(tx, &[delta(&key, NOW)]));
        let found = read(store, |db| keys::find_key(db, project, key.id)).unwrap();
        assert_eq!(found.revoked_at, Some(NOW));
        assert_eq!(found.version, 1);
    });
}

#[test]
fn a_row_that_comes_twice_and_more_rows_than_one_statement_takes_are_all_counted() {
    on_each(|_, store| {
        let (ada, project) = ada_and_project(store);
        let key = a_key(store, project, ada, "");
        let hours = 1200;
        let deltas: Vec<_> = (0..hours)
            .flat_map(|hour| {
                [
                    delta(&key, later(hour * 3600 + 1)),
                    delta(&key, later(hour * 3600)),
                ]
            })
            .collect();
        write(store, |tx| usage::flush(tx, &deltas));
        let listed = read(store, |db| {
            usage::list_usage(db, UsageOf::Key(key.id), NOW, later((hours + 1) * 3600))
        });
        assert_eq!(listed.len(), 1200);
        assert!(
            listed
                .iter()
                .all(|hour| (hour.accepted, hour.refused) == (6, 8))
        );
        let found = read(store, |db| keys::find_key(db, project, key.id)).unwrap();
        let (_, activity) = found.last_use().unwrap();
        // The earliest and the latest, in whichever order they came.
        assert_eq!(activity.first_used_at, NOW);
        assert_eq!(activity.last_used_at, later((hours - 1) * 3600 + 2));
    });
}
