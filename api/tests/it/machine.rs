//! For machines: health, metrics, the API's description, the pages of the errors, headers.

use std::collections::BTreeSet;

use latchkey_types::ProblemCode;
use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, TestServer};

#[tokio::test]
async fn a_healthy_server_says_so_to_anybody() {
    let server = TestServer::start().await;
    for (path, body) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
        let answer = server.anonymous().get(path).send().await;
        assert_eq!((answer.status, answer.body.as_str()), (200, body));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}

#[tokio::test]
async fn metrics_take_a_token_with_read_unless_they_are_open() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    server
        .anonymous()
        .get("/metrics")
        .send()
        .await
        .problem(401, "unauthenticated");
    server
        .anonymous()
        .with_key(&key.secret)
        .get("/metrics")
        .send()
        .await
        .problem(401, "api_key_not_accepted");
    ada.token(&["verify"])
        .await
        .get("/metrics")
        .send()
        .await
        .problem(403, "permission_missing");
    for permission in ["read", "manage"] {
        let token = ada.token(&[permission]).await;
        assert_eq!(token.get("/metrics").send().await.status, 200);
    }
    let open = server
        .restart_with(|config| config.metrics_open = true)
        .await;
    assert_eq!(open.anonymous().get("/metrics").send().await.status, 200);
}

#[tokio::test]
async fn metrics_count_checks_and_answers_and_hold_no_secret() {
    let server = TestServer::start_with(|config| config.metrics_open = true).await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let token = ada.token(&["read"]).await;
    ada.verify(&key.secret).await;
    ada.verify("lk_junk").await;
    server
        .anonymous()
        .with_key(&key.secret)
        .get("keys/self")
        .send()
        .await
        .ok();
    ada.delete(&project.key(&key)).send().await.ok();
    ada.verify(&key.secret).await;
    let answer = server.anonymous().get("/metrics").send().await;
    assert!(
        answer
            .header("content-type")
            .unwrap()
            .starts_with("application/openmetrics-text")
    );
    let text = &answer.body;
    assert!(text.ends_with("# EOF\n"));
    for line in [
        "latchkey_key_checks_total{result=\"valid\"} 2",
        "latchkey_key_checks_total{result=\"invalid\"} 1",
        "latchkey_key_checks_total{result=\"revoked\"} 1",
        "latchkey_keys 1",
        "latchkey_secrets 1",
        "latchkey_management_tokens 1",
        "latchkey_serving 1",
        "latchkey_open_calls 0",
    ] {
        assert!(text.lines().any(|found| found == line), "no line {line}");
    }
    for secret in [&key.secret, token.credential(), ada.credential()] {
        assert!(!text.contains(secret), "the metrics hold a secret");
    }
    assert!(
        !text.contains(&key.id) && !text.contains(&project.slug),
        "a name of a key is a label too many"
    );
}

#[tokio::test]
async fn the_description_is_served_as_json_and_as_yaml() {
    let server = TestServer::start().await;
    let answer = server.anonymous().get("/openapi.json").send().await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let document = answer.ok();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    assert!(document["paths"]["/api/v1/projects/{project_id}/keys"]["post"].is_object());
    let yaml = server.anonymous().get("/openapi.yaml").send().await;
    assert_eq!(yaml.header("content-type"), Some("application/yaml"));
    let same: serde_json::Value = yaml_serde::from_str(&yaml.body).unwrap();
    assert_eq!(same, document);
}

#[tokio::test]
async fn every_text_names_its_charset() {
    let server = TestServer::start().await;
    for (path, kind) in [
        ("/healthz", "text/plain"),
        ("/readyz", "text/plain"),
        ("/docs/", "text/html"),
        ("/docs/index.html", "text/html"),
        ("/docs/index.css", "text/css"),
        ("/docs/swagger-ui.css", "text/css"),
        ("/docs/swagger-initializer.js", "text/javascript"),
        ("/docs/errors", "text/html"),
        ("/assets/page.css", "text/css"),
    ] {
        let answer = server.anonymous().get(path).send().await;
        assert_eq!(answer.status, 200, "{path}");
        let wanted = format!("{kind}; charset=utf-8");
        let found = answer.header("content-type");
        assert_eq!(found, Some(wanted.as_str()), "{path}");
    }
    server.stop().await;
}

