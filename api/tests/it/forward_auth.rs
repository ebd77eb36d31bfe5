//! `GET /forward-auth`: for reverse proxies, which understand 200, 401, 403 and 503.

use std::io::{Read as _, Write as _};

use serde_json::json;

use crate::support::{Answer, CreatedKey, Project, TestServer};

struct Scene {
    server: TestServer,
    ada: crate::support::Actor,
    project: Project,
    key: CreatedKey,
}

/// A project with a key; the server believes proxies of this network.
async fn scene(trusted: &str) -> Scene {
    let server =
        TestServer::start_with(|config| config.trusted_proxies = vec![trusted.parse().unwrap()])
            .await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let body = json!({ "description": "Claude AI Integration", "environment": "production" });
    let key = ada.key_with(&project, body).await;
    Scene {
        server,
        ada,
        project,
        key,
    }
}

const NOBODY: &str = "192.0.2.0/24";
const THIS_MACHINE: &str = "127.0.0.0/8";

fn passes(answer: &Answer, scene: &Scene) {
    assert_eq!(answer.status, 200, "{}", answer.summary());
    assert_eq!(
        answer.header("x-latchkey-key-id"),
        Some(scene.key.id.as_str())
    );
    assert_eq!(
        answer.header("x-latchkey-project-id"),
        Some(scene.project.id.as_str())
    );
    assert_eq!(
        answer.header("x-latchkey-project-slug"),
        Some("memory-lake")
    );
    assert_eq!(answer.header("x-latchkey-environment"), Some("production"));
    assert_eq!(answer.body, "");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn a_misspelt_parameter_is_refused_and_does_not_mean_any_project() {
    let scene = scene(NOBODY).await;
    let secret = &scene.key.secret;
    for query in [
        "projct=other",
        "Project=other",
        "project=memory-lake&project=other",
        "project=memory-lake&page=2",
    ] {
        let path = format!("/api/v1/forward-auth?{query}");
        let call = scene.server.anonymous().get(&path);
        let answer = call.header("x-api-key", secret).send().await;
        assert_eq!(answer.status, 401, "{query}");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains("parameter"), "{detail}");
    }
}

#[tokio::test]
async fn each_line_of_a_forwarded_address_counts_whatever_its_bytes() {
    let scene = scene(THIS_MACHINE).await;
    let secret = &scene.key.secret;
    let ask = |lines: &str| {
        let address = scene.server.url("/").replace("http://", "");
        let address = address.trim_end_matches('/').to_owned();
        let request = format!(
            "GET /api/v1/forward-auth HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{lines}\r\n"
        );
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split(' ').nth(1).unwrap().parse::<u16>().unwrap()
    };
    let good = format!("x-original-uri: /caf\u{e9}?q=\u{e9}&apikey={secret}\r\n");
    assert_eq!(ask(&good), 200);
    // One key in the address that the proxy wrote, another one in a line of the caller's.
    let other = "x-original-uri: /?apikey=another\r\n";
    assert_eq!(ask(&format!("{other}{good}")), 401);
    assert_eq!(ask(&format!("{good}{other}")), 401);
}

#[tokio::test]
async fn a_key_is_taken_from_each_of_its_places() {
    let scene = scene(NOBODY).await;
    let secret = &scene.key.secret;
    for (name, value, query) in [
        ("authorization", format!("Bearer {secret}"), String::new()),
        ("authorization", format!("bearer  {secret}"), String::new()),
        ("x-api-key", secret.clone(), String::new()),
        ("x-other", String::new(), format!("apikey={secret}")),
        ("x-other", String::new(), format!("APIKEY={secret}")),
        (
            "x-other",
            String::new(),
            format!("apikey={}", secret.replace('_', "%5F")),
        ),
    ] {
        for project in [
            String::new(),
            format!("project={}", scene.project.id),
            "project=memory-lake".to_owned(),
        ] {
            let path = format!("/api/v1/forward-auth?{project}&{query}");
            let answer = scene
                .server
                .anonymous()
                .get(&path)
                .header(name, &value)
                .send()
                .await;
            passes(&answer, &scene);
        }
    }
}

