//! Bodies that can't be read, or not as they must be.

use serde_json::{Value, json};

use super::Scene;
use crate::support::TestServer;

#[tokio::test]
async fn what_is_not_json_is_400() {
    let scene = Scene::new().await;
    let before = scene.state().await;
    let deep = "[".repeat(100_000);
    let bodies: [&[u8]; 14] = [
        b"{",
        b"}",
        b"{\"name\":}",
        b"{\"name\":\"x\"",
        b"{\"name\":\"x\",}",
        b"{'name':'x'}",
        b"{name:\"x\"}",
        b"name=x",
        b"<name>x</name>",
        b"{} {}",
        b"{}x",
        b"\xef\xbb\xbf{}",
        b"{\"name\":\"\xff\xfe\"}",
        deep.as_bytes(),
    ];
    for operation in scene.operations() {
        for (n, body) in bodies.iter().enumerate() {
            let call = scene.ada.call(operation.method.clone(), &operation.path);
            let answer = call.body_raw(*body, "application/json").send().await;
            assert_eq!(answer.status, 400, "{} body {n}", operation.path);
            answer.problem(400, "invalid_json");
        }
    }
    assert_eq!(scene.state().await, before);
}

#[tokio::test]
async fn what_is_json_by_the_letter_only_is_refused_without_harm() {
    let scene = Scene::new().await;
    let before = scene.state().await;
    let nested = format!("{}1{}", "{\"name\":".repeat(20_000), "}".repeat(20_000));
    let bodies = [
        nested.as_str(),
        "{\"name\":\"\\ud800\",\"description\":\"\\ud800\"}",
        "{\"name\":1e999,\"description\":1e999}",
        "{\"name\":123456789012345678901234567890,\"description\":-0}",
    ];
    for operation in scene.operations() {
        for body in bodies {
            let call = scene.ada.call(operation.method.clone(), &operation.path);
            let answer = call.body_raw(body, "application/json").send().await;
            assert!(
                matches!(answer.status, 400 | 422),
                "{}: {}",
                operation.path,
                answer.summary()
            );
            answer.problem(answer.status, answer.json()["code"].as_str().unwrap());
        }
    }
    assert_eq!(scene.state().await, before);
}

#[tokio::test]
async fn a_missing_body_is_400_where_one_is_needed() {
    let scene = Scene::new().await;
    let before = scene.state().await;
    for operation in scene
        .operations()
        .into_iter()
        .filter(|operation| !operation.optional)
    {
        for content_type in ["application/json", ""] {
            let call = scene
                .ada
                .call(operation.method.clone(), &operation.path)
                .body_raw(Vec::new(), content_type);
            let answer = call.send().await;
            if content_type.is_empty() && answer.status == 415 {
                answer.problem(415, "unsupported_media_type");
            } else {
                answer.problem(400, "invalid_json");
            }
        }
    }
    assert_eq!(scene.state().await, before);
}

#[tokio::test]
async fn what_is_json_but_no_object_is_422() {
    let scene = Scene::new().await;
    let before = scene.state().await;
    for operation in scene.operations() {
        for body in [
            "[]",
            "[{}]",
            "\"text\"",
            "null",
            "5",
            "true",
            "[\"a\",\"b\"]",
        ] {
            let call = scene.ada.call(operation.method.clone(), &operation.path);
            let answer = call.body_raw(body, "application/json").send().await;
            answer.wrong_field(422, "invalid_field", "");
        }
    }
    assert_eq!(scene.state().await, before);
}

#[tokio::test]
async fn an_unknown_or_repeated_field_is_named() {
    let scene = Scene::new().await;
    let before = scene.state().await;
    for operation in scene.operations() {
        for name in ["nonsense", "__proto__", "", "a/b~c", "Ünïcode"] {
            let mut body = operation.good.clone();
            body[name] = json!(1);
            let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
            let call = scene
                .ada
                .call(operation.method.clone(), &operation.path)
                .json(&body);
            call.send()
                .await
                .wrong_field(422, "invalid_field", &pointer);
        }
        let text = operation.good.to_string();
        let (name, value) = operation.good.as_object().unwrap().iter().next().unwrap();
        let twice = format!("{{\"{name}\":{value},{}", &text[1..]);
        let call = scene
            .ada
            .call(operation.method, &operation.path)
            .body_raw(twice, "application/json");
        call.send()
            .await
            .wrong_field(422, "invalid_field", &format!("/{name}"));
    }
    assert_eq!(scene.state().await, before);
}

