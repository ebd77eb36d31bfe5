//! Sign-in links: for people who have no password yet, or forgot it.

use latchkey_store::{StoreError, links};
use latchkey_types::UserId;
use serde_json::{Value, json};

use super::{cookie, credentials};
use crate::support::{Actor, Answer, PASSWORD, TestServer, now};

/// An invited person: their id and the token of their link.
async fn invite(ada: &Actor, server: &TestServer) -> (String, String) {
    let body = json!({ "name": "Invited", "email": "invited@example.com", "role": "member" });
    let made = ada.post("users", body).send().await.status(201);
    (
        made["user"]["id"].as_str().unwrap().to_owned(),
        token(server, &made["sign_in_url"]),
    )
}

/// The token stands behind the `#`, which browsers send to nobody.
fn token(server: &TestServer, url: &Value) -> String {
    let start = server.url("/claim#token=");
    url.as_str()
        .and_then(|url| url.strip_prefix(&start))
        .expect("the link's form")
        .to_owned()
}

async fn claim(server: &TestServer, token: &str, password: &str) -> Answer {
    let body = json!({ "token": token, "password": password });
    server.anonymous().post("session/claim", body).send().await
}

#[tokio::test]
async fn a_link_works_once() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let (id, token) = invite(&ada, &server).await;
    let answer = claim(&server, &token, PASSWORD).await;
    let (_, value, attributes) = cookie(&answer);
    assert!(attributes.contains(&"httponly".to_owned()));
    assert_eq!(answer.status(200)["user"]["id"], id);
    let me = server
        .anonymous()
        .get("me")
        .header("cookie", format!("latchkey={value}"))
        .send()
        .await;
    assert_eq!(me.status(200)["email"], "invited@example.com");
    claim(&server, &token, "another horse battery")
        .await
        .problem(403, "sign_in_link_invalid");
    // The password is that of the first use.
    let sign_in = |password| {
        server
            .anonymous()
            .post("session", credentials("invited@example.com", password))
            .send()
    };
    assert_eq!(sign_in(PASSWORD).await.status, 200);
    assert_eq!(sign_in("another horse battery").await.status, 401);
}

#[tokio::test]
async fn of_two_claims_at_once_one_wins() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let (_, token) = invite(&ada, &server).await;
    let (one, other) = tokio::join!(
        claim(&server, &token, PASSWORD),
        claim(&server, &token, "another horse battery")
    );
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 403]);
}

#[tokio::test]
async fn a_password_that_is_too_short_does_not_use_the_link_up() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let (_, token) = invite(&ada, &server).await;
    claim(&server, &token, "short")
        .await
        .wrong_field(422, "invalid_field", "/password");
    claim(&server, &token, &"x".repeat(2000))
        .await
        .wrong_field(422, "invalid_field", "/password");
    claim(&server, &token, PASSWORD).await.status(200);
}

#[tokio::test]
async fn a_new_link_replaces_the_one_before() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let (id, first) = invite(&ada, &server).await;
    let made = ada
        .post(&format!("users/{id}/sign-in-link"), json!({}))
        .send()
        .await
        .status(201);
    let second = token(&server, &made["sign_in_url"]);
    claim(&server, &first, PASSWORD)
        .await
        .problem(403, "sign_in_link_invalid");
    claim(&server, &second, PASSWORD).await.status(200);
}

#[tokio::test]
async fn a_link_works_for_72_hours() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let (id, _) = invite(&ada, &server).await;
    let before = now();
    let made = ada
        .post(&format!("users/{id}/sign-in-link"), json!({}))
        .send()
        .await
        .status(201);
    let expires: latchkey_types::Timestamp = made["expires_at"].as_str().unwrap().parse().unwrap();
    let hours = (expires.as_millis() - before.as_millis()) / 3_600_000;
    assert_eq!(hours, 72);

    let user: UserId = id.parse().unwrap();
    let app = server.shared();
    let digest = app.ring.link.digest(b"a-link-of-the-day-before-yesterday");
    let written = app
        .store
        .write(|tx| links::create_sign_in_link(tx, &digest, user, now().plus_seconds(-9), now()));
    written.map_err(|e: StoreError| e.to_string()).unwrap();
    let late = claim(&server, "a-link-of-the-day-before-yesterday", PASSWORD).await;
    late.problem(403, "sign_in_link_invalid");
}

#[tokio::test]
async fn a_claimed_link_ends_every_session_of_before() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let bob = ada.member("Forgetful").await;
    let made = ada
        .post(&format!("users/{}/sign-in-link", bob.user_id()), json!({}))
        .send()
        .await
        .status(201);
    // The link alone ends nothing.
    bob.get("me").send().await.status(200);
    claim(
        &server,
        &token(&server, &made["sign_in_url"]),
        "another horse battery",
    )
    .await
    .status(200);
    bob.get("me").send().await.problem(401, "unauthenticated");
    let old = server
        .anonymous()
        .post("session", credentials(bob.email(), PASSWORD))
        .send()
        .await;
    old.problem(401, "invalid_credentials");
}

#[tokio::test]
async fn claiming_a_link_ends_the_session_that_the_browser_had() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let elsewhere = ada.sign_in("ada@example.com", PASSWORD).await;
    let (_, token) = invite(&ada, &server).await;
    let body = |token: &str| json!({ "token": token, "password": PASSWORD });
    // A link that doesn't work ends nothing.
    let wrong = ada.post("session/claim", body("x")).send().await;
    wrong.problem(403, "sign_in_link_invalid");
    ada.get("me").send().await.status(200);
    let right = ada.post("session/claim", body(&token)).send().await;
    assert_eq!(right.status, 200);
    ada.get("me").send().await.problem(401, "unauthenticated");
    elsewhere.get("me").send().await.status(200);
}

#[tokio::test]
async fn nonsense_is_no_link_and_guessing_is_throttled() {
    let server = TestServer::start_with(|config| config.sign_in_attempts = 4).await;
    server.set_up().await;
    let long = "x".repeat(10_000);
    for token in [
        "",
        "x",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "☃",
        long.as_str(),
    ] {
        claim(&server, token, PASSWORD)
            .await
            .problem(403, "sign_in_link_invalid");
    }
    let mut throttled = false;
    for _ in 0..12 {
        throttled |= claim(&server, "x", PASSWORD).await.status == 429;
    }
    assert!(throttled, "guessing links is free");
}
