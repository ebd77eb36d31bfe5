//! Keys that need care. The rules themselves have a table test beside them.

use serde_json::{Value, json};

use crate::support::{TestServer, after};

fn codes(item: &Value) -> Vec<&str> {
    let findings = item["findings"].as_array().expect("a list of findings");
    findings
        .iter()
        .filter_map(|finding| finding["code"].as_str())
        .collect()
}

#[tokio::test]
async fn keys_that_need_care_are_listed_with_the_reason() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    ada.key(&project, "Production - Claude Integration").await;
    ada.key(&project, "Key 1").await;
    let expiring =
        json!({ "description": "Analytics Dashboard", "expires_at": after(3 * 24 * 3600) });
    ada.key_with(&project, expiring).await;
    let in_url = ada.key(&project, "Team Member - Ada").await;
    server
        .anonymous()
        .get("keys/self")
        .query("apikey", &in_url.secret)
        .send()
        .await
        .ok();
    let revoked = ada.key(&project, "Test").await;
    ada.delete(&project.key(&revoked)).send().await.ok();

    let page = ada.get(&project.path("hygiene")).send().await.ok();
    let found: Vec<(&str, Vec<&str>)> = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (item["key"]["description"].as_str().unwrap(), codes(item)))
        .collect();
    assert_eq!(
        found,
        [
            ("Team Member - Ada", vec!["seen_in_url"]),
            ("Analytics Dashboard", vec!["expiring_soon"]),
            ("Key 1", vec!["weak_name"]),
        ]
    );
    assert!(page["next_cursor"].is_null());
}

#[tokio::test]
async fn the_pages_look_at_every_key_once() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    for n in 0..5 {
        let description = if n % 2 == 0 {
            "Test"
        } else {
            "Production - Claude Integration"
        };
        ada.key(&project, description).await;
    }
    let mut found = 0;
    let mut cursor: Option<String> = None;
    loop {
        let mut call = ada.get(&project.path("hygiene")).query("limit", "2");
        if let Some(cursor) = &cursor {
            call = call.query("cursor", cursor);
        }
        let page = call.send().await.ok();
        found += page["items"].as_array().unwrap().len();
        match page["next_cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
    }
    assert_eq!(found, 3);
}
