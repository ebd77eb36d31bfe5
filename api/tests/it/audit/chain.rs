//! The chain of keyed hashes: whole as written, broken where a row was changed.

use std::collections::BTreeSet;

use latchkey_store::audit::Chain;

use super::{chain, events};
use crate::support::TestServer;

#[tokio::test]
async fn the_chain_shows_what_was_changed_behind_the_servers_back() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    ada.key(&project, "Claude AI Integration").await;
    let server = server.restart().await;
    ada.key(&project, "Analytics Dashboard").await;
    assert!(matches!(chain(&server), Chain::Whole { events: 4, .. }));
    let mut database = server.place().intrude();
    database.execute("UPDATE audit_events SET actor_name = 'Nobody' WHERE sequence = 3");
    assert_eq!(chain(&server), Chain::Broken { sequence: 3 });
    database.execute("UPDATE audit_events SET actor_name = 'Ada' WHERE sequence = 3");
    assert!(matches!(chain(&server), Chain::Whole { events: 4, .. }));
    database.execute("DELETE FROM audit_events WHERE sequence = 2");
    assert!(matches!(chain(&server), Chain::Broken { .. }));
}

#[tokio::test]
async fn writers_side_by_side_make_one_chain() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let make = || async { ada.key(&project, "Claude AI Integration").await.id };
    let made = tokio::join!(make(), make(), make(), make(), make(), make());
    let made = BTreeSet::from([made.0, made.1, made.2, made.3, made.4, made.5]);
    let found = events(&ada, "audit?action=key.create").await;
    let targets: BTreeSet<_> = found
        .iter()
        .map(|event| event["target"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(targets, made);
    assert!(matches!(chain(&server), Chain::Whole { events: 8, .. }));
}