#[tokio::test]
async fn a_field_of_the_wrong_type_is_named() {
    let scene = Scene::new().await;
    let before = scene.state().await;
    for operation in scene.operations() {
        for (name, good) in operation.good.as_object().unwrap() {
            for wrong in [
                json!({}),
                json!([[]]),
                json!({ "a": 1 }),
                json!(-1.5),
                json!(true),
                json!("\u{0}"),
            ] {
                if wrong.is_string() && (good.is_string() || good.is_array()) {
                    continue;
                }
                let mut body = operation.good.clone();
                body[name] = wrong.clone();
                let call = scene
                    .ada
                    .call(operation.method.clone(), &operation.path)
                    .json(&body);
                let answer = call.send().await;
                let problem = answer.problem(422, "invalid_field");
                let pointer = problem["errors"][0]["pointer"].as_str().unwrap();
                let wanted = format!("/{name}");
                assert!(
                    pointer.starts_with(&wanted),
                    "{} {wrong}: {pointer}",
                    operation.path
                );
            }
        }
    }
    assert_eq!(scene.state().await, before);
}

/// serde calls a word of an enum that is no text at all a syntax error; it is a field like any other.
#[tokio::test]
async fn a_word_that_is_no_text_is_named() {
    let scene = Scene::new().await;
    let before = scene.state().await;
    let path = scene.project.keys();
    let member = scene.project.path("members");
    let token = |permissions: Value| json!({ "name": "Script", "permissions": permissions });
    for wrong in [
        json!(5),
        json!(["production"]),
        json!({ "production": null }),
        json!(false),
    ] {
        let call = scene.ada.post(&path, json!({ "environment": wrong }));
        call.send().await.problem(422, "invalid_field");
        let call = scene.ada.post(
            &member,
            json!({ "email": "member@example.com", "role": wrong }),
        );
        call.send().await.problem(422, "invalid_field");
        let call = scene.ada.post("me/tokens", token(json!([wrong])));
        call.send().await.problem(422, "invalid_field");
    }
    let call = scene.ada.post(&path, json!({ "environment": 5 }));
    call.send()
        .await
        .wrong_field(422, "invalid_field", "/environment");
    let call = scene.ada.post(
        &member,
        json!({ "email": "member@example.com", "role": null }),
    );
    call.send().await.wrong_field(422, "invalid_field", "/role");
    let call = scene.ada.post("me/tokens", token(json!(["read", null])));
    call.send()
        .await
        .wrong_field(422, "invalid_field", "/permissions/1");
    assert_eq!(scene.state().await, before);
}

#[tokio::test]
async fn control_characters_are_refused_in_every_text() {
    let scene = Scene::new().await;
    let before = scene.state().await;
    let this = scene.project.this();
    let key = scene.project.key(&scene.key);
    for c in [
        "\u{0}", "\u{7}", "\n", "\r", "\u{7f}", "\u{85}", "\u{2028}", "\u{202e}", "\u{2066}",
    ] {
        let text = format!("a{c}b");
        let token = json!({ "name": text, "permissions": ["read"] });
        for (call, pointer) in [
            (
                scene
                    .ada
                    .post(&scene.project.keys(), json!({ "description": text })),
                "/description",
            ),
            (
                scene.ada.patch(&key, json!({ "description": text })),
                "/description",
            ),
            (scene.ada.post("projects", json!({ "name": text })), "/name"),
            (scene.ada.patch(&this, json!({ "name": text })), "/name"),
            (scene.ada.patch("me", json!({ "name": text })), "/name"),
            (scene.ada.post("me/tokens", token), "/name"),
        ] {
            call.send().await.wrong_field(422, "invalid_field", pointer);
        }
    }
    assert_eq!(scene.state().await, before);
}

