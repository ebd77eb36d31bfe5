//! Addresses, methods and queries that are not as they must be.

use reqwest::Method;
use serde_json::json;

use super::Scene;

#[tokio::test]
async fn a_wrong_method_is_405_and_the_right_ones_are_named() {
    let scene = Scene::new().await;
    let before = scene.state().await;
    let (keys, key) = (scene.project.keys(), scene.project.key(&scene.key));
    let (rotate, overlap) = (format!("{key}/rotate"), format!("{key}/overlap"));
    let user = format!("users/{}", scene.ada.user_id());
    for (path, allowed) in [
        ("setup", &["POST"][..]),
        ("session", &["DELETE", "GET", "POST"]),
        ("session/claim", &["POST"]),
        ("session/confirm", &["POST"]),
        ("me", &["GET", "PATCH"]),
        ("me/password", &["PUT"]),
        ("me/tokens", &["GET", "POST"]),
        ("me/tokens/tok_1", &["DELETE"]),
        ("me/sessions", &["DELETE", "GET"]),
        ("users", &["GET", "POST"]),
        (user.as_str(), &["PATCH"]),
        ("audit", &["GET"]),
        ("projects", &["GET", "POST"]),
        (keys.as_str(), &["GET", "POST"]),
        (key.as_str(), &["DELETE", "GET", "PATCH"]),
        (rotate.as_str(), &["POST"]),
        (overlap.as_str(), &["DELETE"]),
        ("keys/verify", &["POST"]),
        ("keys/self", &["GET"]),
        ("forward-auth", &["GET"]),
        ("/healthz", &["GET"]),
        ("/readyz", &["GET"]),
        ("/metrics", &["GET"]),
        ("/openapi.json", &["GET"]),
    ] {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"] {
            if allowed.contains(&method) {
                continue;
            }
            for who in [&scene.ada, &scene.server.anonymous()] {
                let answer = who.call(method.parse().unwrap(), path).send().await;
                answer.problem(405, "method_not_allowed");
                let named = answer.header("allow").unwrap_or_default();
                let mut named: Vec<&str> = named
                    .split(", ")
                    .filter(|name| !matches!(*name, "HEAD" | "OPTIONS"))
                    .collect();
                named.sort_unstable();
                assert_eq!(named, allowed, "{method} {path}");
            }
        }
    }
    assert_eq!(scene.state().await, before);
}

#[tokio::test]
async fn an_unknown_address_is_404() {
    let scene = Scene::new().await;
    for path in [
        "/api/v1/nothing",
        "/api/v1",
        "/api/v1/",
        "/api/v2/me",
        "/API/V1/ME",
        "/api/v1/me/",
        "/api/v1//me",
        "/api/v1/me/name",
        "/api/v1/projects/",
        "/api/v1/keys",
        "/nothing",
        "/nothing.php",
        "/.env",
        "/.git/config",
        "/..%2f..%2fetc/passwd",
        "/%00",
        "/%ff",
        "/%",
    ] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            for who in [&scene.ada, &scene.server.anonymous()] {
                let answer = who.call(method.clone(), path).send().await;
                assert_eq!(answer.status, 404, "{method} {path}: {}", answer.summary());
                answer.problem(404, "not_found");
            }
        }
    }
}

#[tokio::test]
async fn what_cannot_be_an_id_is_simply_not_there() {
    let scene = Scene::new().await;
    let long = "x".repeat(2000);
    for id in [
        "x",
        "proj_",
        "proj_1",
        "%00",
        "%ff",
        "%E2%98%83",
        "..%2f..%2fme",
        "..",
        "' OR 1=1 --",
        "proj_zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
        &scene.key.id,
        &scene.project.slug,
        &scene.project.id.to_uppercase(),
        &format!("{}0", scene.project.id),
        &long,
    ] {
        let path = format!("/api/v1/projects/{}/keys", id.replace(' ', "%20"));
        let answer = scene.ada.get(&path).send().await;
        // `..` is taken out of the address by the client, before it is sent.
        assert!(answer.status == 404, "{id}: {}", answer.summary());
        answer.problem(404, "not_found");
    }
}

