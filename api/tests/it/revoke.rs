//! Revoking: one receipt, and no request accepted from the answer on.

use latchkey_types::Timestamp;
use serde_json::{Value, json};

use crate::support::{TestServer, now};

#[tokio::test]
async fn a_receipt_says_what_was_done_and_again_says_the_same() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let before = now();
    let receipt = ada.delete(&project.key(&key)).send().await.ok();
    assert!(receipt["id"].is_string());
    assert_eq!(receipt["key_id"], key.id);
    assert_eq!(receipt["kind"], "revoke");
    assert_eq!(receipt["reason"], "other");
    assert_eq!(receipt["nodes"], json!({ "live": 1, "acknowledged": 1 }));
    assert_eq!(receipt["streams_closed"], 0);
    let at: Timestamp = receipt["revoked_at"].as_str().unwrap().parse().unwrap();
    assert!(at >= before && at <= now());

    let shown = ada.get(&project.key(&key)).send().await.ok();
    assert_eq!(shown["status"], "revoked");
    assert_eq!(shown["revoked_at"], receipt["revoked_at"]);
    assert_eq!(
        shown["revoked_by"],
        json!({ "id": ada.user_id(), "name": "Ada" })
    );
    assert_eq!(shown["revoke_reason"], "other");

    // Not even another reason or another caller changes it.
    let editor = ada.member("Editor").await;
    ada.join(&project, &editor, "editor").await;
    let again = editor
        .delete(&format!("{}?reason=compromised", project.key(&key)))
        .send()
        .await
        .ok();
    assert_eq!(again, receipt);
    let _server = server.restart().await;
    assert_eq!(ada.delete(&project.key(&key)).send().await.ok(), receipt);
    assert_eq!(ada.get(&project.key(&key)).send().await.ok(), shown);
}

#[tokio::test]
async fn a_reason_is_one_of_four() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    for reason in ["compromised", "rotated", "unused", "other"] {
        let key = ada.key(&project, "Claude AI Integration").await;
        let receipt = ada
            .delete(&format!("{}?reason={reason}", project.key(&key)))
            .send()
            .await
            .ok();
        assert_eq!(receipt["reason"], reason);
        assert_eq!(
            ada.get(&project.key(&key)).send().await.ok()["revoke_reason"],
            reason
        );
    }
    let key = ada.key(&project, "Claude AI Integration").await;
    for query in [
        "reason=",
        "reason=bored",
        "reason=project_archived",
        "reason=user_disabled",
        "why=other",
        "reason=other&reason=unused",
    ] {
        let answer = ada
            .delete(&format!("{}?{query}", project.key(&key)))
            .send()
            .await;
        answer.problem(400, "invalid_request");
    }
    assert_eq!(ada.verify(&key.secret).await, "valid");
}

#[tokio::test]
async fn two_revokes_at_once_are_one() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    for _ in 0..5 {
        let key = ada.key(&project, "Claude AI Integration").await;
        let path = project.key(&key);
        let answers = tokio::join!(
            ada.delete(&path).send(),
            ada.delete(&format!("{path}?reason=compromised")).send(),
            ada.delete(&format!("{path}?reason=unused")).send(),
        );
        let receipts = [answers.0.ok(), answers.1.ok(), answers.2.ok()];
        assert_eq!(receipts[0], receipts[1]);
        assert_eq!(receipts[1], receipts[2]);
        assert_eq!(ada.verify(&key.secret).await, "revoked");
        let events = ada
            .get(&project.path("audit?action=key.revoke&limit=200"))
            .send()
            .await
            .ok();
        let of_this = events["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|event| event["target"] == key.id)
            .count();
        assert_eq!(of_this, 1, "one revoke, one event");
    }
}

#[tokio::test]
async fn whatever_crosses_a_revoke_the_key_ends_revoked() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    for _ in 0..5 {
        let key = ada.key(&project, "Claude AI Integration").await;
        let path = project.key(&key);
        let (revoked, enabled, rotated, edited) = tokio::join!(
            ada.delete(&path).send(),
            ada.patch(&path, json!({ "disabled": true })).send(),
            ada.post(&format!("{path}/rotate"), json!({})).send(),
            ada.patch(&path, json!({ "description": "Edited" })).send(),
        );
        assert_eq!(revoked.status, 200);
        for (answer, good) in [(&enabled, 200), (&rotated, 201), (&edited, 200)] {
            if answer.status != good {
                answer.problem(409, "key_revoked");
            }
        }
        assert_eq!(ada.verify(&key.secret).await, "revoked");
        if let Some(secret) = rotated.json()["secret"].as_str() {
            assert_eq!(ada.verify(secret).await, "revoked");
        }
        assert_eq!(ada.get(&path).send().await.ok()["status"], "revoked");
    }
}

#[tokio::test]
async fn archive_and_rotate_at_once_leave_nothing_alive() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    for n in 0..3 {
        let project = ada.project(&format!("Project {n}")).await;
        let key = ada.key(&project, "Claude AI Integration").await;
        let (archived, rotated, made) = tokio::join!(
            ada.delete(&project.this()).send(),
            ada.post(&format!("{}/rotate", project.key(&key)), json!({}))
                .send(),
            ada.post(&project.keys(), json!({ "description": "Late" }))
                .send(),
        );
        assert_eq!(archived.status, 200);
        for answer in [rotated, made] {
            let body = answer.json();
            match answer.status {
                201 => assert_eq!(
                    ada.verify(body["secret"].as_str().unwrap()).await,
                    "revoked"
                ),
                409 => assert!(matches!(
                    body["code"].as_str(),
                    Some("project_archived" | "key_revoked")
                )),
                other => panic!("{other}"),
            }
        }
        assert_eq!(ada.verify(&key.secret).await, "revoked");
    }
}

#[tokio::test]
async fn a_key_in_any_state_can_be_revoked() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let disabled = ada.key(&project, "Disabled one").await;
    let expired = ada.key(&project, "Expired one").await;
    ada.patch(&project.key(&disabled), json!({ "disabled": true }))
        .send()
        .await
        .ok();
    server.db_expire_key(&project, &expired, -1);
    for key in [&disabled, &expired] {
        let receipt = ada.delete(&project.key(key)).send().await.ok();
        assert!(receipt["streams_closed"].is_number());
        assert_eq!(ada.verify(&key.secret).await, "revoked");
    }
    let listed = ada.get(&project.keys()).send().await.ok();
    assert_eq!(listed["items"], json!([]));
    assert_eq!(listed["next_cursor"], Value::Null);
}

#[tokio::test]
async fn a_client_that_hangs_up_has_revoked_all_the_same() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    for delay in [0, 1, 2, 5, 10, 20] {
        let key = ada.key(&project, "Claude AI Integration").await;
        let call = ada.delete(&project.key(&key)).send();
        let gone = tokio::time::timeout(std::time::Duration::from_millis(delay), call)
            .await
            .is_err();
        // Whether it was done or not, memory and database say the same.
        let first = ada.verify(&key.secret).await;
        let status = ada.get(&project.key(&key)).send().await.ok()["status"].clone();
        let later = ada.verify(&key.secret).await;
        let agree = match status.as_str().unwrap() {
            "revoked" => later == "revoked",
            "active" => first == "valid",
            _ => false,
        };
        assert!(
            agree,
            "gone: {gone}, status {status}, verify {first} then {later}"
        );
    }
}
