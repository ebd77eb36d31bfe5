//! `/projects/{project_id}/keys`: make, show and list. Rotating and revoking have files of their own.

mod change;
mod list;

use serde_json::{Value, json};

use crate::support::{TestServer, after, before};

#[tokio::test]
async fn everything_about_a_key_may_be_left_out() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let answer = ada.post(&project.keys(), json!({})).send().await;
    assert_eq!(answer.header("etag"), Some("\"v1\""));
    let key = answer.status(201)["key"].clone();
    assert_eq!(key["description"], "");
    assert_eq!(key["environment"], "none");
    assert_eq!(key["version"], 1);
    for field in [
        "expires_at",
        "disabled_at",
        "revoked_at",
        "revoked_by",
        "revoke_reason",
        "last_used_at",
        "last_used_via",
        "last_used_client",
    ] {
        assert_eq!(key.get(field), Some(&Value::Null), "{field}");
    }
    assert_eq!(key["secrets"].as_array().unwrap().len(), 1);
    assert_eq!(key["secrets"][0]["hint"], key["hint"]);
    assert_eq!(key["secrets"][0]["retires_at"], Value::Null);
    let path = project.path(&format!("keys/{}", key["id"].as_str().unwrap()));
    let shown = ada.get(&path).send().await;
    assert_eq!(shown.header("etag"), Some("\"v1\""));
    assert_eq!(shown.ok(), key);
}

#[tokio::test]
async fn a_key_keeps_what_it_was_made_with() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let longest = "é".repeat(200);
    for (n, (description, environment)) in [
        ("Production - Claude Integration", "production"),
        ("Analyse – Équipe données ☃ 記憶", "staging"),
        ("<script>alert(1)</script> ' \" \\ %00", "development"),
        (longest.as_str(), "none"),
    ]
    .into_iter()
    .enumerate()
    {
        let body = json!({
            "description": format!(" {description} "), "environment": environment,
            "expires_at": format!("209{n}-02-28T12:00:00+01:00"),
        });
        let made = ada.key_with(&project, body).await;
        let shown = ada.get(&project.key(&made)).send().await.ok();
        assert_eq!(shown["description"], description);
        assert_eq!(shown["environment"], environment);
        assert_eq!(shown["expires_at"], format!("209{n}-02-28T11:00:00.000Z"));
    }
}

#[tokio::test]
async fn a_key_is_made_of_good_fields_only() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    for (body, pointer) in [
        (json!({ "description": "x".repeat(201) }), "/description"),
        (json!({ "description": "é".repeat(201) }), "/description"),
        (json!({ "description": "a\nb" }), "/description"),
        (json!({ "description": "a\u{0}b" }), "/description"),
        (json!({ "description": "\u{202e}gnp" }), "/description"),
        (json!({ "description": 1 }), "/description"),
        (json!({ "description": ["a"] }), "/description"),
        (json!({ "environment": "Production" }), "/environment"),
        (json!({ "environment": "" }), "/environment"),
        (json!({ "expires_at": before(1) }), "/expires_at"),
        (
            json!({ "expires_at": "1999-01-01T00:00:00Z" }),
            "/expires_at",
        ),
        (json!({ "expires_at": "tomorrow" }), "/expires_at"),
        (
            json!({ "expires_at": "2099-02-30T00:00:00Z" }),
            "/expires_at",
        ),
        (json!({ "expires_at": "2099-01-01" }), "/expires_at"),
        (json!({ "expires_at": 4_070_908_800_i64 }), "/expires_at"),
        (json!({ "secret": "lk_mine" }), "/secret"),
        (json!({ "disabled": true }), "/disabled"),
        (json!({ "id": "key_1" }), "/id"),
    ] {
        ada.post(&project.keys(), body)
            .send()
            .await
            .wrong_field(422, "invalid_field", pointer);
    }
    let body = json!({ "description": "x".repeat(300), "expires_at": before(60) });
    let problem = ada
        .post(&project.keys(), body)
        .send()
        .await
        .problem(422, "invalid_field");
    assert_eq!(
        problem["errors"].as_array().unwrap().len(),
        2,
        "both are told at once"
    );
    let all = ada
        .get(&format!("{}?status=all", project.keys()))
        .send()
        .await
        .ok();
    assert_eq!(all["items"], json!([]));
}

#[tokio::test]
async fn advice_on_a_description_is_given_and_never_refuses() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    for (description, wanted) in [
        ("Production - Claude Integration", &[][..]),
        ("Development - Testing", &[]),
        ("Analytics Dashboard - Read Only", &[]),
        ("Claude AI Integration", &[]),
        ("Team Member - John", &[]),
        ("", &["empty"]),
        ("Key 1", &["weak"]),
        ("Test", &["weak"]),
        ("Slack", &["one_word"]),
        ("claude  ai INTEGRATION", &["duplicate"]),
        ("test", &["weak", "duplicate"]),
    ] {
        let made = ada.key(&project, description).await;
        let advice = made.json["guidance"].as_array().unwrap();
        let codes: Vec<_> = advice
            .iter()
            .map(|piece| piece["code"].as_str().unwrap())
            .collect();
        assert_eq!(codes, wanted, "{description:?}");
        for piece in advice.iter().filter(|piece| piece["code"] != "duplicate") {
            assert!(
                piece["message"].as_str().unwrap().contains(" - "),
                "no better example for {description:?}"
            );
        }
    }
    // A namesake in another project is none.
    let other = ada.project("Other").await;
    assert_eq!(
        ada.key(&other, "Claude AI Integration").await.json["guidance"],
        json!([])
    );
}

