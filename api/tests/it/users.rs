//! `/users`: what administrators do with people.

mod disable;

use serde_json::{Value, json};

use crate::support::{Actor, PASSWORD, TestServer};

fn person(name: &str, email: &str) -> Value {
    json!({ "name": name, "email": email, "role": "member", "password": PASSWORD })
}

async fn count(ada: &Actor) -> usize {
    ada.get("users?limit=200").send().await.ok()["items"]
        .as_array()
        .unwrap()
        .len()
}

#[tokio::test]
async fn a_user_is_added_with_a_password_or_with_a_link() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let answer = ada
        .post("users", person(" Grace ", " Grace@Example.com "))
        .send()
        .await;
    assert_eq!(answer.header("etag"), Some("\"v1\""));
    let made = answer.status(201);
    assert_eq!(made["sign_in_url"], Value::Null);
    assert_eq!(made["user"]["name"], "Grace");
    assert_eq!(made["user"]["role"], "member");
    assert_eq!(made["user"]["disabled_at"], Value::Null);
    ada.sign_in("grace@example.com", PASSWORD).await;
    let mut linked = person("Linked", "linked@example.com");
    linked.as_object_mut().unwrap().remove("password");
    let made = ada.post("users", linked).send().await.status(201);
    assert!(
        made["sign_in_url"]
            .as_str()
            .unwrap()
            .starts_with(&server.url("/claim#token="))
    );
    let listed = ada.get("users").send().await;
    assert!(!listed.body.contains("#token="), "the list holds a link");
    let names: Vec<_> = listed.json()["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|u| u["name"].clone())
        .collect();
    assert_eq!(names, ["Linked", "Grace", "Ada"]);
}

#[tokio::test]
async fn a_user_is_made_of_good_fields_only() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let with = |name: &str, value: Value| {
        let mut body = person("Grace", "grace@example.com");
        body[name] = value;
        body
    };
    for (body, pointer) in [
        (with("name", json!("")), "/name"),
        (with("name", json!("x".repeat(101))), "/name"),
        (with("email", json!("grace")), "/email"),
        (
            with("email", json!(format!("{}@example.com", "x".repeat(250)))),
            "/email",
        ),
        (with("email", json!("a b@example.com")), "/email"),
        (with("password", json!("short")), "/password"),
        (with("role", json!("owner")), "/role"),
        (with("role", Value::Null), "/role"),
        (with("disabled", json!(true)), "/disabled"),
    ] {
        ada.post("users", body)
            .send()
            .await
            .wrong_field(422, "invalid_field", pointer);
    }
    assert_eq!(count(&ada).await, 1);
}

#[tokio::test]
async fn an_address_belongs_to_one_user_in_any_case() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    for email in ["ada@example.com", "ADA@EXAMPLE.COM", " Ada@example.com "] {
        let answer = ada.post("users", person("Other", email)).send().await;
        answer.wrong_field(409, "email_taken", "/email");
    }
    let (one, other) = tokio::join!(
        ada.post("users", person("One", "twin@example.com")).send(),
        ada.post("users", person("Other", "Twin@example.com"))
            .send(),
    );
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    assert_eq!(count(&ada).await, 2);
}

#[tokio::test]
async fn only_a_signed_in_administrator_manages_users() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let member = ada.member("Member").await;
    let token = ada.token(&["manage"]).await;
    let path = format!("users/{}", ada.user_id());
    for (who, code) in [(&member, "forbidden"), (&token, "session_required")] {
        who.get("users").send().await.problem(403, code);
        who.post("users", person("Grace", "grace@example.com"))
            .send()
            .await
            .problem(403, code);
        who.patch(&path, json!({ "name": "Other" }))
            .send()
            .await
            .problem(403, code);
        who.post(&format!("{path}/sign-in-link"), json!({}))
            .send()
            .await
            .problem(403, code);
    }
    assert_eq!(ada.get("me").send().await.ok()["name"], "Ada");
}

#[tokio::test]
async fn a_role_counts_from_the_next_request_on() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let other = ada.member("Other").await;
    let token = other.token(&["read"]).await;
    let path = format!("users/{}", other.user_id());
    token.get("audit").send().await.problem(403, "forbidden");
    ada.patch(&path, json!({ "role": "admin" }))
        .send()
        .await
        .ok();
    other.get("users").send().await.status(200);
    token.get("audit").send().await.status(200);
    // The new one can take the old one's place.
    let first = format!("users/{}", ada.user_id());
    other
        .patch(&first, json!({ "role": "member" }))
        .send()
        .await
        .ok();
    ada.get("users").send().await.problem(403, "forbidden");
}

