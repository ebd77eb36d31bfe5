//! Lists of keys: filters, search, pages.

use serde_json::json;

use crate::support::{Actor, Project, TestServer};

async fn found(who: &Actor, project: &Project, query: &[(&str, &str)]) -> Vec<String> {
    let mut call = who.get(&project.keys());
    for (name, value) in query {
        call = call.query(name, value);
    }
    let page = call.send().await.ok();
    let items = page["items"].as_array().unwrap();
    items
        .iter()
        .map(|key| key["description"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn filters_narrow_a_list() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let editor = ada.member("Editor").await;
    let project = ada.project("Memory Lake").await;
    ada.join(&project, &editor, "editor").await;
    let active = ada
        .key_with(
            &project,
            json!({ "description": "active", "environment": "production" }),
        )
        .await;
    let disabled = editor
        .key_with(
            &project,
            json!({ "description": "disabled", "environment": "staging" }),
        )
        .await;
    let expired = ada.key(&project, "expired").await;
    let revoked = editor
        .key_with(
            &project,
            json!({ "description": "revoked", "environment": "production" }),
        )
        .await;
    let both = ada.key(&project, "disabled and expired").await;
    for key in [&disabled, &both] {
        ada.patch(&project.key(key), json!({ "disabled": true }))
            .send()
            .await
            .ok();
    }
    ada.delete(&project.key(&revoked)).send().await.ok();
    server.db_expire_key(&project, &expired, -1);
    server.db_expire_key(&project, &both, -1);
    let all = [
        "disabled and expired",
        "revoked",
        "expired",
        "disabled",
        "active",
    ];
    for (query, wanted) in [
        (
            &[][..],
            &["disabled and expired", "expired", "disabled", "active"][..],
        ),
        (&[("status", "all")], &all),
        (&[("status", "active")], &["active"]),
        (
            &[("status", "disabled")],
            &["disabled and expired", "disabled"],
        ),
        (&[("status", "expired")], &["expired"]),
        (&[("status", "revoked")], &["revoked"]),
        (&[("environment", "production")], &["active"]),
        (
            &[("environment", "production"), ("status", "all")],
            &["revoked", "active"],
        ),
        (&[("environment", "development")], &[]),
        (&[("created_by", editor.user_id())], &["disabled"]),
        (
            &[
                ("created_by", editor.user_id()),
                ("status", "all"),
                ("q", "REV"),
            ],
            &["revoked"],
        ),
        (
            &[("created_by", "usr_00000000000000000000000000000000")],
            &[],
        ),
        (
            &[("q", "expired"), ("status", "disabled")],
            &["disabled and expired"],
        ),
    ] {
        assert_eq!(found(&ada, &project, query).await, wanted, "{query:?}");
    }
    let shown = ada.get(&project.key(&active)).send().await.ok();
    let listed = ada
        .get(&format!("{}?status=active", project.keys()))
        .send()
        .await
        .ok();
    assert_eq!(
        listed["items"],
        json!([shown]),
        "a list shows a key as it is shown alone"
    );
}

#[tokio::test]
async fn a_search_takes_text_as_it_is() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let names = [
        "Claude AI Integration",
        "Équipe DONNÉES",
        "100% sure",
        "snake_case",
        "back\\slash",
        "it's \"quoted\"",
        "記憶の湖 ☃",
        "Straße",
    ];
    let mut hint = String::new();
    for name in names {
        let made = ada.key(&project, name).await;
        if name == "Straße" {
            made.secret[36..].clone_into(&mut hint);
        }
    }
    for (q, wanted) in [
        ("claude", &["Claude AI Integration"][..]),
        ("AI INT", &["Claude AI Integration"]),
        ("équipe données", &["Équipe DONNÉES"]),
        ("ÉQUIPE", &["Équipe DONNÉES"]),
        ("%", &["100% sure"]),
        ("e_C", &["snake_case"]),
        ("s_ake", &[]),
        ("snake%", &[]),
        ("\\", &["back\\slash"]),
        ("'", &["it's \"quoted\""]),
        ("\"q", &["it's \"quoted\""]),
        ("憶の", &["記憶の湖 ☃"]),
        ("☃", &["記憶の湖 ☃"]),
        ("straße", &["Straße"]),
        ("%%", &[]),
        ("__", &[]),
        ("' OR 1=1 --", &[]),
        ("nothing", &[]),
    ] {
        assert_eq!(found(&ada, &project, &[("q", q)]).await, wanted, "{q:?}");
    }
    assert!(
        found(&ada, &project, &[("q", &hint)])
            .await
            .contains(&"Straße".to_owned()),
        "a hint finds its key"
    );
    assert_eq!(found(&ada, &project, &[("q", "")]).await.len(), names.len());
}

#[tokio::test]
async fn pages_hold_every_key_once_newest_first() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let mut made = Vec::new();
    for n in 0..11 {
        made.push(ada.key(&project, &format!("Key number {n}")).await.id);
    }
    // All of one moment: the id decides.
    server
        .place()
        .intrude()
        .execute("UPDATE keys SET created_at = 1700000000000");
    made.sort();
    made.reverse();
    for limit in [1, 3, 11, 200] {
        let mut ids = Vec::new();
        let mut path = format!("{}?limit={limit}", project.keys());
        loop {
            let page = ada.get(&path).send().await.ok();
            let items = page["items"].as_array().unwrap();
            assert!(!items.is_empty() && items.len() <= limit);
            ids.extend(
                items
                    .iter()
                    .map(|key| key["id"].as_str().unwrap().to_owned()),
            );
            let Some(cursor) = page["next_cursor"].as_str() else {
                break;
            };
            path = format!("{}?limit={limit}&cursor={cursor}", project.keys());
        }
        assert_eq!(ids, made, "limit {limit}");
    }
}