#[tokio::test]
async fn where_keys_are_not_taken_in_urls_no_such_url_is_shown() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    ada.patch(&project.this(), json!({ "allow_key_in_url": false }))
        .send()
        .await
        .ok();
    let made = ada.key(&project, "Claude AI Integration").await;
    assert_eq!(made.json["endpoint_url_with_key"], Value::Null);
    assert_eq!(made.json["endpoint_url"], server.url(&project.endpoint()));
    let rotated = ada
        .post(&format!("{}/rotate", project.key(&made)), json!({}))
        .send()
        .await
        .status(201);
    assert_eq!(rotated["endpoint_url_with_key"], Value::Null);
}

#[tokio::test]
async fn a_key_is_found_only_below_its_own_project() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let other = ada.project("Other").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let wrong = [
        other.key(&key),
        project.path("keys/key_00000000000000000000000000000000"),
        project.path("keys/key_1"),
        project.path(&format!("keys/{}", project.id)),
        format!(
            "projects/proj_00000000000000000000000000000000/keys/{}",
            key.id
        ),
        format!("projects/x/keys/{}", key.id),
    ];
    for path in wrong {
        ada.get(&path).send().await.problem(404, "not_found");
        ada.patch(&path, json!({ "disabled": true }))
            .send()
            .await
            .problem(404, "not_found");
        ada.post(&format!("{path}/rotate"), json!({}))
            .send()
            .await
            .problem(404, "not_found");
        ada.delete(&path).send().await.problem(404, "not_found");
        ada.delete(&format!("{path}/overlap"))
            .send()
            .await
            .problem(404, "not_found");
        ada.get(&format!("{path}/usage"))
            .send()
            .await
            .problem(404, "not_found");
        ada.get(&format!("{path}/events"))
            .send()
            .await
            .problem(404, "not_found");
    }
    assert_eq!(ada.verify(&key.secret).await, "valid");
}

#[tokio::test]
async fn roles_decide_who_looks_and_who_changes() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let viewer = ada.member("Viewer").await;
    let editor = ada.member("Editor").await;
    ada.join(&project, &viewer, "viewer").await;
    ada.join(&project, &editor, "editor").await;
    viewer.get(&project.keys()).send().await.status(200);
    viewer.get(&project.key(&key)).send().await.status(200);
    viewer
        .post(&project.keys(), json!({}))
        .send()
        .await
        .problem(403, "forbidden");
    viewer
        .patch(&project.key(&key), json!({ "disabled": true }))
        .send()
        .await
        .problem(403, "forbidden");
    viewer
        .post(&format!("{}/rotate", project.key(&key)), json!({}))
        .send()
        .await
        .problem(403, "forbidden");
    viewer
        .delete(&project.key(&key))
        .send()
        .await
        .problem(403, "forbidden");
    assert_eq!(ada.verify(&key.secret).await, "valid");
    let made = editor.key(&project, "Analytics Dashboard").await;
    assert_eq!(
        made.json["key"]["created_by"],
        json!({ "id": editor.user_id(), "name": "Editor" })
    );
    let answer = editor
        .patch(&project.key(&key), json!({ "expires_at": after(3600) }))
        .send()
        .await;
    assert_eq!(answer.status, 200);
    editor.delete(&project.key(&key)).send().await.status(200);
}

#[tokio::test]
async fn a_use_is_noted_with_when_how_and_by_what() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let used = async || {
        let shown = ada.get(&project.key(&key)).send().await.ok();
        assert_eq!(shown["last_used_at"], shown["secrets"][0]["last_used_at"]);
        assert_eq!(shown["version"], 1, "a use is no edit");
        (
            shown["last_used_via"].clone(),
            shown["last_used_client"].clone(),
            shown["last_used_at"].clone(),
        )
    };
    assert_eq!(used().await, (Value::Null, Value::Null, Value::Null));
    let holder = server.anonymous().with_key(&key.secret);
    let call = holder
        .get("keys/self")
        .header("user-agent", "claude-code/2.1.0 (linux; x64)");
    call.send().await.status(200);
    let (via, client, first) = used().await;
    assert_eq!((via, client), (json!("header"), json!("claude-code/2.1.0")));
    let url = format!("/api/v1/keys/self?apikey={}", key.secret);
    server
        .anonymous()
        .get(&url)
        .header("user-agent", "curl/8.5.0")
        .send()
        .await
        .status(200);
    let (via, client, second) = used().await;
    assert_eq!((via, client), (json!("url"), json!("curl/8.5.0")));
    assert!(second.as_str() >= first.as_str());
    // A person who looks a key up leaves its last use as it is; a program that lets somebody in by it does not.
    assert_eq!(ada.verify(&key.secret).await, "valid");
    assert_eq!(used().await.0, "url");
    let program = ada.token(&["verify"]).await;
    assert_eq!(program.verify(&key.secret).await, "valid");
    assert_eq!(used().await.0, "verify");
    // What was refused is no use.
    ada.patch(&project.key(&key), json!({ "disabled": true }))
        .send()
        .await
        .ok();
    let before_refusal = ada.get(&project.key(&key)).send().await.ok()["last_used_at"].clone();
    holder
        .get("keys/self")
        .send()
        .await
        .problem(401, "key_refused");
    let _server = server.restart().await;
    let shown = ada.get(&project.key(&key)).send().await.ok();
    assert_eq!(
        shown["last_used_at"], before_refusal,
        "the last use outlives a restart in order"
    );
    assert_eq!(shown["last_used_via"], "verify");
}
