//! `/projects/{project_id}/members`: who belongs to a project, and as what.

use serde_json::{Value, json};

use crate::support::{Actor, Project, TestServer};

fn person(email: &str, role: &str) -> Value {
    json!({ "email": email, "role": role })
}

async fn roles(who: &Actor, project: &Project) -> Vec<(String, String)> {
    let page = who.get(&project.path("members")).send().await.ok();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| (text(&m["name"]), text(&m["role"])))
        .collect()
}

fn pairs(wanted: &[(&str, &str)]) -> Vec<(String, String)> {
    wanted
        .iter()
        .map(|&(name, role)| (name.to_owned(), role.to_owned()))
        .collect()
}

#[tokio::test]
async fn members_are_added_changed_and_removed() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let member = ada.member("Member").await;
    let project = ada.project("Memory Lake").await;
    member
        .get(&project.this())
        .send()
        .await
        .problem(404, "not_found");

    let made = ada
        .post(
            &project.path("members"),
            person(" MEMBER@example.com ", "viewer"),
        )
        .send()
        .await
        .status(201);
    assert_eq!(made["user_id"], member.user_id());
    assert_eq!(made["role"], "viewer");
    assert_eq!(
        roles(&ada, &project).await,
        pairs(&[("Member", "viewer"), ("Ada", "owner")])
    );
    member.get(&project.this()).send().await.status(200);
    member
        .post(&project.keys(), json!({}))
        .send()
        .await
        .problem(403, "forbidden");

    let path = project.path(&format!("members/{}", member.user_id()));
    let changed = ada
        .patch(&path, json!({ "role": "editor" }))
        .send()
        .await
        .status(200);
    assert_eq!(changed["role"], "editor");
    let key = member.key(&project, "Claude AI Integration").await;

    assert_eq!(ada.delete(&path).send().await.status, 204);
    member
        .get(&project.this())
        .send()
        .await
        .problem(404, "not_found");
    ada.delete(&path).send().await.problem(404, "not_found");
    ada.patch(&path, json!({ "role": "viewer" }))
        .send()
        .await
        .problem(404, "not_found");
    assert_eq!(
        ada.verify(&key.secret).await,
        "valid",
        "the keys they made stay"
    );
}

#[tokio::test]
async fn only_known_people_can_be_added_and_only_once() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let member = ada.member("Member").await;
    let former = ada.member("Former").await;
    ada.patch(
        &format!("users/{}", former.user_id()),
        json!({ "disabled": true }),
    )
    .send()
    .await
    .ok();
    let project = ada.project("Memory Lake").await;
    for (body, pointer) in [
        (person("nobody@example.com", "viewer"), "/email"),
        (person("former@example.com", "viewer"), "/email"),
        (person("", "viewer"), "/email"),
        (person("member@example.com", "king"), "/role"),
        (json!({ "email": "member@example.com" }), "/role"),
        (json!({ "role": "viewer" }), "/email"),
        (
            json!({ "user_id": member.user_id(), "role": "viewer" }),
            "/user_id",
        ),
    ] {
        ada.post(&project.path("members"), body)
            .send()
            .await
            .wrong_field(422, "invalid_field", pointer);
    }
    ada.join(&project, &member, "viewer").await;
    for email in ["member@example.com", "ada@example.com"] {
        let answer = ada
            .post(&project.path("members"), person(email, "editor"))
            .send()
            .await;
        answer.wrong_field(409, "member_exists", "/email");
    }
    assert_eq!(
        roles(&ada, &project).await,
        pairs(&[("Member", "viewer"), ("Ada", "owner")])
    );
}

#[tokio::test]
async fn a_project_keeps_an_owner() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let owner = ada.member("Owner").await;
    let second = ada.member("Second").await;
    let project = owner.project("Memory Lake").await;
    let path = project.path(&format!("members/{}", owner.user_id()));
    // Not even an administrator, who acts as owner, leaves it without one.
    for who in [&owner, &ada] {
        who.delete(&path).send().await.problem(409, "last_owner");
        who.patch(&path, json!({ "role": "editor" }))
            .send()
            .await
            .problem(409, "last_owner");
    }
    owner
        .patch(&path, json!({ "role": "owner" }))
        .send()
        .await
        .status(200);
    owner.join(&project, &second, "owner").await;
    assert_eq!(owner.delete(&path).send().await.status, 204);
    assert_eq!(
        roles(&second, &project).await,
        pairs(&[("Second", "owner")])
    );
}

#[tokio::test]
async fn two_owners_cannot_leave_at_once() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let other = ada.member("Other").await;
    let project = ada.project("Memory Lake").await;
    ada.join(&project, &other, "owner").await;
    let first = project.path(&format!("members/{}", ada.user_id()));
    let second = project.path(&format!("members/{}", other.user_id()));
    let (one, two) = tokio::join!(
        ada.delete(&first).send(),
        ada.patch(&second, json!({ "role": "viewer" })).send()
    );
    let done = [&one, &two]
        .iter()
        .filter(|answer| answer.status < 300)
        .count();
    assert_eq!(done, 1, "{} {}", one.summary(), two.summary());
}

#[tokio::test]
async fn only_owners_manage_members() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let stranger = ada.member("Stranger").await;
    let path = project.path(&format!("members/{}", ada.user_id()));
    for role in ["viewer", "editor"] {
        let who = ada.member(role).await;
        ada.join(&project, &who, role).await;
        assert!(!roles(&who, &project).await.is_empty());
        let add = who
            .post(
                &project.path("members"),
                person("stranger@example.com", "owner"),
            )
            .send()
            .await;
        add.problem(403, "forbidden");
        let own = project.path(&format!("members/{}", who.user_id()));
        who.patch(&own, json!({ "role": "owner" }))
            .send()
            .await
            .problem(403, "forbidden");
        who.delete(&path).send().await.problem(403, "forbidden");
    }
    stranger
        .get(&project.path("members"))
        .send()
        .await
        .problem(404, "not_found");
    assert_eq!(roles(&ada, &project).await.len(), 3);
}

#[tokio::test]
async fn members_are_listed_in_pages() {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    for n in 0..4 {
        let who = ada.member(&format!("P{n}")).await;
        ada.join(&project, &who, "viewer").await;
    }
    let first = ada.get(&project.path("members?limit=3")).send().await.ok();
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = ada
        .get(&project.path(&format!("members?limit=3&cursor={cursor}")))
        .send()
        .await
        .ok();
    let mut names: Vec<_> = [&first, &second]
        .iter()
        .flat_map(|page| page["items"].as_array().unwrap())
        .map(|member| member["name"].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    assert_eq!(names, ["Ada", "P0", "P1", "P2", "P3"]);
    assert_eq!(second["next_cursor"], Value::Null);
}
