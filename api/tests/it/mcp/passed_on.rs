//! Calls that are passed on to a team's own MCP server: what crosses, what doesn't, and what goes wrong.

use serde_json::{Value, json};

use super::{initialize, live::Stage, refusal};
use crate::support::{eventually, upstream::Manner};

#[tokio::test]
async fn the_callers_key_stops_here_and_the_projects_headers_go_on() {
    let stage = Stage::set(Manner::Json).await;
    let url = format!(
        "{}?apikey={}&x=1",
        stage.project.endpoint(),
        stage.key.secret
    );
    let holder = stage.server.anonymous().with_key(&stage.key.secret);
    for call in [
        holder.post(&stage.project.endpoint(), initialize()),
        stage.server.anonymous().post(&url, initialize()),
    ] {
        let answer = call
            .header("cookie", "a=b")
            .header("x-latchkey-key-id", "forged")
            .header("x-upstream-credential", "forged")
            .header("connection", "x-hop")
            .header("x-hop", "1")
            .send()
            .await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.json()["result"], json!({}));
    }
    let seen = stage.upstream.seen();
    assert_eq!(seen.len(), 2);
    for request in seen {
        let whole = format!("{}\n{}", request.head, request.body);
        assert!(
            !whole.contains(&stage.key.secret),
            "the key reached the upstream"
        );
        assert!(
            !whole.contains(&stage.key.secret.to_lowercase()),
            "the key reached the upstream"
        );
        for gone in [
            "authorization",
            "apikey",
            "cookie",
            "forged",
            "x-hop",
            "x=1",
        ] {
            assert!(!request.head.contains(gone), "{gone} reached the upstream");
        }
        assert!(request.head.starts_with("post /mcp http/1.1"));
        for there in [
            "x-upstream-credential: configured".to_owned(),
            format!("x-latchkey-key-id: {}", stage.key.id),
            format!("x-latchkey-project-id: {}", stage.project.id),
        ] {
            assert!(request.head.contains(&there), "{there} is missing");
        }
        assert_eq!(request.body, initialize().to_string());
    }
}

#[tokio::test]
async fn a_session_is_the_keys_own() {
    let stage = Stage::set(Manner::Json).await;
    let endpoint = stage.project.endpoint();
    let holder = stage.server.anonymous().with_key(&stage.key.secret);
    let opened = holder.post(&endpoint, initialize()).send().await;
    let session = opened.header("mcp-session-id").unwrap().to_owned();
    assert!(!session.contains("backend-session"));
    let list = json!({ "jsonrpc": "2.0", "id": "a", "method": "tools/list" });
    let go_on = holder
        .post(&endpoint, list.clone())
        .header("mcp-session-id", &session);
    assert_eq!(go_on.send().await.status, 200);
    let seen = stage.upstream.seen();
    assert!(seen[1].head.contains("mcp-session-id: backend-session"));

    let other = stage.ada.key(&stage.project, "Analytics Dashboard").await;
    let other = stage.server.anonymous().with_key(&other.secret);
    let mut changed = session.clone();
    changed.pop();
    for (caller, id) in [
        (&other, session.as_str()),
        (&holder, "backend-session"),
        (&holder, &changed),
    ] {
        let answer = caller
            .post(&endpoint, list.clone())
            .header("mcp-session-id", id)
            .send()
            .await;
        assert_eq!(answer.status, 404, "an unknown session");
        assert_eq!(answer.json()["id"], "a");
    }
    // The upstream has been asked nothing more.
    assert_eq!(stage.upstream.seen().len(), 2);
    stage
        .ada
        .delete(&stage.project.key(&stage.key))
        .send()
        .await
        .ok();
    let replayed = holder
        .post(&endpoint, list)
        .header("mcp-session-id", &session)
        .send()
        .await;
    refusal(&replayed, 401, "revoked");
}

#[tokio::test]
async fn an_upstream_that_fails_is_an_error_and_no_hang() {
    for (manner, status, code) in [
        (Manner::Status(302), 502, "upstream_redirect"),
        (Manner::Status(401), 502, "upstream_not_authorized"),
    ] {
        let stage = Stage::set(manner).await;
        let holder = stage.server.anonymous().with_key(&stage.key.secret);
        let answer = holder
            .post(&stage.project.endpoint(), initialize())
            .send()
            .await;
        assert_eq!(answer.status, status);
        let body = answer.json();
        assert_eq!(body["id"], 1, "it answers the request");
        assert_eq!(body["error"]["data"]["code"], code);
        assert_eq!(
            answer.header("www-authenticate"),
            None,
            "the caller's key is good"
        );
    }
    // Nobody listens there any more, which counts from the next call on.
    let stage = Stage::set(Manner::Json).await;
    let holder = stage.server.anonymous().with_key(&stage.key.secret);
    let call = || holder.post(&stage.project.endpoint(), initialize());
    assert_eq!(call().send().await.status, 200);
    let gone = json!({ "backend": { "kind": "upstream", "url": "http://127.0.0.1:1/mcp" } });
    stage
        .ada
        .patch(&stage.project.this(), gone)
        .send()
        .await
        .ok();
    let answer = call().send().await;
    assert_eq!(answer.status, 502);
    assert_eq!(
        answer.json()["error"]["data"]["code"],
        "upstream_unreachable"
    );
}

#[tokio::test]
async fn a_place_that_is_not_allowed_is_not_called() {
    let stage = Stage::set(Manner::Json).await;
    let holder = stage.server.anonymous().with_key(&stage.key.secret);
    for url in [
        "http://169.254.169.254/latest",
        "http://10.0.0.1/mcp",
        "http://[::ffff:10.0.0.1]/mcp",
    ] {
        let backend = json!({ "backend": { "kind": "upstream", "url": url } });
        stage
            .ada
            .patch(&stage.project.this(), backend)
            .send()
            .await
            .ok();
        let answer = holder
            .post(&stage.project.endpoint(), initialize())
            .send()
            .await;
        assert_eq!(answer.status, 502, "{url}");
        assert_eq!(
            answer.json()["error"]["data"]["code"],
            "upstream_not_allowed"
        );
        let test = stage
            .ada
            .post(&stage.project.path("backend/test"), Value::Null);
        let test = test.send().await.ok();
        assert_eq!(test["ok"], false);
        assert!(
            test["problem"].as_str().unwrap().contains("upstream_allow"),
            "it names the setting"
        );
    }
}

#[tokio::test]
async fn half_an_answer_is_not_passed_off_as_the_whole() {
    let stage = Stage::set(Manner::Half).await;
    let mut stream = stage.listen().await;
    let mut all = Vec::new();
    let _ = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut all).await;
    assert!(
        !String::from_utf8_lossy(&all).ends_with("0\r\n\r\n"),
        "it looks whole"
    );
    let project = stage.project.path("calls");
    eventually("the call is told of", async || {
        let calls = stage.ada.get(&project).send().await.ok();
        calls["items"][0]["outcome"] == "error"
    })
    .await;
}
