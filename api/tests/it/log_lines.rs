//! The log's line about a request: when, where, who and what; and one for every credential that is refused.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::{
    eventually,
    process::{Client, EMAIL, Home, PASSWORD, Process, Reply, SETUP_TOKEN},
};

const CALL: &str = "/memory-lake/mcp/v1";
const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18",
    "capabilities":{},"clientInfo":{"name":"tests","version":"1"}}}"#;

/// One JSON object a line, behind a proxy that is believed.
fn in_json(command: &mut Command) {
    command.env("LATCHKEY_SETUP_TOKEN", SETUP_TOKEN);
    command.env("LATCHKEY_LOG_FORMAT", "json");
    command.env("LATCHKEY_TRUSTED_PROXIES", "127.0.0.1");
}

/// The same, with the lines about accepted checks.
fn in_detail(command: &mut Command) {
    in_json(command);
    command.env("LATCHKEY_LOG", "latchkey_api=debug,warn");
}

fn request_id(answer: &Reply) -> String {
    answer.headers["x-request-id"].to_str().unwrap().to_owned()
}

/// The line about the request of this answer, if it has been written.
fn find(process: &Process, answer: &Reply) -> Option<Value> {
    let id = request_id(answer);
    process
        .log()
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find(|line| {
            line["span"]["request_id"] == id.as_str()
                && matches!(line["message"].as_str(), Some("answered" | "failed"))
        })
}

/// The line about the request of this answer.
async fn line(process: &Process, answer: &Reply) -> Value {
    eventually("the request's line", || async {
        find(process, answer).is_some()
    })
    .await;
    find(process, answer).unwrap()
}

/// Nobody in particular, with any credential in any header.
async fn ask(process: &Process, method: &str, path: &str, header: (&str, &str)) -> Reply {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut call = client
        .request(method.parse().unwrap(), process.url(path))
        .header("x-forwarded-for", "203.0.113.7")
        .header(header.0, header.1);
    if method == "POST" {
        call = call
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .body(INITIALIZE);
    }
    let response = call.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    Reply {
        status,
        headers,
        json: serde_json::from_str(&text).unwrap_or_default(),
    }
}

/// Ada's project and the secret of a key in it, with the key's id.
async fn key(ada: &Client) -> (String, String) {
    let project = ada.project("Memory Lake").await;
    let (path, secret) = ada.key(&project, "Production - Claude Integration").await;
    let (_, id) = path.rsplit_once('/').unwrap();
    (id.to_owned(), secret)
}

#[tokio::test]
async fn a_line_says_when_where_who_and_what() {
    let home = Home::new();
    let process = home.start_with(in_json).await;
    let token = process.set_up().await;
    let answer = ask(
        &process,
        "GET",
        "/api/v1/me",
        ("authorization", &format!("Bearer {token}")),
    )
    .await;
    assert_eq!(answer.status, 200);
    let me = answer.json["id"].as_str().unwrap();
    let ada = process.client(&token);

    let by_token = line(&process, &answer).await;
    assert!(by_token["timestamp"].as_str().unwrap().ends_with('Z'));
    assert_eq!(by_token["level"], "INFO");
    assert_eq!(by_token["span"]["http.method"], "GET");
    assert_eq!(by_token["span"]["http.route"], "/api/v1/me");
    assert_eq!(by_token["status"], 200);
    assert_eq!(by_token["client.ip"], "203.0.113.7");
    assert_eq!(by_token["user.id"], me);
    assert_eq!(by_token.get("key.id"), None);

    // A person: by signing in, and then by the session.
    let body = json!({ "email": EMAIL, "password": PASSWORD });
    let signed_in = process
        .anonymous()
        .ask("POST", "/api/v1/session", body)
        .await;
    let cookie = signed_in.headers["set-cookie"].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap();
    let seen = ask(&process, "GET", "/api/v1/me", ("cookie", cookie)).await;
    let tokens = ask(&process, "GET", "/api/v1/me/tokens", ("cookie", cookie)).await;
    assert_eq!(by_token["token.id"], tokens.ok()["items"][0]["id"]);
    for (answer, ip) in [(&signed_in, "127.0.0.1"), (&seen, "203.0.113.7")] {
        assert_eq!(answer.status, 200);
        let by_session = line(&process, answer).await;
        assert_eq!(by_session["user.id"], me);
        assert_eq!(by_session.get("token.id"), None);
        assert_eq!(by_session["client.ip"], ip);
    }

    // Who may not is named as well.
    let (key_id, secret) = key(&ada).await;
    let bearer = format!("Bearer {secret}");
    let path = "/api/v1/forward-auth?project=another-lake";
    let refused = ask(&process, "GET", path, ("authorization", &bearer)).await;
    assert_eq!(refused.status, 403);
    let by_key = line(&process, &refused).await;
    assert_eq!(by_key["key.id"], key_id.as_str());
    assert_eq!(by_key["code"], "wrong_project");
    assert_eq!(by_key.get("user.id"), None);
    process.stop().await;
}

