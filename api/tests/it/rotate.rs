//! Rotation: a new secret of the same key; the old one works until the overlap ends.

use latchkey_types::Timestamp;
use serde_json::{Value, json};

use crate::support::{Actor, CreatedKey, Project, TestServer, after, eventually};

async fn rotate(who: &Actor, project: &Project, key: &CreatedKey, body: Value) -> CreatedKey {
    let json = who
        .post(&format!("{}/rotate", project.key(key)), body)
        .send()
        .await
        .status(201);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    CreatedKey {
        id: text(&json["key"]["id"]),
        secret: text(&json["secret"]),
        json,
    }
}

fn millis(value: &Value) -> i64 {
    value
        .as_str()
        .unwrap()
        .parse::<Timestamp>()
        .unwrap()
        .as_millis()
}

fn overlap(project: &Project, key: &CreatedKey) -> String {
    format!("{}/overlap", project.key(key))
}

#[tokio::test]
async fn during_the_overlap_both_secrets_work() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let old = ada.key(&project, "Claude AI Integration").await;
    let new = rotate(&ada, &project, &old, json!({ "overlap_seconds": 3600 })).await;
    assert_eq!(new.id, old.id);
    assert!(new.secret != old.secret);
    for secret in [&old.secret, &new.secret] {
        assert_eq!(ada.verify(secret).await, "valid");
        let own = server
            .anonymous()
            .with_key(secret)
            .get("keys/self")
            .send()
            .await
            .ok();
        assert_eq!(own["id"], old.id);
    }
    let key = &new.json["key"];
    assert_eq!(key["hint"], format!("lk_…{}", &new.secret[35..]));
    let secrets = key["secrets"].as_array().unwrap();
    assert_eq!(secrets.len(), 2);
    assert_eq!(secrets[0]["hint"], key["hint"], "the newest comes first");
    assert_eq!(secrets[0]["retires_at"], Value::Null);
    assert_eq!(
        millis(&secrets[1]["retires_at"]) - millis(&secrets[0]["created_at"]),
        3_600_000
    );
    assert_eq!(new.json["endpoint_url"], old.json["endpoint_url"]);
    assert_eq!(
        new.json["guidance"],
        json!([]),
        "a key is no duplicate of itself"
    );
    let shown = ada.get(&project.key(&old)).send().await;
    assert!(
        !shown.body.contains(&new.secret[3..33]),
        "the new secret is shown again"
    );
    let _server = server.restart().await;
    for secret in [&old.secret, &new.secret] {
        assert_eq!(ada.verify(secret).await, "valid");
    }
}

#[tokio::test]
async fn an_overlap_is_a_day_unless_another_is_asked_for() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    for (body, seconds) in [
        (json!({}), 24 * 3600),
        (json!({ "overlap_seconds": null }), 24 * 3600),
        (json!({ "overlap_seconds": 1 }), 1),
        (json!({ "overlap_seconds": 604_800 }), 604_800),
    ] {
        let old = ada.key(&project, "Claude AI Integration").await;
        let new = rotate(&ada, &project, &old, body).await;
        let secrets = &new.json["key"]["secrets"];
        assert_eq!(
            millis(&secrets[1]["retires_at"]) - millis(&secrets[0]["created_at"]),
            seconds * 1000
        );
    }
    // No body at all is fine, too.
    let old = ada.key(&project, "Claude AI Integration").await;
    let path = format!("{}/rotate", project.key(&old));
    ada.call(reqwest::Method::POST, &path)
        .send()
        .await
        .status(201);
}

#[tokio::test]
async fn an_overlap_is_within_its_limits() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    for body in [
        json!({ "overlap_seconds": -1 }),
        json!({ "overlap_seconds": 604_801 }),
        json!({ "overlap_seconds": i64::MAX }),
        json!({ "overlap_seconds": 1e300 }),
        json!({ "overlap_seconds": "60" }),
        json!({ "overlap_seconds": 0.5 }),
    ] {
        let answer = ada
            .post(&format!("{}/rotate", project.key(&key)), body)
            .send()
            .await;
        answer.wrong_field(422, "invalid_field", "/overlap_seconds");
    }
    assert_eq!(
        ada.get(&project.key(&key)).send().await.ok(),
        key.json["key"]
    );
}

