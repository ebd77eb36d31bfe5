//! The second factor: turned on and off, and asked for at sign-in.

mod claim;
mod guess;
mod require;
mod reset;

use serde_json::{Value, json};

use crate::support::{Answer, Authenticator, PASSWORD, TestServer};

const EMAIL: &str = "ada@example.com";

/// A sign-in as Ada, with a code if there is one.
async fn sign_in(server: &TestServer, code: Option<&str>) -> Answer {
    let mut body = json!({ "email": EMAIL, "password": PASSWORD });
    if let Some(code) = code {
        body["code"] = code.into();
    }
    server.anonymous().post("session", body).send().await
}

fn code(code: impl Into<String>) -> Value {
    json!({ "code": code.into() })
}

#[tokio::test]
async fn once_confirmed_it_is_asked_for_at_sign_in() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    assert_eq!(ada.get("me").send().await.ok()["has_second_factor"], false);
    let begun = ada.post("me/second-factor", json!({})).send().await;
    assert_eq!(begun.header("cache-control"), Some("no-store"));
    let begun = begun.status(201);
    let secret = begun["secret"].as_str().unwrap();
    let uri = begun["otpauth_uri"].as_str().unwrap();
    assert!(uri.starts_with("otpauth://totp/Latchkey%20127.0.0.1:ada@example.com?"));
    assert!(uri.contains(&format!("?secret={secret}&")));
    assert!(begun["qr"]["size"].as_u64().unwrap() > 21);
    assert!(
        begun["qr"]["path"]
            .as_str()
            .unwrap()
            .starts_with("M4 4h7v1h-7z")
    );

    // Until a first code came, nothing is asked for: whoever gives up half-way is not locked out.
    let app = Authenticator::of(&begun);
    assert_eq!(sign_in(&server, None).await.status, 200);
    ada.post("me/second-factor/confirm", code(app.wrong_code()))
        .send()
        .await
        .wrong_field(401, "code_refused", "/code");
    assert_eq!(sign_in(&server, None).await.status, 200);
    assert_eq!(ada.get("me").send().await.ok()["has_second_factor"], false);

    let confirmed = ada
        .post("me/second-factor/confirm", code(app.code()))
        .send()
        .await
        .status(200);
    assert_eq!(confirmed["recovery_codes"].as_array().unwrap().len(), 10);
    assert_eq!(ada.get("me").send().await.ok()["has_second_factor"], true);

    let without = sign_in(&server, None).await;
    without.problem(401, "second_factor_required");
    assert!(without.header("set-cookie").is_none());
    let wrong = sign_in(&server, Some(&app.wrong_code())).await;
    wrong.wrong_field(401, "code_refused", "/code");
    assert!(wrong.header("set-cookie").is_none());
    let right = sign_in(&server, Some(&app.next_code())).await;
    assert!(right.header("set-cookie").is_some());
    assert_eq!(right.status(200)["user"]["has_second_factor"], true);
}

#[tokio::test]
async fn a_code_works_once() {
    let server = TestServer::start().await;
    let (app, _) = server.set_up().await.turn_on_second_factor().await;
    // It turned the factor on, so it is used.
    sign_in(&server, Some(&app.code()))
        .await
        .problem(401, "code_refused");
    let next = app.next_code();
    let (one, other) = tokio::join!(sign_in(&server, Some(&next)), sign_in(&server, Some(&next)));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
    sign_in(&server, Some(&next))
        .await
        .problem(401, "code_refused");
}

#[tokio::test]
async fn a_sign_in_that_is_refused_otherwise_uses_no_code_up() {
    let server = TestServer::start().await;
    let (app, _) = server.set_up().await.turn_on_second_factor().await;
    let next = app.next_code();
    let wrong = json!({ "email": EMAIL, "password": "wrong horse battery", "code": next });
    let answer = server.anonymous().post("session", wrong).send().await;
    answer.problem(401, "invalid_credentials");
    assert_eq!(sign_in(&server, Some(&next)).await.status, 200);
}

#[tokio::test]
async fn a_recovery_code_works_once_in_the_place_of_the_app() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let (_, codes) = ada.turn_on_second_factor().await;
    let typed = codes[0].to_lowercase().replace('-', " ");
    assert_eq!(sign_in(&server, Some(&typed)).await.status, 200);
    sign_in(&server, Some(&codes[0]))
        .await
        .problem(401, "code_refused");
    let (one, other) = tokio::join!(
        sign_in(&server, Some(&codes[1])),
        sign_in(&server, Some(&codes[1]))
    );
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
    for junk in ["", "ABCD-EFGH-IJKL-MNOP-QRST-UVWX", "☃", &"A".repeat(5000)] {
        sign_in(&server, Some(junk))
            .await
            .wrong_field(401, "code_refused", "/code");
    }

    let log = ada.get("audit?action=second_factor.use_recovery_code");
    let log = log.send().await.ok();
    let left: Vec<_> = log["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["details"]["codes_left"].as_str().unwrap())
        .collect();
    assert_eq!(left, ["8", "9"]);
    assert_eq!(log["items"][0]["target"], ada.user_id());
}

