use std::time::Duration;

use latchkey_types::key::Via;

use super::*;
use crate::{Use, Watch};

const USED: Use<'_> = Use {
    at: NOW,
    via: Via::Header,
    client: None,
    ip: None,
};

/// Whether something happened; under paused time this takes no time.
async fn happened(watch: &mut Watch) -> bool {
    tokio::time::timeout(Duration::from_secs(1), watch.changed())
        .await
        .is_ok()
}

#[tokio::test(start_paused = true)]
async fn a_watch_tells_of_uses_and_changes_of_its_key_only() {
    let scene = Scene::new();
    let mut key = scene.key(1);
    scene.apply(&key);
    scene.apply(&scene.key(2));
    let mut watch = scene.gate.watch(key.id);
    assert!(!happened(&mut watch).await, "nothing happened yet");

    scene.gate.note(&scene.pass(1), USED);
    assert!(happened(&mut watch).await);
    assert!(!happened(&mut watch).await);
    scene.gate.note(&scene.pass(2), USED);
    assert!(!happened(&mut watch).await);
    key.revoked = true;
    scene.apply(&key);
    scene
        .gate
        .changed(&[Change::Project(project(1, "memorylake"))]);
    assert!(happened(&mut watch).await, "two events come as one");
    assert!(!happened(&mut watch).await);
    scene.gate.in_doubt(&[Change::Key(key)]);
    assert!(happened(&mut watch).await);
}

#[tokio::test(start_paused = true)]
async fn what_happens_before_the_wait_is_not_missed() {
    let scene = Scene::new();
    scene.apply(&scene.key(1));
    let mut watch = scene.gate.watch(key_id(1));
    scene.gate.note(&scene.pass(1), USED);
    // A wait that is given up loses nothing.
    drop(watch.changed());
    assert!(happened(&mut watch).await);
}

#[tokio::test(start_paused = true)]
async fn a_watch_may_come_before_its_key() {
    let scene = Scene::new();
    let mut watch = scene.gate.watch(key_id(1));
    scene.apply(&scene.key(1));
    assert!(happened(&mut watch).await);
}

#[test]
fn dropping_the_last_watch_of_a_key_forgets_it() {
    let scene = Scene::new();
    let one = scene.gate.watch(key_id(1));
    let same = scene.gate.watch(key_id(1));
    let other = scene.gate.watch(key_id(2));
    assert_eq!(scene.gate.watches.watched_keys(), 2);
    drop(one);
    drop(other);
    assert_eq!(scene.gate.watches.watched_keys(), 1);
    drop(same);
    assert_eq!(scene.gate.watches.watched_keys(), 0);
}
