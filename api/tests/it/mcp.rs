//! The MCP endpoint: who is let in, how others are refused, and what the built-in memory server answers.

mod live;
mod messages;
mod passed_on;

use serde_json::{Value, json};

use crate::support::{Answer, TestServer};

/// A refusal that an MCP client understands: its status, and the code in its data.
#[track_caller]
fn refusal(answer: &Answer, status: u16, code: &str) -> Value {
    assert_eq!(answer.status, status, "wanted {code}");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let body = answer.json();
    assert_eq!(body["jsonrpc"], "2.0");
    assert_eq!(body["id"], Value::Null);
    assert!(body["error"]["message"].is_string());
    assert_eq!(body["error"]["data"]["code"], code);
    match (status, answer.header("www-authenticate")) {
        (401, Some(challenge)) => {
            assert!(challenge.starts_with("Bearer realm=\""), "{challenge}");
            assert!(
                !challenge.contains("resource_metadata"),
                "sends clients into OAuth: {challenge}"
            );
        }
        (401, None) => panic!("a 401 names a scheme"),
        (_, challenge) => assert_eq!(challenge, None),
    }
    body
}

/// The memory server has answered.
#[track_caller]
fn is_let_in(answer: &Answer) {
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["result"]["protocolVersion"], "2025-11-25");
}

fn initialize() -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": { "protocolVersion": "2025-11-25" } })
}

#[tokio::test]
async fn without_a_key_it_is_401_and_no_error_is_named() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    for method in ["POST", "GET", "DELETE"] {
        let answer = server
            .anonymous()
            .call(method.parse().unwrap(), &project.endpoint())
            .send()
            .await;
        let body = refusal(&answer, 401, "missing");
        assert_eq!(body["error"]["code"], -32001);
        assert_eq!(
            answer.header("www-authenticate"),
            Some("Bearer realm=\"memory-lake\"")
        );
    }
    // A signed-in browser is no key.
    refusal(
        &ada.post(&project.endpoint(), initialize()).send().await,
        401,
        "missing",
    );
}

#[tokio::test]
async fn a_good_key_is_let_in_however_it_comes() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let nobody = server.anonymous();
    let url = format!("{}?apikey={}", project.endpoint(), key.secret);
    for call in [
        nobody
            .with_key(&key.secret)
            .post(&project.endpoint(), initialize()),
        nobody
            .post(&project.endpoint(), initialize())
            .header("x-api-key", &key.secret),
        nobody.post(&url, initialize()),
        nobody.post(&url.replace("apikey", "ApiKey"), initialize()),
    ] {
        let answer = call.send().await;
        is_let_in(&answer);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    let shown = ada.get(&project.key(&key)).send().await.ok();
    assert_eq!(shown["last_used_via"], "url");
}

#[tokio::test]
async fn a_bad_key_is_401_with_the_reason_for_its_holder() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let ask = async |secret: &str| {
        server
            .anonymous()
            .with_key(secret)
            .post(&project.endpoint(), initialize())
            .send()
            .await
    };
    for junk in ["lk_junk", "x", "lkm_junk"] {
        let answer = ask(junk).await;
        refusal(&answer, 401, "invalid");
        let challenge = answer.header("www-authenticate").unwrap();
        assert!(
            challenge.contains("error=\"invalid_token\"")
                && challenge.contains("error_description=")
        );
    }
    let token = ada.token(&["manage"]).await;
    refusal(&ask(token.credential()).await, 401, "invalid");

    let key = ada.key(&project, "Claude AI Integration").await;
    ada.patch(&project.key(&key), json!({ "disabled": true }))
        .send()
        .await
        .ok();
    refusal(&ask(&key.secret).await, 401, "disabled");
    ada.patch(&project.key(&key), json!({ "disabled": false }))
        .send()
        .await
        .ok();
    is_let_in(&ask(&key.secret).await);
    server.db_expire_key(&project, &key, 0);
    refusal(&ask(&key.secret).await, 401, "expired");
    ada.patch(&project.key(&key), json!({ "expires_at": null }))
        .send()
        .await
        .ok();
    let now = json!({ "overlap_seconds": 0 });
    ada.post(&format!("{}/rotate", project.key(&key)), now)
        .send()
        .await
        .status(201);
    refusal(&ask(&key.secret).await, 401, "retired");
    ada.delete(&project.key(&key)).send().await.ok();
    refusal(&ask(&key.secret).await, 401, "revoked");
}

