//! What answers behind an endpoint, as owners set it. The values of an upstream's headers come in and never go out.

use latchkey_store::{StoreError, projects};
use serde_json::{Value, json};

use crate::support::{Actor, Project, TestServer};

const URL: &str = "https://mcp.example.com/mcp?team=1";
const SECRET: &str = "Bearer quince-credential-4417";
const OTHER: &str = "tangerine-credential-7741";

struct Scene {
    server: TestServer,
    ada: Actor,
    project: Project,
}

impl Scene {
    async fn new() -> Self {
        let server = TestServer::start().await;
        let ada = server.set_up().await;
        let project = ada.project("Memory Lake").await;
        Self {
            server,
            ada,
            project,
        }
    }

    async fn set(&self, backend: Value) -> Value {
        let body = json!({ "backend": backend });
        self.ada.patch(&self.project.this(), body).send().await.ok()
    }

    async fn refused(&self, backend: Value, pointer: &str) -> Value {
        let body = json!({ "backend": backend.clone() });
        let answer = self.ada.patch(&self.project.this(), body).send().await;
        assert_eq!(answer.status, 422, "{backend}");
        answer.wrong_field(422, "invalid_field", pointer)
    }

    /// The headers that a call would send, opened as the endpoint opens them.
    fn db_headers(&self) -> Option<Vec<(String, String)>> {
        let row = self.db_row();
        let app = self.server.shared();
        let url = serde_json::from_str::<Value>(&row.backend).unwrap()["url"].clone();
        let headers = latchkey_api::upstream_headers::open(
            &app.ring,
            row.id,
            url.as_str().unwrap_or("https://none.example/"),
            row.upstream_headers.as_deref(),
        )?;
        let plain = headers.into_iter();
        Some(
            plain
                .map(|(name, value)| (name, value.as_str().to_owned()))
                .collect(),
        )
    }

    fn db_row(&self) -> projects::StoredProject {
        let id = self.project.id.parse().unwrap();
        let found = self
            .server
            .shared()
            .store
            .read(|db| projects::find_project(db, id));
        found
            .map_err(|e: StoreError| e.to_string())
            .unwrap()
            .unwrap()
    }
}

fn upstream(headers: Value) -> Value {
    json!({"kind": "upstream", "url": URL, "headers": headers})
}

