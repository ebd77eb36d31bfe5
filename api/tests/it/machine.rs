//! What machines ask: health, metrics, the description; and the headers of every answer.

use reqwest::Method;

use crate::support::TestServer;

#[tokio::test]
async fn health_and_readiness_are_open_to_anybody() {
    let server = TestServer::start().await;
    let nobody = server.anonymous();
    for (path, body) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
        let answer = nobody.get(path).send().await;
        assert_eq!((answer.status, answer.body.as_str()), (200, body));
        let head = nobody.call(Method::HEAD, path).send().await;
        assert_eq!((head.status, head.body.as_str()), (200, ""));
    }
}

#[tokio::test]
async fn metrics_count_answers_and_checks() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    ada.with_key(&key.secret).get("keys/self").send().await.ok();
    ada.with_key("lk_nonsense")
        .get("keys/self")
        .send()
        .await
        .status(401);

    server
        .anonymous()
        .get("/metrics")
        .send()
        .await
        .problem(401, "unauthenticated");
    let answer = ada.token(&["read"]).await.get("/metrics").send().await;
    assert_eq!(answer.status, 200);
    for line in [
        "latchkey_key_checks_total{result=\"valid\"} 1",
        "latchkey_key_checks_total{result=\"invalid\"} 1",
        "latchkey_keys 1",
        "latchkey_serving 1",
        "# EOF",
    ] {
        assert!(
            answer.body.lines().any(|found| found == line),
            "no line {line}"
        );
    }
}

#[tokio::test]
async fn metrics_can_be_opened_by_setting() {
    let server = TestServer::start_with(|config| config.metrics_open = true).await;
    assert_eq!(server.anonymous().get("/metrics").send().await.status, 200);
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let server = TestServer::start().await;
    let nobody = server.anonymous();
    let mut ids = Vec::new();
    for path in [
        "/",
        "/healthz",
        "session",
        "projects",
        "/nowhere",
        "/docs/",
        "/docs/errors",
    ] {
        let answer = nobody.get(path).send().await;
        assert_eq!(
            answer.header("x-content-type-options"),
            Some("nosniff"),
            "{path}"
        );
        assert_eq!(
            answer.header("referrer-policy"),
            Some("no-referrer"),
            "{path}"
        );
        assert_eq!(answer.header("x-frame-options"), Some("DENY"), "{path}");
        let csp = answer.header("content-security-policy").unwrap_or_default();
        assert!(
            csp.contains("default-src 'none'") && !csp.contains("unsafe-inline"),
            "{path}: {csp}"
        );
        assert!(csp.contains("frame-ancestors 'none'"), "{path}: {csp}");
        ids.push(answer.header("x-request-id").unwrap_or_default().to_owned());
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 7, "each request has an id of its own");
}

#[tokio::test]
async fn a_callers_own_request_id_is_not_taken_over() {
    let server = TestServer::start().await;
    let answer = server
        .anonymous()
        .get("/healthz")
        .header("x-request-id", "chosen")
        .send()
        .await;
    assert_ne!(answer.header("x-request-id"), Some("chosen"));
}

#[tokio::test]
async fn the_description_is_served_in_both_forms() {
    let server = TestServer::start().await;
    let nobody = server.anonymous();
    let json = nobody.get("/openapi.json").send().await.ok();
    assert_eq!(json["openapi"], "3.1.0");
    let yaml = nobody.get("/openapi.yaml").send().await;
    assert_eq!(yaml.header("content-type"), Some("application/yaml"));
    assert!(yaml.body.starts_with("openapi: 3.1.0"));
    let docs = nobody.get("/docs/").send().await;
    assert_eq!(docs.header("content-type"), Some("text/html"));
}

#[tokio::test]
async fn a_person_gets_a_page_where_a_program_gets_a_problem() {
    let server = TestServer::start().await;
    let nobody = server.anonymous();
    let page = |path: &'static str| nobody.get(path).header("accept", "text/html,*/*");
    assert_eq!(page("/projects/anything").send().await.status, 200);
    for path in [
        "/assets/missing.js",
        "/api/v1/nowhere",
        "/api/nowhere",
        "/projects/missing.png",
    ] {
        page(path).send().await.problem(404, "not_found");
    }
    nobody
        .get("/projects/anything")
        .send()
        .await
        .problem(404, "not_found");
}
