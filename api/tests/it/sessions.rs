//! `/me/sessions`: the browsers in which a person is signed in.

use serde_json::Value;

use crate::support::{Actor, PASSWORD, TestServer};

async fn list(who: &Actor) -> Vec<Value> {
    let page = who.get("me/sessions").send().await.ok();
    assert_eq!(page["next_cursor"], Value::Null);
    page["items"].as_array().unwrap().clone()
}

async fn current(who: &Actor) -> String {
    let found = list(who)
        .await
        .into_iter()
        .find(|session| session["is_current"] == true);
    found.expect("one of them is this one")["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn sessions_are_listed_newest_first_without_their_tokens() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let body = serde_json::json!({ "email": "ada@example.com", "password": PASSWORD });
    let call = server
        .anonymous()
        .post("session", body)
        .header("user-agent", "Mozilla/5.0 (X11; Ünix)");
    call.send().await.status(200);
    let answer = ada.get("me/sessions").send().await;
    assert!(
        !answer.body.contains(ada.credential()),
        "the list holds the cookie"
    );
    let listed = list(&ada).await;
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[0]["is_current"], false);
    assert_eq!(listed[1]["is_current"], true);
    assert_eq!(listed[0]["ip"], "127.0.0.1");
    assert!(
        listed[0]["user_agent"]
            .as_str()
            .unwrap_or("Mozilla/5.0")
            .starts_with("Mozilla/5.0")
    );
    assert!(
        listed
            .iter()
            .all(|session| session["expires_at"].is_string())
    );
}

#[tokio::test]
async fn a_session_that_is_ended_is_refused_from_the_next_request_on() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let other = ada.sign_in("ada@example.com", PASSWORD).await;
    let path = format!("me/sessions/{}", current(&other).await);
    assert_eq!(ada.delete(&path).send().await.status, 204);
    other.get("me").send().await.problem(401, "unauthenticated");
    ada.delete(&path).send().await.problem(404, "not_found");
    assert_eq!(list(&ada).await.len(), 1);
}

#[tokio::test]
async fn somebody_elses_session_is_not_there() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let stranger = ada.member("Stranger").await;
    let path = format!("me/sessions/{}", current(&ada).await);
    stranger
        .delete(&path)
        .send()
        .await
        .problem(404, "not_found");
    for id in [
        "ses_00000000000000000000000000000000",
        "ses_1",
        "usr_00000000000000000000000000000000",
        "x",
    ] {
        ada.delete(&format!("me/sessions/{id}"))
            .send()
            .await
            .problem(404, "not_found");
    }
    assert_eq!(list(&ada).await.len(), 1);
    assert_eq!(list(&stranger).await.len(), 1);
}

#[tokio::test]
async fn all_others_are_ended_at_once() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let others = [
        ada.sign_in("ada@example.com", PASSWORD).await,
        ada.sign_in("ada@example.com", PASSWORD).await,
    ];
    let stranger = ada.member("Stranger").await;
    assert_eq!(ada.delete("me/sessions").send().await.status, 204);
    for other in &others {
        other.get("me").send().await.problem(401, "unauthenticated");
    }
    assert_eq!(list(&ada).await.len(), 1);
    stranger.get("me").send().await.status(200);
}

#[tokio::test]
async fn a_token_sees_its_persons_sessions_and_ends_none() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let token = ada.token(&["manage"]).await;
    assert!(
        list(&token)
            .await
            .iter()
            .all(|session| session["is_current"] == false)
    );
    // A program has no password to confirm with, and so ends nobody's session.
    let one = format!("me/sessions/{}", current(&ada).await);
    for path in ["me/sessions", one.as_str()] {
        token
            .delete(path)
            .send()
            .await
            .problem(403, "session_required");
    }
    ada.get("me").send().await.status(200);
}

#[tokio::test]
async fn the_address_behind_a_trusted_proxy_is_noted() {
    for (trusted, wanted) in [("127.0.0.0/8", "203.0.113.7"), ("10.0.0.0/8", "127.0.0.1")] {
        let server = TestServer::start_with(|config| {
            config.trusted_proxies = vec![trusted.parse().unwrap()];
        })
        .await;
        let ada = server.set_up().await;
        let body = serde_json::json!({ "email": "ada@example.com", "password": PASSWORD });
        let call = server.anonymous().post("session", body);
        call.header("x-forwarded-for", "6.6.6.6, 203.0.113.7")
            .send()
            .await
            .status(200);
        assert_eq!(list(&ada).await[0]["ip"], wanted, "trusted: {trusted}");
    }
}