#[tokio::test]
async fn somebody_elses_codes_open_nothing() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let (_, _) = ada.turn_on_second_factor().await;
    let other = ada.member("Other").await;
    let (app, codes) = other.turn_on_second_factor().await;
    for theirs in [&app.next_code(), &codes[0]] {
        sign_in(&server, Some(theirs))
            .await
            .problem(401, "code_refused");
    }
}

#[tokio::test]
async fn without_the_password_nobody_learns_who_has_one() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    ada.member("Plain").await;
    let (app, codes) = ada.turn_on_second_factor().await;
    let mut seen = Vec::new();
    let (next, wrong) = (app.next_code(), app.wrong_code());
    for email in [EMAIL, "plain@example.com", "nobody@example.com"] {
        for code in [None, Some(&next), Some(&wrong), Some(&codes[0])] {
            let mut body = json!({ "email": email, "password": "wrong horse battery" });
            if let Some(code) = code {
                body["code"] = code.as_str().into();
            }
            let answer = server.anonymous().post("session", body).send().await;
            let mut problem = answer.problem(401, "invalid_credentials");
            problem.as_object_mut().unwrap().remove("request_id");
            seen.push(problem);
        }
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "the answers differ");
    // None of these was used up by that.
    assert_eq!(sign_in(&server, Some(&next)).await.status, 200);
    assert_eq!(sign_in(&server, Some(&codes[0])).await.status, 200);
}

#[tokio::test]
async fn turning_it_on_ends_the_other_sessions() {
    let server = TestServer::start().await;
    let here = server.set_up().await;
    let there = here.sign_in(EMAIL, PASSWORD).await;
    let token = here.token(&["read"]).await;
    here.turn_on_second_factor().await;
    here.get("me").send().await.status(200);
    there.get("me").send().await.problem(401, "unauthenticated");
    token.get("me").send().await.status(200);
    let log = here.get("audit?action=second_factor.confirm").send().await;
    assert_eq!(log.ok()["items"][0]["details"]["sessions_ended"], "1");
}

#[tokio::test]
async fn beginning_again_replaces_what_was_begun_and_nothing_that_is_on() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let confirm = |code_: String| ada.post("me/second-factor/confirm", code(code_)).send();
    confirm("123456".to_owned()).await.problem(409, "conflict");
    let begin = || ada.post("me/second-factor", json!({})).send();
    let first = Authenticator::of(&begin().await.status(201));
    let second = Authenticator::of(&begin().await.status(201));
    confirm(first.code()).await.problem(401, "code_refused");
    assert_eq!(confirm(second.code()).await.status, 200);
    confirm(second.next_code()).await.problem(409, "conflict");
    begin().await.problem(409, "conflict");
    assert_eq!(
        sign_in(&server, Some(&second.next_code())).await.status,
        200
    );
}

#[tokio::test]
async fn turning_it_off_takes_a_code_and_then_the_password_signs_in_alone() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let off = |code_: &str| {
        let call = ada.delete("me/second-factor");
        call.json(&code(code_)).send()
    };
    off("123456").await.problem(409, "conflict");
    let (app, old_codes) = ada.turn_on_second_factor().await;
    off(&app.wrong_code()).await.problem(401, "code_refused");
    off(&app.code()).await.problem(401, "code_refused");
    let without = ada.delete("me/second-factor").json(&json!({})).send().await;
    without.wrong_field(422, "invalid_field", "/code");
    sign_in(&server, None)
        .await
        .problem(401, "second_factor_required");
    assert_eq!(off(&app.next_code()).await.status, 204);
    assert_eq!(ada.get("me").send().await.ok()["has_second_factor"], false);
    assert_eq!(sign_in(&server, None).await.status, 200);

    // A new one has a secret and codes of its own; a recovery code turns it off, too.
    let (again, codes) = ada.turn_on_second_factor().await;
    for gone in [&app.next_code(), &old_codes[0]] {
        sign_in(&server, Some(gone))
            .await
            .problem(401, "code_refused");
    }
    assert_eq!(sign_in(&server, Some(&again.next_code())).await.status, 200);
    assert_eq!(off(&codes[9]).await.status, 204);
    assert_eq!(sign_in(&server, None).await.status, 200);
    let log = ada.get("audit?action=second_factor.end").send().await.ok();
    assert_eq!(log["items"].as_array().unwrap().len(), 2);
}