#[tokio::test]
async fn the_last_administrator_stays_one() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let member = ada.member("Member").await;
    let path = format!("users/{}", ada.user_id());
    for body in [
        json!({ "role": "member" }),
        json!({ "disabled": true }),
        json!({ "role": "member", "disabled": true, "name": "Other" }),
    ] {
        ada.patch(&path, body)
            .send()
            .await
            .problem(409, "last_admin");
    }
    assert_eq!(ada.get("me").send().await.ok()["version"], 1);
    // A disabled administrator does not count as one who could help.
    let other = format!("users/{}", member.user_id());
    ada.patch(&other, json!({ "role": "admin" }))
        .send()
        .await
        .ok();
    ada.patch(&other, json!({ "disabled": true }))
        .send()
        .await
        .ok();
    ada.patch(&path, json!({ "role": "member" }))
        .send()
        .await
        .problem(409, "last_admin");
    ada.patch(&other, json!({ "role": "member" }))
        .send()
        .await
        .status(200);
}

#[tokio::test]
async fn two_administrators_cannot_remove_each_other_at_once() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let other = ada.member("Other").await;
    let (first, second) = (
        format!("users/{}", ada.user_id()),
        format!("users/{}", other.user_id()),
    );
    ada.patch(&second, json!({ "role": "admin" }))
        .send()
        .await
        .ok();
    let (one, two) = tokio::join!(
        ada.patch(&second, json!({ "role": "member" })).send(),
        other.patch(&first, json!({ "role": "member" })).send(),
    );
    let done = [&one, &two]
        .iter()
        .filter(|answer| answer.status == 200)
        .count();
    assert_eq!(done, 1, "{} {}", one.summary(), two.summary());
}

#[tokio::test]
async fn a_change_of_a_user_is_checked_as_the_others_are() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let member = ada.member("Member").await;
    let path = format!("users/{}", member.user_id());
    for (body, pointer) in [
        (json!({ "name": "" }), "/name"),
        (json!({ "role": "king" }), "/role"),
        (json!({ "disabled": "yes" }), "/disabled"),
        (json!({ "revoke_keys": true }), "/revoke_keys"),
        (
            json!({ "revoke_keys": true, "disabled": false }),
            "/revoke_keys",
        ),
        (json!({ "email": "x@example.com" }), "/email"),
        (json!({ "password": PASSWORD }), "/password"),
    ] {
        ada.patch(&path, body)
            .send()
            .await
            .wrong_field(422, "invalid_field", pointer);
    }
    let stale = ada
        .patch(&path, json!({ "name": "Other" }))
        .header("if-match", "\"v9\"")
        .send()
        .await;
    stale.problem(412, "version_mismatch");
    let changed = ada
        .patch(&path, json!({ "name": "Other" }))
        .header("if-match", "\"v1\"")
        .send()
        .await;
    assert_eq!(changed.header("etag"), Some("\"v2\""));
    assert_eq!(changed.status(200)["user"]["name"], "Other");
    for id in ["usr_00000000000000000000000000000000", "usr_1", "me"] {
        ada.patch(&format!("users/{id}"), json!({}))
            .send()
            .await
            .problem(404, "not_found");
        ada.post(&format!("users/{id}/sign-in-link"), json!({}))
            .send()
            .await
            .problem(404, "not_found");
    }
}

#[tokio::test]
async fn users_are_listed_in_pages() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    for n in 0..4 {
        ada.post(
            "users",
            person(&format!("P{n}"), &format!("p{n}@example.com")),
        )
        .send()
        .await
        .status(201);
    }
    let first = ada.get("users?limit=3").send().await.ok();
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = ada
        .get(&format!("users?limit=3&cursor={cursor}"))
        .send()
        .await
        .ok();
    let names: Vec<_> = [&first, &second]
        .iter()
        .flat_map(|page| page["items"].as_array().unwrap())
        .map(|user| user["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["P3", "P2", "P1", "P0", "Ada"]);
    assert_eq!(second["next_cursor"], Value::Null);
}
