//! Disabling a user: what they are signed in with ends at once; what they made is told, and ended if asked.

use serde_json::{Value, json};

use crate::support::{Actor, CreatedKey, PASSWORD, Project, TestServer};

struct Scene {
    server: TestServer,
    ada: Actor,
    member: Actor,
    token: Actor,
    project: Project,
    key: CreatedKey,
    path: String,
}

/// A member with a token, a project and a key, all of which Ada may disable.
async fn scene() -> Scene {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let member = ada.member("Member").await;
    let token = member.token(&["manage", "verify"]).await;
    let project = member.project("Memory Lake").await;
    // The administrator belongs to it, so that they may ask about its keys.
    member.join(&project, &ada, "viewer").await;
    let key = member.key(&project, "Claude AI Integration").await;
    let path = format!("users/{}", member.user_id());
    Scene {
        server,
        ada,
        member,
        token,
        project,
        key,
        path,
    }
}

#[tokio::test]
async fn a_disabled_user_is_out_at_once_and_their_keys_are_told() {
    let Scene {
        server,
        ada,
        member,
        token,
        project,
        key,
        path,
    } = scene().await;
    let gone = member.key(&project, "Development - Testing").await;
    member.delete(&project.key(&gone)).send().await.ok();
    let answer = ada
        .patch(&path, json!({ "disabled": true }))
        .send()
        .await
        .ok();
    assert!(answer["user"]["disabled_at"].is_string());
    let ids: Vec<_> = answer["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["id"].clone())
        .collect();
    assert_eq!(ids, [json!(key.id)], "the revoked one needs no care");
    assert_eq!(answer["keys"][0]["status"], "active");
    assert_eq!(answer["receipts"], json!([]));

    member
        .get("me")
        .send()
        .await
        .problem(401, "unauthenticated");
    token.get("me").send().await.problem(401, "unauthenticated");
    let sign_in = json!({ "email": member.email(), "password": PASSWORD });
    server
        .anonymous()
        .post("session", sign_in)
        .send()
        .await
        .problem(401, "invalid_credentials");
    let link = ada
        .post(&format!("{path}/sign-in-link"), json!({}))
        .send()
        .await;
    link.problem(409, "conflict");
    // Keys are the project's: they go on unless it is asked for.
    assert_eq!(ada.verify(&key.secret).await, "valid");
}

#[tokio::test]
async fn the_keys_they_made_are_revoked_if_that_is_asked_for() {
    let Scene {
        server,
        ada,
        path,
        project,
        key,
        ..
    } = scene().await;
    let other = ada.key(&project, "Analytics Dashboard").await;
    let answer = ada
        .patch(&path, json!({ "disabled": true, "revoke_keys": true }))
        .send()
        .await
        .ok();
    let receipts = answer["receipts"].as_array().unwrap();
    assert_eq!(receipts.len(), 1);
    assert_eq!(receipts[0]["key_id"], key.id);
    assert_eq!(receipts[0]["reason"], "user_disabled");
    assert_eq!(
        receipts[0]["nodes"],
        json!({ "live": 1, "acknowledged": 1 })
    );
    assert_eq!(answer["keys"][0]["status"], "revoked");
    assert_eq!(answer["keys"][0]["revoke_reason"], "user_disabled");
    assert_eq!(answer["keys"][0]["revoked_by"]["id"], ada.user_id());
    server
        .anonymous()
        .with_key(&key.secret)
        .get("keys/self")
        .send()
        .await
        .problem(401, "key_refused");
    assert_eq!(
        ada.verify(&other.secret).await,
        "valid",
        "somebody else made it"
    );
    // Revoking it again is the same revoke.
    assert_eq!(
        ada.delete(&project.key(&key)).send().await.ok(),
        receipts[0]
    );
}

#[tokio::test]
async fn whoever_is_let_in_again_signs_in_anew() {
    let Scene {
        server: _server,
        ada,
        member,
        token,
        path,
        ..
    } = scene().await;
    ada.patch(&path, json!({ "disabled": true }))
        .send()
        .await
        .ok();
    let answer = ada
        .patch(&path, json!({ "disabled": false }))
        .send()
        .await
        .ok();
    assert_eq!(answer["user"]["disabled_at"], Value::Null);
    assert_eq!(answer["keys"], json!([]));
    member
        .get("me")
        .send()
        .await
        .problem(401, "unauthenticated");
    token.get("me").send().await.problem(401, "unauthenticated");
    let again = ada.sign_in(member.email(), PASSWORD).await;
    again.get("me").send().await.status(200);
}

#[tokio::test]
async fn disabling_twice_can_still_revoke_the_keys() {
    let Scene {
        server: _server,
        ada,
        path,
        key,
        ..
    } = scene().await;
    ada.patch(&path, json!({ "disabled": true }))
        .send()
        .await
        .ok();
    assert_eq!(ada.verify(&key.secret).await, "valid");
    let again = ada
        .patch(&path, json!({ "disabled": true, "revoke_keys": true }))
        .send()
        .await
        .ok();
    assert_eq!(again["receipts"].as_array().unwrap().len(), 1);
    assert_eq!(ada.verify(&key.secret).await, "revoked");
}

#[tokio::test]
async fn a_disabled_user_stays_out_after_a_restart() {
    let Scene {
        server,
        ada,
        member,
        token,
        path,
        ..
    } = scene().await;
    ada.patch(&path, json!({ "disabled": true }))
        .send()
        .await
        .ok();
    let _server = server.restart().await;
    member
        .get("me")
        .send()
        .await
        .problem(401, "unauthenticated");
    token.get("me").send().await.problem(401, "unauthenticated");
}
