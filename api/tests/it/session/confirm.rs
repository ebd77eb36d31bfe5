//! `POST /session/confirm`: what needs the password once more, and giving it.

use serde_json::{Value, json};

use crate::support::{Actor, Call, PASSWORD, TestServer, now};

/// How long a confirmation lasts.
const SECONDS: i64 = 600;

/// Everything that needs one, as requests that are good otherwise: name, request, and its status if it is let in.
async fn guarded(server: &TestServer, ada: &Actor) -> Vec<(&'static str, Sending, u16)> {
    let member = ada.member("Member").await;
    let other = ada.sign_in(ada.email(), PASSWORD).await;
    let other = server.db_session(other.credential()).id;
    let user = format!("users/{}", member.user_id());
    let grace = json!({ "name": "Grace", "email": "grace@example.com", "role": "admin" });
    let token = json!({ "name": "Script", "permissions": ["manage"] });
    vec![
        ("createToken", post("me/tokens".to_owned(), token), 201),
        ("createUser", post("users".to_owned(), grace), 201),
        (
            "updateUser",
            patch(user.clone(), json!({ "role": "admin" })),
            200,
        ),
        (
            "createSignInLink",
            post(format!("{user}/sign-in-link"), json!({})),
            201,
        ),
        ("endSession", delete(format!("me/sessions/{other}")), 204),
        ("endOtherSessions", delete("me/sessions".to_owned()), 204),
    ]
}

type Sending = Box<dyn Fn(&Actor) -> Call>;

fn post(path: String, body: Value) -> Sending {
    Box::new(move |who| who.post(&path, body.clone()))
}

fn patch(path: String, body: Value) -> Sending {
    Box::new(move |who| who.patch(&path, body.clone()))
}

fn delete(path: String) -> Sending {
    Box::new(move |who| who.delete(&path))
}

fn password(text: &str) -> Value {
    json!({ "password": text })
}

#[tokio::test]
async fn an_old_session_does_nothing_that_needs_the_password_until_it_is_given() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let all = guarded(&server, &ada).await;
    server.db_confirm_session(&ada, now().plus_seconds(-SECONDS));
    for (name, request, _) in &all {
        let answer = request(&ada).send().await;
        assert_eq!(answer.status, 403, "{name}: {}", answer.summary());
        answer.problem(403, "confirmation_required");
    }
    // Everything else is as it was.
    ada.get("me/sessions").send().await.ok();
    ada.get("users").send().await.ok();
    let ada = ada.confirm().await;
    for (name, request, wanted) in &all {
        let answer = request(&ada).send().await;
        assert_eq!(answer.status, *wanted, "{name}: {}", answer.summary());
    }
    server.stop().await;
}

#[tokio::test]
async fn a_confirmation_lasts_ten_minutes() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let token = json!({ "name": "Script", "permissions": ["read"] });
    // Far enough from the edge for a slow machine.
    server.db_confirm_session(&ada, now().plus_seconds(60 - SECONDS));
    let answer = ada.post("me/tokens", token.clone()).send().await;
    answer.status(201);
    server.db_confirm_session(&ada, now().plus_seconds(-SECONDS));
    let answer = ada.post("me/tokens", token).send().await;
    answer.problem(403, "confirmation_required");
    server.stop().await;
}

#[tokio::test]
async fn a_wrong_password_confirms_nothing_and_guessing_is_throttled() {
    let server = TestServer::start_with(|config| config.sign_in_attempts = 3).await;
    let ada = server.set_up().await;
    server.db_forget_confirmation(&ada);
    let long = "x".repeat(1025);
    for wrong in ["wrong horse battery", long.as_str(), ""] {
        let answer = ada.post("session/confirm", password(wrong)).send().await;
        answer.wrong_field(422, "invalid_field", "/password");
    }
    let answer = ada.delete("me/sessions").send().await;
    answer.problem(403, "confirmation_required");
    // The right one is no longer looked at, either.
    let answer = ada.post("session/confirm", password(PASSWORD)).send().await;
    assert!(answer.header("retry-after").is_some());
    answer.problem(429, "too_many_attempts");
    server.stop().await;
}

#[tokio::test]
async fn a_confirmed_session_goes_on_under_a_new_token() {
    let server = TestServer::start().await;
    let before = server.set_up().await;
    let id = server.db_session(before.credential()).id;
    let after = before.confirm().await;
    assert!(after.credential() != before.credential(), "the same token");
    assert!(
        server.db_session(after.credential()).id == id,
        "another session"
    );
    let answer = before.get("me").send().await;
    answer.problem(401, "unauthenticated");
    after.get("me").send().await.ok();
    server.stop().await;
}

#[tokio::test]
async fn a_session_that_ends_meanwhile_is_not_brought_back() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let other = ada.sign_in(ada.email(), PASSWORD).await;
    ada.delete("me/sessions").send().await.status(204);
    let answer = other
        .post("session/confirm", password(PASSWORD))
        .send()
        .await;
    answer.problem(401, "unauthenticated");
    server.stop().await;
}

#[tokio::test]
async fn a_token_confirms_nothing() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let token = ada.token(&["manage"]).await;
    let answer = token
        .post("session/confirm", password(PASSWORD))
        .send()
        .await;
    answer.problem(403, "session_required");
    server.stop().await;
}

#[tokio::test]
async fn who_may_not_do_it_anyway_is_not_asked_for_a_password() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let member = ada.member("Member").await;
    server.db_forget_confirmation(&member);
    let path = format!("users/{}/sign-in-link", member.user_id());
    let answer = member.post(&path, json!({})).send().await;
    answer.problem(403, "forbidden");
    server.stop().await;
}
