//! Checking keys: `POST /keys/verify` for programs, `GET /keys/self` for the holder.

use latchkey_keys::{Secret, SecretKind};
use serde_json::{Value, json};

use crate::support::{Actor, CreatedKey, Project, TestServer, after};

/// A secret of the right form that nobody was given.
fn never_issued(kind: SecretKind) -> String {
    let secret = Secret::generate(kind, getrandom::fill)
        .map_err(|e| e.to_string())
        .unwrap();
    secret.expose().to_owned()
}

async fn check(who: &Actor, secret: &str, project: Option<&str>) -> Value {
    let mut body = json!({ "key": secret });
    if let Some(project) = project {
        body["project"] = json!(project);
    }
    who.post("keys/verify", body).send().await.ok()
}

/// One key in each state, and what a check says of it.
async fn states(
    server: &TestServer,
    ada: &Actor,
    project: &Project,
) -> Vec<(CreatedKey, &'static str)> {
    let [valid, revoked, disabled, expired, retired] =
        ["valid", "revoked", "disabled", "expired", "retired"]
            .map(|name| json!({ "description": name }));
    let valid = ada.key_with(project, valid).await;
    let revoked = ada.key_with(project, revoked).await;
    let disabled = ada.key_with(project, disabled).await;
    let expired = ada.key_with(project, expired).await;
    let retired = ada.key_with(project, retired).await;
    ada.delete(&project.key(&revoked)).send().await.ok();
    ada.patch(&project.key(&disabled), json!({ "disabled": true }))
        .send()
        .await
        .ok();
    server.db_expire_key(project, &expired, 0);
    let now = json!({ "overlap_seconds": 0 });
    ada.post(&format!("{}/rotate", project.key(&retired)), now)
        .send()
        .await
        .status(201);
    vec![
        (valid, "valid"),
        (revoked, "revoked"),
        (disabled, "disabled"),
        (expired, "expired"),
        (retired, "retired"),
    ]
}

#[tokio::test]
async fn each_state_has_its_code_and_the_details_that_its_holder_may_know() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    for (key, code) in states(&server, &ada, &project).await {
        for named in [None, Some(project.id.as_str()), Some(project.slug.as_str())] {
            let result = check(&ada, &key.secret, named).await;
            assert_eq!(result["code"], code, "{named:?}");
            assert_eq!(result["valid"], code == "valid");
            assert_eq!(result["key_id"], key.id);
            assert_eq!(result["project_id"], project.id);
            assert_eq!(result["description"], code);
            assert_eq!(result["environment"], "none");
        }
        let own = server
            .anonymous()
            .with_key(&key.secret)
            .get("keys/self")
            .send()
            .await;
        if code == "valid" {
            own.status(200);
        } else {
            assert_eq!(own.problem(401, "key_refused")["reason"], code);
            let challenge = own.header("www-authenticate").unwrap();
            assert!(
                challenge.starts_with("Bearer error=\"invalid_token\""),
                "{challenge}"
            );
        }
    }
}

#[tokio::test]
async fn all_states_are_the_same_after_a_restart() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let states = states(&server, &ada, &project).await;
    let _server = server.restart().await;
    for (key, code) in states {
        assert_eq!(ada.verify(&key.secret).await, code);
    }
}

#[tokio::test]
async fn a_key_of_another_project_says_so_and_no_more() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let other = ada.project("Other").await;
    for (key, _) in states(&server, &ada, &project).await {
        for named in [
            other.id.as_str(),
            &other.slug,
            "no-such-project",
            "",
            "proj_1",
            "☃",
        ] {
            let result = check(&ada, &key.secret, Some(named)).await;
            assert_eq!(
                result,
                json!({ "valid": false, "code": "wrong_project" }),
                "{named:?}"
            );
        }
    }
}

