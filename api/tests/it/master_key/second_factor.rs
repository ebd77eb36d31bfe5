//! A second factor after the master key was replaced: its app goes on, because the secret that they share is sealed
//! again; its recovery codes end, because a digest can't be made again without the code.

use serde_json::{Value, json};

use super::{Scene, cookie, sign_in};
use crate::support::{
    Authenticator,
    process::{Client, EMAIL, PASSWORD, Process, Reply},
};

const FACTOR: &str = "/api/v1/me/second-factor";

#[tokio::test]
async fn an_app_goes_on_when_the_master_key_is_replaced_and_the_old_one_retired() {
    let scene = Scene::new();
    let server = scene.start().await;
    server.set_up().await;
    let ada = server.anonymous().with_cookie(&sign_in(&server).await);
    let (app, _) = turn_on(&ada).await;
    server.stop().await;

    let said = scene.replace().await;
    assert!(
        said.contains("Sealed again: 1 secrets of second factors."),
        "{said}"
    );
    app_signs_in(&scene, &app).await;

    // With both keys there, the old one might have opened the secret.
    let retire = ["master-key", "retire", "--revoke-remaining"];
    scene.run(&retire).await.ok();
    assert!(scene.keys().len() == 1, "the newest key alone is left");
    app_signs_in(&scene, &app).await;
}

#[tokio::test]
async fn recovery_codes_end_with_the_master_key_and_the_app_makes_way_for_new_ones() {
    let scene = Scene::new();
    let server = scene.start().await;
    server.set_up().await;
    let ada = server.anonymous().with_cookie(&sign_in(&server).await);
    let (app, old) = turn_on(&ada).await;
    // They are good before: without that, a refusal would prove nothing.
    for code in &old[..2] {
        signed_in(&server, code).await;
    }
    server.stop().await;
    scene.replace().await;
    db_let_time_pass(&scene);

    let server = scene.start().await;
    for code in [&old[2], &old[9]] {
        refused(&server, code).await;
    }
    // As the guide has it for a lost phone: off with a code, and on again.
    let ada = signed_in(&server, &app.code()).await;
    let body = json!({ "code": app.next_code() });
    let off = ada.ask("DELETE", FACTOR, body).await;
    assert_eq!((off.status, off.code()), (204, ""));
    let (_, new) = turn_on(&ada).await;
    assert_eq!(new.len(), 10);
    refused(&server, &old[2]).await;
    let ada = signed_in(&server, &new[0]).await;
    // The newest event first. Two of the old ones were used, and none of them counts any more.
    let path = "/api/v1/audit?action=second_factor.use_recovery_code";
    let log = ada.ask("GET", path, Value::Null).await.ok();
    let left = |nth: usize| &log["items"][nth]["details"]["codes_left"];
    assert_eq!([left(0), left(1), left(2)], ["9", "8", "9"]);
}

/// Turns the second factor on; the app and the recovery codes.
async fn turn_on(person: &Client) -> (Authenticator, Vec<String>) {
    let begun = person.ask("POST", FACTOR, json!({})).await.ok();
    let app = Authenticator::of(&begun);
    let path = format!("{FACTOR}/confirm");
    let body = json!({ "code": app.code() });
    let confirmed = person.ask("POST", &path, body).await.ok();
    let codes = serde_json::from_value(confirmed["recovery_codes"].clone());
    (app, codes.unwrap())
}

/// Ada's app signs in on a server that was started just now, and without it the password doesn't.
async fn app_signs_in(scene: &Scene, app: &Authenticator) {
    db_let_time_pass(scene);
    let server = scene.start().await;
    let without = enter(&server, None).await;
    assert_eq!(
        (without.status, without.code()),
        (401, "second_factor_required")
    );
    signed_in(&server, &app.code()).await;
    server.stop().await;
}

/// Ada in a new session, which this code has to begin.
async fn signed_in(server: &Process, code: &str) -> Client {
    let answer = enter(server, Some(code)).await;
    assert_eq!((answer.status, answer.code()), (200, ""));
    server.anonymous().with_cookie(&cookie(&answer))
}

async fn refused(server: &Process, code: &str) {
    let answer = enter(server, Some(code)).await;
    assert_eq!((answer.status, answer.code()), (401, "code_refused"));
}

async fn enter(server: &Process, code: Option<&str>) -> Reply {
    let mut body = json!({ "email": EMAIL, "password": PASSWORD });
    if let Some(code) = code {
        body["code"] = code.into();
    }
    server
        .anonymous()
        .ask("POST", "/api/v1/session", body)
        .await
}

/// As if the step of the last code were long past. A code is taken once, and only that of the present step and its
/// neighbours, so one after the other would mean to wait. The server must be stopped.
fn db_let_time_pass(scene: &Scene) {
    let mut rows = scene.home.place.intrude();
    rows.execute("UPDATE second_factors SET last_step = 0");
}