#[tokio::test]
async fn another_projects_key_and_an_unknown_place_look_the_same() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let other = ada.project("Other").await;
    let archived = ada.project("Archived").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    ada.delete(&archived.this()).send().await.ok();
    let mut seen = Vec::new();
    for place in ["other", "archived", "no-such-project"] {
        let path = format!("/{place}/mcp/v1");
        let answer = server
            .anonymous()
            .with_key(&key.secret)
            .post(&path, initialize())
            .send()
            .await;
        seen.push(refusal(&answer, 401, "invalid"));
    }
    let junk = server
        .anonymous()
        .with_key("lk_junk")
        .post(&other.endpoint(), initialize())
        .send()
        .await;
    seen.push(refusal(&junk, 401, "invalid"));
    seen.dedup();
    assert_eq!(seen.len(), 1, "the answers differ");
    assert_eq!(ada.verify(&key.secret).await, "valid");
}

#[tokio::test]
async fn two_keys_are_400() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let url = format!("{}?apikey={}", project.endpoint(), key.secret);
    let nobody = server.anonymous();
    for call in [
        nobody.with_key(&key.secret).post(&url, initialize()),
        nobody
            .with_key(&key.secret)
            .post(&project.endpoint(), initialize())
            .header("x-api-key", &key.secret),
        nobody.post(&format!("{url}&apikey={}", key.secret), initialize()),
    ] {
        let body = refusal(&call.send().await, 400, "credential_conflict");
        assert_eq!(body["error"]["code"], -32600);
    }
}

#[tokio::test]
async fn a_project_can_refuse_keys_in_urls() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let url = format!("{}?apikey={}", project.endpoint(), key.secret);
    let nobody = server.anonymous();
    is_let_in(&nobody.post(&url, initialize()).send().await);
    ada.patch(&project.this(), json!({ "allow_key_in_url": false }))
        .send()
        .await
        .ok();
    refusal(
        &nobody.post(&url, initialize()).send().await,
        401,
        "invalid",
    );
    let holder = nobody.with_key(&key.secret);
    is_let_in(&holder.post(&project.endpoint(), initialize()).send().await);
    ada.patch(&project.this(), json!({ "allow_key_in_url": true }))
        .send()
        .await
        .ok();
    is_let_in(&nobody.post(&url, initialize()).send().await);
}

#[tokio::test]
async fn oauth_clients_are_told_in_json_that_there_is_no_oauth() {
    let server = TestServer::start().await;
    for path in [
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/memory-lake/mcp/v1",
        "/.well-known/oauth-authorization-server",
        "/.well-known/oauth-authorization-server/memory-lake/mcp/v1",
        "/.well-known/openid-configuration",
    ] {
        let answer = server.anonymous().get(path).send().await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(
            answer.header("content-type"),
            Some("application/json"),
            "{path}"
        );
        assert!(answer.json().is_object(), "{path}");
    }
}

#[tokio::test]
async fn a_strange_slug_does_not_break_the_challenge() {
    let server = TestServer::start().await;
    for slug in ["a%22b", "a%0d%0ab", "%E2%98%83", "a%5Cb"] {
        let answer = server
            .anonymous()
            .post(&format!("/{slug}/mcp/v1"), initialize())
            .send()
            .await;
        refusal(&answer, 401, "missing");
    }
}
