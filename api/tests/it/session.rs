//! Signing in and out with a password, and the cookie that comes of it.

mod claim;
mod confirm;
mod cross_site;
mod expiry;

use serde_json::{Value, json};

use crate::support::{Answer, PASSWORD, TestServer};

/// The parts of the cookie that an answer sets: name, value, and attributes in small letters.
fn cookie(answer: &Answer) -> (String, String, Vec<String>) {
    let text = answer
        .header("set-cookie")
        .expect("the answer sets a cookie");
    let mut parts = text.split("; ");
    let (name, value) = parts.next().unwrap().split_once('=').unwrap();
    let mut attributes: Vec<String> = parts.map(str::to_lowercase).collect();
    attributes.sort_unstable();
    (name.to_owned(), value.to_owned(), attributes)
}

fn credentials(email: &str, password: &str) -> Value {
    json!({ "email": email, "password": password })
}

fn ada() -> Value {
    credentials("ada@example.com", PASSWORD)
}

#[tokio::test]
async fn signing_in_gives_a_cookie_that_scripts_and_other_sites_do_not_get() {
    let server = TestServer::start().await;
    server.set_up().await;
    let answer = server.anonymous().post("session", ada()).send().await;
    let (name, value, attributes) = cookie(&answer);
    assert_eq!(name, "latchkey");
    assert_eq!(value.len(), 43, "256 bits");
    assert_eq!(
        attributes,
        ["httponly", "max-age=2592000", "path=/", "samesite=strict"]
    );
    let user = answer.status(200)["user"].clone();
    assert_eq!(user["email"], "ada@example.com");
    assert_eq!(user.get("password"), None);
    assert_eq!(user.get("password_hash"), None);
}

#[tokio::test]
async fn over_https_the_cookie_is_bound_to_this_host_and_no_other_name_is_taken() {
    let server = TestServer::start_with(|config| {
        config.public_url = Some("https://keys.example.com".parse().unwrap());
    })
    .await;
    let ada_in = server.set_up().await;
    let answer = server.anonymous().post("session", ada()).send().await;
    let (name, value, attributes) = cookie(&answer);
    assert_eq!(name, "__Host-latchkey");
    assert_eq!(
        attributes,
        [
            "httponly",
            "max-age=2592000",
            "path=/",
            "samesite=strict",
            "secure"
        ]
    );
    assert_eq!(ada_in.get("me").send().await.status, 200);
    let planted = server
        .anonymous()
        .get("me")
        .header("cookie", format!("latchkey={value}"))
        .send()
        .await;
    planted.problem(401, "unauthenticated");
    let project = ada_in.project("Memory Lake").await;
    assert_eq!(
        project.json["endpoint_url"],
        "https://keys.example.com/memory-lake/mcp/v1"
    );
}

#[tokio::test]
async fn only_a_trusted_proxy_can_say_that_it_was_https() {
    for (trusted, wanted) in [
        ("127.0.0.1/32", "__Host-latchkey"),
        ("10.0.0.0/8", "latchkey"),
    ] {
        let server = TestServer::start_with(|config| {
            config.trusted_proxies = vec![trusted.parse().unwrap()];
        })
        .await;
        server.set_up().await;
        let call = server
            .anonymous()
            .post("session", ada())
            .header("x-forwarded-proto", "https");
        assert_eq!(cookie(&call.send().await).0, wanted, "trusted: {trusted}");
    }
}

#[tokio::test]
async fn every_reason_to_refuse_a_sign_in_looks_the_same() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let bob = ada.member("Former").await;
    let disabled = json!({ "disabled": true });
    ada.patch(&format!("users/{}", bob.user_id()), disabled)
        .send()
        .await
        .ok();
    let invited = json!({ "name": "Invited", "email": "invited@example.com", "role": "member" });
    ada.post("users", invited).send().await.status(201);

    let mut seen = Vec::new();
    let long = "x".repeat(5000);
    for (email, password) in [
        ("ada@example.com", "wrong horse battery"),
        ("ada@example.com", ""),
        ("ada@example.com", long.as_str()),
        ("nobody@example.com", PASSWORD),
        ("", PASSWORD),
        ("former@example.com", PASSWORD),
        ("invited@example.com", PASSWORD),
        ("invited@example.com", ""),
    ] {
        let answer = server
            .anonymous()
            .post("session", credentials(email, password))
            .send()
            .await;
        let mut problem = answer.problem(401, "invalid_credentials");
        assert!(answer.header("set-cookie").is_none());
        problem.as_object_mut().unwrap().remove("request_id");
        seen.push(problem);
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "the answers differ");
}

#[tokio::test]
async fn an_address_is_the_same_in_any_case_and_with_blanks_round_it() {
    let server = TestServer::start().await;
    server.set_up().await;
    for email in ["ada@example.com", "ADA@Example.COM", "  ada@example.com "] {
        let answer = server
            .anonymous()
            .post("session", credentials(email, PASSWORD))
            .send()
            .await;
        assert_eq!(answer.status, 200, "{email:?}");
    }
}

