//! PATCH of a key: three states of a field, switching off and on, expiry, and versions.

use serde_json::{Value, json};

use crate::support::{TestServer, after, before, eventually};

#[tokio::test]
async fn an_absent_field_stays_null_clears_and_a_value_sets() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let expiry = "2099-01-01T00:00:00.000Z";
    let body = json!({ "description": "Claude AI Integration", "environment": "staging", "expires_at": expiry });
    let key = ada.key_with(&project, body).await;
    let state = |key: &Value| {
        [
            &key["description"],
            &key["environment"],
            &key["expires_at"],
            &key["version"],
        ]
        .map(Clone::clone)
    };
    let staging = |description: &str, expires_at: Value, version: i64| {
        [
            json!(description),
            json!("staging"),
            expires_at,
            json!(version),
        ]
    };
    for (body, wanted) in [
        (
            json!({}),
            staging("Claude AI Integration", json!(expiry), 1),
        ),
        (
            json!({ "description": " Analytics Dashboard " }),
            staging("Analytics Dashboard", json!(expiry), 2),
        ),
        (
            json!({ "description": "Analytics Dashboard" }),
            staging("Analytics Dashboard", json!(expiry), 2),
        ),
        (
            json!({ "description": null }),
            staging("", json!(expiry), 3),
        ),
        (json!({ "description": "" }), staging("", json!(expiry), 3)),
        (json!({ "expires_at": null }), staging("", Value::Null, 4)),
        (
            json!({ "expires_at": null, "description": null }),
            staging("", Value::Null, 4),
        ),
        (
            json!({ "expires_at": expiry, "description": "Both" }),
            staging("Both", json!(expiry), 5),
        ),
    ] {
        let answer = ada.patch(&project.key(&key), body.clone()).send().await;
        assert_eq!(
            answer.header("etag"),
            Some(format!("\"v{}\"", wanted[3]).as_str()),
            "{body}"
        );
        assert_eq!(state(&answer.status(200)), wanted, "{body}");
        assert_eq!(
            state(&ada.get(&project.key(&key)).send().await.ok()),
            wanted,
            "{body}"
        );
    }
    let changed = ada
        .patch(&project.key(&key), json!({ "environment": "production" }))
        .send()
        .await
        .ok();
    assert_eq!(changed["environment"], "production");
    assert_eq!(changed["description"], "Both");
}

#[tokio::test]
async fn a_key_is_not_changed_to_bad_values() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    for (body, pointer) in [
        (json!({ "description": "x".repeat(201) }), "/description"),
        (json!({ "description": "a\u{7f}b" }), "/description"),
        (json!({ "description": false }), "/description"),
        (json!({ "environment": "moon" }), "/environment"),
        // What can't be cleared doesn't take null for "as it is".
        (json!({ "environment": null }), "/environment"),
        (json!({ "disabled": null }), "/disabled"),
        (json!({ "expires_at": before(1) }), "/expires_at"),
        (json!({ "expires_at": "" }), "/expires_at"),
        (json!({ "disabled": "true" }), "/disabled"),
        (json!({ "disabled": 1 }), "/disabled"),
        (json!({ "revoked_at": null }), "/revoked_at"),
        (json!({ "status": "active" }), "/status"),
        (
            json!({ "description": "Fine", "expires_at": before(1) }),
            "/expires_at",
        ),
    ] {
        ada.patch(&project.key(&key), body)
            .send()
            .await
            .wrong_field(422, "invalid_field", pointer);
    }
    assert_eq!(
        ada.get(&project.key(&key)).send().await.ok(),
        key.json["key"]
    );
}

#[tokio::test]
async fn a_disabled_key_is_refused_until_it_is_enabled() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let holder = server.anonymous().with_key(&key.secret);
    for round in 0..3 {
        let off = ada
            .patch(&project.key(&key), json!({ "disabled": true }))
            .send()
            .await
            .ok();
        assert_eq!(off["status"], "disabled");
        assert!(off["disabled_at"].is_string());
        let refused = holder
            .get("keys/self")
            .send()
            .await
            .problem(401, "key_refused");
        assert_eq!(refused["reason"], "disabled");
        assert_eq!(ada.verify(&key.secret).await, "disabled");
        let again = ada
            .patch(&project.key(&key), json!({ "disabled": true }))
            .send()
            .await
            .ok();
        assert_eq!(again["version"], off["version"], "round {round}");
        assert_eq!(again["disabled_at"], off["disabled_at"]);
        let on = ada
            .patch(&project.key(&key), json!({ "disabled": false }))
            .send()
            .await
            .ok();
        assert_eq!(on["status"], "active");
        assert_eq!(on["disabled_at"], Value::Null);
        holder.get("keys/self").send().await.status(200);
    }
    ada.patch(&project.key(&key), json!({ "disabled": true }))
        .send()
        .await
        .ok();
    let _server = server.restart().await;
    assert_eq!(ada.verify(&key.secret).await, "disabled");
}