#[tokio::test]
async fn no_key_or_a_bad_one_is_401() {
    let scene = scene(NOBODY).await;
    let nobody = scene.server.anonymous();
    let answer = nobody.get("forward-auth").send().await;
    answer.problem(401, "key_refused");
    assert_eq!(
        answer.header("www-authenticate"),
        Some("Bearer"),
        "no error without a credential"
    );
    for value in ["Bearer lk_junk", "Bearer", "Basic YWRhOng=", "x", ""] {
        let answer = nobody
            .get("forward-auth")
            .header("authorization", value)
            .send()
            .await;
        answer.problem(401, "key_refused");
        assert!(
            answer
                .header("www-authenticate")
                .unwrap()
                .contains("error="),
            "{value:?}"
        );
    }
    // Whoever manages is no key: neither a token nor a session opens anything here.
    let token = scene.ada.token(&["manage", "read", "verify"]).await;
    token
        .get("forward-auth")
        .send()
        .await
        .problem(401, "key_refused");
    scene
        .ada
        .get("forward-auth")
        .send()
        .await
        .problem(401, "key_refused");
}

#[tokio::test]
async fn two_credentials_at_once_are_401_even_if_they_are_the_same() {
    let scene = scene(NOBODY).await;
    let secret = &scene.key.secret;
    let holder = scene.server.anonymous().with_key(secret);
    let with_query = format!("/api/v1/forward-auth?apikey={secret}");
    let calls = [
        holder.get("forward-auth").header("x-api-key", secret),
        holder.get(&with_query),
        scene
            .server
            .anonymous()
            .get(&with_query)
            .header("x-api-key", secret),
        scene
            .server
            .anonymous()
            .get(&format!("{with_query}&apikey={secret}")),
        scene
            .server
            .anonymous()
            .get(&format!("{with_query}&apikey=")),
        holder
            .get("forward-auth")
            .header("authorization", "Basic YWRhOng="),
        holder.get("forward-auth").header("x-api-key", ""),
    ];
    for (n, call) in calls.into_iter().enumerate() {
        let answer = call.send().await;
        answer.problem(401, "key_refused");
        let challenge = answer.header("www-authenticate");
        assert_eq!(
            challenge,
            Some("Bearer error=\"invalid_request\""),
            "number {n}"
        );
    }
}

#[tokio::test]
async fn a_good_key_of_another_project_is_403_and_a_bad_one_401() {
    let scene = scene(NOBODY).await;
    let other = scene.ada.project("Other").await;
    let holder = scene.server.anonymous().with_key(&scene.key.secret);
    for project in [other.id.as_str(), "other", "no-such-project", "☃"] {
        let answer = holder
            .get("forward-auth")
            .query("project", project)
            .send()
            .await;
        answer.problem(403, "wrong_project");
        assert!(answer.header("x-latchkey-key-id").is_none());
    }
    let junk = scene.server.anonymous().with_key("lk_junk");
    junk.get("forward-auth")
        .query("project", "other")
        .send()
        .await
        .problem(401, "key_refused");
    scene
        .ada
        .delete(&scene.project.key(&scene.key))
        .send()
        .await
        .ok();
    let refused = holder
        .get("forward-auth")
        .query("project", "memory-lake")
        .send()
        .await;
    assert_eq!(refused.problem(401, "key_refused")["reason"], "revoked");
}

#[tokio::test]
async fn every_state_that_ends_a_key_ends_it_here() {
    let scene = scene(NOBODY).await;
    let Scene {
        server,
        ada,
        project,
        key,
    } = &scene;
    let holder = server.anonymous().with_key(&key.secret);
    let reason = async || {
        let answer = holder.get("forward-auth").send().await;
        match answer.status {
            200 => "valid".to_owned(),
            _ => answer.problem(401, "key_refused")["reason"]
                .as_str()
                .unwrap()
                .to_owned(),
        }
    };
    assert_eq!(reason().await, "valid");
    ada.patch(&project.key(key), json!({ "disabled": true }))
        .send()
        .await
        .ok();
    assert_eq!(reason().await, "disabled");
    ada.patch(&project.key(key), json!({ "disabled": false }))
        .send()
        .await
        .ok();
    assert_eq!(reason().await, "valid");
    server.db_expire_key(project, key, 0);
    assert_eq!(reason().await, "expired");
    ada.patch(&project.key(key), json!({ "expires_at": null }))
        .send()
        .await
        .ok();
    assert_eq!(reason().await, "valid");
    let now = json!({ "overlap_seconds": 0 });
    ada.post(&format!("{}/rotate", project.key(key)), now)
        .send()
        .await
        .status(201);
    assert_eq!(reason().await, "retired");
    ada.delete(&project.this()).send().await.ok();
    assert_eq!(reason().await, "revoked");
}