#[tokio::test]
async fn a_body_of_a_megabyte_is_413_however_it_is_sent() {
    let scene = Scene::new().await;
    let before = scene.state().await;
    let body = json!({ "description": "x".repeat(1_000_000) }).to_string();
    for operation in scene.operations() {
        let call = scene.ada.call(operation.method.clone(), &operation.path);
        call.body_raw(body.clone(), "application/json")
            .send()
            .await
            .problem(413, "payload_too_large");
        let chunks = body.as_bytes().chunks(50_000).map(<[u8]>::to_vec).collect();
        let call = scene
            .ada
            .call(operation.method, &operation.path)
            .chunked(chunks, "application/json");
        call.send().await.problem(413, "payload_too_large");
    }
    // Just below the limit it is the field that is too long.
    let body = json!({ "description": "x".repeat(200_000) });
    let answer = scene.ada.post(&scene.project.keys(), body).send().await;
    answer.wrong_field(422, "invalid_field", "/description");
    assert_eq!(scene.state().await, before);
}

#[tokio::test]
async fn another_content_type_is_415() {
    let scene = Scene::new().await;
    let before = scene.state().await;
    for operation in scene.operations() {
        for content_type in [
            "",
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/jsonx",
            "application/merge-patch+json",
            "text/json",
            "application/",
            "json",
        ] {
            let call = scene.ada.call(operation.method.clone(), &operation.path);
            let answer = call
                .body_raw(operation.good.to_string(), content_type)
                .send()
                .await;
            answer.problem(415, "unsupported_media_type");
        }
        for content_type in [
            "application/json; charset=utf-8",
            "Application/JSON",
            "application/json;charset=\"UTF-8\"",
        ] {
            let call = scene.ada.call(operation.method.clone(), &operation.path);
            let answer = call.body_raw("{\"nonsense\":1}", content_type).send().await;
            answer.wrong_field(422, "invalid_field", "/nonsense");
        }
    }
    assert_eq!(scene.state().await, before);
}

#[tokio::test]
async fn who_may_not_is_told_so_before_the_body_is_looked_at() {
    let scene = Scene::new().await;
    let stranger = scene
        .ada
        .sign_in("member@example.com", crate::support::PASSWORD)
        .await;
    let viewer = scene.ada.member("Viewer").await;
    scene.ada.join(&scene.project, &viewer, "viewer").await;
    let open = ["setup", "session", "session/claim"];
    for operation in scene
        .operations()
        .into_iter()
        .filter(|operation| !open.contains(&operation.path.as_str()))
    {
        for body in ["{", "{\"nonsense\":1}"] {
            let ask = |who: &crate::support::Actor| {
                who.call(operation.method.clone(), &operation.path)
                    .body_raw(body, "text/plain")
                    .send()
            };
            ask(&scene.server.anonymous())
                .await
                .problem(401, "unauthenticated");
            if operation.path.starts_with("projects/") {
                ask(&stranger).await.problem(404, "not_found");
                ask(&viewer).await.problem(403, "forbidden");
            }
            if operation.path.starts_with("users") {
                ask(&stranger).await.problem(403, "forbidden");
            }
        }
    }
}

#[tokio::test]
async fn null_for_a_field_that_cannot_be_cleared_is_refused_and_named() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let member = ada.member("Member").await;
    let user = format!("users/{}", member.user_id());
    let before = ada.get(&project.this()).send().await.ok();
    for (path, field) in [
        (project.this(), "name"),
        (project.this(), "backend"),
        (project.this(), "allow_key_in_url"),
        (project.this(), "allowed_origins"),
        (user.clone(), "name"),
        (user.clone(), "role"),
        (user.clone(), "disabled"),
        (user, "revoke_keys"),
        ("me".to_owned(), "name"),
    ] {
        let answer = ada.patch(&path, json!({ field: null })).send().await;
        answer.wrong_field(422, "invalid_field", &format!("/{field}"));
    }
    assert_eq!(ada.get(&project.this()).send().await.ok(), before);
}
