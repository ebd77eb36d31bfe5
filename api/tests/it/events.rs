//! A key's live events: the one-time dialog waits here for the first call.

use serde_json::json;

use crate::support::{Events, PASSWORD, TestServer};

/// The next event must be this one; its data.
async fn expect(events: &mut Events, wanted: &str) -> serde_json::Value {
    let (name, data) = events
        .next()
        .await
        .unwrap_or_else(|| panic!("the stream ended before {wanted}"));
    assert_eq!(name, wanted);
    assert_eq!(data["event"], wanted, "the data names its event, too");
    data
}

#[tokio::test]
async fn the_first_call_is_told_live_and_to_whoever_comes_later() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let path = format!("{}/events", project.key(&key));
    let mut early = ada.get(&path).follow().await;
    assert_eq!(early.status, 200);
    assert_eq!(
        early.headers["content-type"],
        "text/event-stream; charset=utf-8"
    );
    assert_eq!(early.headers["x-accel-buffering"], "no");
    assert_eq!(early.headers["cache-control"], "no-store");

    let holder = server.anonymous().with_key(&key.secret);
    holder
        .get("keys/self")
        .header("user-agent", "claude-code/2.1.0 (linux)")
        .send()
        .await
        .status(200);
    let first = expect(&mut early, "first_call").await;
    assert_eq!(first["via"], "header");
    assert_eq!(first["client"], "claude-code/2.1.0");
    assert_eq!(first["secret_hint"], key.json["key"]["hint"]);
    assert!(first["at"].is_string());

    let mut late = ada.get(&path).follow().await;
    assert_eq!(expect(&mut late, "first_call").await, first);
    // Later calls are `used`, and the first one stays the first one.
    holder
        .get("keys/self")
        .header("user-agent", "curl/8.5.0")
        .send()
        .await
        .status(200);
    assert_eq!(expect(&mut early, "used").await["client"], "curl/8.5.0");
    let mut latest = ada.get(&path).follow().await;
    assert_eq!(expect(&mut latest, "first_call").await, first);
    let server = server.restart().await;
    let mut after_restart = ada.get(&path).follow().await;
    assert_eq!(expect(&mut after_restart, "first_call").await, first);
    drop(server);
}

#[tokio::test]
async fn a_refused_call_is_no_first_call() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let holder = server.anonymous().with_key(&key.secret);
    ada.patch(&project.key(&key), json!({ "disabled": true }))
        .send()
        .await
        .ok();
    holder
        .get("keys/self")
        .send()
        .await
        .problem(401, "key_refused");
    let mut events = ada
        .get(&format!("{}/events", project.key(&key)))
        .follow()
        .await;
    ada.patch(&project.key(&key), json!({ "disabled": false }))
        .send()
        .await
        .ok();
    holder
        .get("keys/self")
        .header("user-agent", "second/1")
        .send()
        .await
        .status(200);
    assert_eq!(
        expect(&mut events, "first_call").await["client"],
        "second/1"
    );
}

#[tokio::test]
async fn after_a_rotation_the_first_call_of_the_new_secret_is_waited_for() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    server
        .anonymous()
        .with_key(&key.secret)
        .get("keys/self")
        .header("user-agent", "old/1")
        .send()
        .await
        .status(200);
    let rotated = ada
        .post(&format!("{}/rotate", project.key(&key)), json!({}))
        .send()
        .await
        .status(201);
    let mut events = ada
        .get(&format!("{}/events", project.key(&key)))
        .follow()
        .await;
    // The old secret's last use is told, but as a use only.
    assert_eq!(expect(&mut events, "used").await["client"], "old/1");
    let new = rotated["secret"].as_str().unwrap();
    server
        .anonymous()
        .with_key(new)
        .get("keys/self")
        .header("user-agent", "new/1")
        .send()
        .await
        .status(200);
    let first = expect(&mut events, "first_call").await;
    assert_eq!(first["client"], "new/1");
    assert_eq!(first["secret_hint"], rotated["key"]["hint"]);
}