#[tokio::test]
async fn only_a_trusted_proxy_says_what_address_was_asked_for() {
    for trusted in [THIS_MACHINE, NOBODY] {
        let scene = scene(trusted).await;
        let secret = &scene.key.secret;
        for name in ["x-forwarded-uri", "x-original-uri"] {
            let value = format!("/memory-lake/mcp/v1?a=b&apikey={secret}#top");
            let answer = scene
                .server
                .anonymous()
                .get("forward-auth")
                .header(name, &value)
                .send()
                .await;
            if trusted == THIS_MACHINE {
                passes(&answer, &scene);
            } else {
                answer.problem(401, "key_refused");
            }
            // A key of the request itself counts, and is one too many beside the other.
            let holder = scene.server.anonymous().with_key(secret);
            let answer = holder.get("forward-auth").header(name, &value).send().await;
            if trusted == THIS_MACHINE {
                answer.problem(401, "key_refused");
            } else {
                passes(&answer, &scene);
            }
            let plain = holder
                .get("forward-auth")
                .header(name, "/memory-lake/mcp/v1?a=b")
                .send()
                .await;
            passes(&plain, &scene);
        }
    }
}

#[tokio::test]
async fn both_addresses_of_a_proxy_count() {
    let scene = scene(THIS_MACHINE).await;
    let secret = &scene.key.secret;
    let other = scene.ada.key(&scene.project, "Analytics Dashboard").await;
    let ask = |forwarded: String, original: String| {
        let call = scene
            .server
            .anonymous()
            .get("forward-auth")
            .header("x-forwarded-uri", forwarded);
        call.header("x-original-uri", original).send()
    };
    let with = |secret: &str| format!("/x?apikey={secret}");
    // The proxy sets one of them; a caller may have put the other.
    ask(with(secret), with(&other.secret))
        .await
        .problem(401, "key_refused");
    ask(
        format!("/x?apikey={secret}&apikey={secret}"),
        "/x".to_owned(),
    )
    .await
    .problem(401, "key_refused");
    passes(&ask(with(secret), "/x".to_owned()).await, &scene);
    passes(&ask("/x".to_owned(), with(secret)).await, &scene);
}

#[tokio::test]
async fn a_project_that_takes_no_keys_in_urls_takes_none_here() {
    let scene = scene(THIS_MACHINE).await;
    let secret = &scene.key.secret;
    scene
        .ada
        .patch(&scene.project.this(), json!({ "allow_key_in_url": false }))
        .send()
        .await
        .ok();
    let nobody = scene.server.anonymous();
    let in_query = nobody
        .get(&format!("/api/v1/forward-auth?apikey={secret}"))
        .send()
        .await;
    in_query.problem(401, "key_refused");
    let uri = format!("/x?apikey={secret}");
    nobody
        .get("forward-auth")
        .header("x-forwarded-uri", uri)
        .send()
        .await
        .problem(401, "key_refused");
    passes(
        &nobody.with_key(secret).get("forward-auth").send().await,
        &scene,
    );
}

#[tokio::test]
async fn a_page_of_another_site_is_no_reason_to_refuse_a_key() {
    let scene = scene(NOBODY).await;
    let holder = scene.server.anonymous().with_key(&scene.key.secret);
    let call = holder
        .get("forward-auth")
        .header("sec-fetch-site", "cross-site")
        .header("origin", "https://claude.ai");
    passes(&call.send().await, &scene);
}
