//! Calls per hour, and the last use.

use serde_json::{Value, json};

use crate::support::{TestServer, after, before};

fn totals(usage: &Value) -> Vec<i64> {
    let hours = usage["hours"].as_array().expect("a list of hours");
    ["accepted", "refused", "via_header", "via_url", "via_verify"]
        .map(|name| hours.iter().filter_map(|hour| hour[name].as_i64()).sum())
        .to_vec()
}

#[tokio::test]
async fn calls_are_counted_by_how_they_came_and_how_they_ended() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let other = ada.key(&project, "Analytics Dashboard").await;
    for _ in 0..3 {
        ada.with_key(&key.secret).get("keys/self").send().await.ok();
    }
    server
        .anonymous()
        .get("forward-auth")
        .query("apikey", &key.secret)
        .send()
        .await
        .ok();
    assert_eq!(ada.verify(&key.secret).await, "valid");
    ada.with_key(&other.secret)
        .get("keys/self")
        .send()
        .await
        .ok();
    ada.delete(&project.key(&key)).send().await.ok();
    ada.with_key(&key.secret)
        .get("keys/self")
        .send()
        .await
        .status(401);

    let of_key = ada
        .get(&format!("{}/usage", project.key(&key)))
        .send()
        .await
        .ok();
    assert_eq!(totals(&of_key), [5, 1, 3, 1, 1]);
    let of_project = ada.get(&project.path("usage")).send().await.ok();
    assert_eq!(totals(&of_project), [6, 1, 4, 1, 1]);

    let past = ada
        .get(&project.path("usage"))
        .query("from", &before(7200 * 24))
        .query("to", &before(7200))
        .send()
        .await
        .ok();
    assert_eq!(past["hours"], json!([]));
}

#[tokio::test]
async fn counts_survive_a_restart() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    ada.with_key(&key.secret)
        .get("keys/self")
        .header("user-agent", "curl/8")
        .send()
        .await
        .ok();
    let server = server.restart().await;
    let ada = server
        .anonymous()
        .sign_in("ada@example.com", crate::support::PASSWORD)
        .await;
    assert_eq!(
        totals(&ada.get(&project.path("usage")).send().await.ok()),
        [1, 0, 1, 0, 0]
    );
    let key = ada.get(&project.key(&key)).send().await.ok();
    assert_eq!(key["last_used_client"], "curl/8");
    assert_eq!(key["last_used_via"], "header");
    assert_eq!(key["last_used_ip"], "127.0.0.1");
    assert_eq!(key["secrets"][0]["last_used_at"], key["last_used_at"]);
}

#[tokio::test]
async fn a_span_that_makes_no_sense_is_refused() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let usage = project.path("usage");
    for (from, to, pointer) in [
        (after(60), before(60), "#query/from"),
        (before(200 * 24 * 3600), after(0), "#query/from"),
        ("yesterday".to_owned(), after(0), "#query/from"),
        (before(60), "2026-13-01T00:00:00Z".to_owned(), "#query/to"),
    ] {
        let answer = ada
            .get(&usage)
            .query("from", &from)
            .query("to", &to)
            .send()
            .await;
        answer.wrong_field(400, "invalid_request", pointer);
    }
}