#[tokio::test]
async fn a_revoke_is_told_and_ends_the_stream() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let path = format!("{}/events", project.key(&key));
    let mut events = ada.get(&path).follow().await;
    let receipt = ada.delete(&project.key(&key)).send().await.ok();
    assert_eq!(
        expect(&mut events, "revoked").await["at"],
        receipt["revoked_at"]
    );
    assert!(events.next().await.is_none(), "the stream goes on");
    let mut later = ada.get(&path).follow().await;
    assert_eq!(
        expect(&mut later, "revoked").await["at"],
        receipt["revoked_at"]
    );
    assert!(later.next().await.is_none());
}

#[tokio::test]
async fn archiving_the_project_ends_the_streams_of_its_keys() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let mut events = ada
        .get(&format!("{}/events", project.key(&key)))
        .follow()
        .await;
    ada.delete(&project.this()).send().await.ok();
    expect(&mut events, "revoked").await;
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn a_stream_ends_with_the_session_it_was_opened_with_and_with_no_other() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let path = format!("{}/events", project.key(&key));
    let other = ada.sign_in("ada@example.com", PASSWORD).await;
    let mut mine = ada.get(&path).follow().await;
    let mut theirs = other.get(&path).follow().await;
    assert_eq!(other.delete("session").send().await.status, 204);
    assert!(
        theirs.next().await.is_none(),
        "the stream outlives its session"
    );
    server
        .anonymous()
        .with_key(&key.secret)
        .get("keys/self")
        .send()
        .await
        .ok();
    expect(&mut mine, "first_call").await;
}

#[tokio::test]
async fn a_stream_ends_with_its_user() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let viewer = ada.member("Viewer").await;
    let project = ada.project("Memory Lake").await;
    ada.join(&project, &viewer, "viewer").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let path = format!("{}/events", project.key(&key));
    let token = viewer.token(&["read"]).await;
    let mut by_cookie = viewer.get(&path).follow().await;
    let mut by_token = token.get(&path).follow().await;
    assert_eq!((by_cookie.status, by_token.status), (200, 200));
    ada.patch(
        &format!("users/{}", viewer.user_id()),
        json!({ "disabled": true }),
    )
    .send()
    .await
    .ok();
    assert!(
        by_cookie.next().await.is_none(),
        "the stream outlives its user"
    );
    assert!(
        by_token.next().await.is_none(),
        "the token's stream outlives its user"
    );
}

#[tokio::test]
async fn a_stream_ends_with_other_ways_of_losing_a_session() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let path = format!("{}/events", project.key(&key));
    let first = ada.sign_in("ada@example.com", PASSWORD).await;
    let mut events = first.get(&path).follow().await;
    assert_eq!(ada.delete("me/sessions").send().await.status, 204);
    assert!(events.next().await.is_none(), "ended from another browser");
    let second = ada.sign_in("ada@example.com", PASSWORD).await;
    let mut events = second.get(&path).follow().await;
    let body = json!({ "current_password": PASSWORD, "new_password": "another horse battery" });
    assert_eq!(ada.put("me/password", body).send().await.status, 204);
    assert!(
        events.next().await.is_none(),
        "a new password ends the others"
    );
}

#[tokio::test]
async fn a_server_that_stops_ends_its_streams_in_order() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let mut events = ada
        .get(&format!("{}/events", project.key(&key)))
        .follow()
        .await;
    server.stop().await;
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn a_stream_ends_with_its_token_and_with_the_membership() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let viewer = ada.member("Viewer").await;
    let project = ada.project("Memory Lake").await;
    ada.join(&project, &viewer, "viewer").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let path = format!("{}/events", project.key(&key));
    let token = viewer.token(&["read"]).await;
    let mut by_token = token.get(&path).follow().await;
    let mut by_cookie = viewer.get(&path).follow().await;
    let place = format!("me/tokens/{}", token.token_id());
    assert_eq!(viewer.delete(&place).send().await.status, 204);
    assert!(
        by_token.next().await.is_none(),
        "the stream outlives its token"
    );
    let place = project.path(&format!("members/{}", viewer.user_id()));
    assert_eq!(ada.delete(&place).send().await.status, 204);
    assert!(
        by_cookie.next().await.is_none(),
        "the stream outlives the membership"
    );
}