#[tokio::test]
async fn the_old_secret_retires_by_itself() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let old = ada.key(&project, "Claude AI Integration").await;
    let new = rotate(&ada, &project, &old, json!({ "overlap_seconds": 2 })).await;
    eventually("the old secret retires", || async {
        ada.verify(&old.secret).await == "retired"
    })
    .await;
    let refused = server
        .anonymous()
        .with_key(&old.secret)
        .get("keys/self")
        .send()
        .await;
    assert_eq!(refused.problem(401, "key_refused")["reason"], "retired");
    assert_eq!(ada.verify(&new.secret).await, "valid");
    let shown = ada.get(&project.key(&old)).send().await.ok();
    assert_eq!(
        shown["secrets"].as_array().unwrap().len(),
        1,
        "what has retired is not listed"
    );
    ada.delete(&overlap(&project, &old))
        .send()
        .await
        .problem(409, "no_overlap");
    rotate(&ada, &project, &old, json!({})).await;
}

#[tokio::test]
async fn an_overlap_of_zero_ends_the_old_secret_with_the_answer() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let mut key = ada.key(&project, "Claude AI Integration").await;
    for _ in 0..3 {
        let new = rotate(&ada, &project, &key, json!({ "overlap_seconds": 0 })).await;
        assert_eq!(ada.verify(&key.secret).await, "retired");
        assert_eq!(ada.verify(&new.secret).await, "valid");
        assert_eq!(new.json["key"]["secrets"].as_array().unwrap().len(), 1);
        key = new;
    }
}

#[tokio::test]
async fn ending_the_overlap_ends_the_old_secret_and_gives_a_receipt() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let old = ada.key(&project, "Claude AI Integration").await;
    let new = rotate(&ada, &project, &old, json!({})).await;
    let path = overlap(&project, &old);
    let receipt = ada.delete(&path).send().await.ok();
    assert_eq!(receipt["key_id"], old.id);
    assert_eq!(receipt["kind"], "overlap_end");
    assert_eq!(receipt["reason"], "rotated");
    assert_eq!(receipt["nodes"], json!({ "live": 1, "acknowledged": 1 }));
    assert_eq!(receipt["streams_closed"], 0);
    assert_eq!(ada.verify(&old.secret).await, "retired");
    assert_eq!(ada.verify(&new.secret).await, "valid");
    assert_eq!(
        ada.delete(&path).send().await.ok(),
        receipt,
        "again gives the same receipt"
    );
    let _server = server.restart().await;
    assert_eq!(ada.delete(&path).send().await.ok(), receipt);
    assert_eq!(ada.verify(&old.secret).await, "retired");
    // The next rotation's overlap is another one.
    rotate(&ada, &project, &old, json!({})).await;
    let second = ada.delete(&path).send().await.ok();
    assert!(second["id"] != receipt["id"]);
    assert_eq!(ada.verify(&new.secret).await, "retired");
}

#[tokio::test]
async fn without_a_rotation_there_is_no_overlap_to_end() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    ada.delete(&overlap(&project, &key))
        .send()
        .await
        .problem(409, "no_overlap");
    rotate(&ada, &project, &key, json!({ "overlap_seconds": 0 })).await;
    ada.delete(&overlap(&project, &key))
        .send()
        .await
        .problem(409, "no_overlap");
}

