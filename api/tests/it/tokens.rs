//! `/me/tokens`: what scripts sign in with.

use serde_json::{Value, json};

use crate::support::{Actor, TestServer, after, before, eventually};

fn token(name: &str, permissions: Value) -> Value {
    json!({ "name": name, "permissions": permissions })
}

#[tokio::test]
async fn a_tokens_secret_is_shown_once() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let body = token(" Deploy script ", json!(["verify", "manage", "verify"]));
    let made = ada.post("me/tokens", body).send().await.status(201);
    let secret = made["secret"].as_str().unwrap();
    assert!(
        secret.starts_with("lkm_") && secret.len() == 40,
        "the secret's form is wrong"
    );
    let shown = &made["token"];
    assert_eq!(shown["name"], "Deploy script");
    assert_eq!(shown["permissions"], json!(["manage", "verify"]));
    assert_eq!(shown["hint"], format!("lkm_…{}", &secret[36..]));
    assert_eq!(shown["expires_at"], Value::Null);
    assert_eq!(shown["revoked_at"], Value::Null);
    let listed = ada.get("me/tokens").send().await;
    assert!(
        !listed.body.contains(&secret[4..34]),
        "the list holds the secret"
    );
    assert_eq!(listed.ok()["items"], json!([shown]));
}

#[tokio::test]
async fn a_token_is_made_of_good_fields_only() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let in_the_past = json!({ "name": "x", "permissions": ["read"], "expires_at": before(1) });
    for (body, pointer) in [
        (token("", json!(["read"])), "/name"),
        (token(&"x".repeat(101), json!(["read"])), "/name"),
        (token("a\nb", json!(["read"])), "/name"),
        (token("x", json!([])), "/permissions"),
        (token("x", json!("read")), "/permissions"),
        (token("x", json!(["read", "admin"])), "/permissions/1"),
        (token("x", Value::Null), "/permissions"),
        (json!({ "name": "x" }), "/permissions"),
        (json!({ "permissions": ["read"] }), "/name"),
        (in_the_past, "/expires_at"),
        (
            json!({ "name": "x", "permissions": ["read"], "secret": "lkm_mine" }),
            "/secret",
        ),
    ] {
        ada.post("me/tokens", body)
            .send()
            .await
            .wrong_field(422, "invalid_field", pointer);
    }
    assert_eq!(ada.get("me/tokens").send().await.ok()["items"], json!([]));
}

#[tokio::test]
async fn a_revoked_token_is_refused_from_the_next_request_on() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let token = ada.token(&["manage"]).await;
    let other = ada.token(&["manage"]).await;
    let path = format!("me/tokens/{}", token.token_id());
    assert_eq!(ada.delete(&path).send().await.status, 204);
    let refused = token.get("me").send().await;
    refused.problem(401, "unauthenticated");
    assert_eq!(
        refused.header("www-authenticate"),
        Some("Bearer error=\"invalid_token\"")
    );
    assert_eq!(ada.delete(&path).send().await.status, 204, "again is fine");
    other.get("me").send().await.status(200);
    let listed = ada.get("me/tokens").send().await.ok();
    let revoked: Vec<_> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t["revoked_at"].is_string())
        .collect();
    assert_eq!(revoked, [false, true]);
    let _server = server.restart().await;
    token.get("me").send().await.problem(401, "unauthenticated");
    other.get("me").send().await.status(200);
}

#[tokio::test]
async fn a_token_expires_by_itself() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let body = json!({ "name": "Short", "permissions": ["read"], "expires_at": after(2) });
    let made = ada.post("me/tokens", body).send().await.status(201);
    let bearer = format!("Bearer {}", made["secret"].as_str().unwrap());
    eventually("the expired token is refused", || async {
        server
            .anonymous()
            .get("me")
            .header("authorization", &bearer)
            .send()
            .await
            .status
            == 401
    })
    .await;
}

#[tokio::test]
async fn somebody_elses_token_is_not_there() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let stranger = ada.member("Stranger").await;
    let token = stranger.token(&["read"]).await;
    for id in [
        token.token_id(),
        "tok_00000000000000000000000000000000",
        "x",
    ] {
        ada.delete(&format!("me/tokens/{id}"))
            .send()
            .await
            .problem(404, "not_found");
    }
    token.get("me").send().await.status(200);
    assert_eq!(ada.get("me/tokens").send().await.ok()["items"], json!([]));
}

