//! A project with a server of the team's own behind it: the values of its headers are nowhere but sealed.

use serde_json::{Value, json};

use super::{flow::Hunter, life::Things};

/// Values as long as real ones, of words that occur nowhere else.
const FIRST: &str = "Cardamom-Lighthouse-Upstream-6614";
const SECOND: &str = "Persimmon-Orchard-Upstream-2270";

/// Sets a backend in every way, right and wrong.
pub async fn configure(hunter: &mut Hunter, things: &Things) {
    hunter.hidden("the first upstream header", FIRST);
    hunter.hidden("the second upstream header", SECOND);
    let own = [("cookie", things.cookie.as_str())];
    let projects = "/api/v1/projects";
    let body = json!({"name": "Upstream"});
    let made = hunter
        .ask("an upstream's project", "POST", projects, &own, body)
        .await;
    let id = made.is(201).json["id"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let path = format!("{projects}/{id}");
    let patch = ("PATCH", path.as_str());
    // Nothing listens there: a call that goes through fails.
    let url = "http://127.0.0.1:9/mcp";
    let backend = |url: &str, headers: Value| json!({"backend": {"kind": "upstream", "url": url, "headers": headers}});
    let named = |name: &str, value: &str| json!([{"name": name, "value": value}]);
    for (what, body, status) in [
        (
            "an upstream",
            backend(url, named("Authorization", FIRST)),
            200,
        ),
        (
            "another value",
            backend(url, named("Authorization", SECOND)),
            200,
        ),
        (
            "a kept value",
            backend(&format!("{url}/2"), json!([{"name": "Authorization"}])),
            200,
        ),
        (
            "another server",
            backend("http://127.0.0.2/", json!([{"name": "Authorization"}])),
            422,
        ),
        (
            "a value as a name",
            backend(url, named(&format!("{FIRST} "), "x")),
            422,
        ),
        (
            "a value in the URL",
            backend(&format!("http://ada:{FIRST}@a.example/"), json!([])),
            422,
        ),
        (
            "a value of two lines",
            backend(url, named("X-Team", &format!("{FIRST}\n{SECOND}"))),
            422,
        ),
        (
            "a value as a kind",
            json!({"backend": {"kind": FIRST}}),
            422,
        ),
        (
            "a value as a field",
            json!({"backend": {"kind": "memory", FIRST: 1}}),
            422,
        ),
        ("a value as headers", backend(url, json!(FIRST)), 422),
        ("a value as a list", backend(url, json!([FIRST])), 422),
    ] {
        hunter.send(what, patch, &own, body, status).await;
    }
    let keys = format!("{path}/keys");
    let body = json!({"description": "Production - Upstream"});
    let (key, _) = hunter
        .make("a key of it", &keys, &things.cookie, body)
        .await;
    let bearer = format!("Bearer {key}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("accept", "application/json, text/event-stream"),
    ];
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "ping"});
    hunter
        .ask("a call", "POST", "/upstream/mcp/v1", &headers, call)
        .await;
    hunter.get("the project", &path, &own, 200).await;
    hunter
        .get("its log", &format!("{path}/audit"), &own, 200)
        .await;
    let memory = json!({"backend": {"kind": "memory"}});
    hunter
        .send("the memory server", patch, &own, memory, 200)
        .await;
    let last = backend(url, named("X-Team", SECOND));
    hunter
        .send("an upstream that stays", patch, &own, last, 200)
        .await;
}
