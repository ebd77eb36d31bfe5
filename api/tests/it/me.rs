//! `/me`: the caller's own name and password.

use serde_json::{Value, json};

use crate::support::{PASSWORD, TestServer};

fn passwords(current: &str, new: &str) -> Value {
    json!({ "current_password": current, "new_password": new })
}

#[tokio::test]
async fn a_name_is_changed_trimmed_and_shown_wherever_its_owner_is_named() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let changed = ada
        .patch("me", json!({ "name": "  Ada Lovelace — Ἀδα ☃ " }))
        .send()
        .await;
    assert_eq!(changed.header("etag"), Some("\"v2\""));
    assert_eq!(changed.status(200)["name"], "Ada Lovelace — Ἀδα ☃");
    assert_eq!(
        ada.get("me").send().await.ok()["name"],
        "Ada Lovelace — Ἀδα ☃"
    );
    let shown = ada.get(&project.key(&key)).send().await.ok();
    assert_eq!(shown["created_by"]["name"], "Ada Lovelace — Ἀδα ☃");
}

#[tokio::test]
async fn a_change_that_changes_nothing_is_no_new_version() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    for body in [
        json!({}),
        json!({ "name": "Ada" }),
        json!({ "name": " Ada " }),
    ] {
        let answer = ada.patch("me", body).send().await;
        assert_eq!(answer.header("etag"), Some("\"v1\""));
        assert_eq!(answer.status(200)["version"], 1);
    }
}

#[tokio::test]
async fn only_the_name_can_be_changed_and_only_to_a_good_one() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let long = "é".repeat(101);
    for (body, pointer) in [
        (json!({ "name": "" }), "/name"),
        (json!({ "name": null }), "/name"),
        (json!({ "name": " \t " }), "/name"),
        (json!({ "name": long }), "/name"),
        (json!({ "name": "a\u{0}b" }), "/name"),
        (json!({ "name": "\u{202e}adA" }), "/name"),
        (json!({ "name": 5 }), "/name"),
        (json!({ "email": "other@example.com" }), "/email"),
        (json!({ "role": "admin" }), "/role"),
        (json!({ "id": "usr_1" }), "/id"),
    ] {
        ada.patch("me", body)
            .send()
            .await
            .wrong_field(422, "invalid_field", pointer);
    }
    assert_eq!(ada.get("me").send().await.ok()["version"], 1);
}

#[tokio::test]
async fn a_stale_if_match_changes_nothing() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let first = ada
        .patch("me", json!({ "name": "One" }))
        .header("if-match", "\"v1\"")
        .send()
        .await;
    assert_eq!(first.status, 200);
    let stale = ada
        .patch("me", json!({ "name": "Two" }))
        .header("if-match", "\"v1\"")
        .send()
        .await;
    stale.problem(412, "version_mismatch");
    let odd = ada
        .patch("me", json!({ "name": "Two" }))
        .header("if-match", "1")
        .send()
        .await;
    odd.wrong_field(400, "invalid_request", "#header/If-Match");
    assert_eq!(ada.get("me").send().await.ok()["name"], "One");
}

#[tokio::test]
async fn a_new_password_takes_the_old_one_and_ends_the_other_sessions() {
    let server = TestServer::start().await;
    let here = server.set_up().await;
    let there = here.sign_in("ada@example.com", PASSWORD).await;
    let token = here.token(&["read"]).await;
    let answer = here
        .put("me/password", passwords(PASSWORD, "another horse battery"))
        .send()
        .await;
    assert_eq!(answer.status, 204);
    here.get("me").send().await.status(200);
    there.get("me").send().await.problem(401, "unauthenticated");
    token.get("me").send().await.status(200);
    let old = json!({ "email": "ada@example.com", "password": PASSWORD });
    server
        .anonymous()
        .post("session", old)
        .send()
        .await
        .problem(401, "invalid_credentials");
    here.sign_in("ada@example.com", "another horse battery")
        .await;
}

#[tokio::test]
async fn a_password_is_not_changed_without_the_present_one_or_to_a_bad_one() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let there = ada.sign_in("ada@example.com", PASSWORD).await;
    let long = "x".repeat(1025);
    for (body, pointer) in [
        (
            passwords("wrong horse battery", "another horse battery"),
            "/current_password",
        ),
        (passwords("", "another horse battery"), "/current_password"),
        (passwords(PASSWORD, "too short"), "/new_password"),
        (passwords(PASSWORD, &long), "/new_password"),
        (
            json!({ "new_password": "another horse battery" }),
            "/current_password",
        ),
        (json!({ "current_password": PASSWORD }), "/new_password"),
    ] {
        ada.put("me/password", body)
            .send()
            .await
            .wrong_field(422, "invalid_field", pointer);
    }
    there.get("me").send().await.status(200);
    ada.sign_in("ada@example.com", PASSWORD).await;
}

#[tokio::test]
async fn of_two_new_passwords_at_once_one_is_kept() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let (one, other) = tokio::join!(
        ada.put("me/password", passwords(PASSWORD, "one horse battery"))
            .send(),
        ada.put("me/password", passwords(PASSWORD, "other horse battery"))
            .send(),
    );
    let done = [one.status, other.status]
        .iter()
        .filter(|&&status| status == 204)
        .count();
    assert_eq!(done, 1, "{} {}", one.summary(), other.summary());
    let kept = if one.status == 204 {
        "one horse battery"
    } else {
        "other horse battery"
    };
    ada.sign_in("ada@example.com", kept).await;
}

#[tokio::test]
async fn guessing_the_present_password_is_throttled() {
    let server = TestServer::start_with(|config| config.sign_in_attempts = 3).await;
    let ada = server.set_up().await;
    let mut throttled = false;
    for _ in 0..6 {
        let answer = ada
            .put(
                "me/password",
                passwords("wrong horse battery", "another horse battery"),
            )
            .send()
            .await;
        throttled |= answer.status == 429;
    }
    assert!(
        throttled,
        "a stolen session can guess the password as often as it likes"
    );
}

#[tokio::test]
async fn a_token_does_not_change_a_password() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let token = ada.token(&["manage"]).await;
    let answer = token
        .put("me/password", passwords(PASSWORD, "another horse battery"))
        .send()
        .await;
    answer.problem(403, "session_required");
}
