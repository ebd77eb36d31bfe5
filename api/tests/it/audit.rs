//! The audit log: every change is in it, with who, what and from where, and never a secret.

mod chain;
mod command;
mod export;

use latchkey_store::{
    StoreError,
    audit::{Chain, verify_chain},
};
use serde_json::{Value, json};

use crate::support::{Actor, CreatedKey, PASSWORD, Project, TestServer};

/// All events that a path answers, newest first.
async fn events(who: &Actor, path: &str) -> Vec<Value> {
    let page = who.get(path).send().await.ok();
    assert_eq!(page["next_cursor"], Value::Null, "more than a page");
    page["items"].as_array().unwrap().clone()
}

fn actions(events: &[Value]) -> Vec<String> {
    events
        .iter()
        .map(|event| event["action"].as_str().unwrap().to_owned())
        .collect()
}

/// Whether the chain is whole, and how many events it has.
fn chain(server: &TestServer) -> Chain {
    let app = server.shared();
    let walked = app.store.read(|db| verify_chain(db, &app.ring));
    walked.map_err(|e: StoreError| e.to_string()).unwrap()
}

/// One of everything that changes something, by Ada; what she got on the way that must not be in the log.
async fn everything(server: &TestServer, ada: &Actor) -> (Project, CreatedKey, Vec<String>) {
    let mut secrets = vec![ada.credential().to_owned(), PASSWORD.to_owned()];
    let other = ada.sign_in("ada@example.com", PASSWORD).await;
    secrets.push(other.credential().to_owned());
    other.delete("session").send().await.status(204);
    ada.delete("me/sessions").send().await.status(204);
    ada.patch("me", json!({ "name": "Ada L." }))
        .send()
        .await
        .ok();
    let body = json!({ "current_password": PASSWORD, "new_password": "another horse battery" });
    ada.put("me/password", body).send().await.status(204);
    secrets.push("another horse battery".to_owned());
    let token = ada.token(&["manage"]).await;
    secrets.push(token.credential().to_owned());

    let invited = json!({ "name": "Grace", "email": "grace@example.com", "role": "member" });
    let grace = ada.post("users", invited).send().await.status(201)["user"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let link = ada
        .post(&format!("users/{grace}/sign-in-link"), json!({}))
        .send()
        .await
        .status(201);
    let link = link["sign_in_url"]
        .as_str()
        .unwrap()
        .split_once("#token=")
        .unwrap()
        .1
        .to_owned();
    let claim = json!({ "token": link, "password": PASSWORD });
    server
        .anonymous()
        .post("session/claim", claim)
        .send()
        .await
        .status(200);
    secrets.push(link);

    let project = token.project("Memory Lake").await;
    ada.patch(&project.this(), json!({ "allow_key_in_url": false }))
        .send()
        .await
        .ok();
    let membership = project.path(&format!("members/{grace}"));
    let member = json!({ "email": "grace@example.com", "role": "viewer" });
    ada.post(&project.path("members"), member)
        .send()
        .await
        .status(201);
    ada.patch(&membership, json!({ "role": "editor" }))
        .send()
        .await
        .ok();
    ada.delete(&membership).send().await.status(204);
    ada.patch(&format!("users/{grace}"), json!({ "disabled": true }))
        .send()
        .await
        .ok();

    let key = ada.key(&project, "Claude AI Integration").await;
    ada.patch(&project.key(&key), json!({ "environment": "production" }))
        .send()
        .await
        .ok();
    let rotated = ada
        .post(&format!("{}/rotate", project.key(&key)), json!({}))
        .send()
        .await
        .status(201);
    ada.delete(&format!("{}/overlap", project.key(&key)))
        .send()
        .await
        .ok();
    ada.delete(&format!("{}?reason=compromised", project.key(&key)))
        .send()
        .await
        .ok();
    ada.delete(&format!("me/tokens/{}", token.token_id()))
        .send()
        .await
        .status(204);
    ada.delete(&project.this()).send().await.ok();
    secrets.push(key.secret.clone());
    secrets.push(rotated["secret"].as_str().unwrap().to_owned());
    (project, key, secrets)
}

#[tokio::test]
async fn everything_that_changes_something_is_logged_once_in_order() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let (project, key, _) = everything(&server, &ada).await;
    let mut all = events(&ada, "audit?limit=200").await;
    all.reverse();
    let wanted = [
        "instance.set_up",
        "session.create",
        "session.delete",
        "session.delete_others",
        "user.update",
        "user.change_password",
        "token.create",
        "user.create",
        "user.create_sign_in_link",
        "session.claim",
        "project.create",
        "project.update",
        "member.create",
        "member.update",
        "member.delete",
        "user.update",
        "key.create",
        "key.update",
        "key.rotate",
        "key.end_overlap",
        "key.revoke",
        "token.revoke",
        "project.archive",
    ];
    assert_eq!(actions(&all), wanted);
    for (n, event) in all.iter().enumerate() {
        assert_eq!(event["sequence"], n + 1, "without gaps");
        assert_eq!(event["ip"], "127.0.0.1");
        assert!(event["id"].as_str().unwrap().starts_with("evt_"));
    }
    let revoked = all
        .iter()
        .find(|event| event["action"] == "key.revoke")
        .unwrap();
    assert_eq!(
        revoked["actor"],
        json!({ "kind": "user", "id": ada.user_id(), "name": "Ada L." })
    );
    assert_eq!(revoked["target"], key.id);
    assert_eq!(revoked["project_id"], project.id);
    assert_eq!(
        revoked["details"],
        json!({ "description": "Claude AI Integration", "reason": "compromised" })
    );
    // What a token does is told as the token's.
    let made = all
        .iter()
        .find(|event| event["action"] == "project.create")
        .unwrap();
    assert_eq!(made["actor"]["kind"], "token");
    assert!(
        made["actor"]["name"]
            .as_str()
            .unwrap()
            .starts_with("Ada L. (")
    );
    assert!(matches!(chain(&server), Chain::Whole { events: 23, .. }));
}

