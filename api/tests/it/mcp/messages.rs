//! Messages: what the built-in memory server answers in each era, and what is refused before anything sees it.

use serde_json::{Value, json};

use super::{initialize, refusal};
use crate::support::{Actor, Answer, CreatedKey, Project, TestServer, wire::Wire};

struct Stage {
    server: TestServer,
    ada: Actor,
    project: Project,
    key: CreatedKey,
    holder: Actor,
}

impl Stage {
    async fn set() -> Self {
        let server = TestServer::start().await;
        let ada = server.set_up().await;
        let project = ada.project("Memory Lake").await;
        let key = ada.key(&project, "Claude AI Integration").await;
        let holder = server.anonymous().with_key(&key.secret);
        Self {
            server,
            ada,
            project,
            key,
            holder,
        }
    }

    async fn legacy(&self, method: &str, params: Value) -> Value {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        self.holder
            .post(&self.project.endpoint(), body)
            .send()
            .await
            .ok()
    }

    async fn modern(&self, holder: &Actor, method: &str, mut params: Value) -> Answer {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": { "name": "test-client", "version": "7" },
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let name = params["name"].as_str().unwrap_or_default().to_owned();
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let call = holder
            .post(&self.project.endpoint(), body)
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", method);
        let call = if name.is_empty() {
            call
        } else {
            call.header("mcp-name", name)
        };
        call.send().await
    }
}

fn structured(answer: &Value) -> &Value {
    &answer["result"]["structuredContent"]
}

#[tokio::test]
async fn what_is_remembered_is_found_by_every_key_of_the_project_and_no_other() {
    let stage = Stage::set().await;
    let tea =
        json!({ "name": "remember", "arguments": { "text": "Ada likes tea", "tags": ["drinks"] } });
    let kept = stage.legacy("tools/call", tea).await;
    let id = structured(&kept)["id"].clone();
    let second = stage.ada.key(&stage.project, "Analytics Dashboard").await;
    let second = stage.server.anonymous().with_key(&second.secret);
    let recall = json!({ "name": "recall", "arguments": { "query": "tea" } });
    let found = stage
        .modern(&second, "tools/call", recall.clone())
        .await
        .ok();
    let memories = structured(&found)["memories"].as_array().unwrap().clone();
    assert_eq!(memories.len(), 1);
    assert_eq!(memories[0]["id"], id);
    assert_eq!(
        memories[0]["key"], "Claude AI Integration",
        "who wrote it is told"
    );

    let other = stage.ada.project("Other").await;
    let stranger = stage.ada.key(&other, "Claude AI Integration").await;
    let stranger = stage.server.anonymous().with_key(&stranger.secret);
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": recall });
    let nothing = stranger.post(&other.endpoint(), body).send().await.ok();
    assert_eq!(structured(&nothing)["memories"], json!([]));

    let forget = json!({ "name": "forget", "arguments": { "id": id } });
    stage.modern(&second, "tools/call", forget).await.ok();
    let listed = stage
        .ada
        .get(&stage.project.path("memories"))
        .send()
        .await
        .ok();
    assert_eq!(listed["items"], json!([]));
}

#[tokio::test]
async fn both_eras_are_told_of_the_same_tools() {
    let stage = Stage::set().await;
    let legacy = stage.legacy("tools/list", json!({})).await;
    let modern = stage
        .modern(&stage.holder, "tools/list", json!({}))
        .await
        .ok();
    assert_eq!(legacy["result"]["tools"], modern["result"]["tools"]);
    assert_eq!(modern["result"]["cacheScope"], "private");
    let discovered = stage
        .modern(&stage.holder, "server/discover", json!({}))
        .await
        .ok();
    assert_eq!(discovered["result"]["supportedVersions"][0], "2026-07-28");
    let opened = stage
        .legacy("initialize", json!({ "protocolVersion": "2025-06-18" }))
        .await;
    assert_eq!(opened["result"]["protocolVersion"], "2025-06-18");
}

