//! Six digits are few: guessing them is slow from wherever it is done.

use serde_json::{Value, json};

use crate::support::{Answer, PASSWORD, TestServer};

/// A request from this address.
async fn ask(server: &TestServer, path: &str, body: Value, from: u8) -> Answer {
    let call = server.anonymous().post(path, body);
    call.header("x-forwarded-for", format!("203.0.113.{from}"))
        .send()
        .await
}

#[tokio::test]
async fn guessing_codes_is_throttled_for_the_account_from_everywhere() {
    let server = TestServer::start_with(|config| {
        config.sign_in_attempts = 4;
        config.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    })
    .await;
    let ada = server.set_up().await;
    // Confirming counts, too.
    let (app, codes) = ada.turn_on_second_factor().await;
    let sign_in =
        |code: &str| json!({ "email": "ada@example.com", "password": PASSWORD, "code": code });
    for from in 1..=3 {
        ask(&server, "session", sign_in(&app.wrong_code()), from)
            .await
            .problem(401, "code_refused");
    }
    // Not even the right one is looked at, and for longer than a minute.
    for right in [&app.next_code(), &codes[0]] {
        let answer = ask(&server, "session", sign_in(right), 4).await;
        answer.problem(429, "too_many_attempts");
        let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!(seconds > 60, "Retry-After: {seconds}");
    }
    // A link is no way round it.
    let link = format!("users/{}/sign-in-link", ada.user_id());
    let made = ada.post(&link, json!({})).send().await.status(201);
    let url = made["sign_in_url"].as_str().unwrap();
    let (_, token) = url.split_once("#token=").unwrap();
    let body = json!({ "token": token, "password": PASSWORD, "code": codes[0] });
    ask(&server, "session/claim", body, 5)
        .await
        .problem(429, "too_many_attempts");
    // Nor is turning it off.
    let off = ada
        .delete("me/second-factor")
        .json(&json!({ "code": codes[0] }));
    off.send().await.problem(429, "too_many_attempts");
}

#[tokio::test]
async fn asking_whether_a_code_is_needed_counts_as_a_guess_of_the_account() {
    let server = TestServer::start_with(|config| {
        config.sign_in_attempts = 3;
        config.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    })
    .await;
    let ada = server.set_up().await;
    ada.turn_on_second_factor().await;
    let body = || json!({ "email": "ada@example.com", "password": PASSWORD });
    for _ in 0..3 {
        ask(&server, "session", body(), 1)
            .await
            .problem(401, "second_factor_required");
    }
    ask(&server, "session", body(), 1)
        .await
        .problem(429, "too_many_attempts");
    // With a link in the place of the password it is the same.
    let link = format!("users/{}/sign-in-link", ada.user_id());
    let made = ada.post(&link, json!({})).send().await.status(201);
    let url = made["sign_in_url"].as_str().unwrap();
    let (_, token) = url.split_once("#token=").unwrap();
    let body = || json!({ "token": token, "password": PASSWORD });
    for _ in 0..3 {
        ask(&server, "session/claim", body(), 2)
            .await
            .problem(401, "second_factor_required");
    }
    ask(&server, "session/claim", body(), 2)
        .await
        .problem(429, "too_many_attempts");
}
