use std::convert::Infallible;

use actix_web::http::header::{HeaderName as Name, HeaderValue as Value};
use latchkey_keys::Secret;

use super::*;

fn caller(headers: &[(&str, &str)]) -> CallerHeaders {
    let mut map = CallerHeaders::new();
    for (name, value) in headers {
        map.append(
            Name::from_bytes(name.as_bytes()).unwrap(),
            Value::from_str(value).unwrap(),
        );
    }
    map
}

fn sent(headers: &[(&str, &str)], configured: &[(&str, &str)]) -> Vec<String> {
    let target = Target::new("https://mcp.example.com/", configured.iter().copied()).unwrap();
    let mut sent: Vec<String> = outgoing(&caller(headers), None, &target, None)
        .iter()
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    sent.sort();
    sent
}

fn secret() -> Secret {
    Secret::generate(SecretKind::Key, |bytes| {
        bytes.fill(7);
        Ok::<_, Infallible>(())
    })
    .unwrap()
}

#[test]
fn credentials_origins_and_the_connection_stop_here() {
    let stopped = [
        ("Authorization", "Bearer x"),
        ("X-API-Key", "x"),
        ("Cookie", "latchkey=x"),
        ("Forwarded", "for=1.2.3.4"),
        ("X-Forwarded-For", "1.2.3.4"),
        ("X-Forwarded-Uri", "/a/mcp/v1?apikey=x"),
        ("X-Original-URL", "/a/mcp/v1?apikey=x"),
        ("Referer", "https://x/?apikey=x"),
        ("Connection", "close, X-Hop"),
        ("X-Hop", "1"),
        ("Keep-Alive", "1"),
        ("TE", "trailers"),
        ("Trailer", "x"),
        ("Transfer-Encoding", "chunked"),
        ("Upgrade", "h2c"),
        ("Expect", "100-continue"),
        ("Host", "keys.example.com"),
        ("Content-Length", "12"),
        ("Proxy-Authorization", "Basic x"),
        ("Origin", "https://claude.ai"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Accept-Encoding", "gzip, br"),
        ("X-Latchkey-Key-Id", "key_forged"),
        ("X-Latchkey-Admin", "1"),
        ("Mcp-Session-Id", "sealed"),
    ];
    assert_eq!(sent(&stopped, &[]), ["accept-encoding: identity"]);
}

#[test]
fn what_the_protocol_and_its_users_say_passes() {
    let headers = [
        ("accept", "application/json, text/event-stream"),
        ("content-type", "application/json"),
        ("last-event-id", "7"),
        ("mcp-method", "tools/call"),
        ("mcp-name", "echo"),
        ("mcp-protocol-version", "2026-07-28"),
        ("traceparent", "00-1-2-01"),
        ("user-agent", "claude-code/2"),
        ("x-team", "a"),
        ("x-team", "b"),
    ];
    let mut wanted: Vec<String> = headers.map(|(n, v)| format!("{n}: {v}")).to_vec();
    wanted.push("accept-encoding: identity".to_owned());
    wanted.sort();
    assert_eq!(sent(&headers, &[]), wanted);
    // Not even when the caller says that they are only for us.
    let named = [
        ("connection", "accept, Mcp-Method, x-team"),
        ("accept", "*/*"),
        ("mcp-method", "ping"),
        ("x-team", "a"),
    ];
    assert_eq!(
        sent(&named, &[]),
        [
            "accept-encoding: identity",
            "accept: */*",
            "mcp-method: ping"
        ]
    );
}

#[test]
fn a_secret_of_ours_stops_here_wherever_it_stands() {
    let secret = secret();
    let url = format!("/a/mcp/v1?apikey={}&x=1", secret.expose());
    for value in [secret.expose(), &url] {
        let headers = [("x-uri", value), ("x-team", "lk_not-a-key")];
        assert_eq!(
            sent(&headers, &[]),
            ["accept-encoding: identity", "x-team: lk_not-a-key"]
        );
    }
}

#[test]
fn configured_headers_win_and_whoever_calls_is_named_last() {
    let configured = [
        ("Authorization", "Bearer upstream"),
        ("X-Team", "1"),
        ("X-Team", "2"),
    ];
    assert_eq!(
        sent(
            &[("Authorization", "Bearer caller"), ("x-team", "9")],
            &configured
        ),
        [
            "accept-encoding: identity",
            "authorization: Bearer upstream",
            "x-team: 1",
            "x-team: 2"
        ]
    );
    let target = Target::new("https://mcp.example.com/", []).unwrap();
    let (key, project) = (
        "key_0192f0c1d2e37a4b8c5d6e7f80910203",
        "proj_0192f0c1d2e37a4b8c5d6e7f80910204",
    );
    let on_behalf = OnBehalf {
        key_id: key.parse().unwrap(),
        project_id: project.parse().unwrap(),
    };
    let session = HeaderValue::from_static("upstreams-own");
    let headers = outgoing(
        &caller(&[
            ("x-latchkey-key-id", "key_forged"),
            ("mcp-session-id", "sealed"),
        ]),
        Some(session),
        &target,
        Some(on_behalf),
    );
    assert_eq!(headers.get_all(KEY_ID).iter().collect::<Vec<_>>(), [key]);
    assert_eq!(headers[PROJECT_ID], project);
    assert_eq!(
        headers.get_all(SESSION).iter().collect::<Vec<_>>(),
        ["upstreams-own"]
    );
}

#[test]
fn an_answer_sets_no_cookie_policy_redirect_or_challenge_here() {
    let mut answer = HeaderMap::new();
    for (name, value) in [
        ("content-type", "text/event-stream"),
        ("mcp-protocol-version", "2025-11-25"),
        ("retry-after", "3"),
        ("mcp-session-id", "upstreams-own"),
        ("set-cookie", "latchkey=evil"),
        (
            "www-authenticate",
            "Bearer resource_metadata=\"https://evil\"",
        ),
        ("location", "https://evil"),
        ("clear-site-data", "*"),
        ("access-control-allow-origin", "*"),
        ("strict-transport-security", "max-age=1"),
        ("connection", "keep-alive"),
        ("transfer-encoding", "chunked"),
        ("content-length", "3"),
        ("server", "x"),
    ] {
        answer.append(name, HeaderValue::from_static(value));
    }
    let (headers, session_id) = incoming(&answer);
    let mut names: Vec<&str> = headers.keys().map(Name::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        ["content-type", "mcp-protocol-version", "retry-after"]
    );
    assert_eq!(session_id.as_deref(), Some("upstreams-own"));
}