#[tokio::test]
async fn calls_are_remembered_by_name_and_never_by_content() {
    let stage = Stage::set().await;
    let tea = json!({ "name": "remember", "arguments": { "text": "Ada likes tea" } });
    stage.modern(&stage.holder, "tools/call", tea).await.ok();
    let calls = stage
        .ada
        .get(&stage.project.path("calls"))
        .send()
        .await
        .ok();
    let call = &calls["items"][0];
    for (field, wanted) in [
        ("key_id", json!(stage.key.id)),
        ("key_description", json!("Claude AI Integration")),
        ("era", json!("modern")),
        ("method", json!("tools/call")),
        ("name", json!("remember")),
        ("outcome", json!("ok")),
        ("status", json!(200)),
        ("client", json!("test-client/7")),
        ("via", json!("header")),
    ] {
        assert_eq!(call[field], wanted, "{field}");
    }
    assert!(
        call["request_bytes"].as_i64() > Some(100) && call["response_bytes"].as_i64() > Some(100)
    );
    assert!(!calls.to_string().contains("tea"));
    let shown = stage
        .ada
        .get(&stage.project.key(&stage.key))
        .send()
        .await
        .ok();
    assert_eq!(shown["last_used_client"], "test-client/7");
}

#[tokio::test]
async fn bad_messages_are_refused_and_nothing_is_done() {
    let stage = Stage::set().await;
    let endpoint = stage.project.endpoint();
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let long = format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"{}\"}}",
        "m".repeat(100_000)
    );
    for (what, body, status) in [
        ("empty", "".to_owned(), 400),
        ("not JSON", "remember".to_owned(), 400),
        ("a batch", format!("[{}]", initialize()), 400),
        (
            "nested",
            format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\",\"params\":{deep}}}"),
            400,
        ),
        ("a long method", long, 400),
        ("cut off", "{\"jsonrpc\":\"2.0\",".to_owned(), 400),
        (
            "an answer",
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}".to_owned(),
            400,
        ),
        ("too long", " ".repeat(300 * 1024), 413),
    ] {
        let call = stage.holder.post(&endpoint, Value::Null);
        let answer = call.body_raw(body, "application/json").send().await;
        assert_eq!(answer.status, status, "{what}");
        assert_eq!(answer.json()["jsonrpc"], "2.0", "{what}");
        assert!(answer.json()["error"]["code"].is_i64(), "{what}");
    }
    let invalid = stage.holder.post(&endpoint, Value::Null);
    let invalid = invalid
        .body_raw(vec![0xff, 0xfe], "application/json")
        .send()
        .await;
    assert_eq!(invalid.status, 400, "no UTF-8");
    let chunks = vec![b" ".repeat(200 * 1024), b" ".repeat(200 * 1024)];
    let endless = stage.holder.call(reqwest::Method::POST, &endpoint);
    let endless = endless.chunked(chunks, "application/json").send().await;
    assert_eq!(endless.status, 413, "a body without an announced length");
    for kind in ["", "text/plain", "application/x-www-form-urlencoded"] {
        let call = stage.holder.post(&endpoint, Value::Null);
        let answer = call.body_raw(initialize().to_string(), kind).send().await;
        assert_eq!(answer.status, 415, "{kind}");
    }
    let answer = stage
        .holder
        .post(&endpoint, initialize())
        .header("accept", "text/html");
    assert_eq!(answer.send().await.status, 406);
    let listed = stage
        .ada
        .get(&stage.project.path("memories"))
        .send()
        .await
        .ok();
    assert_eq!(listed["items"], json!([]));
}

