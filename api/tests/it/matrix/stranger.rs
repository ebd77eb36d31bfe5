//! Whether a project exists is its members' business: a stranger gets one answer for both, whatever they
//! send along.

use serde_json::{Value, json};

use super::cell::{self, World, call};
use crate::{
    document::{self, Operation},
    support::{Actor, Answer, Call},
};

const MISSING_PROJECT: &str = "proj_019a1c5e0f7a7c3e8a4b5d6e7f80ffff";
const MISSING_KEY: &str = "key_019a1c5e0f7a7c3e8a4b5d6e7f80ffff";

/// What a request carries besides its path.
enum Sent {
    /// A body that the operation takes, or none where it takes none.
    Good,
    /// JSON whose fields are wrong.
    Wrong,
    /// Nothing at all.
    Nothing,
    /// Something that is no JSON, said to be JSON.
    Broken,
    /// Good JSON said to be something else.
    Mislabelled,
    /// More than the server takes.
    TooMuch,
    /// Headers that can't be read.
    BadHeaders,
    /// A query that can't be read.
    BadQuery,
}

const SENT: [(&str, Sent); 8] = [
    ("a good body", Sent::Good),
    ("a wrong body", Sent::Wrong),
    ("no body", Sent::Nothing),
    ("a broken body", Sent::Broken),
    ("a mislabelled body", Sent::Mislabelled),
    ("too much", Sent::TooMuch),
    ("bad headers", Sent::BadHeaders),
    ("a bad query", Sent::BadQuery),
];

#[tokio::test]
async fn a_stranger_cannot_tell_an_existing_project_from_a_missing_one() {
    let world = World::new().await;
    let manage = world.stranger.token(&["manage"]).await;
    let read = world.stranger.token(&["read"]).await;
    let operations = document::operations(&document::served(&world.server).await);
    let mut tried = 0;
    for operation in operations
        .iter()
        .filter(|operation| operation.is_in_a_project())
    {
        for (name, caller) in [
            ("session", &world.stranger),
            ("manage", &manage),
            ("read", &read),
        ] {
            let expected = if name == "read" && operation.method != "get" {
                403
            } else {
                404
            };
            compare(&world, operation, name, caller, expected).await;
            tried += 1;
        }
    }
    assert!(tried > 40, "only {tried} operations and callers were tried");
    world.server.stop().await;
}

/// All answers for this operation and caller are the same.
async fn compare(world: &World, operation: &Operation, name: &str, caller: &Actor, expected: u16) {
    let cell = world
        .request(operation, caller)
        .await
        .expect("the operation can be called");
    let project = segment(&cell.path, "proj_");
    let mut paths = vec![
        ("an existing project", cell.path.clone()),
        (
            "a missing project",
            cell.path.replace(&project, MISSING_PROJECT),
        ),
        ("no project's id", cell.path.replace(&project, "memorylake")),
    ];
    if operation.path.contains("{key_id}") {
        let key = segment(&cell.path, "key_");
        paths.push(("a missing key", cell.path.replace(&key, MISSING_KEY)));
        paths.push((
            "neither",
            cell.path
                .replace(&project, MISSING_PROJECT)
                .replace(&key, MISSING_KEY),
        ));
    }
    let mut first: Option<String> = None;
    for (place, path) in &paths {
        for (label, sent) in &SENT {
            let answer = request(caller, operation, path, cell.body.as_ref(), sent)
                .send()
                .await;
            let what = format!(
                "{} by the stranger's {name}, {place}, {label}",
                operation.id
            );
            assert_eq!(answer.status, expected, "{what}: {}", answer.summary());
            let plain = plain(&answer);
            match &first {
                None => first = Some(plain),
                // Both are refusals, which hold nothing secret.
                Some(first) => assert_eq!(&plain, first, "{what}"),
            }
        }
    }
}

fn request(
    caller: &Actor,
    operation: &Operation,
    path: &str,
    good: Option<&Value>,
    sent: &Sent,
) -> Call {
    let method = operation.method.as_str();
    let call = |path: &str| call(caller, method, path, good.cloned());
    match sent {
        Sent::Good => call(path),
        Sent::Wrong => call(path).body_raw(
            json!({"name": 5, "nothing": [], "role": "king"}).to_string(),
            "application/json",
        ),
        Sent::Nothing => call(path).body_raw("", "application/json"),
        Sent::Broken => call(path).body_raw("{\"name\": ", "application/json"),
        Sent::Mislabelled => call(path).body_raw("{}", "text/plain"),
        Sent::TooMuch => call(path).body_raw("x".repeat(2 * cell::BODY_LIMIT), "application/json"),
        Sent::BadHeaders => call(path)
            .header("if-match", "junk")
            .header("idempotency-key", ""),
        Sent::BadQuery => call(&format!(
            "{path}?limit=none&cursor=junk&reason=none&from=never&nothing=1"
        )),
    }
}

/// All of an answer but what differs between any two answers; whether the connection stays open depends on how
/// much of the body had arrived.
fn plain(answer: &Answer) -> String {
    let mut headers: Vec<String> = answer
        .headers
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "connection" | "date" | "x-request-id"))
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap_or_default()))
        .collect();
    headers.sort();
    let mut body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    assert!(
        body["request_id"].is_string(),
        "a refusal has its request's id"
    );
    body["request_id"] = Value::Null;
    format!("{}\n{}\n{body}", answer.status, headers.join("\n"))
}

fn segment(path: &str, prefix: &str) -> String {
    let found = path.split('/').find(|segment| segment.starts_with(prefix));
    found.expect("the path has such an id").to_owned()
}

#[tokio::test]
async fn another_projects_key_is_as_missing_as_any() {
    let world = World::new().await;
    let own = world.stranger.project("Own").await;
    let other = world.owner.project("Memory Lake").await;
    let key = world
        .owner
        .key(&other, "Production - Claude Integration")
        .await;
    let operations = document::operations(&document::served(&world.server).await);
    for operation in operations
        .iter()
        .filter(|operation| operation.path.contains("{key_id}"))
    {
        let mut answers = Vec::new();
        for key_id in [key.id.as_str(), MISSING_KEY, "no-id"] {
            let path = operation
                .path
                .replace("{project_id}", &own.id)
                .replace("{key_id}", key_id);
            let answer = call(&world.stranger, &operation.method, &path, None)
                .send()
                .await;
            assert_eq!(
                answer.status,
                404,
                "{} with {key_id}: {}",
                operation.id,
                answer.summary()
            );
            answers.push(plain(&answer));
        }
        assert!(
            answers.iter().all(|answer| *answer == answers[0]),
            "{}",
            operation.id
        );
    }
    let still = world
        .owner
        .get(&format!("/api/v1/projects/{}/keys/{}", other.id, key.id))
        .send()
        .await
        .ok();
    assert_eq!(
        still["status"], "active",
        "nothing happened to the other project's key"
    );
    world.server.stop().await;
}
