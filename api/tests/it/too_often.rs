//! Signed-in callers that ask too often are held back, and never from taking rights away.

use serde_json::json;

use crate::support::{Actor, Answer, TestServer};

/// The same server with a limit of one change a minute, so that no test is slow enough to be given a second one.
async fn one_change(server: TestServer) -> TestServer {
    server
        .restart_with(|config| config.changes_per_minute = 1)
        .await
}

#[track_caller]
fn held_back(answer: &Answer) {
    answer.problem(429, "too_many_attempts");
    let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    // One a minute, and that one was just now.
    assert!((1..=60).contains(&seconds), "Retry-After: {seconds}");
}

async fn change(actor: &Actor) -> Answer {
    actor.patch("me", json!({ "name": "Ada" })).send().await
}

#[tokio::test]
async fn a_person_and_their_tokens_share_a_limit_and_two_people_do_not() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let other = ada.member("Other").await;
    let token = ada.token(&["manage"]).await;
    let _server = one_change(server).await;
    change(&token).await.ok();
    held_back(&change(&token).await);
    held_back(&change(&ada).await);
    change(&other).await.ok();
    // Looking is free.
    for _ in 0..3 {
        ada.get("me").send().await.ok();
    }
}

#[tokio::test]
async fn a_refused_creation_leaves_nothing_and_is_refused_after_the_right_and_before_the_body() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let _server = one_change(server).await;
    // What isn't there is not counted.
    let absent = "projects/prj_00000000000000000000000000000000/keys";
    let create = json!({ "description": "Claude AI Integration" });
    for _ in 0..3 {
        let answer = ada.post(absent, create.clone()).send().await;
        answer.problem(404, "not_found");
    }
    ada.key(&project, "Claude AI Integration").await;
    let keys = ada.get(&project.keys()).send().await.ok();
    held_back(&ada.post(&project.keys(), create.clone()).send().await);
    held_back(&ada.post(&project.keys(), json!([])).send().await);
    ada.post(absent, create)
        .send()
        .await
        .problem(404, "not_found");
    assert_eq!(ada.get(&project.keys()).send().await.ok(), keys);
}

#[tokio::test]
async fn what_takes_rights_away_always_passes() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let member = ada.member("Member").await;
    let project = ada.project("Memory Lake").await;
    ada.join(&project, &member, "editor").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let second = ada.key(&project, "Analytics Dashboard").await;
    let token = ada.token(&["manage"]).await;
    let _server = one_change(server).await;
    change(&ada).await.ok();
    held_back(&change(&ada).await);
    let path = project.key(&key);
    let described = json!({ "description": "Another" });
    held_back(&ada.patch(&path, described).send().await);
    for _ in 0..2 {
        let disable = json!({ "disabled": true });
        ada.patch(&path, disable).send().await.ok();
    }
    // What comes beside it is a change like others, and so is giving the right back.
    let more = json!({ "disabled": true, "description": "Another" });
    held_back(&ada.patch(&path, more).send().await);
    let enable = json!({ "disabled": false });
    held_back(&ada.patch(&path, enable).send().await);
    ada.delete(&path).send().await.ok();
    let path = project.key(&second);
    token.delete(&path).send().await.ok();
    let path = project.path(&format!("members/{}", member.user_id()));
    let lower = json!({ "role": "viewer" });
    ada.patch(&path, lower).send().await.ok();
    ada.delete(&path).send().await.status(204);
    let path = format!("users/{}", member.user_id());
    let rename = json!({ "name": "Another" });
    held_back(&ada.patch(&path, rename).send().await);
    let more = json!({ "disabled": true, "name": "Another" });
    held_back(&ada.patch(&path, more).send().await);
    let disable = json!({ "disabled": true });
    ada.patch(&path, disable).send().await.ok();
    let path = format!("me/tokens/{}", token.token_id());
    ada.delete(&path).send().await.status(204);
    ada.delete(&project.this()).send().await.ok();
    ada.delete("me/sessions").send().await.status(204);
    ada.delete("session").send().await.status(204);
}

#[tokio::test]
async fn checks_of_keys_count_nothing() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let token = ada.token(&["verify", "manage"]).await;
    let _server = one_change(server).await;
    for _ in 0..3 {
        let ask = token.post("keys/verify", json!({ "key": key.secret }));
        assert_eq!(ask.send().await.ok()["valid"], true);
    }
    change(&token).await.ok();
    held_back(&change(&token).await);
    let ask = token.post("keys/verify", json!({ "key": key.secret }));
    assert_eq!(ask.send().await.ok()["valid"], true);
}

#[tokio::test]
async fn reading_the_audit_log_has_a_limit_of_its_own() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let other = ada.member("Other").await;
    ada.join(&project, &other, "editor").await;
    let _server = server
        .restart_with(|config| config.exports_per_minute = 1)
        .await;
    let export = ada.get("audit?format=csv").send().await;
    assert_eq!(export.status, 200);
    for path in [
        "audit".to_owned(),
        "audit?format=ndjson".to_owned(),
        project.path("audit"),
        project.path("audit?format=csv"),
    ] {
        held_back(&ada.get(&path).send().await);
    }
    for _ in 0..3 {
        change(&ada).await.ok();
    }
    other.get(&project.path("audit")).send().await.ok();
}