#[tokio::test]
async fn a_page_goes_on_where_it_was_though_keys_come_and_go() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let mut made = Vec::new();
    for n in 0..6 {
        made.push(ada.key(&project, &format!("Number {n}")).await);
    }
    let first = ada
        .get(&format!("{}?limit=3", project.keys()))
        .send()
        .await
        .ok();
    let cursor = first["next_cursor"].as_str().unwrap();
    // The last one of the first page goes, and a new one comes in before it.
    ada.delete(&project.key(&made[3])).send().await.ok();
    ada.key(&project, "Number 6").await;
    let second = found(&ada, &project, &[("limit", "3"), ("cursor", cursor)]).await;
    assert_eq!(second, ["Number 2", "Number 1", "Number 0"]);
}

#[tokio::test]
async fn a_list_is_asked_for_in_its_own_words_only() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let long = "x".repeat(201);
    for (name, value, code) in [
        ("limit", "0", "invalid_request"),
        ("limit", "201", "invalid_request"),
        ("limit", "-1", "invalid_request"),
        ("limit", "ten", "invalid_request"),
        ("limit", "", "invalid_request"),
        ("cursor", "", "invalid_cursor"),
        ("cursor", "nonsense", "invalid_cursor"),
        ("cursor", "MS4x", "invalid_cursor"),
        ("cursor", "' OR 1=1", "invalid_cursor"),
        ("status", "gone", "invalid_request"),
        ("environment", "moon", "invalid_request"),
        ("created_by", "ada", "invalid_request"),
        ("q", &long, "invalid_request"),
        ("q", "a\u{0}b", "invalid_request"),
        ("sort", "name", "invalid_request"),
    ] {
        let answer = ada.get(&project.keys()).query(name, value).send().await;
        answer.wrong_field(400, code, &format!("#query/{name}"));
    }
    let twice = ada
        .get(&format!("{}?limit=1&limit=2", project.keys()))
        .send()
        .await;
    twice.problem(400, "invalid_request");
}
