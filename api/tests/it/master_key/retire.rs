//! The end of an older master key: refused while something needs it, and the audit log is proven without it.

use std::fs;

use serde_json::{Value, json};

use super::{Scene, call};
use crate::support::process::EMAIL;

#[tokio::test]
async fn an_older_master_key_ends_once_nothing_needs_it() {
    let scene = Scene::new();
    let server = scene.start().await;
    let token = server.set_up().await;
    let client = server.client(&token);
    let project = client.project("Memory Lake").await;
    let (rotated, first) = client.key(&project, "Claude AI Integration").await;
    let (kept, kept_secret) = client.key(&project, "Analytics Dashboard").await;
    let (gone, _) = client.key(&project, "Nobody needs this").await;
    client.ask("DELETE", &gone, Value::Null).await.ok();
    server.stop().await;
    scene.replace().await;
    let server = scene.start().await;
    let client = server.client(&token);
    let path = format!("{rotated}/rotate");
    let body = json!({"overlap_seconds": 3600});
    let second = client.ask("POST", &path, body).await.ok();
    let second = second["secret"].as_str().unwrap().to_owned();
    assert_eq!(client.verdict(&first).await, "valid");
    server.stop().await;

    let before = scene.keys();
    let ended = scene.run(&["master-key", "retire"]).await;
    let sentence = ended.sentence();
    let id = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    for words in [
        "2 secrets of keys and 1 management tokens still need",
        &format!("{} (its old secret)", id(&rotated)),
        &id(&kept),
        "tok_",
        "--revoke-remaining",
    ] {
        assert!(sentence.contains(words), "no {words:?} in: {sentence}");
    }
    assert!(!sentence.contains(&id(&gone)), "{sentence}");
    assert!(scene.keys() == before, "the file was written");

    let create = ["token", "create", "--email", EMAIL, "--name", "CI"];
    let create = [&create[..], &["--permissions", "manage,verify"]].concat();
    let fresh = scene.run(&create).await.ok().trim().to_owned();
    let revoke = ["master-key", "retire", "--revoke-remaining"];
    let revoke = [&revoke[..], &["--reason", "compromised"]].concat();
    let said = scene.run(&revoke).await.ok();
    assert!(
        said.contains("version 1. Keys and tokens that were revoked for it: 3."),
        "{said}"
    );
    assert!(scene.keys() == before[..1], "the newest key alone is left");

    let server = scene.start().await;
    let client = server.client(&fresh);
    assert_eq!(client.verdict(&second).await, "valid");
    for (secret, status) in [(&second, 200), (&first, 401), (&kept_secret, 401)] {
        assert_eq!(call(&server, secret, None).await.0, status);
    }
    let old = server.client(&token).ask("GET", &kept, Value::Null).await;
    assert_eq!(old.status, 401);
    let shown = client.ask("GET", &kept, Value::Null).await.ok();
    assert_eq!(shown["status"], "revoked");
    assert_eq!(shown["revoke_reason"], "compromised");
    let receipt = client.ask("DELETE", &kept, Value::Null).await.ok();
    assert_eq!(receipt["reason"], "compromised");
    let events = client
        .ask("GET", "/api/v1/audit?action=key.revoke", Value::Null)
        .await
        .ok();
    let event = &events["items"][0];
    assert_eq!(event["target"], id(&kept));
    assert_eq!(event["actor"]["kind"], "cli");
    assert_eq!(event["details"]["for"], "master_key.retire");
    server.stop().await;
    let again = scene.run(&["master-key", "retire"]).await.ok();
    assert_eq!(again, "There is no older master key in use.\n");
}