#[tokio::test]
async fn no_secret_is_in_the_log() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let (project, _, secrets) = everything(&server, &ada).await;
    let project_log = project.path("audit");
    for path in [
        "audit?limit=200",
        "audit?format=ndjson",
        "audit?format=csv",
        &project_log,
    ] {
        let answer = ada.get(path).send().await;
        assert_eq!(answer.status, 200);
        for (n, secret) in secrets.iter().enumerate() {
            assert!(
                !answer.body.contains(secret.as_str()),
                "{path} holds secret number {n}"
            );
        }
    }
}

#[tokio::test]
async fn what_is_refused_or_changes_nothing_is_not_logged() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let viewer = ada.member("Viewer").await;
    let project = ada.project("Memory Lake").await;
    ada.join(&project, &viewer, "viewer").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    ada.delete(&project.key(&key)).send().await.ok();
    let before = events(&ada, "audit?limit=200").await;
    viewer
        .post(&project.keys(), json!({}))
        .send()
        .await
        .problem(403, "forbidden");
    ada.post(&project.keys(), json!({ "description": 5 }))
        .send()
        .await
        .problem(422, "invalid_field");
    ada.patch("me", json!({ "name": "Ada" })).send().await.ok();
    ada.patch(&project.this(), json!({})).send().await.ok();
    ada.patch(&project.key(&key), json!({ "disabled": true }))
        .send()
        .await
        .problem(409, "key_revoked");
    ada.delete(&project.key(&key)).send().await.ok();
    ada.get(&project.keys()).send().await.ok();
    ada.verify(&key.secret).await;
    assert_eq!(events(&ada, "audit?limit=200").await, before);
}