#[tokio::test]
async fn a_key_expires_by_itself_and_can_be_given_more_time() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let body = json!({ "description": "Claude AI Integration", "expires_at": after(2) });
    let key = ada.key_with(&project, body).await;
    eventually("the key expires", || async {
        ada.verify(&key.secret).await == "expired"
    })
    .await;
    assert_eq!(
        ada.get(&project.key(&key)).send().await.ok()["status"],
        "expired"
    );
    let holder = server.anonymous().with_key(&key.secret);
    assert_eq!(
        holder
            .get("keys/self")
            .send()
            .await
            .problem(401, "key_refused")["reason"],
        "expired"
    );
    let changed = ada
        .patch(&project.key(&key), json!({ "expires_at": after(3600) }))
        .send()
        .await
        .ok();
    assert_eq!(changed["status"], "active");
    holder.get("keys/self").send().await.status(200);
    ada.patch(&project.key(&key), json!({ "expires_at": null }))
        .send()
        .await
        .ok();
    assert_eq!(
        holder.get("keys/self").send().await.ok()["expires_at"],
        Value::Null
    );
}

#[tokio::test]
async fn the_stronger_state_is_the_one_that_is_told() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let told = async || {
        let status = ada.get(&project.key(&key)).send().await.ok()["status"].clone();
        (
            ada.verify(&key.secret).await,
            status.as_str().unwrap().to_owned(),
        )
    };
    let both = |code: &str, status: &str| (code.to_owned(), status.to_owned());
    assert_eq!(told().await, both("valid", "active"));
    server.db_expire_key(&project, &key, -10);
    assert_eq!(told().await, both("expired", "expired"));
    ada.patch(&project.key(&key), json!({ "disabled": true }))
        .send()
        .await
        .ok();
    assert_eq!(told().await, both("disabled", "disabled"));
    ada.delete(&project.key(&key)).send().await.ok();
    assert_eq!(told().await, both("revoked", "revoked"));
}

#[tokio::test]
async fn a_revoked_key_stays_as_it_is() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    ada.delete(&project.key(&key)).send().await.ok();
    let before = ada.get(&project.key(&key)).send().await.ok();
    for body in [
        json!({ "disabled": false }),
        json!({ "disabled": true }),
        json!({ "expires_at": after(60) }),
        json!({ "expires_at": null }),
        json!({ "description": "Alive" }),
        json!({ "environment": "production" }),
    ] {
        ada.patch(&project.key(&key), body)
            .send()
            .await
            .problem(409, "key_revoked");
    }
    assert_eq!(ada.get(&project.key(&key)).send().await.ok(), before);
    assert_eq!(ada.verify(&key.secret).await, "revoked");
}

#[tokio::test]
async fn an_edit_of_an_older_version_is_refused_and_changes_nothing() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let path = project.key(&key);
    let edit = |text: &str, version: &str| {
        ada.patch(&path, json!({ "description": text }))
            .header("if-match", version)
            .send()
    };
    assert_eq!(edit("Two", "\"v1\"").await.status, 200);
    edit("Three", "\"v1\"")
        .await
        .problem(412, "version_mismatch");
    edit("Three", "\"v3\"")
        .await
        .problem(412, "version_mismatch");
    assert_eq!(edit("Three", "\"v9\", \"v2\"").await.status, 200);
    assert_eq!(edit("Four", "*").await.status, 200);
    for odd in ["v4", "4", "W/\"v4\"", "\"v4", "\"vfour\""] {
        edit("Five", odd)
            .await
            .wrong_field(400, "invalid_request", "#header/If-Match");
    }
    let (one, other) = tokio::join!(edit("One", "\"v4\""), edit("Other", "\"v4\""));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
    // If-Match is for edits: access is ended whatever the version.
    ada.delete(&path)
        .header("if-match", "\"v1\"")
        .send()
        .await
        .status(200);
}

#[tokio::test]
async fn crossing_switches_leave_memory_and_database_of_one_mind() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    for _ in 0..5 {
        let switch = |off: bool| {
            ada.patch(&project.key(&key), json!({ "disabled": off }))
                .send()
        };
        let answers = tokio::join!(switch(true), switch(false), switch(true), switch(false));
        for answer in [answers.0, answers.1, answers.2, answers.3] {
            assert_eq!(answer.status, 200);
        }
        let status = ada.get(&project.key(&key)).send().await.ok()["status"].clone();
        let wanted = if status == "active" {
            "valid"
        } else {
            "disabled"
        };
        assert_eq!(ada.verify(&key.secret).await, wanted);
    }
}
