//! Loading everything at the start.

use std::time::Instant;

use latchkey_store::{Change, keys};

use crate::support::{Database, a_key, ada_and_project, later, new_secret, on_each, write};

#[test]
fn loading_gives_everything_once_in_batches() {
    on_each(|_, store| {
        let (ada, project) = ada_and_project(store);
        let ids: Vec<_> = (0..5)
            .map(|n| a_key(store, project, ada, &format!("{n}")).id)
            .collect();
        write(store, |tx| {
            keys::add_secret(tx, ids[2], &new_secret("2222"), later(60))
        });
        let mut seen = Vec::new();
        let mut kinds = Vec::new();
        store
            .load(2, |changes| {
                assert!(changes.len() <= 2);
                for change in changes {
                    kinds.push(match change {
                        Change::User(_) => 'u',
                        Change::Project(_) => 'p',
                        Change::Member { .. } => 'm',
                        Change::Token(_) => 't',
                        Change::Key(key) => {
                            seen.push((key.id, key.secrets.len()));
                            'k'
                        }
                    });
                }
            })
            .unwrap();
        assert_eq!(String::from_iter(kinds), "upmkkkkk");
        let wanted: Vec<_> = ids
            .iter()
            .map(|id| (*id, if *id == ids[2] { 2 } else { 1 }))
            .collect();
        assert_eq!(seen, wanted);
    });
}

/// The budget of a start is 2 s for all of it, optimised. Here the code is not, so this only shows that
/// nothing is quadratic; `cargo test --release` holds it to the budget.
#[test]
fn a_hundred_thousand_keys_load_quickly() {
    let database = Database::sqlite();
    let store = database.open();
    let (ada, project) = ada_and_project(&store);
    write(&store, |tx| {
        use diesel::connection::SimpleConnection as _;
        tx.batch_execute(&format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) \
             INSERT INTO keys (id, project_id, description, normal_description, search, environment, \
             created_by, created_at) SELECT 'key_' || printf('%032x', i), '{project}', 'Key ' || i, \
             'key ' || i, 'key ' || i, 'none', '{ada}', i FROM n; \
             INSERT INTO key_secrets (id, key_id, digest, pepper_version, hint, created_at) \
             SELECT 'sec_' || substr(id, 5), id, randomblob(32), 1, 'lk_…', created_at FROM keys;"
        ))?;
        Ok(())
    });
    let begin = Instant::now();
    let mut count = 0;
    store
        .load(10_000, |changes| {
            count += changes
                .iter()
                .filter(|change| matches!(change, Change::Key(key) if key.secrets.len() == 1))
                .count();
        })
        .unwrap();
    let took = begin.elapsed();
    eprintln!("100,000 keys loaded in {} ms", took.as_millis());
    assert_eq!(count, 100_000);
    let budget = if cfg!(debug_assertions) {
        30_000
    } else {
        1_500
    };
    assert!(took.as_millis() < budget, "{took:?}");
    store.close();
}
