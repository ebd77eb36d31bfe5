//! `/projects/{id}/memories`: what the memory server has stored, to look at and to delete.

use serde_json::{Value, json};

use crate::support::{Actor, CreatedKey, Project, TestServer};

struct Scene {
    server: TestServer,
    ada: Actor,
    project: Project,
    key: CreatedKey,
}

impl Scene {
    async fn new() -> Self {
        let server = TestServer::start().await;
        let ada = server.set_up().await;
        let project = ada.project("Memory Lake").await;
        let key = ada.key(&project, "Claude AI Integration").await;
        Self {
            server,
            ada,
            project,
            key,
        }
    }

    fn keep(&self, text: &str) -> String {
        self.server.db_remember(&self.project, &self.key, text)
    }

    async fn list(&self, query: &str) -> Vec<String> {
        let page = self.page(query).await;
        texts(&page, "text")
    }

    async fn page(&self, query: &str) -> Value {
        let path = self.project.path(&format!("memories{query}"));
        self.ada.get(&path).send().await.ok()
    }

    fn path(&self, id: &str) -> String {
        self.project.path(&format!("memories/{id}"))
    }
}

fn texts(page: &Value, field: &str) -> Vec<String> {
    let items = page["items"].as_array().unwrap();
    let texts = items.iter().map(|item| item[field].as_str().unwrap());
    texts.map(str::to_owned).collect()
}

#[tokio::test]
async fn a_memory_is_shown_with_the_key_that_wrote_it() {
    let scene = Scene::new().await;
    let text = "Zeile 1\n<b>Zeile 2</b> \"🔑\"";
    let id = scene.keep(text);
    let page = scene.page("").await;
    let created_at = page["items"][0]["created_at"].clone();
    let wanted = json!({"items": [{
        "id": id, "text": text, "tags": ["shelf"], "created_at": created_at,
        "key": {"id": scene.key.id, "description": "Claude AI Integration"},
    }], "next_cursor": null});
    assert_eq!(page, wanted);
}

#[tokio::test]
async fn memories_are_searched_and_paged() {
    let scene = Scene::new().await;
    for text in [
        "The harbour opens at nine",
        "Zürich closes",
        "50% off_season",
    ] {
        scene.keep(text);
    }
    let all = [
        "50% off_season",
        "Zürich closes",
        "The harbour opens at nine",
    ];
    for (query, wanted) in [
        ("", &all[..]),
        ("?q=", &all),
        ("?q=%20", &all),
        ("?q=shelf", &all),
        ("?q=HARB", &all[2..]),
        ("?q=harbour+nine", &all[2..]),
        ("?q=harbour+ten", &[]),
        ("?q=zurich", &all[1..2]),
        ("?q=off_season", &all[..1]),
        ("?q=%25", &[]),
        ("?q=%22%20OR%20NOT%28", &[]),
        ("?q=%27%3B--", &[]),
        ("?limit=2", &all[..2]),
    ] {
        assert_eq!(scene.list(query).await, wanted, "{query}");
    }
    let first = scene.page("?limit=2&q=shelf").await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = scene
        .page(&format!("?limit=2&q=shelf&cursor={cursor}"))
        .await;
    assert_eq!(texts(&rest, "text"), all[2..]);
    assert_eq!(rest["next_cursor"], Value::Null);
    for (query, pointer) in [
        ("?limit=0", "#query/limit"),
        ("?limit=201", "#query/limit"),
        ("?search=x", "#query/search"),
        ("?q=a%00b", "#query/q"),
    ] {
        let path = scene.project.path(&format!("memories{query}"));
        let answer = scene.ada.get(&path).send().await;
        answer.wrong_field(400, "invalid_request", pointer);
    }
    let long = format!("?q={}", "x".repeat(201));
    let answer = scene
        .ada
        .get(&scene.project.path(&format!("memories{long}")))
        .send()
        .await;
    answer.wrong_field(400, "invalid_request", "#query/q");
    let answer = scene
        .ada
        .get(&scene.project.path("memories?cursor=x"))
        .send()
        .await;
    answer.problem(400, "invalid_cursor");
}

#[tokio::test]
async fn a_deleted_memory_is_gone_and_the_log_says_who_did_it_but_not_what_it_was() {
    let scene = Scene::new().await;
    let gone = scene.keep("Very private harbour");
    let stays = scene.keep("Other harbour");
    scene
        .ada
        .delete(&scene.path(&gone))
        .send()
        .await
        .status(204);
    assert_eq!(texts(&scene.page("").await, "id"), [stays.as_str()]);
    assert_eq!(
        texts(&scene.page("?q=harbour").await, "id"),
        [stays.as_str()]
    );
    let again = scene.ada.delete(&scene.path(&gone)).send().await;
    again.problem(404, "not_found");
    let log = scene
        .ada
        .get(&scene.project.path("audit"))
        .send()
        .await
        .ok();
    let event = &log["items"][0];
    assert_eq!(event["action"], "memory.delete");
    assert_eq!(event["target"], gone.as_str());
    assert_eq!(event["details"], json!({"key_id": scene.key.id}));
    let deleted = |event: &&Value| event["action"] == "memory.delete";
    let deletions = log["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(deleted)
        .count();
    assert_eq!(deletions, 1, "the second attempt is no event");
    assert!(!log.to_string().contains("private"));
}

#[tokio::test]
async fn memories_of_another_project_are_out_of_reach() {
    let scene = Scene::new().await;
    let id = scene.keep("harbour");
    let other = scene.ada.project("Other").await;
    let page = scene
        .ada
        .get(&other.path("memories?q=harbour"))
        .send()
        .await
        .ok();
    assert_eq!(page["items"], json!([]));
    let through = other.path(&format!("memories/{id}"));
    scene
        .ada
        .delete(&through)
        .send()
        .await
        .problem(404, "not_found");
    for odd in ["mem_1", "key_019a1c5e0f7a7c3e8a4b5d6e7f80123c", "%00"] {
        let answer = scene.ada.delete(&scene.path(odd)).send().await;
        answer.problem(404, "not_found");
    }
    assert_eq!(scene.list("").await, ["harbour"]);
}

#[tokio::test]
async fn memories_of_an_archived_project_can_still_be_deleted() {
    let scene = Scene::new().await;
    let id = scene.keep("harbour");
    scene.ada.delete(&scene.project.this()).send().await.ok();
    assert_eq!(scene.list("").await, ["harbour"]);
    scene.ada.delete(&scene.path(&id)).send().await.status(204);
    assert!(scene.list("").await.is_empty());
}
