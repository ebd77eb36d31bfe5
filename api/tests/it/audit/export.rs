//! The whole log in one answer: NDJSON for programs, CSV for tables.

use serde_json::{Value, json};

use super::events;
use crate::support::TestServer;

#[tokio::test]
async fn ndjson_holds_the_same_events_one_a_line() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    ada.key(&project, "With a\u{a0}blank, a comma and a \"quote\"")
        .await;
    let answer = ada.get("audit?format=ndjson").send().await;
    assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
    assert!(
        answer
            .header("content-disposition")
            .unwrap()
            .contains("audit.ndjson")
    );
    assert!(answer.body.ends_with('\n'));
    let lines: Vec<Value> = answer
        .body
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines, events(&ada, "audit?limit=200").await);
}

#[tokio::test]
async fn csv_holds_the_same_events_as_a_table_without_formulas() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    ada.patch("me", json!({ "name": "=1+1" })).send().await.ok();
    let project = ada.project("Memory Lake").await;
    ada.key(&project, "a, b \"c\"").await;
    let answer = ada.get("audit?format=csv").send().await;
    assert_eq!(
        answer.header("content-type"),
        Some("text/csv; charset=utf-8")
    );
    let mut table = csv::Reader::from_reader(answer.body.as_bytes());
    let head: Vec<String> = table.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(head[..3], ["sequence", "at", "actor_kind"]);
    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    let listed = events(&ada, "audit?limit=200").await;
    assert_eq!(rows.len(), listed.len());
    let column = |name: &str| head.iter().position(|title| title == name).unwrap();
    for (row, event) in rows.iter().zip(&listed) {
        assert_eq!(row[column("sequence")], event["sequence"].to_string());
        assert_eq!(&row[column("action")], event["action"].as_str().unwrap());
        let details: Value = serde_json::from_str(&row[column("details")]).unwrap();
        assert_eq!(details, event["details"]);
        assert!(
            row.iter()
                .all(|cell| !cell.starts_with(['=', '+', '-', '@'])),
            "a spreadsheet would compute"
        );
    }
    assert_eq!(&rows[0][column("actor_name")], "'=1+1");
}

#[tokio::test]
async fn an_export_is_whole_however_long_the_log_is() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    // More than two batches of the export, in one transaction.
    let app = server.shared().clone();
    let written = app.store.write(|tx| {
        for n in 0..1200 {
            let entry = latchkey_api::audit::by_cli(crate::support::now(), "test.fill").on(n);
            tx.audit(&entry.done())?;
        }
        Ok::<_, latchkey_store::StoreError>(())
    });
    written.map_err(|e| e.to_string()).unwrap();
    for (format, head) in [("ndjson", 0), ("csv", 1)] {
        let answer = ada.get(&format!("audit?format={format}")).send().await;
        assert_eq!(answer.body.lines().count(), 1201 + head, "{format}");
    }
    let filtered = ada
        .get("audit?format=ndjson&action=instance.set_up")
        .send()
        .await;
    assert_eq!(filtered.body.lines().count(), 1);
    let none = ada.get("audit?format=ndjson&action=nothing").send().await;
    assert_eq!((none.status, none.body.as_str()), (200, ""));
}

#[tokio::test]
async fn an_export_asks_for_the_same_rights() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let member = ada.member("Member").await;
    let project = ada.project("Memory Lake").await;
    for format in ["ndjson", "csv"] {
        member
            .get(&format!("audit?format={format}"))
            .send()
            .await
            .problem(403, "forbidden");
        let path = project.path(&format!("audit?format={format}"));
        member.get(&path).send().await.problem(404, "not_found");
        ada.get(&path).send().await.status(200);
    }
}

#[tokio::test]
async fn an_export_refuses_a_limit_and_a_cursor_that_a_page_refuses() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    for format in ["json", "ndjson", "csv"] {
        for (query, code, pointer) in [
            ("limit=0", "invalid_request", "#query/limit"),
            ("limit=201", "invalid_request", "#query/limit"),
            ("cursor=", "invalid_cursor", "#query/cursor"),
        ] {
            let answer = ada.get(&format!("audit?format={format}&{query}"));
            let problem = answer.send().await.problem(400, code);
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{format} {query}");
        }
    }
    ada.project("Memory Lake").await;
    let all = ada.get("audit?format=ndjson").send().await.body;
    let asked = ada.get("audit?format=ndjson&limit=1").send().await.body;
    assert!(all.lines().count() > 1);
    assert_eq!(asked, all);
}