#[tokio::test]
async fn every_list_refuses_bad_pages_and_unknown_parameters() {
    let scene = Scene::new().await;
    let before = scene.state().await;
    let lists = [
        "me/tokens".to_owned(),
        "users".to_owned(),
        "projects".to_owned(),
        "audit".to_owned(),
        scene.project.path("members"),
        scene.project.path("audit"),
        scene.project.path("hygiene"),
        scene.project.keys(),
    ];
    for path in lists {
        for (name, value, code) in [
            ("limit", "0", "invalid_request"),
            ("limit", "201", "invalid_request"),
            ("limit", "-5", "invalid_request"),
            ("limit", "1.5", "invalid_request"),
            ("limit", "99999999999999999999", "invalid_request"),
            ("limit", "", "invalid_request"),
            ("cursor", "", "invalid_cursor"),
            ("cursor", "nonsense!", "invalid_cursor"),
            ("cursor", "AAAA", "invalid_cursor"),
            ("cursor", "☃", "invalid_cursor"),
            ("page", "2", "invalid_request"),
            ("Limit", "2", "invalid_request"),
        ] {
            let answer = scene.ada.get(&path).query(name, value).send().await;
            answer.wrong_field(400, code, &format!("#query/{name}"));
        }
        scene
            .ada
            .get(&path)
            .query("limit", "200")
            .send()
            .await
            .status(200);
        scene
            .ada
            .get(&path)
            .query("limit", "1")
            .send()
            .await
            .status(200);
    }
    assert_eq!(scene.state().await, before);
}

#[tokio::test]
async fn a_cursor_of_one_list_harms_no_other() {
    let scene = Scene::new().await;
    scene.ada.key(&scene.project, "Analytics Dashboard").await;
    let page = scene
        .ada
        .get(&format!("{}?limit=1", scene.project.keys()))
        .send()
        .await
        .ok();
    let cursor = page["next_cursor"].as_str().unwrap();
    for path in ["projects", "users", "me/tokens"] {
        let status = scene
            .ada
            .get(path)
            .query("cursor", cursor)
            .send()
            .await
            .status;
        assert!(matches!(status, 200 | 400), "{path}: {status}");
    }
    scene
        .ada
        .get("audit")
        .query("cursor", cursor)
        .send()
        .await
        .problem(400, "invalid_cursor");
}

#[tokio::test]
async fn a_query_that_cannot_be_decoded_is_read_as_far_as_it_goes() {
    let scene = Scene::new().await;
    for query in ["?q=%ff", "?q=%", "?q=%zz", "?&&&", "?q=a+b", "?%71=x", "?q"] {
        let answer = scene
            .ada
            .get(&format!("{}{query}", scene.project.keys()))
            .send()
            .await;
        if answer.status != 200 {
            answer.problem(400, "invalid_request");
        }
    }
}

#[tokio::test]
async fn a_header_of_many_kilobytes_is_refused_without_harm() {
    let scene = Scene::new().await;
    let call = scene.server.anonymous().get("me").header(
        "authorization",
        format!("Bearer lkm_{}", "x".repeat(20_000)),
    );
    call.send().await.problem(401, "unauthenticated");
    let key = format!("lk_{}", "x".repeat(20_000));
    scene
        .server
        .anonymous()
        .with_key(&key)
        .get("keys/self")
        .send()
        .await
        .problem(401, "key_refused");
    scene
        .ada
        .post("projects", json!({ "name": "Sea" }))
        .send()
        .await
        .status(201);
}

#[tokio::test]
async fn head_is_answered_as_get_without_a_body() {
    let scene = Scene::new().await;
    for path in ["me", "projects", "/healthz", "/openapi.json"] {
        let answer = scene.ada.call(Method::HEAD, path).send().await;
        assert_eq!((answer.status, answer.body.as_str()), (200, ""), "{path}");
    }
    let answer = scene
        .server
        .anonymous()
        .call(Method::HEAD, "me")
        .send()
        .await;
    assert_eq!((answer.status, answer.body.as_str()), (401, ""));
}
