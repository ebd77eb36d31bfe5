//! A lost phone: an administrator takes the second factor away.

use serde_json::json;

use crate::support::{PASSWORD, TestServer};

#[tokio::test]
async fn an_administrator_resets_it_and_the_sessions_end() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let bob = ada.member("Phoneless").await;
    let other = ada.member("Other").await;
    let path = format!("users/{}/second-factor", bob.user_id());
    ada.delete(&path).send().await.problem(409, "conflict");
    let (_, codes) = bob.turn_on_second_factor().await;

    let listed = ada.get("users").send().await.ok();
    let having: Vec<_> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|user| user["has_second_factor"] == true)
        .map(|user| user["name"].as_str().unwrap())
        .collect();
    assert_eq!(having, ["Phoneless"]);

    other.delete(&path).send().await.problem(403, "forbidden");
    bob.get("me").send().await.status(200);
    assert_eq!(ada.delete(&path).send().await.status, 204);
    bob.get("me").send().await.problem(401, "unauthenticated");
    ada.sign_in(bob.email(), PASSWORD).await;
    // What is gone is gone: the recovery codes, too.
    let again = ada.sign_in(bob.email(), PASSWORD).await;
    again.turn_on_second_factor().await;
    let body = json!({ "email": bob.email(), "password": PASSWORD, "code": codes[0] });
    let old = server.anonymous().post("session", body).send().await;
    old.problem(401, "code_refused");

    let log = ada
        .get("audit?action=second_factor.reset")
        .send()
        .await
        .ok();
    let event = &log["items"][0];
    assert_eq!(event["actor"]["id"], ada.user_id());
    assert_eq!(event["target"], bob.user_id());
    assert_eq!(event["details"]["email"], bob.email());
    assert_eq!(event["details"]["sessions_ended"], "1");
}

#[tokio::test]
async fn nobody_elses_is_touched_and_a_stranger_is_not_found() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    ada.turn_on_second_factor().await;
    let bob = ada.member("Phoneless").await;
    bob.turn_on_second_factor().await;
    let path = format!("users/{}/second-factor", bob.user_id());
    assert_eq!(ada.delete(&path).send().await.status, 204);
    assert_eq!(ada.get("me").send().await.ok()["has_second_factor"], true);
    for id in ["usr_00000000000000000000000000000000", "usr_1", "me"] {
        let path = format!("users/{id}/second-factor");
        ada.delete(&path).send().await.problem(404, "not_found");
    }
}