#[tokio::test]
async fn a_second_rotation_waits_for_the_end_of_the_overlap() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let path = format!("{}/rotate", project.key(&key));
    rotate(&ada, &project, &key, json!({})).await;
    for seconds in [0, 60] {
        let answer = ada
            .post(&path, json!({ "overlap_seconds": seconds }))
            .send()
            .await;
        answer.problem(409, "rotation_in_progress");
    }
    ada.delete(&overlap(&project, &key)).send().await.ok();
    let (one, other) = tokio::join!(
        ada.post(&path, json!({})).send(),
        ada.post(&path, json!({})).send()
    );
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    let shown = ada.get(&project.key(&key)).send().await.ok();
    assert_eq!(shown["secrets"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn the_overlap_never_outlives_the_key() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let expires_at = after(600);
    let body = json!({ "description": "Claude AI Integration", "expires_at": expires_at });
    let old = ada.key_with(&project, body).await;
    let new = rotate(&ada, &project, &old, json!({ "overlap_seconds": 3600 })).await;
    assert_eq!(new.json["key"]["secrets"][1]["retires_at"], expires_at);
    // Nor when the key's own end comes nearer afterwards.
    ada.patch(&project.key(&old), json!({ "expires_at": after(2) }))
        .send()
        .await
        .ok();
    eventually("the key expires", || async {
        ada.verify(&new.secret).await == "expired"
    })
    .await;
    assert_eq!(ada.verify(&old.secret).await, "expired");
}

#[tokio::test]
async fn a_disabled_key_may_be_rotated_and_stays_disabled() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let old = ada.key(&project, "Claude AI Integration").await;
    ada.patch(&project.key(&old), json!({ "disabled": true }))
        .send()
        .await
        .ok();
    let new = rotate(&ada, &project, &old, json!({})).await;
    assert_eq!(new.json["key"]["status"], "disabled");
    for secret in [&old.secret, &new.secret] {
        assert_eq!(ada.verify(secret).await, "disabled");
    }
    ada.patch(&project.key(&old), json!({ "disabled": false }))
        .send()
        .await
        .ok();
    for secret in [&old.secret, &new.secret] {
        assert_eq!(ada.verify(secret).await, "valid");
    }
}

#[tokio::test]
async fn what_has_ended_is_not_rotated() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let revoked = ada.key(&project, "Revoked one").await;
    let expired = ada.key(&project, "Expired one").await;
    ada.delete(&project.key(&revoked)).send().await.ok();
    server.db_expire_key(&project, &expired, -1);
    for (key, code) in [(&revoked, "key_revoked"), (&expired, "key_expired")] {
        let answer = ada
            .post(&format!("{}/rotate", project.key(key)), json!({}))
            .send()
            .await;
        answer.problem(409, code);
    }
    ada.patch(&project.key(&expired), json!({ "disabled": true }))
        .send()
        .await
        .ok();
    let both = ada
        .post(&format!("{}/rotate", project.key(&expired)), json!({}))
        .send()
        .await;
    both.problem(409, "key_expired");
    ada.delete(&overlap(&project, &revoked))
        .send()
        .await
        .problem(409, "key_revoked");
}

#[tokio::test]
async fn revoking_ends_both_secrets() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let old = ada.key(&project, "Claude AI Integration").await;
    let new = rotate(&ada, &project, &old, json!({})).await;
    ada.delete(&project.key(&old)).send().await.ok();
    for secret in [&old.secret, &new.secret] {
        assert_eq!(ada.verify(secret).await, "revoked");
    }
}

#[tokio::test]
async fn each_secret_tells_its_own_last_use() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let old = ada.key(&project, "Claude AI Integration").await;
    let new = rotate(&ada, &project, &old, json!({})).await;
    let uses = async || {
        let shown = ada.get(&project.key(&old)).send().await.ok();
        [0, 1].map(|n| shown["secrets"][n]["last_used_at"].is_string())
    };
    assert_eq!(uses().await, [false, false]);
    server
        .anonymous()
        .with_key(&old.secret)
        .get("keys/self")
        .send()
        .await
        .ok();
    assert_eq!(uses().await, [false, true]);
    server
        .anonymous()
        .with_key(&new.secret)
        .get("keys/self")
        .send()
        .await
        .ok();
    assert_eq!(uses().await, [true, true]);
}
