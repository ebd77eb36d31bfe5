//! Calls per hour, of a project and of a key.

use serde_json::{Value, json};

use crate::support::{Actor, TestServer, after, before};

/// The sums of a report: accepted, refused, by header, by URL, by a check.
async fn sums(who: &Actor, path: &str) -> [i64; 5] {
    let report = who.get(path).send().await.ok();
    let hours = report["hours"].as_array().unwrap();
    ["accepted", "refused", "via_header", "via_url", "via_verify"]
        .map(|name| hours.iter().map(|hour| hour[name].as_i64().unwrap()).sum())
}

#[tokio::test]
async fn calls_are_counted_by_how_the_key_came_and_what_became_of_it() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let other = ada.project("Other").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let second = ada.key(&project, "Analytics Dashboard").await;
    let of_key = format!("{}/usage", project.key(&key));
    let of_project = project.path("usage");
    assert_eq!(ada.get(&of_key).send().await.ok()["hours"], json!([]));

    let holder = server.anonymous().with_key(&key.secret);
    for _ in 0..3 {
        holder.get("keys/self").send().await.status(200);
    }
    holder.get("forward-auth").send().await.status(200);
    holder
        .post(&project.endpoint(), json!({}))
        .send()
        .await
        .status(400);
    let url = format!("{}?apikey={}", project.endpoint(), key.secret);
    server
        .anonymous()
        .post(&url, json!({}))
        .send()
        .await
        .status(400);
    let program = ada.token(&["verify"]).await;
    program.verify(&key.secret).await;
    server
        .anonymous()
        .with_key(&second.secret)
        .get("keys/self")
        .send()
        .await
        .status(200);
    assert_eq!(sums(&ada, &of_key).await, [7, 0, 5, 1, 1]);
    assert_eq!(sums(&ada, &of_project).await, [8, 0, 6, 1, 1]);

    ada.patch(&project.key(&key), json!({ "disabled": true }))
        .send()
        .await
        .ok();
    holder
        .get("keys/self")
        .send()
        .await
        .problem(401, "key_refused");
    holder
        .get("forward-auth")
        .send()
        .await
        .problem(401, "key_refused");
    server
        .anonymous()
        .with_key("lk_junk")
        .get("keys/self")
        .send()
        .await
        .problem(401, "key_refused");
    assert_eq!(sums(&ada, &of_key).await, [7, 2, 5, 1, 1]);
    assert_eq!(sums(&ada, &other.path("usage")).await, [0; 5]);

    let _server = server.restart().await;
    assert_eq!(
        sums(&ada, &of_key).await,
        [7, 2, 5, 1, 1],
        "a restart in order loses no count"
    );
    assert_eq!(sums(&ada, &of_project).await, [8, 2, 6, 1, 1]);
}

#[tokio::test]
async fn a_report_is_of_the_span_that_is_asked_for() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    server
        .anonymous()
        .with_key(&key.secret)
        .get("keys/self")
        .send()
        .await
        .ok();
    let path = project.path("usage");
    let report = ada.get(&path).send().await.ok();
    let span = |report: &Value| {
        let at = |name: &str| {
            report[name]
                .as_str()
                .unwrap()
                .parse::<latchkey_types::Timestamp>()
                .unwrap()
                .as_millis()
        };
        at("to") - at("from")
    };
    assert_eq!(span(&report), 7 * 24 * 3_600_000);
    for (from, to, accepted) in [
        (before(2 * 3600), after(3600), 1),
        (before(50 * 3600), before(2 * 3600), 0),
        (after(3600), after(7200), 0),
        (before(91 * 24 * 3600), before(0), 1),
    ] {
        let report = ada
            .get(&path)
            .query("from", &from)
            .query("to", &to)
            .send()
            .await
            .ok();
        let sum: i64 = report["hours"]
            .as_array()
            .unwrap()
            .iter()
            .map(|h| h["accepted"].as_i64().unwrap())
            .sum();
        assert_eq!(sum, accepted, "{from} to {to}");
    }
}

#[tokio::test]
async fn a_span_has_a_beginning_before_its_end_and_is_not_endless() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let moment = before(60);
    for path in [
        project.path("usage"),
        format!("{}/usage", project.key(&key)),
    ] {
        for (query, pointer) in [
            (vec![("from", after(60)), ("to", before(60))], "#query/from"),
            (
                vec![("from", moment.clone()), ("to", moment.clone())],
                "#query/from",
            ),
            (vec![("from", before(93 * 24 * 3600))], "#query/from"),
            (vec![("from", "yesterday".to_owned())], "#query/from"),
            (vec![("to", String::new())], "#query/to"),
            (vec![("hours", "5".to_owned())], "#query/hours"),
        ] {
            let mut call = ada.get(&path);
            for (name, value) in &query {
                call = call.query(name, value);
            }
            call.send()
                .await
                .wrong_field(400, "invalid_request", pointer);
        }
    }
}

#[tokio::test]
async fn a_viewer_may_see_the_numbers_and_a_stranger_may_not() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let viewer = ada.member("Viewer").await;
    let stranger = ada.member("Stranger").await;
    let project = ada.project("Memory Lake").await;
    ada.join(&project, &viewer, "viewer").await;
    viewer.get(&project.path("usage")).send().await.status(200);
    viewer
        .get(&project.path("hygiene"))
        .send()
        .await
        .status(200);
    stranger
        .get(&project.path("usage"))
        .send()
        .await
        .problem(404, "not_found");
    stranger
        .get(&project.path("hygiene"))
        .send()
        .await
        .problem(404, "not_found");
}