#[tokio::test]
async fn the_audit_log_is_proven_across_replacements_and_retirements() {
    let scene = Scene::new();
    let server = scene.start().await;
    let token = server.set_up().await;
    server.client(&token).project("Memory Lake").await;
    server.stop().await;
    let revoke = ["master-key", "retire", "--revoke-remaining"];
    let mut old = Vec::new();
    for round in 0..2 {
        let retired = scene.keys().remove(0);
        scene.replace().await;
        whole(&scene, round > 0).await;
        old.insert(0, retired);
        scene.run(&revoke).await.ok();
        whole(&scene, true).await;
    }
    let newest = scene.keys();
    let mut with_old = newest.clone();
    with_old.extend(old);
    let with_old: Vec<&String> = with_old.iter().collect();
    scene.set_keys(&with_old);
    whole(&scene, false).await;

    let mut rows = scene.home.place.intrude();
    rows.execute("CREATE TABLE kept AS SELECT * FROM audit_events");
    for (sabotage, without, with) in [
        // What the first key wrote: with it, which event; without it, that there is one.
        (
            "UPDATE audit_events SET actor_name = 'Eve' WHERE sequence = 2",
            "one of the events 1",
            "event 2 was",
        ),
        (
            "UPDATE audit_events SET hash = previous_hash WHERE sequence = 2",
            "event 3 was",
            "event 2 was",
        ),
        (
            "DELETE FROM audit_events WHERE sequence = 2",
            "event 2 was",
            "event 2 was",
        ),
        // A replacement is the first event that the new key makes.
        (
            "UPDATE audit_events SET key_version = 1 WHERE sequence = \
             (SELECT min(sequence) FROM audit_events WHERE action = 'master_key.replace')",
            "one of the events 1",
            "was changed, removed or put in",
        ),
        // A seal that isn't as it was written, and one that is gone.
        (
            "UPDATE audit_events SET details = replace(details, 'seal', 'leas') \
             WHERE action = 'master_key.retire'",
            "event 1 was",
            "was changed, removed or put in",
        ),
        (
            "UPDATE audit_events SET key_version = 1 WHERE action = 'master_key.retire'",
            "was changed, removed or put in",
            "was changed, removed or put in",
        ),
        (
            "DELETE FROM audit_events WHERE sequence >= \
             (SELECT max(sequence) FROM audit_events WHERE action = 'master_key.retire')",
            "was changed, removed or put in",
            "The audit log is whole",
        ),
    ] {
        rows.execute(sabotage);
        for (keys, words) in [(newest.iter().collect(), without), (with_old.clone(), with)] {
            scene.set_keys(&keys);
            let ended = scene.run(&["audit", "verify"]).await;
            let said = format!("{}{}", ended.stdout, ended.stderr);
            assert!(said.contains(words), "{sabotage}: no {words:?} in: {said}");
        }
        rows.execute("DELETE FROM audit_events; INSERT INTO audit_events SELECT * FROM kept");
        scene.set_keys(&newest.iter().collect::<Vec<_>>());
        whole(&scene, true).await;
    }
}

/// A log that was tampered with must not look whole because nobody can make its hashes again.
#[tokio::test]
async fn a_broken_log_stays_broken_behind_a_seal() {
    let scene = Scene::new();
    let server = scene.start().await;
    server.set_up().await;
    server.stop().await;
    scene.replace().await;
    let mut rows = scene.home.place.intrude();
    rows.execute("UPDATE audit_events SET actor_name = 'Eve' WHERE sequence = 2");
    let said = scene
        .run(&["master-key", "retire", "--revoke-remaining"])
        .await
        .ok();
    assert!(said.contains("event 2 was changed"), "{said}");
    let ended = scene.run(&["audit", "verify"]).await;
    assert!(ended.sentence().contains("event 2 was"), "{}", ended.stderr);
}

/// A crash between the database and the file leaves keys in it that are not needed any more.
#[tokio::test]
async fn retired_keys_that_are_still_given_open_nothing() {
    let scene = Scene::new();
    let server = scene.start().await;
    let token = server.set_up().await;
    server.stop().await;
    scene.replace().await;
    let both = scene.keys();
    let revoke = ["master-key", "retire", "--revoke-remaining"];
    scene.run(&revoke).await.ok();
    scene.set_keys(&both.iter().collect::<Vec<_>>());
    // Not even if the row says that it is good.
    let mut rows = scene.home.place.intrude();
    rows.execute("UPDATE management_tokens SET revoked_at = NULL");
    let server = scene.start().await;
    assert!(
        server.log().contains("retired master keys"),
        "{}",
        server.log()
    );
    let client = server.client(&token);
    let old = client.ask("GET", "/api/v1/me", Value::Null).await;
    assert_eq!(old.status, 401);
    server.stop().await;
    rows.execute("UPDATE management_tokens SET revoked_at = 1");
    scene.run(&["master-key", "retire"]).await.ok();
    assert!(fs::read_to_string(&scene.file).unwrap().trim() == both[0]);
}

async fn whole(scene: &Scene, is_sealed: bool) {
    let said = scene.run(&["audit", "verify"]).await.ok();
    assert!(said.contains("The audit log is whole"), "{said}");
    assert_eq!(said.contains("proven by the seal"), is_sealed, "{said}");
}
