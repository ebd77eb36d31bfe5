//! The product's own page, "Creating an API Key", step by step.

use serde_json::{Value, json};

use crate::support::TestServer;

#[tokio::test]
async fn a_key_is_made_used_and_revoked_as_the_page_tells_it() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;

    // 1: open project. 2 and 3 are tabs and buttons of the browser.
    let project = ada.project("Memory Lake").await;
    let shown = ada.get(&project.this()).send().await.ok();
    assert_eq!(shown["slug"], "memory-lake");
    assert_eq!(
        ada.get(&project.keys()).send().await.ok()["items"],
        json!([])
    );

    // 4: enter description. 5: generate key.
    let body = json!({ "description": "Claude AI Integration", "environment": "production" });
    let answer = ada.post(&project.keys(), body).send().await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let created = answer.status(201);

    // 6: copy the secret. This is the only time you'll see it.
    let secret = created["secret"].as_str().unwrap().to_owned();
    assert!(
        has_the_form_of_a_secret(&secret),
        "the secret's form is wrong"
    );
    let key = &created["key"];
    assert_eq!(key["description"], "Claude AI Integration");
    assert_eq!(key["environment"], "production");
    assert_eq!(key["status"], "active");
    assert_eq!(key["project_id"], project.id);
    assert_eq!(
        key["created_by"],
        json!({ "id": ada.user_id(), "name": "Ada" })
    );
    assert_eq!(key["hint"], format!("lk_…{}", &secret[secret.len() - 4..]));
    assert_eq!(created["guidance"], json!([]));

    // 7: note the endpoint URL.
    let endpoint = server.url("/memory-lake/mcp/v1");
    assert_eq!(created["endpoint_url"], endpoint);
    assert_eq!(project.json["endpoint_url"], endpoint);
    let with_key = created["endpoint_url_with_key"].as_str().unwrap();
    assert!(
        with_key == format!("{endpoint}?apikey={secret}"),
        "the URL to copy is wrong"
    );

    // Once you close this dialog, the full secret cannot be retrieved again.
    let path = project.path(&format!("keys/{}", key["id"].as_str().unwrap()));
    for path in [
        &path,
        &project.keys(),
        &project.this(),
        &project.path("audit"),
        &project.path("usage"),
    ] {
        let body = ada.get(path).send().await;
        assert_eq!(body.status, 200, "{path}");
        assert!(
            !body.body.contains(&secret[3..33]),
            "{path} shows the secret again"
        );
    }

    // Verify new key works.
    let check = ada
        .post(
            "keys/verify",
            json!({ "key": secret, "project": "memory-lake" }),
        )
        .send()
        .await
        .ok();
    assert_eq!(check["valid"], true);
    assert_eq!(check["code"], "valid");
    assert_eq!(check["key_id"], key["id"]);
    let holder = server.anonymous().with_key(&secret);
    let own = holder.get("keys/self").send().await.ok();
    let wanted = json!({
        "id": key["id"], "project_id": project.id, "description": "Claude AI Integration",
        "environment": "production", "expires_at": null,
    });
    assert_eq!(own, wanted);
    let path_with_key = format!("/memory-lake/mcp/v1?apikey={secret}");
    assert_eq!(
        server
            .anonymous()
            .post(
                &path_with_key,
                json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize",
                    "params": { "protocolVersion": "2025-11-25" } })
            )
            .send()
            .await
            .status,
        200
    );

    // Delete: access is revoked immediately.
    let receipt = ada.delete(&path).send().await.ok();
    assert_eq!(receipt["key_id"], key["id"]);

    // Applications using that key will receive 401 Unauthorized errors.
    let refused = holder.get("keys/self").send().await;
    assert_eq!(refused.problem(401, "key_refused")["reason"], "revoked");
    let refused = server
        .anonymous()
        .post(&path_with_key, json!({}))
        .send()
        .await;
    assert_eq!(refused.status, 401);
    assert_eq!(refused.json()["error"]["data"]["code"], "revoked");
    let forwarded = holder.get("forward-auth").send().await;
    forwarded.problem(401, "key_refused");
    let check = ada
        .post("keys/verify", json!({ "key": secret }))
        .send()
        .await
        .ok();
    assert_eq!(check["valid"], false);
    assert_eq!(check["code"], "revoked");

    // And it is gone from the list, though not from the books.
    assert_eq!(
        ada.get(&project.keys()).send().await.ok()["items"],
        json!([])
    );
    let all = ada
        .get(&format!("{}?status=all", project.keys()))
        .send()
        .await
        .ok();
    assert_eq!(all["items"][0]["status"], "revoked");
    server.stop().await;
}

#[tokio::test]
async fn a_lost_secret_means_delete_and_make_another() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let lost = ada.key(&project, "Analytics Dashboard").await;
    ada.delete(&project.key(&lost)).send().await.ok();
    let second = ada.key(&project, "Analytics Dashboard").await;
    assert!(lost.secret != second.secret && lost.id != second.id);
    assert_eq!(
        second.json["guidance"],
        json!([]),
        "a revoked namesake is no duplicate"
    );
    assert_eq!(ada.verify(&lost.secret).await, "revoked");
    assert_eq!(ada.verify(&second.secret).await, "valid");
}

#[tokio::test]
async fn revoking_one_key_does_not_affect_the_others() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let one = ada.key(&project, "Development - Testing").await;
    let other = ada.key(&project, "Production - Claude Integration").await;
    ada.delete(&project.key(&one)).send().await.ok();
    assert_eq!(ada.verify(&one.secret).await, "revoked");
    assert_eq!(ada.verify(&other.secret).await, "valid");
}

#[tokio::test]
async fn keys_outlive_a_restart_and_so_do_revocations() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let kept = ada.key(&project, "Production API Access").await;
    let ended = ada.key(&project, "Team Member - Ada").await;
    ada.delete(&project.key(&ended)).send().await.ok();
    let server = server.restart().await;
    assert_eq!(ada.verify(&kept.secret).await, "valid");
    assert_eq!(ada.verify(&ended.secret).await, "revoked");
    let shown: Value = ada.get(&project.key(&kept)).send().await.ok();
    assert_eq!(shown["status"], "active");
    server.stop().await;
}

/// `lk_`, 30 characters, and a checksum of 6: one word for a double click, and told from junk by itself.
fn has_the_form_of_a_secret(secret: &str) -> bool {
    let body = secret.strip_prefix("lk_").unwrap_or_default();
    body.len() == 36
        && body.bytes().all(|b| b.is_ascii_alphanumeric())
        && latchkey_keys::Presented::parse(secret).is_some()
}
