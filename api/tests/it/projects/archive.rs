//! Archiving: all keys end, and nothing can be changed any more.

use serde_json::{Value, json};

use crate::support::{Actor, TestServer};

fn receipts(answer: &Value) -> Vec<Value> {
    let mut receipts = answer["receipts"].as_array().unwrap().clone();
    receipts.sort_by_key(|receipt| receipt["key_id"].to_string());
    receipts
}

#[tokio::test]
async fn archiving_revokes_every_key_and_gives_a_receipt_for_each() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let elsewhere = ada.project("Elsewhere").await;
    let one = ada.key(&project, "Claude AI Integration").await;
    let other = ada.key(&project, "Analytics Dashboard").await;
    let gone = ada.key(&project, "Development - Testing").await;
    let safe = ada.key(&elsewhere, "Production API Access").await;
    ada.delete(&project.key(&gone)).send().await.ok();
    let rotated = ada
        .post(&format!("{}/rotate", project.key(&other)), json!({}))
        .send()
        .await
        .status(201);

    let answer = ada.delete(&project.this()).send().await.ok();
    assert!(answer["project"]["archived_at"].is_string());
    let found = receipts(&answer);
    let mut keys = [json!(one.id), json!(other.id)];
    keys.sort_by_key(ToString::to_string);
    assert_eq!(
        found
            .iter()
            .map(|receipt| receipt["key_id"].clone())
            .collect::<Vec<_>>(),
        keys
    );
    assert!(
        found
            .iter()
            .all(|receipt| receipt["reason"] == "project_archived")
    );
    assert!(found.iter().all(|receipt| receipt["streams_closed"] == 0));

    let new_secret = rotated["secret"].as_str().unwrap();
    for secret in [&one.secret, &other.secret, &gone.secret, new_secret] {
        assert_eq!(ada.verify(secret).await, "revoked");
        server
            .anonymous()
            .with_key(secret)
            .get("keys/self")
            .send()
            .await
            .problem(401, "key_refused");
        let call = server
            .anonymous()
            .with_key(secret)
            .post(&project.endpoint(), json!({}));
        assert_eq!(call.send().await.status, 401);
    }
    assert_eq!(ada.verify(&safe.secret).await, "valid");
    let shown = ada.get(&project.key(&one)).send().await.ok();
    assert_eq!(shown["revoke_reason"], "project_archived");
    let shown = ada.get(&project.key(&gone)).send().await.ok();
    assert_eq!(shown["revoke_reason"], "other", "it was revoked before");
}

#[tokio::test]
async fn archiving_again_gives_the_same_receipts() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    ada.key(&project, "Claude AI Integration").await;
    ada.key(&project, "Analytics Dashboard").await;
    let (one, other) = tokio::join!(
        ada.delete(&project.this()).send(),
        ada.delete(&project.this()).send()
    );
    let first = one.ok();
    assert_eq!(receipts(&first).len(), 2);
    assert_eq!(receipts(&first), receipts(&other.ok()));
    let server = server.restart().await;
    let again = ada.delete(&project.this()).send().await.ok();
    assert_eq!(receipts(&again), receipts(&first));
    assert_eq!(
        again["project"]["archived_at"],
        first["project"]["archived_at"]
    );
    server.stop().await;
}

#[tokio::test]
async fn an_archived_project_can_be_read_and_not_changed() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let member = ada.member("Member").await;
    ada.join(&project, &member, "viewer").await;
    ada.delete(&project.this()).send().await.ok();

    let membership = project.path(&format!("members/{}", member.user_id()));
    let refused = [
        (
            ada.patch(&project.this(), json!({ "name": "Sea" })),
            "project_archived",
        ),
        (ada.post(&project.keys(), json!({})), "project_archived"),
        (
            ada.post(&format!("{}/rotate", project.key(&key)), json!({})),
            "project_archived",
        ),
        (
            ada.post(
                &project.path("members"),
                json!({ "email": "x@example.com", "role": "viewer" }),
            ),
            "project_archived",
        ),
        (
            ada.patch(&membership, json!({ "role": "owner" })),
            "project_archived",
        ),
        (
            ada.patch(&project.key(&key), json!({ "disabled": true })),
            "key_revoked",
        ),
        (
            ada.delete(&format!("{}/overlap", project.key(&key))),
            "key_revoked",
        ),
    ];
    for (call, code) in refused {
        call.send().await.problem(409, code);
    }
    for path in [
        project.this(),
        project.keys(),
        project.key(&key),
        project.path("members"),
        project.path("audit"),
        project.path("usage"),
        project.path("hygiene"),
    ] {
        assert_eq!(ada.get(&path).send().await.status, 200, "{path}");
    }
    assert_eq!(
        member.get(&project.key(&key)).send().await.ok()["status"],
        "revoked"
    );
}

#[tokio::test]
async fn archived_projects_have_a_list_of_their_own() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let gone = ada.project("Gone").await;
    ada.project("Here").await;
    ada.delete(&gone.this()).send().await.ok();
    let names = async |who: &Actor, query: &str| {
        let page = who.get(&format!("projects{query}")).send().await.ok();
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|project| project["name"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&ada, "").await, ["Here"]);
    assert_eq!(names(&ada, "?archived=false").await, ["Here"]);
    assert_eq!(names(&ada, "?archived=true").await, ["Gone"]);
}