fn one() -> Value {
    upstream(json!([{"name": "Authorization", "value": SECRET}]))
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[tokio::test]
async fn values_come_in_and_never_come_back() {
    let scene = Scene::new().await;
    let body = json!({ "backend": upstream(json!([
        {"name": "Authorization", "value": SECRET}, {"name": "X-Team", "value": OTHER},
    ])) });
    let answer = scene.ada.patch(&scene.project.this(), body).send().await;
    assert_eq!(answer.header("etag"), Some("\"v2\""));
    let shown = json!({"kind": "upstream", "url": URL, "headers": [
        {"name": "Authorization", "is_set": true}, {"name": "X-Team", "is_set": true},
    ]});
    let mut said = vec![answer.body.clone()];
    assert_eq!(answer.ok()["backend"], shown);
    for path in [
        "projects",
        &scene.project.this(),
        &scene.project.path("audit"),
        "audit",
    ] {
        let answer = scene.ada.get(path).send().await;
        said.push(answer.body.clone());
        answer.ok();
    }
    for text in &said {
        assert!(
            !text.contains("quince") && !text.contains("tangerine"),
            "a value came back"
        );
    }
    assert!(
        said[1].contains("mcp.example.com"),
        "the list shows the rest"
    );
    // And not in the database, but sealed.
    let row = scene.db_row();
    assert_eq!(row.backend, shown.to_string());
    let sealed = String::from_utf8_lossy(row.upstream_headers.as_deref().unwrap()).into_owned();
    assert!(!sealed.contains("quince") && !sealed.contains("Authorization"));
    let wanted = [pair("Authorization", SECRET), pair("X-Team", OTHER)];
    assert_eq!(scene.db_headers().unwrap(), wanted);
}

#[tokio::test]
async fn the_log_tells_where_calls_go_and_names_only() {
    let scene = Scene::new().await;
    scene.set(one()).await;
    let last = || async {
        let log = scene
            .ada
            .get(&scene.project.path("audit"))
            .send()
            .await
            .ok();
        log["items"][0].clone()
    };
    let event = last().await;
    assert_eq!(event["action"], "project.update");
    let wanted = json!({
        "backend": "upstream", "upstream_url": "https://mcp.example.com/mcp", "upstream_headers": "Authorization",
    });
    assert_eq!(event["details"], wanted);
    scene.set(json!({"kind": "memory"})).await;
    assert_eq!(last().await["details"], json!({"backend": "memory"}));
}

#[tokio::test]
async fn a_value_that_is_left_out_is_kept_and_a_header_that_is_left_out_goes() {
    let scene = Scene::new().await;
    scene
        .set(upstream(json!([
            {"name": "Authorization", "value": SECRET}, {"name": "X-Team", "value": "1"},
        ])))
        .await;
    // The same as it is shown, without values: nothing new, and no new version.
    let same = upstream(json!([{"name": "Authorization"}, {"name": "X-Team"}]));
    assert_eq!(scene.set(same).await["version"], 2);
    // One new value, in another order and spelling; the path of the URL may change.
    let moved = json!({"kind": "upstream", "url": "https://MCP.example.com:443/v2", "headers": [
        {"name": "x-team", "value": "2"}, {"name": "authorization"},
    ]});
    let changed = scene.set(moved).await;
    assert_eq!(changed["version"], 3);
    assert_eq!(changed["backend"]["url"], "https://mcp.example.com/v2");
    let wanted = [pair("x-team", "2"), pair("authorization", SECRET)];
    assert_eq!(scene.db_headers().unwrap(), wanted);
    // The same value again can't be told from another: it is a change.
    let again = json!({"kind": "upstream", "url": "https://mcp.example.com/v2",
        "headers": [{"name": "authorization", "value": SECRET}]});
    assert_eq!(scene.set(again).await["version"], 4);
    assert_eq!(scene.db_headers().unwrap(), [pair("authorization", SECRET)]);
    let none = json!({"kind": "upstream", "url": "https://mcp.example.com/v2"});
    let changed = scene.set(none).await;
    assert_eq!(changed["backend"]["headers"], json!([]));
    assert_eq!(scene.db_row().upstream_headers, None);
}

#[tokio::test]
async fn a_stored_value_never_goes_to_another_server() {
    let scene = Scene::new().await;
    let set = scene.set(one()).await;
    for url in [
        "https://evil.example/mcp",
        "http://mcp.example.com/mcp",
        "https://mcp.example.com:8443/mcp",
        "https://mcp.example.com.evil.example/mcp",
    ] {
        let elsewhere =
            json!({"kind": "upstream", "url": url, "headers": [{"name": "Authorization"}]});
        let problem = scene.refused(elsewhere, "/backend/headers/0/value").await;
        assert!(
            problem["errors"][0]["detail"]
                .as_str()
                .unwrap()
                .contains("missing"),
            "{url}"
        );
    }
    let path = scene.project.this();
    assert_eq!(
        scene.ada.get(&path).send().await.ok(),
        set,
        "nothing changed"
    );
    // A row that somebody wrote round the server doesn't open either.
    let mut intruder = scene.server.place().intrude();
    intruder.execute(
        "UPDATE projects SET backend = replace(backend, 'mcp.example.com', 'evil.example')",
    );
    assert_eq!(scene.db_headers(), None);
}

#[tokio::test]
async fn the_memory_server_forgets_the_headers() {
    let scene = Scene::new().await;
    scene.set(one()).await;
    let changed = scene.set(json!({"kind": "memory"})).await;
    assert_eq!(changed["backend"], json!({"kind": "memory"}));
    assert_eq!(scene.db_row().upstream_headers, None);
    let back = upstream(json!([{"name": "Authorization"}]));
    scene.refused(back, "/backend/headers/0/value").await;
}

#[tokio::test]
async fn headers_survive_a_restart() {
    let mut scene = Scene::new().await;
    scene.set(one()).await;
    scene.server = scene.server.restart().await;
    assert_eq!(scene.db_headers().unwrap(), [pair("Authorization", SECRET)]);
}

#[tokio::test]
async fn a_backend_is_made_of_good_fields_only() {
    let scene = Scene::new().await;
    let header = |name: &str, value: Value| upstream(json!([{"name": name, "value": value}]));
    let at = |url: &str| json!({"kind": "upstream", "url": url, "headers": []});
    let many: Vec<_> = (0..21)
        .map(|n| json!({"name": format!("X-{n}"), "value": "x"}))
        .collect();
    for (backend, pointer) in [
        (at(""), "/backend/url"),
        (at("mcp.example.com"), "/backend/url"),
        (at("ftp://mcp.example.com"), "/backend/url"),
        (at("javascript:alert(1)"), "/backend/url"),
        (at("https://ada:quince@mcp.example.com/"), "/backend/url"),
        (at("https://mcp.example.com/#quince"), "/backend/url"),
        (
            at(&format!("https://mcp.example.com/{}", "x".repeat(2048))),
            "/backend/url",
        ),
        (header("", json!("x")), "/backend/headers/0/name"),
        (header("X Team", json!("x")), "/backend/headers/0/name"),
        (header("X-Team:", json!("x")), "/backend/headers/0/name"),
        (header("X-Täm", json!("x")), "/backend/headers/0/name"),
        (
            header(&"x".repeat(101), json!("x")),
            "/backend/headers/0/name",
        ),
        (header("Host", json!("x")), "/backend/headers/0/name"),
        (
            header("content-length", json!("1")),
            "/backend/headers/0/name",
        ),
        (
            header("X-Latchkey-Key-Id", json!("x")),
            "/backend/headers/0/name",
        ),
        (
            header("Mcp-Session-Id", json!("x")),
            "/backend/headers/0/name",
        ),
        (header("X-Team", json!("")), "/backend/headers/0/value"),
        (header("X-Team", json!("  ")), "/backend/headers/0/value"),
        (
            header("X-Team", json!("quince\r\nX-Evil: 1")),
            "/backend/headers/0/value",
        ),
        (
            header("X-Team", json!("quince\u{0}")),
            "/backend/headers/0/value",
        ),
        (
            header("X-Team", json!("quincé")),
            "/backend/headers/0/value",
        ),
        (
            header("X-Team", json!("x".repeat(4097))),
            "/backend/headers/0/value",
        ),
        (
            upstream(json!([{"name": "X-Team"}])),
            "/backend/headers/0/value",
        ),
        (
            upstream(json!([{"name": "X-Team", "value": "1"}, {"name": "x-team", "value": "2"}])),
            "/backend/headers/1/name",
        ),
        (upstream(json!(many)), "/backend/headers"),
    ] {
        let problem = scene.refused(backend.clone(), pointer).await;
        assert!(
            !problem.to_string().contains("quince"),
            "{backend}: it repeats a value"
        );
    }
    for backend in [
        json!({"kind": "upstream"}),
        json!({"kind": "upstream", "url": URL, "headers": {}}),
        json!({"kind": "upstream", "url": URL, "header": []}),
        json!({"kind": "upstream", "url": URL, "headers": [{"name": "a", "value": "b", "is_set": true}]}),
        json!({"kind": "memory", "url": URL}),
        json!({"kind": ["quince"]}),
        json!(null),
        json!("upstream"),
    ] {
        let body = json!({ "backend": backend });
        let answer = scene
            .ada
            .patch(&scene.project.this(), body.clone())
            .send()
            .await;
        let problem = answer.problem(422, "invalid_field");
        let pointer = problem["errors"][0]["pointer"].as_str().unwrap();
        assert!(pointer.starts_with("/backend"), "{body}: {pointer}");
        assert!(
            !problem.to_string().contains("quince"),
            "{body}: it repeats a value"
        );
    }
    let path = scene.project.this();
    assert_eq!(scene.ada.get(&path).send().await.ok(), scene.project.json);
}

#[tokio::test]
async fn only_owners_say_where_calls_go() {
    let scene = Scene::new().await;
    let editor = scene.ada.member("Editor").await;
    scene.ada.join(&scene.project, &editor, "editor").await;
    let body = json!({ "backend": one() });
    let answer = editor.patch(&scene.project.this(), body).send().await;
    answer.problem(403, "forbidden");
    scene.set(one()).await;
    let seen = editor.get(&scene.project.this()).send().await;
    assert!(!seen.body.contains("quince"));
    assert_eq!(
        seen.ok()["backend"]["headers"],
        json!([{"name": "Authorization", "is_set": true}])
    );
}

#[tokio::test]
async fn plain_http_to_a_public_address_is_not_saved() {
    let scene = Scene::new().await;
    let set = scene.set(one()).await;
    for url in ["http://1.1.1.1/mcp", "http://[2606:4700::1111]/mcp"] {
        let backend = json!({"kind": "upstream", "url": url});
        let problem = scene.refused(backend, "/backend/url").await;
        let detail = problem["errors"][0]["detail"].as_str().unwrap();
        assert!(detail.contains("https://"), "{detail}");
        assert!(detail.contains("upstream_allow"), "{detail}");
    }
    let path = scene.project.this();
    assert_eq!(
        scene.ada.get(&path).send().await.ok(),
        set,
        "nothing changed"
    );
    // The network that the operator of this test has named, and a public address on https.
    for url in ["http://127.0.0.1:9/mcp", "https://1.1.1.1/mcp"] {
        scene.set(json!({"kind": "upstream", "url": url})).await;
    }
}

#[tokio::test]
async fn where_no_network_is_named_plain_http_is_not_saved_whatever_the_name() {
    let server = TestServer::start_with(|config| config.upstreams.allow.clear()).await;
    let ada = server.set_up().await;
    let project = ada.project("Memory Lake").await;
    let backend = |url: &str| json!({"backend": {"kind": "upstream", "url": url}});
    ada.patch(&project.this(), backend("http://mcp.example.com/mcp"))
        .send()
        .await
        .wrong_field(422, "invalid_field", "/backend/url");
    ada.patch(&project.this(), backend("https://mcp.example.com/mcp"))
        .send()
        .await
        .ok();
}