#[tokio::test]
async fn an_accepted_check_is_a_line_with_its_key_at_level_debug_only() {
    let home = Home::new();
    let places = [
        ("GET", "/api/v1/keys/self"),
        ("GET", "/api/v1/forward-auth"),
        ("POST", CALL),
    ];
    let process = home.start_with(in_json).await;
    let token = process.set_up().await;
    let (key_id, secret) = key(&process.client(&token)).await;
    let bearer = format!("Bearer {secret}");
    let mut quiet = Vec::new();
    for (method, path) in places {
        let answer = ask(&process, method, path, ("authorization", &bearer)).await;
        assert_eq!(answer.status, 200, "{path}");
        quiet.push(answer);
    }
    // A line that comes later is there, so theirs will not come any more.
    let later = process
        .anonymous()
        .ask("GET", "/api/v1/session", Value::Null)
        .await;
    line(&process, &later).await;
    for answer in &quiet {
        assert!(find(&process, answer).is_none(), "it is not quiet");
    }
    process.stop().await;

    let process = home.start_with(in_detail).await;
    for (method, path) in places {
        let answer = ask(&process, method, path, ("authorization", &bearer)).await;
        assert_eq!(answer.status, 200, "{path}");
        let line = line(&process, &answer).await;
        assert_eq!(line["level"], "DEBUG", "{path}");
        assert_eq!(line["key.id"], key_id.as_str(), "{path}");
        assert_eq!(line["client.ip"], "203.0.113.7", "{path}");
    }
    process.stop().await;
}

