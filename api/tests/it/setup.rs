//! `POST /setup`: whoever has the token that the server printed becomes its administrator.

use serde_json::{Value, json};

use crate::support::{Answer, PASSWORD, SETUP_TOKEN, TestServer};

fn body() -> Value {
    json!({ "setup_token": SETUP_TOKEN, "name": "Ada", "email": "ada@example.com", "password": PASSWORD })
}

async fn needs_setup(server: &TestServer) -> bool {
    let state = server.anonymous().get("session").send().await.ok();
    assert_eq!(state["user"], Value::Null);
    state["setup_needed"] == true
}

#[tokio::test]
async fn setting_up_makes_an_administrator_who_is_signed_in() {
    let server = TestServer::start().await;
    assert!(needs_setup(&server).await);
    let ada = server.set_up().await;
    let state = ada.get("session").send().await.ok();
    assert_eq!(state["setup_needed"], false);
    assert_eq!(
        state["insecure_http"], false,
        "the loopback address is nobody's network"
    );
    assert_eq!(state["user"]["email"], "ada@example.com");
    assert_eq!(state["user"]["role"], "admin");
    assert!(!needs_setup(&server).await);
}

#[tokio::test]
async fn a_first_project_comes_with_it_if_it_is_wanted() {
    let server = TestServer::start().await;
    let mut body = body();
    body["project_name"] = json!("Équipe données");
    let done = server
        .anonymous()
        .post("setup", body)
        .send()
        .await
        .status(201);
    assert_eq!(done["project"]["name"], "Équipe données");
    assert_eq!(done["project"]["slug"], "equipe-donnees");
    assert_eq!(done["project"]["role"], "owner");
    assert_eq!(done["project"]["backend"], json!({ "kind": "memory" }));
}

#[tokio::test]
async fn a_wrong_token_sets_nothing_up() {
    let server = TestServer::start().await;
    for token in [
        "",
        "x",
        "the-setup-token-of-every-tesT",
        &format!("{SETUP_TOKEN} "),
    ] {
        let mut body = body();
        body["setup_token"] = json!(token);
        server
            .anonymous()
            .post("setup", body)
            .send()
            .await
            .problem(403, "setup_token_wrong");
    }
    assert!(needs_setup(&server).await);
    server.set_up().await;
}

#[tokio::test]
async fn all_wrong_fields_are_named_at_once() {
    let server = TestServer::start().await;
    let body = json!({
        "setup_token": SETUP_TOKEN, "name": " ", "email": "ada", "password": "short", "project_name": "a\u{7}b",
    });
    let problem = server
        .anonymous()
        .post("setup", body)
        .send()
        .await
        .problem(422, "invalid_field");
    let pointers: Vec<_> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["pointer"].clone())
        .collect();
    assert_eq!(pointers, ["/name", "/email", "/password", "/project_name"]);
    assert!(needs_setup(&server).await);
}

#[tokio::test]
async fn setting_up_happens_once() {
    let server = TestServer::start().await;
    server.set_up().await;
    let mut other = body();
    other["email"] = json!("other@example.com");
    for body in [body(), other] {
        server
            .anonymous()
            .post("setup", body)
            .send()
            .await
            .problem(409, "setup_done");
    }
    // The token of before is of no use after a restart either.
    let server = server.restart().await;
    server
        .anonymous()
        .post("setup", body())
        .send()
        .await
        .problem(409, "setup_done");
}

#[tokio::test]
async fn of_two_setups_at_once_one_wins() {
    let server = TestServer::start().await;
    let nobody = server.anonymous();
    let mut second = body();
    second["email"] = json!("other@example.com");
    let (one, other) = tokio::join!(
        nobody.post("setup", body()).send(),
        nobody.post("setup", second).send()
    );
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    let loser: Answer = if one.status == 409 { one } else { other };
    loser.problem(409, "setup_done");
}

#[tokio::test]
async fn a_page_of_another_site_sets_nothing_up() {
    let server = TestServer::start().await;
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        let answer = server
            .anonymous()
            .post("setup", body())
            .header(name, value)
            .send()
            .await;
        answer.problem(403, "cross_site");
    }
    assert!(needs_setup(&server).await);
}

#[tokio::test]
async fn guessing_the_token_is_throttled() {
    let server = TestServer::start_with(|config| config.sign_in_attempts = 2).await;
    let mut wrong = body();
    wrong["setup_token"] = json!("a-guess-of-some-length");
    for _ in 0..6 {
        server
            .anonymous()
            .post("setup", wrong.clone())
            .send()
            .await
            .problem(403, "setup_token_wrong");
    }
    server
        .anonymous()
        .post("setup", body())
        .send()
        .await
        .problem(429, "too_many_attempts");
    assert!(needs_setup(&server).await);
}