#[tokio::test]
async fn what_is_no_key_is_invalid_and_nothing_more() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let token = ada.token(&["verify"]).await;
    let mut flipped = key.secret.clone().into_bytes();
    flipped[10] = if flipped[10] == b'a' { b'b' } else { b'a' };
    let long = "lk_".repeat(30_000);
    let junk = [
        String::new(),
        "lk_".to_owned(),
        "lk_short".to_owned(),
        String::from_utf8(flipped).unwrap(),
        format!("{} ", key.secret),
        format!(" {}", key.secret),
        format!("{}x", key.secret),
        key.secret[..38].to_owned(),
        key.secret.to_uppercase(),
        key.secret.replace("lk_", "lkm_"),
        key.secret.replace("lk_", "sk_"),
        token.credential().to_owned(),
        never_issued(SecretKind::Key),
        never_issued(SecretKind::Token),
        "☃".repeat(13),
        "lk_\u{0}".to_owned(),
        long,
        ada.credential().to_owned(),
        "' OR 1=1 --".to_owned(),
    ];
    for (n, secret) in junk.iter().enumerate() {
        let result = check(&ada, secret, None).await;
        assert_eq!(
            result,
            json!({ "valid": false, "code": "invalid" }),
            "number {n}"
        );
    }
    for secret in [never_issued(SecretKind::Key), "lk_junk".to_owned()] {
        let refused = server
            .anonymous()
            .with_key(&secret)
            .get("keys/self")
            .send()
            .await;
        assert_eq!(refused.problem(401, "key_refused")["reason"], "invalid");
    }
    assert_eq!(ada.verify(&key.secret).await, "valid");
}

#[tokio::test]
async fn who_does_not_belong_to_the_project_learns_nothing() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let stranger = ada.member("Stranger").await;
    let project = ada.project("Memory Lake").await;
    let own = stranger.project("Own").await;
    let token = stranger.token(&["verify"]).await;
    let nothing = json!({ "valid": false, "code": "invalid" });
    let states = states(&server, &ada, &project).await;
    for (key, _) in &states {
        for who in [&stranger, &token] {
            for named in [None, Some(project.slug.as_str()), Some(own.slug.as_str())] {
                assert_eq!(check(who, &key.secret, named).await, nothing, "{named:?}");
            }
        }
    }
    // A look by somebody who may not know is no use of the key.
    let shown = ada.get(&project.key(&states[0].0)).send().await.ok();
    assert_eq!(shown["last_used_at"], Value::Null);
    // Membership counts at once, in both directions.
    ada.join(&project, &stranger, "viewer").await;
    for (key, code) in &states {
        assert_eq!(check(&token, &key.secret, None).await["code"], *code);
    }
    let membership = project.path(&format!("members/{}", stranger.user_id()));
    assert_eq!(ada.delete(&membership).send().await.status, 204);
    assert_eq!(check(&token, &states[0].0.secret, None).await, nothing);
}

#[tokio::test]
async fn a_check_is_asked_for_in_its_own_words_only() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    for (body, pointer) in [
        (json!({}), "/key"),
        (json!({ "key": null }), "/key"),
        (json!({ "key": 1 }), "/key"),
        (json!({ "key": "lk_x", "project": 1 }), "/project"),
        (json!({ "key": "lk_x", "projects": [] }), "/projects"),
        (json!({ "apikey": "lk_x" }), "/apikey"),
    ] {
        ada.post("keys/verify", body)
            .send()
            .await
            .wrong_field(422, "invalid_field", pointer);
    }
    let body = json!({ "key": "lk_x" });
    server
        .anonymous()
        .post("keys/verify", body)
        .send()
        .await
        .problem(401, "unauthenticated");
}

#[tokio::test]
async fn the_holder_learns_about_the_key_and_nothing_about_people() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let expires_at = after(3600);
    let body = json!({ "description": "Claude AI Integration", "environment": "staging", "expires_at": expires_at });
    let key = ada.key_with(&project, body).await;
    let wanted = json!({
        "id": key.id, "project_id": project.id, "description": "Claude AI Integration",
        "environment": "staging", "expires_at": expires_at,
    });
    let nobody = server.anonymous();
    let url = format!("/api/v1/keys/self?apikey={}", key.secret);
    for call in [
        nobody.with_key(&key.secret).get("keys/self"),
        nobody.get("keys/self").header("x-api-key", &key.secret),
        nobody
            .get("keys/self")
            .header("authorization", format!("bearer {}", key.secret)),
        nobody.get(&url),
    ] {
        let answer = call.send().await;
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.ok(), wanted);
    }
    nobody
        .get("keys/self")
        .send()
        .await
        .problem(401, "key_refused");
    let two = nobody.with_key(&key.secret).get(&url).send().await;
    two.problem(400, "credential_conflict");
    let token = ada.token(&["manage", "read", "verify"]).await;
    token
        .get("keys/self")
        .send()
        .await
        .problem(401, "key_refused");
    ada.get("keys/self")
        .send()
        .await
        .problem(401, "key_refused");
}