#[tokio::test]
async fn headers_that_contradict_the_message_are_refused() {
    let stage = Stage::set().await;
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let params = json!({ "name": "whoami", "arguments": {}, "_meta": meta });
    let body = json!({ "jsonrpc": "2.0", "id": 9, "method": "tools/call", "params": params });
    let good = [
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/call"),
        ("mcp-name", "whoami"),
    ];
    let send = async |headers: &[(&str, &str)]| {
        let call = stage.holder.post(&stage.project.endpoint(), body.clone());
        let call = headers
            .iter()
            .fold(call, |call, (name, value)| call.header(name, value));
        call.send().await
    };
    assert_eq!(send(&good).await.status, 200);
    for at in 0..good.len() {
        let mut missing = good.to_vec();
        missing.remove(at);
        let mut wrong = good.to_vec();
        wrong[at].1 = "other";
        for headers in [missing, wrong] {
            let answer = send(&headers).await;
            assert_eq!(answer.status, 400, "{headers:?}");
            assert_eq!(answer.json()["id"], 9);
        }
    }
}

#[tokio::test]
async fn a_memory_server_has_no_streams_and_no_sessions_to_end() {
    let stage = Stage::set().await;
    for method in ["GET", "DELETE"] {
        let call = stage
            .holder
            .call(method.parse().unwrap(), &stage.project.endpoint());
        let answer = call.header("accept", "text/event-stream").send().await;
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.header("allow"), Some("POST"));
        assert_eq!(answer.json()["jsonrpc"], "2.0");
    }
    let notification = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    let answer = stage
        .holder
        .post(&stage.project.endpoint(), notification)
        .send()
        .await;
    assert_eq!(answer.status, 202);
    for method in ["PUT", "PATCH", "TRACE"] {
        let call = stage
            .holder
            .call(method.parse().unwrap(), &stage.project.endpoint());
        assert_eq!(call.send().await.status, 405, "{method}");
    }
}

#[tokio::test]
async fn pages_of_other_sites_come_in_only_if_the_project_lists_them() {
    let stage = Stage::set().await;
    let endpoint = stage.project.endpoint();
    let ask = |origin: &str| {
        stage
            .holder
            .post(&endpoint, initialize())
            .header("origin", origin)
    };
    let listed = ask("https://claude.ai").send().await;
    assert_eq!(listed.status, 200);
    assert_eq!(
        listed.header("access-control-allow-origin"),
        Some("https://claude.ai")
    );
    let own = stage.server.url("/");
    assert_eq!(ask(own.trim_end_matches('/')).send().await.status, 200);
    for foreign in [
        "https://evil.example",
        "null",
        "https://claude.ai.evil.example",
        "http://claude.ai",
    ] {
        let answer = ask(foreign).send().await;
        refusal(&answer, 403, "origin_not_allowed");
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
    let preflight = stage
        .server
        .anonymous()
        .call(reqwest::Method::OPTIONS, &endpoint)
        .header("origin", "https://claude.ai")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,mcp-method")
        .send()
        .await;
    assert_eq!(preflight.status, 204);
    assert_eq!(
        preflight.header("access-control-allow-origin"),
        Some("https://claude.ai")
    );
    let headers = preflight.header("access-control-allow-headers").unwrap();
    assert!(headers.contains("authorization") && headers.contains("mcp-session-id"));
    let unlisted = json!({ "allowed_origins": [] });
    stage
        .ada
        .patch(&stage.project.this(), unlisted)
        .send()
        .await
        .ok();
    assert_eq!(ask("https://claude.ai").send().await.status, 403);
}

#[tokio::test]
async fn a_connection_goes_on_after_every_whole_answer() {
    let stage = Stage::set().await;
    let address = stage.server.url("/").replace("http://", "");
    let (endpoint, secret) = (stage.project.endpoint(), stage.key.secret.clone());
    let walk = move || {
        let mut wire = Wire::open(address.trim_end_matches('/'));
        let call = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
        let notification = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
        for _ in 0..100 {
            for (method, body, wanted) in [
                ("POST", call, 200),
                ("POST", notification, 202),
                ("GET", "", 405),
                ("POST", "{", 400),
            ] {
                wire.send(method, &endpoint, &secret, body);
                assert_eq!(wire.receive().0, wanted);
            }
        }
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
}