#[tokio::test]
async fn every_refused_credential_leaves_a_line_with_address_and_code() {
    let home = Home::new();
    let process = home.start_with(in_json).await;
    let early = process.anonymous();
    let setup = json!({ "setup_token": "x", "name": "Ada", "email": EMAIL, "password": PASSWORD });
    let setup = early.ask("POST", "/api/v1/setup", setup).await;
    let token = process.set_up().await;
    let ada = process.client(&token);
    let (key_id, secret) = key(&ada).await;
    let link = json!({ "token": "x", "password": PASSWORD });
    let link = early.ask("POST", "/api/v1/session/claim", link).await;
    let guess = json!({ "email": EMAIL, "password": "wrong horse battery" });
    let guess = early.ask("POST", "/api/v1/session", guess).await;
    for (answer, status, code) in [
        (&setup, 403, "setup_token_wrong"),
        (&link, 403, "sign_in_link_invalid"),
        (&guess, 401, "invalid_credentials"),
    ] {
        assert_eq!((answer.status, answer.code()), (status, code));
        let line = line(&process, answer).await;
        assert_eq!(line["level"], "INFO", "{code}");
        assert_eq!(line["code"], code);
        assert_eq!(line["client.ip"], "127.0.0.1", "{code}");
    }

    let bearer = ("authorization", "Bearer lk_junk");
    let manager = ("authorization", "Bearer lkm_junk");
    let session = (
        "cookie",
        "latchkey=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    );
    let nothing = ("x-other", "nothing");
    for (method, path, header, code) in [
        ("GET", "/api/v1/keys/self", bearer, "key_refused"),
        ("GET", "/api/v1/keys/self", nothing, "key_refused"),
        ("GET", "/api/v1/forward-auth", bearer, "key_refused"),
        ("POST", CALL, bearer, "invalid"),
        ("POST", CALL, nothing, "missing"),
        ("GET", "/api/v1/me", bearer, "api_key_not_accepted"),
        ("GET", "/api/v1/me", manager, "unauthenticated"),
        ("GET", "/api/v1/me", session, "unauthenticated"),
    ] {
        let answer = ask(&process, method, path, header).await;
        assert_eq!(answer.status, 401, "{path}: {code}");
        let line = line(&process, &answer).await;
        assert_eq!(line["level"], "INFO", "{path}: {code}");
        assert_eq!(line["status"], 401, "{path}: {code}");
        assert_eq!(line["code"], code, "{path}");
        assert_eq!(line["client.ip"], "203.0.113.7", "{path}: {code}");
        for who in ["user.id", "token.id", "key.id"] {
            assert_eq!(line.get(who), None, "{path}: {code}");
        }
    }

    // A key that was good once is named.
    let listed = ada.ask("GET", "/api/v1/projects", Value::Null).await.ok();
    let project = listed["items"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/projects/{project}/keys/{key_id}");
    ada.ask("DELETE", &path, Value::Null).await.ok();
    let bearer = format!("Bearer {secret}");
    for (method, path, code) in [
        ("GET", "/api/v1/keys/self", "key_refused"),
        ("POST", CALL, "revoked"),
    ] {
        let answer = ask(&process, method, path, ("authorization", &bearer)).await;
        assert_eq!(answer.status, 401, "{path}");
        let line = line(&process, &answer).await;
        assert_eq!(line["code"], code, "{path}");
        assert_eq!(line["key.id"], key_id.as_str(), "{path}");
    }
    let log = process.log();
    assert!(!log.contains(&secret) && !log.contains(&token));
    process.stop().await;
}

#[tokio::test]
async fn of_many_refused_keys_a_second_most_are_only_counted() {
    const EACH: u64 = 1_000;
    let home = Home::new();
    let process = home.start_with(in_json).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    // Faster than so many lines a second on any machine, and never faster than they can be counted.
    for path in ["/api/v1/forward-auth", CALL] {
        let url = process.url(path);
        let asking = (0..4).map(|_| {
            let (client, url) = (client.clone(), url.clone());
            tokio::spawn(async move {
                for _ in 0..EACH / 4 {
                    let answer = client.get(&url).header("x-api-key", "lk_none").send().await;
                    assert_eq!(answer.unwrap().status(), 401);
                }
            })
        });
        for asked in asking.collect::<Vec<_>>() {
            asked.await.unwrap();
        }
    }
    // Lines of each route, and how many refusals had none.
    let told = || {
        let log = process.log();
        let (mut checks, mut calls, mut unlogged) = (0, 0, 0);
        for line in log.lines() {
            let line: Value = serde_json::from_str(line).unwrap_or_default();
            let is_refusal = line["message"] == "answered" && line["status"] == 401;
            match line["span"]["http.route"].as_str() {
                Some("/{slug}/mcp/v1") if is_refusal => calls += 1,
                Some(_) if is_refusal => checks += 1,
                _ => unlogged += line["count"].as_u64().unwrap_or(0),
            }
        }
        (checks, calls, unlogged)
    };
    eventually("every refusal is told or counted", async || {
        let (checks, calls, unlogged) = told();
        checks + calls + unlogged == 2 * EACH
    })
    .await;
    let (checks, calls, _) = told();
    assert!(checks < EACH && calls < EACH, "{checks} and {calls} lines");
    process.stop().await;
}
