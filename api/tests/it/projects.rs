//! `/projects`: make, list, show and change.

mod archive;
mod slug;

use serde_json::{Value, json};

use crate::support::{Actor, TestServer};

async fn names(who: &Actor, query: &str) -> Vec<String> {
    let page = who.get(&format!("projects{query}")).send().await.ok();
    let items = page["items"].as_array().unwrap();
    items
        .iter()
        .map(|project| project["name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn whoever_makes_a_project_owns_it() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let member = ada.member("Member").await;
    let body = json!({ "name": " Memory Lake ", "description": " Notes\nthat we share " });
    let answer = member.post("projects", body).send().await;
    assert_eq!(answer.header("etag"), Some("\"v1\""));
    let made = answer.status(201);
    assert_eq!(made["name"], "Memory Lake");
    assert_eq!(made["description"], "Notes\nthat we share");
    assert_eq!(made["role"], "owner");
    assert_eq!(made["backend"], json!({ "kind": "memory" }));
    assert_eq!(made["allow_key_in_url"], true);
    assert_eq!(made["archived_at"], Value::Null);
    let path = format!("projects/{}", made["id"].as_str().unwrap());
    assert_eq!(member.get(&path).send().await.ok(), made);
    // An administrator acts as owner everywhere.
    assert_eq!(ada.get(&path).send().await.ok()["role"], "owner");
}

#[tokio::test]
async fn a_project_is_made_of_good_fields_only() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    for (body, pointer) in [
        (json!({}), "/name"),
        (json!({ "name": "" }), "/name"),
        (json!({ "name": "\u{2028}" }), "/name"),
        (json!({ "name": "x".repeat(101) }), "/name"),
        (
            json!({ "name": "Memory Lake", "description": "x".repeat(1001) }),
            "/description",
        ),
        (
            json!({ "name": "Memory Lake", "description": "a\u{0}b" }),
            "/description",
        ),
        (json!({ "name": "Memory Lake", "owner": "ada" }), "/owner"),
        (json!({ "name": "Memory Lake", "id": "proj_1" }), "/id"),
    ] {
        ada.post("projects", body)
            .send()
            .await
            .wrong_field(422, "invalid_field", pointer);
    }
    assert!(names(&ada, "").await.is_empty());
}

#[tokio::test]
async fn a_project_is_listed_for_its_members_and_for_administrators() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let member = ada.member("Member").await;
    let stranger = ada.member("Stranger").await;
    let theirs = member.project("Theirs").await;
    let ours = ada.project("Ours").await;
    ada.join(&ours, &member, "viewer").await;
    assert_eq!(names(&member, "").await, ["Ours", "Theirs"]);
    assert_eq!(names(&ada, "").await, ["Ours", "Theirs"]);
    assert!(names(&stranger, "").await.is_empty());
    let page = member.get("projects").send().await.ok();
    assert_eq!(page["items"][0]["role"], "viewer");
    assert_eq!(page["items"][1]["role"], "owner");
    stranger
        .get(&theirs.this())
        .send()
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn projects_are_searched_and_paged() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    for name in [
        "Memory Lake",
        "Équipe données",
        "100% done",
        "under_score",
        "Plain",
    ] {
        ada.project(name).await;
    }
    for (query, wanted) in [
        ("?q=LAKE", &["Memory Lake"][..]),
        ("?q=memory-lake", &["Memory Lake"]),
        ("?q=%C3%A9quipe", &["Équipe données"]),
        ("?q=%25", &["100% done"]),
        ("?q=_", &["under_score"]),
        ("?q=%5C", &[]),
        ("?q=%27", &[]),
        (
            "?q=",
            &[
                "Plain",
                "under_score",
                "100% done",
                "Équipe données",
                "Memory Lake",
            ],
        ),
        ("?limit=2", &["Plain", "under_score"]),
        ("?archived=true", &[]),
    ] {
        assert_eq!(names(&ada, query).await, wanted, "{query}");
    }
    let mut found = Vec::new();
    let mut query = "?limit=2".to_owned();
    loop {
        found.extend(names(&ada, &query).await);
        let page = ada.get(&format!("projects{query}")).send().await.ok();
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        query = format!("?limit=2&cursor={cursor}");
    }
    assert_eq!(
        found,
        [
            "Plain",
            "under_score",
            "100% done",
            "Équipe données",
            "Memory Lake"
        ]
    );
}