#[tokio::test]
async fn every_error_code_has_its_page() {
    let server = TestServer::start().await;
    let nobody = server.anonymous();
    let list = nobody.get("/docs/errors").send().await;
    assert_eq!(list.status, 200);
    for code in ProblemCode::ALL {
        let path = format!("/docs/errors/{}", code.as_str());
        assert!(list.body.contains(&path), "{path} is not in the list");
        let page = nobody.get(&path).send().await;
        assert_eq!(page.status, 200, "{path}");
        assert!(
            page.header("content-type")
                .unwrap()
                .starts_with("text/html")
        );
        assert!(
            page.body.contains(code.title().split('\'').next().unwrap()),
            "{path} lacks its title"
        );
        assert!(
            page.body.contains(&code.status().to_string()),
            "{path} lacks its status"
        );
    }
    nobody
        .get("/docs/errors/no_such_code")
        .send()
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn the_type_of_a_refusal_is_a_page_that_is_there() {
    let server = TestServer::start().await;
    let nobody = server.anonymous();
    let problem = nobody
        .get("me")
        .send()
        .await
        .problem(401, "unauthenticated");
    let page = nobody.get(problem["type"].as_str().unwrap()).send().await;
    assert_eq!(page.status, 200);
}

#[tokio::test]
async fn swagger_ui_comes_from_this_server_alone() {
    let server = TestServer::start().await;
    let nobody = server.anonymous();
    let redirect = nobody.get("/docs").send().await;
    assert_eq!(
        (redirect.status, redirect.header("location")),
        (308, Some("/docs/"))
    );
    let page = nobody.get("/docs/").send().await;
    assert_eq!(page.status, 200);
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        policy.contains("default-src 'none'") && policy.contains("script-src 'self';"),
        "{policy}"
    );
    let links: BTreeSet<&str> = page
        .body
        .split(['"', '\''])
        .filter(|text| text.starts_with("./") || text.ends_with(".js") || text.ends_with(".css"))
        .collect();
    assert!(links.len() >= 3, "{links:?}");
    for link in links {
        assert!(
            !link.starts_with("http") && !link.starts_with("//"),
            "{link} is from elsewhere"
        );
        let file = nobody
            .get(&format!("/docs/{}", link.trim_start_matches("./")))
            .send()
            .await;
        assert_eq!(file.status, 200, "{link}");
        assert!(
            !file.body.contains("unpkg.com"),
            "{link} loads from elsewhere"
        );
    }
    nobody
        .get("/docs/nothing.js")
        .send()
        .await
        .problem(404, "not_found");
    nobody
        .get("/docs/..%2f..%2fCargo.toml")
        .send()
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn every_answer_has_its_headers() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let holder = server.anonymous().with_key(&key.secret);
    let mut ids = BTreeSet::new();
    let mut calls = 0;
    for call in [
        ada.get("me"),
        ada.get("me/tokens"),
        ada.post("projects", json!({ "name": "Sea" })),
        ada.post("projects", json!({ "name": 5 })),
        ada.get("projects/x"),
        ada.call(Method::PUT, "me"),
        ada.get("/no/such/path"),
        server.anonymous().get("me"),
        server.anonymous().get("session"),
        holder.get("keys/self"),
        server.anonymous().get("forward-auth"),
        holder.post(&project.endpoint(), json!({})),
        server.anonymous().post(&project.endpoint(), json!({})),
        server
            .anonymous()
            .get("/.well-known/oauth-protected-resource"),
        server.anonymous().get("/healthz"),
        server.anonymous().get("/readyz"),
        server.anonymous().get("/metrics"),
        server.anonymous().get("/openapi.json"),
        server.anonymous().get("/docs/errors"),
        server.anonymous().get("/docs/"),
        server.anonymous().get("/").header("accept", "text/html"),
    ] {
        // A caller's own id is not taken over.
        let answer = call.header("x-request-id", "mine").send().await;
        calls += 1;
        let n = calls;
        assert_has_what_every_answer_has(&answer, n);
        assert_eq!(
            answer.header("referrer-policy"),
            Some("no-referrer"),
            "number {n}"
        );
        assert_eq!(answer.header("x-frame-options"), Some("DENY"), "number {n}");
        assert_eq!(
            answer.header("cross-origin-resource-policy"),
            Some("same-origin"),
            "number {n}"
        );
        assert_eq!(
            answer.header("cross-origin-opener-policy"),
            Some("same-origin"),
            "number {n}"
        );
        ids.insert(answer.header("x-request-id").unwrap().to_owned());
    }
    assert_eq!(ids.len(), calls, "two requests share an id");
    assert!(!ids.contains("mine"));
}

