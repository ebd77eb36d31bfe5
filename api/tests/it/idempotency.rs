//! Idempotency-Key: a repeated creation has one outcome.

use serde_json::{Value, json};

use crate::support::{Actor, Answer, PASSWORD, TestServer};

async fn make(who: &Actor, path: &str, key: &str, body: Value) -> Answer {
    who.post(path, body)
        .header("idempotency-key", key)
        .send()
        .await
}

async fn count(who: &Actor, path: &str) -> usize {
    who.get(path).send().await.ok()["items"]
        .as_array()
        .unwrap()
        .len()
}

#[tokio::test]
async fn a_repetition_gets_the_first_outcome_again() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let member = ada.member("Member").await;
    let project = ada.project("Memory Lake").await;
    let members = project.path("members");
    let user = json!({ "name": "Grace", "email": "grace@example.com", "role": "member", "password": PASSWORD });
    for (path, body) in [
        ("projects", json!({ "name": "Sea" })),
        ("users", user),
        (
            members.as_str(),
            json!({ "email": member.email(), "role": "viewer" }),
        ),
    ] {
        let first = make(&ada, path, "one", body.clone()).await;
        assert!(first.header("idempotency-replayed").is_none());
        let before = count(&ada, path).await;
        let again = make(&ada, path, "one", body.clone()).await;
        assert_eq!(again.header("idempotency-replayed"), Some("true"), "{path}");
        assert_eq!(again.status(201), first.status(201), "{path}");
        assert_eq!(count(&ada, path).await, before, "{path}");
        // The same key for another request.
        let other = make(&ada, "projects", "one", json!({ "name": "Clear" })).await;
        other.problem(422, "idempotency_mismatch");
        server.place().intrude().execute("DELETE FROM idempotency");
    }
}

#[tokio::test]
async fn a_repetition_never_shows_a_secret_but_tells_what_was_made() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let invited = json!({ "name": "Invited", "email": "invited@example.com", "role": "member" });
    let link = format!("users/{}/sign-in-link", ada.user_id());
    let rotate = format!("{}/rotate", project.key(&key));
    for (path, body, id) in [
        (
            project.keys(),
            json!({ "description": "Analytics Dashboard" }),
            "/key/id",
        ),
        (rotate, json!({ "overlap_seconds": 60 }), "/key/id"),
        (
            "me/tokens".to_owned(),
            json!({ "name": "Script", "permissions": ["read"] }),
            "/token/id",
        ),
        ("users".to_owned(), invited, "/user/id"),
        (link, json!({}), ""),
    ] {
        let first = make(&ada, &path, &path, body.clone()).await.status(201);
        for _ in 0..2 {
            let again = make(&ada, &path, &path, body.clone()).await;
            let problem = again.problem(409, "secret_already_shown");
            let wanted = if id.is_empty() {
                &json!(ada.user_id())
            } else {
                first.pointer(id).unwrap()
            };
            assert_eq!(&problem["id"], wanted, "{path}");
            for secret in ["secret", "sign_in_url"] {
                let shown = first[secret].as_str().unwrap_or("nothing of the kind");
                assert!(!again.body.contains(shown), "{path} shows its secret twice");
            }
        }
    }
    assert_eq!(count(&ada, &project.keys()).await, 2);
    assert_eq!(count(&ada, "me/tokens").await, 1);
    let shown = ada.get(&project.key(&key)).send().await.ok();
    assert_eq!(
        shown["secrets"].as_array().unwrap().len(),
        2,
        "rotated once"
    );
}

#[tokio::test]
async fn one_key_is_for_one_request() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let other = ada.project("Other").await;
    let body = json!({ "description": "Claude AI Integration" });
    make(&ada, &project.keys(), "one", body.clone())
        .await
        .status(201);
    for (path, body) in [
        (project.keys(), json!({ "description": "Another" })),
        (project.keys(), json!({})),
        (other.keys(), body.clone()),
        ("projects".to_owned(), json!({ "name": "Sea" })),
    ] {
        make(&ada, &path, "one", body)
            .await
            .problem(422, "idempotency_mismatch");
    }
    assert_eq!(count(&ada, &project.keys()).await, 1);
    assert_eq!(count(&ada, &other.keys()).await, 0);
    assert_eq!(count(&ada, "projects").await, 2);
    make(&ada, &project.keys(), "two", body).await.status(201);
}