#[tokio::test]
async fn signing_out_ends_this_session_and_no_other() {
    let server = TestServer::start().await;
    let here = server.set_up().await;
    let there = here.sign_in("ada@example.com", PASSWORD).await;
    let answer = here.delete("session").send().await;
    assert_eq!(answer.status, 204);
    let (_, value, attributes) = cookie(&answer);
    assert_eq!(value, "");
    assert!(attributes.contains(&"max-age=0".to_owned()));
    here.get("me").send().await.problem(401, "unauthenticated");
    here.delete("session")
        .send()
        .await
        .problem(401, "unauthenticated");
    assert_eq!(here.get("session").send().await.ok()["user"], Value::Null);
    there.get("me").send().await.status(200);
}

#[tokio::test]
async fn signing_in_never_goes_on_with_a_session_that_the_browser_had() {
    let server = TestServer::start().await;
    let before = server.set_up().await;
    let planted = format!("latchkey={}", before.credential());
    let answer = server
        .anonymous()
        .post("session", ada())
        .header("cookie", planted)
        .send()
        .await;
    assert!(
        cookie(&answer).1 != before.credential(),
        "the cookie of before was taken over"
    );
    let invented = "latchkey=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let answer = server
        .anonymous()
        .post("session", ada())
        .header("cookie", invented)
        .send()
        .await;
    assert!(!cookie(&answer).1.contains("AAAAAAAAAA"));
    server
        .anonymous()
        .get("me")
        .header("cookie", invented)
        .send()
        .await
        .problem(401, "unauthenticated");
}

#[tokio::test]
async fn signing_in_again_ends_the_session_that_the_browser_had() {
    let server = TestServer::start().await;
    let first = server.set_up().await;
    let elsewhere = first.sign_in("ada@example.com", PASSWORD).await;
    // A sign-in that is refused ends nothing.
    let wrong = credentials("ada@example.com", "wrong horse battery");
    first
        .post("session", wrong)
        .send()
        .await
        .problem(401, "invalid_credentials");
    first.get("me").send().await.status(200);

    let answer = first.post("session", ada()).send().await;
    assert_eq!(answer.status, 200);
    first.get("me").send().await.problem(401, "unauthenticated");
    let second = format!("latchkey={}", cookie(&answer).1);
    let sessions = server.anonymous().get("me/sessions");
    let listed = sessions.header("cookie", &second).send().await.status(200);
    let listed = listed["items"].as_array().unwrap();
    assert_eq!(listed.len(), 2, "the new one, and that of another browser");
    assert_eq!(listed[0]["is_current"], true);
    elsewhere.get("me").send().await.status(200);
    assert_eq!(elsewhere.delete("me/sessions").send().await.status, 204);
    let gone = server.anonymous().get("me").header("cookie", &second);
    gone.send().await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn signing_in_as_somebody_else_ends_the_session_of_before() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let other = ada.member("Other").await;
    let body = credentials(other.email(), PASSWORD);
    assert_eq!(ada.post("session", body).send().await.status, 200);
    ada.get("me").send().await.problem(401, "unauthenticated");
    other.get("me").send().await.status(200);
}

#[tokio::test]
async fn a_session_outlives_a_restart() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let _server = server.restart().await;
    assert_eq!(ada.get("me").send().await.ok()["name"], "Ada");
}

#[tokio::test]
async fn guessing_a_password_is_throttled_for_the_account_and_for_the_address() {
    let server = TestServer::start_with(|config| config.sign_in_attempts = 3).await;
    server.set_up().await;
    let nobody = server.anonymous();
    let wrong = credentials("ada@example.com", "wrong horse battery");
    for _ in 0..3 {
        nobody
            .post("session", wrong.clone())
            .send()
            .await
            .problem(401, "invalid_credentials");
    }
    // Not even the right one is looked at, in whatever case the address is written.
    for email in ["ada@example.com", " ADA@example.com"] {
        let answer = nobody
            .post("session", credentials(email, PASSWORD))
            .send()
            .await;
        answer.problem(429, "too_many_attempts");
        let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=60).contains(&seconds), "Retry-After: {seconds}");
    }
    // Another account may still be tried, until the address has tried too often.
    let other = credentials("other@example.com", PASSWORD);
    nobody
        .post("session", other)
        .send()
        .await
        .problem(401, "invalid_credentials");
    let mut refused = None;
    for n in 0..12 {
        let answer = nobody
            .post(
                "session",
                credentials(&format!("{n}@example.com"), PASSWORD),
            )
            .send()
            .await;
        if answer.status == 429 {
            refused = Some(n);
            break;
        }
    }
    assert!(
        refused.is_some_and(|n| n > 0),
        "one address may try any number of accounts"
    );
}