#[tokio::test]
async fn each_permission_opens_its_own_and_no_more() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    // Permission: may look, may change, may check.
    for (permissions, wanted) in [
        (&["read"][..], [200, 403, 403]),
        (&["manage"], [200, 200, 403]),
        (&["verify"], [403, 403, 200]),
        (&["read", "verify"], [200, 403, 200]),
        (&["manage", "verify"], [200, 200, 200]),
    ] {
        let token = ada.token(permissions).await;
        let answers = [
            token.get(&project.key(&key)).send().await,
            token.patch(&project.key(&key), json!({})).send().await,
            token
                .post("keys/verify", json!({ "key": key.secret }))
                .send()
                .await,
        ];
        for answer in &answers {
            if answer.status == 403 {
                answer.problem(403, "permission_missing");
            }
        }
        assert_eq!(
            answers.map(|answer| answer.status),
            wanted,
            "{permissions:?}"
        );
        for (method, path) in [
            ("GET", "me/tokens"),
            ("POST", "me/tokens"),
            ("GET", "users"),
            ("POST", "users"),
        ] {
            let answer = token.call(method.parse().unwrap(), path).send().await;
            answer.problem(403, "session_required");
        }
    }
}

#[tokio::test]
async fn a_token_never_has_more_rights_than_its_user_has_at_that_moment() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let editor = ada.member("Editor").await;
    ada.join(&project, &editor, "editor").await;
    let token = editor.token(&["manage"]).await;
    let make = |who: &Actor| {
        who.post(
            &project.keys(),
            json!({ "description": "Analytics Dashboard" }),
        )
        .send()
    };
    make(&token).await.status(201);
    let member = project.path(&format!("members/{}", editor.user_id()));
    ada.patch(&member, json!({ "role": "viewer" }))
        .send()
        .await
        .status(200);
    make(&token).await.problem(403, "forbidden");
    token.get(&project.keys()).send().await.status(200);
    ada.delete(&member).send().await.status(204);
    token
        .get(&project.keys())
        .send()
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn a_bearer_beats_a_cookie_and_a_bad_one_is_not_mended_by_it() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let stranger = ada.member("Stranger").await;
    let token = stranger.token(&["manage"]).await;
    let cookie = format!("latchkey={}", ada.credential());
    let me = token.get("me").header("cookie", &cookie).send().await.ok();
    assert_eq!(me["email"], "stranger@example.com");
    let good = format!("lkm_{}", "0".repeat(36));
    for bad in [
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Basic YWRhOng=",
        &format!("Bearer {good}"),
        "bearer\tx",
    ] {
        let call = server
            .anonymous()
            .get("me")
            .header("cookie", &cookie)
            .header("authorization", bad);
        call.send().await.problem(401, "unauthenticated");
    }
    // Also where nobody has to be signed in.
    let call = server
        .anonymous()
        .get("session")
        .header("authorization", "Bearer x");
    call.send().await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn an_api_key_manages_nothing() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    for secret in [key.secret.as_str(), "lk_", "lk_junk"] {
        let holder = server.anonymous().with_key(secret);
        for path in [
            "me",
            "session",
            "projects",
            "me/tokens",
            &project.keys(),
            &project.key(&key),
        ] {
            let answer = holder.get(path).send().await;
            answer.problem(401, "api_key_not_accepted");
        }
        holder
            .post("keys/verify", json!({ "key": key.secret }))
            .send()
            .await
            .problem(401, "api_key_not_accepted");
        holder
            .delete(&project.key(&key))
            .send()
            .await
            .problem(401, "api_key_not_accepted");
    }
    assert_eq!(ada.verify(&key.secret).await, "valid");
}

#[tokio::test]
async fn tokens_are_listed_in_pages_newest_first() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(ada.token(&["read"]).await.token_id().to_owned());
    }
    made.reverse();
    let mut found = Vec::new();
    let mut path = "me/tokens?limit=2".to_owned();
    loop {
        let page = ada.get(&path).send().await.ok();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        found.extend(
            items
                .iter()
                .map(|token| token["id"].as_str().unwrap().to_owned()),
        );
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("me/tokens?limit=2&cursor={cursor}");
    }
    assert_eq!(found, made);
}
