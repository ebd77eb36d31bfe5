//! A sign-in link stands for the password, not for the second factor.

use serde_json::json;

use crate::support::{Answer, PASSWORD, TestServer};

const NEW: &str = "another horse battery";

async fn claim(server: &TestServer, token: &str, code: Option<&str>) -> Answer {
    let mut body = json!({ "token": token, "password": NEW });
    if let Some(code) = code {
        body["code"] = code.into();
    }
    server.anonymous().post("session/claim", body).send().await
}

#[tokio::test]
async fn a_link_does_not_replace_it_and_is_not_used_up_by_a_wrong_code() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let bob = ada.member("Forgetful").await;
    let (app, codes) = bob.turn_on_second_factor().await;
    let link = format!("users/{}/sign-in-link", bob.user_id());
    let made = ada.post(&link, json!({})).send().await.status(201);
    let url = made["sign_in_url"].as_str().unwrap();
    let (_, token) = url.split_once("#token=").unwrap();

    claim(&server, token, None)
        .await
        .problem(401, "second_factor_required");
    for wrong in [&app.wrong_code(), &app.code()] {
        claim(&server, token, Some(wrong))
            .await
            .wrong_field(401, "code_refused", "/code");
    }
    // So far nothing has happened: neither to the sessions nor to the password.
    bob.get("me").send().await.status(200);
    let old = json!({ "email": bob.email(), "password": PASSWORD });
    let old = server.anonymous().post("session", old).send().await;
    old.problem(401, "second_factor_required");

    // A password that isn't taken uses no code up.
    let body = json!({ "token": token, "password": "forgetful forgetful", "code": codes[0] });
    let answer = server.anonymous().post("session/claim", body).send().await;
    answer.wrong_field(422, "invalid_field", "/password");
    assert_eq!(claim(&server, token, Some(&codes[0])).await.status, 200);
    bob.get("me").send().await.problem(401, "unauthenticated");
    claim(&server, token, Some(&app.next_code()))
        .await
        .problem(403, "sign_in_link_invalid");
}

#[tokio::test]
async fn a_code_that_nobody_asked_for_is_no_fault() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let bob = ada.member("Forgetful").await;
    let body = json!({ "email": bob.email(), "password": PASSWORD, "code": "123456" });
    let answer = server.anonymous().post("session", body).send().await;
    assert_eq!(answer.status, 200);
    // Without a link that works, nobody learns whether there is a second factor.
    bob.turn_on_second_factor().await;
    for code in [None, Some("123456")] {
        claim(&server, "no-link", code)
            .await
            .problem(403, "sign_in_link_invalid");
    }
}
