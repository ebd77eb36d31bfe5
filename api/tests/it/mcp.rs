//! The MCP endpoint's place: keys are checked there, and refusals are JSON-RPC errors.

use serde_json::json;

use crate::support::{Answer, TestServer};

#[track_caller]
fn assert_refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let body = answer.json();
    assert_eq!(body["jsonrpc"], "2.0");
    assert!(body.get("id").is_none(), "a refusal answers no request");
    assert!(body["error"]["code"].is_i64());
    assert_eq!(body["error"]["data"]["code"], code);
    match answer.header("www-authenticate") {
        Some(challenge) if status == 401 => {
            assert!(challenge.starts_with("Bearer realm="), "{challenge}");
            assert!(!challenge.contains("resource_metadata"), "{challenge}");
        }
        found => assert_eq!(found.is_some(), status == 401),
    }
}

#[tokio::test]
async fn the_endpoint_takes_a_key_in_each_of_its_places() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let (nobody, endpoint) = (server.anonymous(), project.endpoint());
    let ping = || json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });

    let bearer = ada.with_key(&key.secret);
    for answer in [
        bearer.post(&endpoint, ping()).send().await,
        bearer.get(&endpoint).send().await,
        bearer.delete(&endpoint).send().await,
        nobody
            .post(&endpoint, ping())
            .header("x-api-key", &key.secret)
            .send()
            .await,
        nobody
            .post(&endpoint, ping())
            .query("apikey", &key.secret)
            .send()
            .await,
        nobody
            .post(&endpoint, ping())
            .query("ApiKey", &key.secret)
            .send()
            .await,
    ] {
        assert_refused(&answer, 501, "not_implemented");
    }
    assert_eq!(
        ada.get(&project.key(&key)).send().await.ok()["last_used_via"],
        "url"
    );
}

#[tokio::test]
async fn without_a_good_key_the_endpoint_says_401_and_why() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let other = ada.project("Other").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let (nobody, endpoint) = (server.anonymous(), project.endpoint());

    let none = nobody.post(&endpoint, json!({})).send().await;
    assert_refused(&none, 401, "missing");
    assert!(!none.header("www-authenticate").unwrap().contains("error="));
    assert_refused(
        &ada.with_key("lk_nonsense").get(&endpoint).send().await,
        401,
        "invalid",
    );
    let token = ada.token(&["manage"]).await;
    assert_refused(&token.get(&endpoint).send().await, 401, "invalid");

    // A key of another project and a project that isn't there look like an unknown key.
    let bearer = ada.with_key(&key.secret);
    assert_refused(&bearer.get(&other.endpoint()).send().await, 401, "invalid");
    assert_refused(
        &bearer.get("/no-such-project/mcp/v1").send().await,
        401,
        "invalid",
    );

    let twice = bearer
        .get(&endpoint)
        .query("apikey", &key.secret)
        .send()
        .await;
    assert_refused(&twice, 400, "credential_conflict");

    ada.patch(&project.key(&key), json!({ "disabled": true }))
        .send()
        .await
        .ok();
    assert_refused(&bearer.get(&endpoint).send().await, 401, "disabled");
    ada.delete(&project.key(&key)).send().await.ok();
    assert_refused(&bearer.get(&endpoint).send().await, 401, "revoked");
}

#[tokio::test]
async fn a_project_can_refuse_keys_in_urls() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    ada.patch(&project.this(), json!({ "allow_key_in_url": false }))
        .send()
        .await
        .ok();

    let nobody = server.anonymous();
    let by_url = nobody
        .get(&project.endpoint())
        .query("apikey", &key.secret)
        .send()
        .await;
    assert_refused(&by_url, 401, "invalid");
    let by_header = ada
        .with_key(&key.secret)
        .get(&project.endpoint())
        .send()
        .await;
    assert_refused(&by_header, 501, "not_implemented");
    let auth = nobody
        .get("forward-auth")
        .query("apikey", &key.secret)
        .send()
        .await;
    auth.problem(401, "key_refused");
    let another = ada.key(&project, "Analytics Dashboard").await;
    assert!(another.json["endpoint_url_with_key"].is_null());
}

#[tokio::test]
async fn clients_are_not_sent_into_oauth() {
    let server = TestServer::start().await;
    let nobody = server.anonymous();
    for path in [
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/memorylake/mcp/v1",
        "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration",
    ] {
        let answer = nobody.get(path).send().await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(
            answer.header("content-type"),
            Some("application/json"),
            "{path}"
        );
        assert!(answer.json()["error"].is_string(), "{path}");
    }
}
