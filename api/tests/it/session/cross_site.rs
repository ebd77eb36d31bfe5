//! Pages of other sites can't use a session, nor give a browser one.

use serde_json::json;

use super::ada;
use crate::support::{Call, TestServer};

/// The headers of a browser, and whether a request with them is taken. `own` stands for the server's origin.
const RULES: &[(Option<&str>, Option<&str>, bool)] = &[
    (None, None, true),
    (Some("same-origin"), None, true),
    (Some("same-origin"), Some("own"), true),
    (Some("same-site"), Some("own"), false),
    (Some("cross-site"), Some("own"), false),
    (Some("cross-site"), None, false),
    (Some("none"), None, false),
    (None, Some("own"), true),
    (None, Some("localhost"), true),
    (None, Some("https://evil.example"), false),
    (None, Some("http://127.0.0.1:1"), false),
    (None, Some("null"), false),
];

#[tokio::test]
async fn an_unsafe_request_with_a_cookie_comes_from_our_own_pages() {
    let server = TestServer::start().await;
    let ada_in = server.set_up().await;
    let token = ada_in.token(&["manage"]).await;
    let own = server.url("/").trim_end_matches('/').to_owned();
    for (n, (site, origin, taken)) in RULES.iter().enumerate() {
        let origin = origin.map(|origin| match origin {
            "own" => own.clone(),
            "localhost" => own.replace("127.0.0.1", "localhost"),
            other => other.to_owned(),
        });
        let dress = |mut call: Call| {
            if let Some(site) = site {
                call = call.header("sec-fetch-site", site);
            }
            if let Some(origin) = &origin {
                call = call.header("origin", origin);
            }
            call
        };
        let case = format!("{site:?} {origin:?}");
        let make = json!({ "name": format!("Project {n}") });
        let answer = dress(ada_in.post("projects", make.clone())).send().await;
        if *taken {
            assert_eq!(answer.status, 201, "{case}");
        } else {
            answer.problem(403, "cross_site");
        }
        let answer = dress(server.anonymous().post("session", ada()))
            .send()
            .await;
        assert_eq!(
            answer.status,
            if *taken { 200 } else { 403 },
            "signing in, {case}"
        );
        let answer = dress(ada_in.get("projects")).send().await;
        assert_eq!(answer.status, 200, "looking is safe, {case}");
        let answer = dress(token.patch("me", json!({}))).send().await;
        assert_eq!(answer.status, 200, "no page can send a bearer, {case}");
    }
}

#[tokio::test]
async fn a_refused_request_changes_nothing_and_learns_nothing() {
    let server = TestServer::start().await;
    let ada_in = server.set_up().await;
    let project = ada_in.project("Memory Lake").await;
    let key = ada_in.key(&project, "Claude AI Integration").await;
    let unknown = "projects/proj_00000000000000000000000000000000";
    // The check comes before everything else: what exists and what doesn't look the same.
    for path in [project.key(&key), project.this(), unknown.to_owned()] {
        let answer = ada_in
            .delete(&path)
            .header("sec-fetch-site", "cross-site")
            .send()
            .await;
        answer.problem(403, "cross_site");
    }
    assert_eq!(ada_in.verify(&key.secret).await, "valid");
}

#[tokio::test]
async fn behind_https_only_the_public_origin_and_this_machine_are_ours() {
    let server = TestServer::start_with(|config| {
        config.public_url = Some("https://keys.example.com".parse().unwrap());
    })
    .await;
    let ada_in = server.set_up().await;
    for (origin, status) in [
        ("https://keys.example.com", 200),
        ("http://keys.example.com", 403),
        ("https://keys.example.com:8443", 403),
        ("https://keys.example.com.evil.example", 403),
    ] {
        let answer = ada_in
            .patch("me", json!({}))
            .header("origin", origin)
            .send()
            .await;
        assert_eq!(answer.status, status, "{origin}");
    }
    // Host is never believed.
    let call = ada_in
        .patch("me", json!({}))
        .header("host", "evil.example")
        .header("origin", "https://evil.example");
    call.send().await.problem(403, "cross_site");
}
