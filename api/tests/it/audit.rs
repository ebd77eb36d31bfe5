//! The audit log.

use latchkey_store::{StoreError, audit};
use serde_json::{Value, json};

use crate::support::{Actor, Project, TestServer, after, before};

async fn actions(who: &Actor, path: &str) -> Vec<String> {
    let page = who.get(path).query("limit", "200").send().await.ok();
    let items = page["items"].as_array().expect("a list of events").clone();
    items
        .iter()
        .map(|event| event["action"].as_str().unwrap_or_default().to_owned())
        .collect()
}

/// One of each change that a project's log tells.
async fn live(ada: &Actor) -> Project {
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let path = project.key(&key);
    ada.patch(&path, json!({ "description": "Analytics Dashboard" }))
        .send()
        .await
        .ok();
    ada.post(&format!("{path}/rotate"), json!({}))
        .send()
        .await
        .status(201);
    ada.delete(&format!("{path}/overlap")).send().await.ok();
    ada.delete(&format!("{path}?reason=unused"))
        .send()
        .await
        .ok();
    let member = ada.member("Another").await;
    ada.join(&project, &member, "viewer").await;
    let place = project.path(&format!("members/{}", member.user_id()));
    ada.patch(&place, json!({ "role": "editor" }))
        .send()
        .await
        .ok();
    ada.delete(&place).send().await.status(204);
    ada.patch(&project.this(), json!({ "allow_key_in_url": false }))
        .send()
        .await
        .ok();
    ada.delete(&project.this()).send().await.ok();
    project
}

#[tokio::test]
async fn every_change_is_told_and_the_chain_holds() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = live(&ada).await;
    let mut told = actions(&ada, &project.path("audit")).await;
    told.reverse();
    assert_eq!(
        told,
        [
            "project.create",
            "key.create",
            "key.update",
            "key.rotate",
            "key.end_overlap",
            "key.revoke",
            "member.create",
            "member.update",
            "member.delete",
            "project.update",
            "project.archive",
        ]
    );
    let everything = actions(&ada, "audit").await;
    for action in ["instance.set_up", "user.create", "session.create"] {
        assert!(
            everything.iter().any(|found| found == action),
            "{action} is not told"
        );
    }
    let app = server.shared();
    let chain = app.store.read(|db| audit::verify_chain(db, &app.ring));
    let chain = chain.map_err(|e: StoreError| e.to_string()).unwrap();
    assert!(matches!(chain, audit::Chain::Whole { events, .. } if events >= 14));
}

#[tokio::test]
async fn an_event_says_who_what_when_and_from_where() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let token = ada.token(&["manage"]).await;
    let key = token.key(&project, "Claude AI Integration").await;
    let page = ada
        .get(&project.path("audit"))
        .query("action", "key.create")
        .send()
        .await
        .ok();
    let event = &page["items"][0];
    assert_eq!(event["actor"]["kind"], "token");
    assert_eq!(event["actor"]["id"], token.token_id());
    assert_eq!(event["actor"]["name"], "Ada (Token to manage)");
    assert_eq!(event["target"], key.id.as_str());
    assert_eq!(event["project_id"], project.id.as_str());
    assert_eq!(event["details"]["description"], "Claude AI Integration");
    assert_eq!(event["ip"], "127.0.0.1");
}

#[tokio::test]
async fn the_log_is_filtered_and_paged() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = live(&ada).await;
    let log = project.path("audit");
    let count = async |name: &str, value: &str| {
        let page = ada
            .get(&log)
            .query(name, value)
            .query("limit", "200")
            .send()
            .await
            .ok();
        page["items"].as_array().unwrap().len()
    };
    assert_eq!(count("action", "key.revoke").await, 1);
    assert_eq!(count("action", "nothing").await, 0);
    assert_eq!(count("actor", ada.user_id()).await, 11);
    assert_eq!(
        count("actor", "usr_00000000000000000000000000000000").await,
        0
    );
    assert_eq!(count("from", &before(3600)).await, 11);
    assert_eq!(count("from", &after(3600)).await, 0);
    assert_eq!(count("to", &before(3600)).await, 0);

    let mut seen: Vec<Value> = Vec::new();
    let mut cursor = None::<String>;
    loop {
        let mut call = ada.get(&log).query("limit", "3");
        if let Some(cursor) = &cursor {
            call = call.query("cursor", cursor);
        }
        let page = call.send().await.ok();
        seen.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|e| e["sequence"].clone()),
        );
        match page["next_cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
    }
    let numbers: Vec<i64> = seen.iter().filter_map(Value::as_i64).collect();
    assert_eq!(numbers.len(), 11);
    assert!(
        numbers.windows(2).all(|pair| pair[0] > pair[1]),
        "newest first, each once"
    );
    let keys_cursor = "MS4xNzAwMDAwMDAwMDAwLmtleV8w";
    ada.get(&log)
        .query("cursor", keys_cursor)
        .send()
        .await
        .wrong_field(400, "invalid_cursor", "#query/cursor");
}

#[tokio::test]
async fn the_whole_log_can_be_taken_away() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("=HYPERLINK(\"x\")").await;
    let log = project.path("audit");
    for n in 0..510 {
        ada.patch(
            &project.this(),
            json!({ "description": format!("Number {n}") }),
        )
        .send()
        .await
        .ok();
    }
    let ndjson = ada.get(&log).query("format", "ndjson").send().await;
    assert_eq!(ndjson.header("content-type"), Some("application/x-ndjson"));
    assert!(
        ndjson
            .header("content-disposition")
            .unwrap()
            .contains("audit.ndjson")
    );
    let rows: Vec<Value> = ndjson
        .body
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(rows.len(), 511, "more than one batch, and nothing twice");
    assert_eq!(rows.last().unwrap()["action"], "project.create");

    let csv = ada.get(&log).query("format", "csv").send().await;
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
    let mut table = csv::Reader::from_reader(csv.body.as_bytes());
    assert_eq!(table.headers().unwrap().get(0), Some("sequence"));
    assert_eq!(table.records().map(Result::unwrap).count(), 511);
}