#[tokio::test]
async fn settings_are_changed_one_by_one() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let path = project.this();
    let mut wanted = project.json.clone();
    let origins = json!(["https://claude.ai", "http://localhost:3000"]);
    for (n, (field, value, stored)) in [
        ("name", json!(" Sea "), json!("Sea")),
        ("description", json!("Deep"), json!("Deep")),
        ("description", Value::Null, json!("")),
        ("allow_key_in_url", json!(false), json!(false)),
        ("allowed_origins", origins.clone(), origins),
        ("allowed_origins", json!([]), json!([])),
    ]
    .into_iter()
    .enumerate()
    {
        let answer = ada.patch(&path, json!({ field: value })).send().await;
        assert_eq!(
            answer.header("etag"),
            Some(format!("\"v{}\"", n + 2).as_str()),
            "{field}"
        );
        let changed = answer.status(200);
        wanted[field] = stored;
        wanted["version"] = json!(n + 2);
        wanted["updated_at"] = changed["updated_at"].clone();
        assert_eq!(changed, wanted, "{field}");
        assert_eq!(ada.get(&path).send().await.ok(), wanted, "{field}");
    }
    // Nothing new is no new version.
    for body in [
        json!({}),
        json!({ "name": "Sea" }),
        json!({ "backend": { "kind": "memory" } }),
    ] {
        assert_eq!(ada.patch(&path, body).send().await.ok(), wanted);
    }
}

#[tokio::test]
async fn settings_are_changed_to_good_values_only() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let many: Vec<_> = (0..21).map(|n| format!("https://a{n}.example")).collect();
    for (body, pointer) in [
        (json!({ "name": " " }), "/name"),
        (json!({ "description": "x".repeat(1001) }), "/description"),
        (json!({ "slug": "other" }), "/slug"),
        (json!({ "allow_key_in_url": "yes" }), "/allow_key_in_url"),
        (
            json!({ "allowed_origins": "https://claude.ai" }),
            "/allowed_origins",
        ),
        (
            json!({ "allowed_origins": ["https://claude.ai", "*"] }),
            "/allowed_origins/1",
        ),
        (
            json!({ "allowed_origins": ["https://claude.ai/"] }),
            "/allowed_origins/0",
        ),
        (json!({ "allowed_origins": ["null"] }), "/allowed_origins/0"),
        (json!({ "allowed_origins": many }), "/allowed_origins"),
        (json!({ "backend": { "kind": "moon" } }), "/backend"),
        (json!({ "archived_at": null }), "/archived_at"),
    ] {
        let answer = ada.patch(&project.this(), body.clone()).send().await;
        let problem = answer.problem(422, "invalid_field");
        let found = problem["errors"][0]["pointer"].as_str().unwrap();
        assert!(found.starts_with(pointer), "{body}: {found}");
    }
    assert_eq!(ada.get(&project.this()).send().await.ok(), project.json);
}

#[tokio::test]
async fn of_two_edits_of_one_version_the_second_is_told_to_look_again() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let path = ada.project("Memory Lake").await.this();
    let edit = |name: &str| {
        ada.patch(&path, json!({ "name": name }))
            .header("if-match", "\"v1\"")
            .send()
    };
    let (one, other) = tokio::join!(edit("One"), edit("Other"));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
    for good in ["*", "\"v2\"", "\"v1\", \"v2\""] {
        let answer = ada
            .patch(&path, json!({}))
            .header("if-match", good)
            .send()
            .await;
        assert_eq!(answer.status, 200, "{good}");
    }
    for odd in ["v2", "W/\"v2\"", "\"2\"", ""] {
        let answer = ada
            .patch(&path, json!({}))
            .header("if-match", odd)
            .send()
            .await;
        answer.wrong_field(400, "invalid_request", "#header/If-Match");
    }
}

#[tokio::test]
async fn a_viewer_and_an_editor_leave_the_settings_alone() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    for role in ["viewer", "editor"] {
        let who = ada.member(role).await;
        ada.join(&project, &who, role).await;
        assert_eq!(who.get(&project.this()).send().await.ok()["role"], role);
        who.patch(&project.this(), json!({ "name": "Mine" }))
            .send()
            .await
            .problem(403, "forbidden");
        who.delete(&project.this())
            .send()
            .await
            .problem(403, "forbidden");
    }
    assert_eq!(ada.get(&project.this()).send().await.ok(), project.json);
}
