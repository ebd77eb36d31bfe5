//! The keys that need care.

use serde_json::{Value, json};

use crate::support::{Actor, Project, TestServer, after};

const DAY: i64 = 24 * 3600;

/// Which keys need care, and why.
async fn findings(who: &Actor, project: &Project) -> Vec<(String, Vec<String>)> {
    let page = who.get(&project.path("hygiene")).send().await.ok();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let items = page["items"].as_array().unwrap();
    items
        .iter()
        .map(|item| {
            let findings = item["findings"].as_array().unwrap();
            assert!(
                findings
                    .iter()
                    .all(|finding| text(&finding["message"]).ends_with('.'))
            );
            (
                text(&item["key"]["description"]),
                findings.iter().map(|f| text(&f["code"])).collect(),
            )
        })
        .collect()
}

fn one(name: &str, codes: &[&str]) -> Vec<(String, Vec<String>)> {
    vec![(
        name.to_owned(),
        codes.iter().map(|&code| code.to_owned()).collect(),
    )]
}

#[tokio::test]
async fn a_fresh_key_with_a_good_name_needs_no_care() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    ada.key(&project, "Production - Claude Integration").await;
    let far = json!({ "description": "Analytics Dashboard", "expires_at": after(8 * DAY) });
    ada.key_with(&project, far).await;
    assert_eq!(findings(&ada, &project).await, []);
}

#[tokio::test]
async fn each_reason_is_found() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let weak = ada.project("Weak").await;
    ada.key(&weak, "Key 1").await;
    assert_eq!(findings(&ada, &weak).await, one("Key 1", &["weak_name"]));

    let expiring = ada.project("Expiring").await;
    let body = json!({ "description": "Analytics Dashboard", "expires_at": after(3 * DAY) });
    ada.key_with(&expiring, body).await;
    assert_eq!(
        findings(&ada, &expiring).await,
        one("Analytics Dashboard", &["expiring_soon"])
    );

    let leaky = ada.project("Leaky").await;
    let key = ada.key(&leaky, "Claude AI Integration").await;
    let url = format!("{}?apikey={}", leaky.endpoint(), key.secret);
    server
        .anonymous()
        .post(&url, json!({}))
        .send()
        .await
        .status(400);
    assert_eq!(
        findings(&ada, &leaky).await,
        one("Claude AI Integration", &["seen_in_url"])
    );
}

#[tokio::test]
async fn time_makes_a_key_unused_and_old() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let key = ada.key(&project, "Claude AI Integration").await;
    let mut database = server.place().intrude();
    let days = |n: i64| n * DAY * 1000;
    database.execute(&format!(
        "UPDATE keys SET created_at = created_at - {}",
        days(31)
    ));
    assert_eq!(
        findings(&ada, &project).await,
        one("Claude AI Integration", &["unused"])
    );
    // A use mends that; it is the age of the secret that counts for the other.
    server
        .anonymous()
        .with_key(&key.secret)
        .get("keys/self")
        .send()
        .await
        .ok();
    assert_eq!(findings(&ada, &project).await, []);
    database.execute(&format!(
        "UPDATE key_secrets SET created_at = created_at - {}",
        days(91)
    ));
    assert_eq!(
        findings(&ada, &project).await,
        one("Claude AI Integration", &["old"])
    );
    let now = json!({ "overlap_seconds": 0 });
    ada.post(&format!("{}/rotate", project.key(&key)), now)
        .send()
        .await
        .status(201);
    assert_eq!(findings(&ada, &project).await, []);
}

#[tokio::test]
async fn what_is_not_accepted_anyway_needs_no_care() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let disabled = ada.key(&project, "Test").await;
    let revoked = ada.key(&project, "Key 1").await;
    let expired = ada.key(&project, "").await;
    assert_eq!(findings(&ada, &project).await.len(), 3);
    ada.patch(&project.key(&disabled), json!({ "disabled": true }))
        .send()
        .await
        .ok();
    ada.delete(&project.key(&revoked)).send().await.ok();
    server.db_expire_key(&project, &expired, -1);
    assert_eq!(findings(&ada, &project).await, []);
}

#[tokio::test]
async fn pages_go_over_all_keys() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    for name in [
        "Key 1",
        "Claude AI Integration",
        "Test",
        "Analytics Dashboard",
        "Key 2",
    ] {
        ada.key(&project, name).await;
    }
    let mut found = Vec::new();
    let mut path = project.path("hygiene?limit=2");
    loop {
        let page = ada.get(&path).send().await.ok();
        for item in page["items"].as_array().unwrap() {
            found.push(item["key"]["description"].as_str().unwrap().to_owned());
        }
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = project.path(&format!("hygiene?limit=2&cursor={cursor}"));
    }
    assert_eq!(found, ["Key 2", "Test", "Key 1"]);
}