/// An accepted key's answer and the result of a verification are for programs: what steers a browser that shows
/// something would only make them longer.
#[tokio::test]
async fn the_answer_to_a_check_has_the_headers_of_every_answer() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let token = ada.token(&["verify"]).await;
    let checks = [
        server.anonymous().with_key(&key.secret).get("forward-auth"),
        token.post("keys/verify", json!({ "key": key.secret })),
        token.post("keys/verify", json!({ "key": "lk_nothing" })),
    ];
    for (n, call) in checks.into_iter().enumerate() {
        let answer = call.header("x-request-id", "mine").send().await;
        assert_eq!(answer.status, 200, "number {n}");
        assert_has_what_every_answer_has(&answer, n);
        assert_eq!(answer.header("referrer-policy"), None, "number {n}");
        assert_ne!(answer.header("x-request-id"), Some("mine"), "number {n}");
    }
}

fn assert_has_what_every_answer_has(answer: &Answer, n: usize) {
    assert_eq!(
        answer.header("x-content-type-options"),
        Some("nosniff"),
        "number {n}"
    );
    // The browser app's own page holds nothing of anybody: a browser may keep it and asks anew.
    let caching = answer.header("cache-control").unwrap();
    let is_page = answer.header("content-type") == Some("text/html; charset=utf-8");
    assert!(
        caching.contains("no-store") || is_page && caching == "no-cache",
        "number {n}: {caching}"
    );
    let policy = answer.header("content-security-policy").unwrap();
    assert!(
        policy.contains("default-src 'none'") || policy.contains("default-src 'self'"),
        "number {n}: {policy}"
    );
    assert!(policy.contains("base-uri 'none'"), "number {n}: {policy}");
    assert!(
        policy.contains("frame-ancestors 'none'"),
        "number {n}: {policy}"
    );
    assert!(
        answer.header("server").is_none() && answer.header("x-powered-by").is_none(),
        "number {n}"
    );
    assert!(
        answer.header("access-control-allow-origin").is_none(),
        "number {n}"
    );
    assert!(answer.header("content-encoding").is_none(), "number {n}");
    assert!(answer.header("x-request-id").is_some(), "number {n}");
}

#[tokio::test]
async fn a_missing_file_is_a_404_and_never_a_page() {
    let server = TestServer::start().await;
    let nobody = server.anonymous();
    for path in [
        "/app.js",
        "/assets/app-0123.wasm",
        "/favicon.png",
        "/api/v1/nothing",
        "/api",
        "/x/mcp/v2.js",
    ] {
        let answer = nobody
            .get(path)
            .header("accept", "text/html,*/*")
            .send()
            .await;
        answer.problem(404, "not_found");
    }
    for path in ["/", "/projects", "/projects/proj_1/keys", "/account"] {
        let page = nobody.get(path).header("accept", "text/html").send().await;
        assert_eq!(page.status, 200, "{path}");
        assert!(
            page.header("content-type")
                .unwrap()
                .starts_with("text/html"),
            "{path}"
        );
    }
    nobody
        .get("/projects")
        .header("accept", "application/json")
        .send()
        .await
        .problem(404, "not_found");
}
