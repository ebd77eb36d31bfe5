//! Passwords that may not be chosen although they are long enough, in each place where one is chosen.

use serde_json::{Value, json};

use crate::support::{Answer, PASSWORD, SETUP_TOKEN, TestServer};

/// Common ones, in any case; those made of the product's name, of the host's, of the person's and of their address's.
const REFUSED: [&str; 6] = [
    "1234567890",
    "QwertyUIOP",
    "Latchkey-2026",
    "keys.wool.example",
    "Augusta Byron 1815",
    "countess!countess",
];
const NAME: &str = "Augusta Byron";
const EMAIL: &str = "countess@looms.example";

async fn server() -> TestServer {
    TestServer::start_with(|config| {
        config.public_url = Some("https://keys.wool.example".parse().unwrap());
    })
    .await
}

/// Refused at this field, with a sentence that says what to do.
#[track_caller]
fn is_refused(answer: &Answer, pointer: &str, password: &str) {
    let problem = answer.wrong_field(422, "invalid_field", pointer);
    let detail = problem["errors"][0]["detail"].as_str().unwrap_or_default();
    assert!(
        detail.ends_with("; choose another"),
        "{password}: {}",
        answer.summary()
    );
    assert!(!answer.body.contains(password), "the answer repeats it");
    assert!(answer.header("set-cookie").is_none(), "{password}");
}

#[tokio::test]
async fn setup_takes_no_common_password_and_none_of_names() {
    let server = server().await;
    let body = |password: &str| {
        json!({
            "setup_token": SETUP_TOKEN, "name": NAME, "email": EMAIL, "password": password,
        })
    };
    let nobody = server.anonymous();
    for password in REFUSED {
        let answer = nobody.post("setup", body(password)).send().await;
        is_refused(&answer, "/password", password);
    }
    nobody
        .post("setup", body(PASSWORD))
        .send()
        .await
        .status(201);
}

#[tokio::test]
async fn a_new_user_gets_no_common_password_and_none_of_names() {
    let server = server().await;
    let ada = server.set_up().await;
    let body = |password: &str| {
        json!({
            "name": NAME, "email": EMAIL, "role": "member", "password": password,
        })
    };
    for password in REFUSED {
        let answer = ada.post("users", body(password)).send().await;
        is_refused(&answer, "/password", password);
    }
    // The names of whoever adds them are not theirs.
    ada.post("users", body("Ada-Ada-Ada-Ada"))
        .send()
        .await
        .status(201);
}

#[tokio::test]
async fn a_claimed_link_takes_no_common_password_and_none_of_names() {
    let server = server().await;
    let ada = server.set_up().await;
    let person = json!({ "name": NAME, "email": EMAIL, "role": "member" });
    let made = ada.post("users", person).send().await.status(201);
    let url = made["sign_in_url"].as_str().unwrap();
    let (_, token) = url.split_once("#token=").unwrap();
    let claim = |password: &str| {
        let body = json!({ "token": token, "password": password });
        server.anonymous().post("session/claim", body).send()
    };
    for password in REFUSED {
        is_refused(&claim(password).await, "/password", password);
    }
    // None of them has used the link up.
    claim(PASSWORD).await.status(200);
}

#[tokio::test]
async fn a_changed_password_is_no_common_one_and_none_of_names() {
    let server = server().await;
    let ada = server.set_up().await;
    let person = json!({ "name": NAME, "email": EMAIL, "role": "member", "password": PASSWORD });
    ada.post("users", person).send().await.status(201);
    let person = ada.sign_in(EMAIL, PASSWORD).await;
    let change =
        |new: &str| -> Value { json!({ "current_password": PASSWORD, "new_password": new }) };
    for password in REFUSED {
        let answer = person.put("me/password", change(password)).send().await;
        is_refused(&answer, "/new_password", password);
    }
    let right = change("another horse battery");
    assert_eq!(person.put("me/password", right).send().await.status, 204);
    person.sign_in(EMAIL, "another horse battery").await;
}
