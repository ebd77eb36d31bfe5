//! What "Test connection" finds out, and what it says when it can't.

use serde_json::{Value, json};

use super::*;

const JSON: &str = "content-type: application/json\r\n";

fn result(value: Value) -> String {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "result": value });
    answer("200 OK", JSON, &body.to_string())
}

fn error(status: &str, code: i32) -> String {
    let body = json!({ "jsonrpc": "2.0", "error": { "code": code, "message": "no\u{7}pe" } });
    answer(status, JSON, &body.to_string())
}

/// Serves on as few connections as the client wants, and gives the requests.
fn script(server: Server, answers: Vec<String>) -> tokio::task::JoinHandle<Vec<Seen>> {
    let answers = answers
        .into_iter()
        .map(|answer| answer.replacen("\r\n", "\r\nconnection: close\r\n", 1))
        .collect();
    server.answering(answers)
}

fn message(seen: &Seen) -> Value {
    serde_json::from_slice(&seen.body).unwrap()
}

fn header<'a>(seen: &'a Seen, name: &str) -> Option<&'a str> {
    seen.head
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

#[actix_web::test]
async fn a_modern_server_is_discovered() {
    let server = Server::start().await;
    let target = server.target();
    let discovered = json!({
        "resultType": "complete",
        "supportedVersions": ["2026-07-28", "2025-11-25"],
        "capabilities": { "tools": {} },
        "ttlMs": 0,
        "cacheScope": "private",
        "_meta": { "io.modelcontextprotocol/serverInfo": { "name": "Example\u{1b} MCP", "version": "1.4.0" } },
    });
    let listed = json!({ "resultType": "complete", "tools": [{ "name": "a" }, { "name": "b" }] });
    let served = script(server, vec![result(discovered), result(listed)]);
    let test = upstreams().test_connection(&target).await;
    assert!(test.ok, "{:?}", test.problem);
    assert_eq!(test.server_name.as_deref(), Some("Example MCP"));
    assert_eq!(test.server_version.as_deref(), Some("1.4.0"));
    assert_eq!(test.protocol_version.as_deref(), Some("2026-07-28"));
    assert_eq!((test.tools, test.problem), (2, None));
    for (seen, method) in served
        .await
        .unwrap()
        .iter()
        .zip(["server/discover", "tools/list"])
    {
        assert_eq!(message(seen)["method"], method);
        assert_eq!(header(seen, "mcp-method"), Some(method));
        assert_eq!(header(seen, "mcp-protocol-version"), Some("2026-07-28"));
        let meta = &message(seen)["params"]["_meta"];
        assert_eq!(
            meta["io.modelcontextprotocol/protocolVersion"],
            "2026-07-28"
        );
        assert!(meta["io.modelcontextprotocol/clientCapabilities"].is_object());
        assert_eq!(header(seen, "x-latchkey-key-id"), None);
    }
}

#[actix_web::test]
async fn a_legacy_server_is_initialized_asked_over_events_and_left() {
    let server = Server::start().await;
    let target = server.target();
    let events = |value: Value| {
        let note = json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": {} });
        let body = json!({ "jsonrpc": "2.0", "id": 1, "result": value });
        let text = format!("event: message\ndata: {note}\n\nid: 1\ndata: {body}\n\n");
        let head = "content-type: text/event-stream; charset=utf-8\r\nmcp-session-id: s-1\r\n";
        answer("200 OK", head, &text)
    };
    let opened = json!({
        "protocolVersion": "2025-06-18",
        "capabilities": { "tools": { "listChanged": true } },
        "serverInfo": { "name": "everything", "version": "2.0.0" },
    });
    let served = script(
        server,
        vec![
            error("400 Bad Request", -32000),
            events(opened),
            answer("202 Accepted", "", ""),
            events(json!({ "tools": [{ "name": "echo" }] })),
            answer("200 OK", "", ""),
        ],
    );
    let test = upstreams().test_connection(&target).await;
    assert!(test.ok, "{:?}", test.problem);
    assert_eq!(test.server_name.as_deref(), Some("everything"));
    assert_eq!(test.protocol_version.as_deref(), Some("2025-06-18"));
    assert_eq!(test.tools, 1);
    let seen = served.await.unwrap();
    assert_eq!(message(&seen[1])["params"]["protocolVersion"], "2025-11-25");
    assert_eq!(header(&seen[1], "mcp-protocol-version"), None);
    assert_eq!(message(&seen[2])["method"], "notifications/initialized");
    assert!(seen[4].head.starts_with("DELETE "));
    for seen in &seen[2..] {
        assert_eq!(header(seen, "mcp-session-id"), Some("s-1"));
        assert_eq!(header(seen, "mcp-protocol-version"), Some("2025-06-18"));
    }
}

#[actix_web::test]
async fn a_server_without_tools_is_not_asked_for_them() {
    let server = Server::start().await;
    let target = server.target();
    let discovered = json!({ "supportedVersions": ["2026-07-28"], "capabilities": {} });
    script(server, vec![result(discovered)]);
    let test = upstreams().test_connection(&target).await;
    assert!(test.ok && test.tools == 0 && test.server_name.is_none());
}

#[actix_web::test]
async fn a_problem_names_what_to_change() {
    let html = answer("200 OK", "content-type: text/html\r\n", "<h1>Hello</h1>");
    for (answers, words) in [
        (vec![answer("404 Not Found", "", ""); 2], vec!["404", "URL"]),
        (vec![html; 2], vec!["200", "URL"]),
        (
            vec![answer("403 Forbidden", "", ""); 2],
            vec!["403", "headers"],
        ),
        (
            vec![answer("401 Unauthorized", "", "")],
            vec!["401", "Authorization"],
        ),
        (
            vec![answer("307 Temporary Redirect", "location: /mcp/\r\n", "")],
            vec!["307", "URL"],
        ),
        (
            vec![
                error("404 Not Found", -32601),
                error("400 Bad Request", -32600),
            ],
            vec!["-32600", "nope"],
        ),
        (
            vec![result(json!([])), result(json!({ "hello": 1 }))],
            vec!["initialize", "URL"],
        ),
        (vec![String::new()], vec!["closed the connection"]),
    ] {
        let server = Server::start().await;
        let target = server.target();
        let served = script(server, answers);
        let test = upstreams().test_connection(&target).await;
        assert!(!test.ok && test.tools == 0 && test.server_name.is_none());
        let problem = test.problem.unwrap();
        assert!(
            words.iter().all(|word| problem.contains(word)),
            "{words:?}: {problem}"
        );
        served.await.unwrap();
    }
}

#[actix_web::test]
async fn an_address_that_is_not_allowed_names_the_setting() {
    let target = Target::new("http://169.254.169.254/latest/meta-data", []).unwrap();
    let problem = upstreams().test_connection(&target).await.problem.unwrap();
    assert!(
        problem.contains("169.254.169.254") && problem.contains("upstream_allow"),
        "{problem}"
    );
}
