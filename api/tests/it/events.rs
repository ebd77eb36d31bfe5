//! A key's live events.

use serde_json::json;

use crate::support::{CreatedKey, Project, TestServer};

fn path(project: &Project, key: &CreatedKey) -> String {
    format!("{}/events", project.key(key))
}

#[tokio::test]
async fn the_first_call_is_told_while_somebody_waits_for_it() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;

    let mut events = ada.get(&path(&project, &key)).follow().await;
    assert_eq!(events.status, 200);
    assert_eq!(events.headers["content-type"], "text/event-stream");
    assert_eq!(events.headers["x-accel-buffering"], "no");
    let client = "claude-code/2.1.0 (linux)";
    ada.with_key(&key.secret)
        .get("keys/self")
        .header("user-agent", client)
        .send()
        .await
        .ok();
    let (name, data) = events.next().await.expect("the first call is told");
    assert_eq!(name, "first_call");
    assert_eq!(data["event"], "first_call");
    assert_eq!(data["via"], "header");
    assert_eq!(data["client"], "claude-code/2.1.0");
    assert_eq!(data["secret_hint"], key.json["key"]["hint"]);

    server
        .anonymous()
        .get("keys/self")
        .query("apikey", &key.secret)
        .send()
        .await
        .ok();
    let (name, data) = events.next().await.expect("a further call is told");
    assert_eq!((name.as_str(), &data["via"]), ("used", &json!("url")));

    ada.delete(&project.key(&key)).send().await.ok();
    let (name, data) = events.next().await.expect("the revocation is told");
    assert_eq!(name, "revoked");
    assert!(data["at"].is_string());
    assert!(
        events.next().await.is_none(),
        "the stream ends with the key"
    );
}

#[tokio::test]
async fn the_present_state_comes_first_also_after_a_restart() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    ada.with_key(&key.secret).get("keys/self").send().await.ok();
    let (name, before) = ada
        .get(&path(&project, &key))
        .follow()
        .await
        .next()
        .await
        .unwrap();
    assert_eq!(name, "first_call");

    let server = server.restart().await;
    let ada = server
        .anonymous()
        .sign_in("ada@example.com", crate::support::PASSWORD)
        .await;
    let (name, after) = ada
        .get(&path(&project, &key))
        .follow()
        .await
        .next()
        .await
        .unwrap();
    assert_eq!((name.as_str(), &after["at"]), ("first_call", &before["at"]));
}

#[tokio::test]
async fn a_rotation_waits_for_the_first_call_of_the_new_secret() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    ada.with_key(&key.secret).get("keys/self").send().await.ok();
    let rotate = format!("{}/rotate", project.key(&key));
    let rotated = ada.post(&rotate, json!({})).send().await.status(201);
    let new_secret = rotated["secret"].as_str().unwrap();

    let mut events = ada.get(&path(&project, &key)).follow().await;
    let (name, data) = events.next().await.unwrap();
    assert_eq!(
        name, "used",
        "the old secret's call is no first call of the new one"
    );
    assert_eq!(data["secret_hint"], key.json["key"]["hint"]);
    ada.with_key(new_secret).get("keys/self").send().await.ok();
    let (name, data) = events.next().await.unwrap();
    assert_eq!(name, "first_call");
    assert_eq!(data["secret_hint"], rotated["key"]["hint"]);
}

#[tokio::test]
async fn the_stream_ends_with_the_session_that_opened_it() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let elsewhere = server
        .anonymous()
        .sign_in("ada@example.com", crate::support::PASSWORD)
        .await;
    let mut events = elsewhere.get(&path(&project, &key)).follow().await;
    elsewhere.delete("session").send().await.status(204);
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn the_stream_ends_when_its_user_is_disabled() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let member = ada.member("Another").await;
    ada.join(&project, &member, "viewer").await;
    let mut events = member.get(&path(&project, &key)).follow().await;
    assert_eq!(events.status, 200);
    let user = format!("users/{}", member.user_id());
    ada.patch(&user, json!({ "disabled": true }))
        .send()
        .await
        .ok();
    assert!(events.next().await.is_none());
}