#[tokio::test]
async fn a_projects_log_is_its_own_and_for_editors() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let other = ada.project("Other").await;
    ada.key(&other, "Elsewhere").await;
    let editor = ada.member("Editor").await;
    let viewer = ada.member("Viewer").await;
    let stranger = ada.member("Stranger").await;
    ada.join(&project, &editor, "editor").await;
    ada.join(&project, &viewer, "viewer").await;
    let found = events(&editor, &project.path("audit")).await;
    assert_eq!(
        actions(&found),
        ["member.create", "member.create", "project.create"]
    );
    assert!(found.iter().all(|event| event["project_id"] == project.id));
    viewer
        .get(&project.path("audit"))
        .send()
        .await
        .problem(403, "forbidden");
    stranger
        .get(&project.path("audit"))
        .send()
        .await
        .problem(404, "not_found");
    for who in [&editor, &stranger] {
        who.get("audit").send().await.problem(403, "forbidden");
    }
    ada.token(&["read"])
        .await
        .get("audit")
        .send()
        .await
        .status(200);
    ada.token(&["verify"])
        .await
        .get("audit")
        .send()
        .await
        .problem(403, "permission_missing");
}

#[tokio::test]
async fn filters_narrow_the_log() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let editor = ada.member("Editor").await;
    let project = ada.project("Memory Lake").await;
    ada.join(&project, &editor, "editor").await;
    let first = editor.key(&project, "Claude AI Integration").await;
    ada.key(&project, "Analytics Dashboard").await;
    editor.delete(&project.key(&first)).send().await.ok();
    let log = project.path("audit");
    let all = events(&ada, &log).await;
    assert_eq!(
        actions(&all),
        [
            "key.revoke",
            "key.create",
            "key.create",
            "member.create",
            "project.create"
        ]
    );
    let at = |n: usize| all[n]["at"].as_str().unwrap();
    for (query, wanted) in [
        (vec![("action", "key.create")], 2),
        (vec![("actor", editor.user_id())], 2),
        (
            vec![("actor", editor.user_id()), ("action", "key.create")],
            1,
        ),
        (vec![("action", "key")], 0),
        (vec![("action", "key.%")], 0),
        (vec![("actor", "nobody")], 0),
        (
            vec![
                ("from", "2000-01-01T00:00:00Z"),
                ("to", "2000-01-02T00:00:00Z"),
            ],
            0,
        ),
        (vec![("from", at(4))], 5),
        (vec![("to", at(4))], 0),
        (vec![("from", "2999-01-01T00:00:00Z")], 0),
    ] {
        let mut call = ada.get(&log);
        for (name, value) in &query {
            call = call.query(name, value);
        }
        let found = call.send().await.ok();
        assert_eq!(
            found["items"].as_array().unwrap().len(),
            wanted,
            "{query:?}"
        );
    }
}

#[tokio::test]
async fn a_log_is_asked_for_in_its_own_words_only() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let of_keys = ada.get(&format!("{}?limit=1", project.keys())).send().await;
    assert_eq!(of_keys.status, 200);
    for path in ["audit".to_owned(), project.path("audit")] {
        for (name, value, code) in [
            ("from", "yesterday", "invalid_request"),
            ("to", "2026-02-30T00:00:00Z", "invalid_request"),
            ("format", "xml", "invalid_request"),
            ("limit", "0", "invalid_request"),
            ("limit", "1000", "invalid_request"),
            ("cursor", "x", "invalid_cursor"),
            // A cursor of another list: `1.1700000000000.key_1`.
            ("cursor", "MS4xNzAwMDAwMDAwMDAwLmtleV8x", "invalid_cursor"),
            ("who", "ada", "invalid_request"),
        ] {
            let answer = ada.get(&path).query(name, value).send().await;
            answer.wrong_field(400, code, &format!("#query/{name}"));
        }
    }
}

#[tokio::test]
async fn pages_of_the_log_hold_every_event_once() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    everything(&server, &ada).await;
    let mut found = Vec::new();
    let mut path = "audit?limit=4".to_owned();
    loop {
        let page = ada.get(&path).send().await.ok();
        found.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|event| event["sequence"].as_i64().unwrap()),
        );
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("audit?limit=4&cursor={cursor}");
    }
    assert_eq!(found, (1..=23).rev().collect::<Vec<_>>());
}
