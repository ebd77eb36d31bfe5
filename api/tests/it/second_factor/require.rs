//! The setting that asks everybody for a second factor.

use std::collections::BTreeSet;

use serde_json::json;

use crate::{
    document,
    matrix::cell::call,
    support::{PASSWORD, TestServer},
};

/// What a session without a second factor reaches: itself, and the way to one.
const OPEN: [&str; 7] = [
    "beginSecondFactor",
    "claimSession",
    "confirmSecondFactor",
    "setUp",
    "showMe",
    "showSession",
    "signIn",
];
/// What looks at no session at all.
const NOBODYS: [&str; 7] = [
    "forwardAuth",
    "showHealth",
    "showKeySelf",
    "showOpenapiJson",
    "showOpenapiJson30",
    "showOpenapiYaml",
    "showReadiness",
];

#[tokio::test]
async fn a_session_without_one_reaches_only_what_turns_it_on() {
    let server = TestServer::start_with(|config| config.require_second_factor = true).await;
    let ada = server.set_up().await;
    let nobody = server.anonymous().get("session").send().await.ok();
    assert_eq!(nobody["requires_second_factor"], true);
    let mut open = BTreeSet::new();
    for operation in document::operations(&document::served(&server).await) {
        // What ends the session is tried last, by itself.
        if operation.id == "signOut" {
            continue;
        }
        let path = operation
            .path
            .replace("{project_id}", "proj_019a1c5e0f7a7c3e8a4b5d6e7f801238")
            .replace("{key_id}", "key_019a1c5e0f7a7c3e8a4b5d6e7f801238")
            .replace("{user_id}", ada.user_id());
        // An id that is left in braces is no id: 404 for whoever gets so far.
        let answer = call(&ada, &operation.method, &path, None).send().await;
        if answer.json()["code"] != "second_factor_setup_required" {
            open.insert(operation.id);
        } else {
            answer.problem(403, "second_factor_setup_required");
            let declared = operation.declares(403);
            assert!(declared, "{} doesn't say so", operation.id);
        }
    }
    let wanted: BTreeSet<String> = OPEN
        .iter()
        .chain(&NOBODYS)
        .map(|&id| id.to_owned())
        .collect();
    assert_eq!(open, wanted);
    assert_eq!(ada.delete("session").send().await.status, 204);
}

#[tokio::test]
async fn with_one_everything_is_open_and_without_it_closed_again() {
    let server = TestServer::start_with(|config| config.require_second_factor = true).await;
    let ada = server.set_up().await;
    let (app, _) = ada.turn_on_second_factor().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let token = ada.token(&["manage", "verify"]).await;

    let off = json!({ "code": app.next_code() });
    let off = ada.delete("me/second-factor").json(&off).send().await;
    assert_eq!(off.status, 204);
    ada.get("projects")
        .send()
        .await
        .problem(403, "second_factor_setup_required");
    // Programs have no phone: what was made with a second factor goes on.
    token.get("projects").send().await.status(200);
    assert_eq!(token.verify(&key.secret).await, "valid");

    // The second one begins like the first.
    ada.turn_on_second_factor().await;
    ada.get("projects").send().await.status(200);
}

#[tokio::test]
async fn unless_it_is_asked_for_nobody_needs_one() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let state = ada.get("session").send().await.ok();
    assert_eq!(state["requires_second_factor"], false);
    ada.sign_in("ada@example.com", PASSWORD).await;
    ada.get("projects").send().await.status(200);
}