#[tokio::test]
async fn everybody_has_keys_of_their_own() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let member = ada.member("Member").await;
    let token = ada.token(&["manage"]).await;
    let second_browser = ada.sign_in("ada@example.com", PASSWORD).await;
    let body = json!({ "name": "Sea" });
    let first = make(&ada, "projects", "one", body.clone())
        .await
        .status(201);
    let theirs = make(&member, "projects", "one", body.clone())
        .await
        .status(201);
    let by_token = make(&token, "projects", "one", body.clone())
        .await
        .status(201);
    assert!(first["id"] != theirs["id"] && first["id"] != by_token["id"]);
    // The retry of one person may come from another browser, after signing in anew.
    assert_eq!(
        make(&second_browser, "projects", "one", body)
            .await
            .status(201),
        first
    );
}

#[tokio::test]
async fn what_was_refused_may_be_tried_again_with_the_same_key() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let taken = json!({ "name": "Sea", "slug": "sea" });
    ada.post("projects", taken.clone()).send().await.status(201);
    make(&ada, "projects", "one", json!({ "name": "" }))
        .await
        .problem(422, "invalid_field");
    make(&ada, "projects", "one", taken.clone())
        .await
        .problem(409, "slug_taken");
    make(
        &ada,
        "projects",
        "one",
        json!({ "name": "Sea", "slug": "ocean" }),
    )
    .await
    .status(201);
    make(&ada, "projects", "one", taken)
        .await
        .problem(422, "idempotency_mismatch");
}

#[tokio::test]
async fn of_two_at_once_one_makes_it() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    for round in 0..5 {
        let key = format!("round-{round}");
        let body = json!({ "description": key });
        let keys = project.keys();
        let (one, other) = tokio::join!(
            make(&ada, &keys, &key, body.clone()),
            make(&ada, &keys, &key, body.clone())
        );
        let (made, refused) = if one.status == 201 {
            (one, other)
        } else {
            (other, one)
        };
        let id = made.status(201)["key"]["id"].clone();
        assert_eq!(refused.status, 409);
        match refused.json()["code"].as_str().unwrap() {
            "idempotency_in_progress" => assert!(refused.header("retry-after").is_some()),
            "secret_already_shown" => assert_eq!(refused.json()["id"], id),
            other => panic!("{other}"),
        }
        let later = make(&ada, &keys, &key, body)
            .await
            .problem(409, "secret_already_shown");
        assert_eq!(later["id"], id);
    }
    assert_eq!(count(&ada, &project.keys()).await, 5);
}

#[tokio::test]
async fn an_outcome_is_remembered_over_a_restart_and_for_a_day() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let body = json!({ "name": "Sea" });
    let first = make(&ada, "projects", "one", body.clone())
        .await
        .status(201);
    let server = server.restart().await;
    let mut again = make(&ada, "projects", "one", body.clone())
        .await
        .status(201);
    // The address is the one of before; the port changed with the restart.
    again["endpoint_url"] = first["endpoint_url"].clone();
    assert_eq!(again, first);
    server
        .place()
        .intrude()
        .execute("UPDATE idempotency SET expires_at = 1000");
    let fresh = make(&ada, "projects", "one", body).await.status(201);
    assert!(
        fresh["id"] != first["id"],
        "a day later it is a new request"
    );
}

#[tokio::test]
async fn a_key_is_one_short_line() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let body = json!({ "name": "Sea" });
    let long = "x".repeat(256);
    for key in ["", " ", "\"\"", &long, "a\tb", "é"] {
        let answer = make(&ada, "projects", key, body.clone()).await;
        answer.wrong_field(400, "invalid_request", "#header/Idempotency-Key");
    }
    let call = ada
        .post("projects", body.clone())
        .header("idempotency-key", "a")
        .header("idempotency-key", "b");
    call.send()
        .await
        .wrong_field(400, "invalid_request", "#header/Idempotency-Key");
    assert_eq!(count(&ada, "projects").await, 0);
    // The draft's quoted string and the bare one name the same.
    let first = make(&ada, "projects", "\"8e03978e\"", body.clone())
        .await
        .status(201);
    assert_eq!(
        make(&ada, "projects", "8e03978e", body).await.status(201),
        first
    );
    make(
        &ada,
        "projects",
        &"x".repeat(255),
        json!({ "name": "Lake" }),
    )
    .await
    .status(201);
}
