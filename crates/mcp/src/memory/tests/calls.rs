//! The tools, called as they should be.

use latchkey_types::{
    Timestamp,
    limits::{MEMORY_TEXT_MAX, RECALL_DEFAULT, RECALL_MAX},
};
use serde_json::{Value, json};

use super::{
    super::Outcome,
    fake::{Desk, modern},
    schema,
};
use crate::Era;

pub(super) const FIRST_ID: &str = "mem_00000000000000000000000000000001";

/// The tools as they are listed.
fn tools() -> Vec<Value> {
    let (_, said) = Desk::new().ask(Era::Modern, &modern("tools/list", json!({})));
    said["result"]["tools"].as_array().unwrap().clone()
}

/// The schema of that name of a tool.
fn schema_of(tool: &str, which: &str) -> Value {
    let tools = tools();
    let tool = tools.iter().find(|listed| listed["name"] == tool);
    tool.unwrap()[which].clone()
}

/// Calls a tool that has to succeed, holds the result against its schema, and gives the structured content.
pub(super) fn done(desk: &mut Desk, tool: &str, arguments: Value) -> Value {
    schema::check(&schema_of(tool, "inputSchema"), &arguments).unwrap();
    let (answer, said) = desk.call(tool, arguments);
    assert_eq!(
        (answer.status, answer.outcome),
        (200, Outcome::Ok),
        "{said}"
    );
    let result = &said["result"];
    assert_eq!(result["isError"], false, "{said}");
    let structured = result["structuredContent"].clone();
    schema::check(&schema_of(tool, "outputSchema"), &structured).unwrap();
    // The same value as text, and nothing else.
    assert_eq!(result["content"].as_array().unwrap().len(), 1);
    assert_eq!(result["content"][0]["type"], "text");
    let text = result["content"][0]["text"].as_str().unwrap();
    assert_eq!(serde_json::from_str::<Value>(text).unwrap(), structured);
    structured
}

/// Calls a tool that has to say what is wrong, and gives the sentence.
pub(super) fn not_done(desk: &mut Desk, tool: &str, arguments: Value) -> String {
    let (answer, said) = desk.call(tool, arguments.clone());
    assert_eq!(
        (answer.status, answer.outcome),
        (200, Outcome::Error),
        "{tool} {arguments}"
    );
    let result = &said["result"];
    assert_eq!(result["isError"], true, "{tool} {arguments}");
    assert!(result.get("structuredContent").is_none());
    result["content"][0]["text"].as_str().unwrap().to_owned()
}

#[test]
fn five_tools_are_listed_in_this_order_with_these_annotations() {
    let annotations: Vec<_> = tools()
        .iter()
        .map(|tool| {
            let hint = |name: &str| tool["annotations"][name].as_bool().unwrap();
            let name = tool["name"].as_str().unwrap().to_owned();
            let hints = [
                "readOnlyHint",
                "destructiveHint",
                "idempotentHint",
                "openWorldHint",
            ];
            (name, hints.map(hint))
        })
        .collect();
    let expected = [
        ("remember", [false, false, false, false]),
        ("recall", [true, false, true, false]),
        ("forget", [false, true, true, false]),
        ("list_memories", [true, false, true, false]),
        ("whoami", [true, false, true, false]),
    ];
    assert_eq!(
        annotations,
        expected.map(|(name, hints)| (name.to_owned(), hints))
    );
    for tool in tools() {
        assert_eq!(tool["inputSchema"]["type"], "object");
        assert_eq!(tool["inputSchema"]["additionalProperties"], false);
        // The legacy schema takes objects alone.
        assert_eq!(tool["outputSchema"]["type"], "object");
        assert_eq!(tool["title"], tool["annotations"]["title"]);
        assert!(tool["description"].as_str().unwrap().len() > 40);
    }
}

#[test]
fn what_is_remembered_can_be_recalled_listed_and_forgotten() {
    let mut desk = Desk::new();
    let text = "Ada likes tea.\r\n\tBlack. \u{1f375}";
    let tags = json!([" tea ", "people", "tea"]);
    let kept = done(&mut desk, "remember", json!({ "text": text, "tags": tags }));
    assert_eq!(kept["id"], FIRST_ID);
    assert_eq!(kept["tags"], json!(["tea", "people"]));
    assert_eq!(kept["key"], "Production - Claude Integration");
    assert_eq!(kept["created_at"], "1970-01-01T00:00:01.000Z");
    assert_eq!(desk.memories.kept[0].text, text);

    let found = done(&mut desk, "recall", json!({ "query": "tea" }));
    assert_eq!(found["memories"][0]["text"], text);
    assert_eq!(found["memories"][0]["rank"], 1);
    assert_eq!(found["memories"][0]["snippet"], "tea");
    assert_eq!(desk.memories.limit, Some(RECALL_DEFAULT));

    let listed = done(&mut desk, "list_memories", json!({}));
    assert_eq!(listed["memories"][0]["id"], FIRST_ID);
    assert!(listed.get("next_cursor").is_none());

    let gone = done(&mut desk, "forget", json!({ "id": FIRST_ID }));
    assert_eq!(gone, json!({ "id": FIRST_ID, "forgotten": true }));
    assert!(desk.memories.kept.is_empty());
    let again = not_done(&mut desk, "forget", json!({ "id": FIRST_ID }));
    assert!(again.starts_with("There is no memory with this id"));
    assert_eq!(
        done(&mut desk, "recall", json!({ "query": "tea" })),
        json!({ "memories": [] })
    );
}

#[test]
fn recall_ranks_in_the_order_of_the_store_and_passes_the_limit_on() {
    let mut desk = Desk::busy();
    let found = done(
        &mut desk,
        "recall",
        json!({ "query": "Ada", "limit": RECALL_MAX }),
    );
    let ranks: Vec<_> = found["memories"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["rank"])
        .collect();
    assert_eq!(ranks, [1, 2]);
    assert_eq!(desk.memories.limit, Some(RECALL_MAX));
    let (_, said) = desk.call("recall", json!({ "query": "Ada", "limit": 1.0 }));
    assert_eq!(
        said["result"]["structuredContent"]["memories"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(desk.memories.limit, Some(1));
}

#[test]
fn pages_lead_to_the_last_memory() {
    let mut desk = Desk::busy();
    let mut seen = Vec::new();
    let mut arguments = json!({});
    loop {
        let page = done(&mut desk, "list_memories", arguments);
        for memory in page["memories"].as_array().unwrap() {
            seen.push(memory["text"].as_str().unwrap().to_owned());
        }
        let Some(next) = page.get("next_cursor") else {
            break;
        };
        arguments = json!({ "cursor": next });
    }
    assert_eq!(
        seen,
        ["The lake is deep", "Ada likes short notes", "Ada likes tea"]
    );
}

#[test]
fn long_texts_are_cut_once_an_answer_is_long_and_say_so() {
    let mut desk = Desk::new();
    let long = "é".repeat(MEMORY_TEXT_MAX);
    // 50,000 characters, less twice 20,000, less 500, leave room for the fourth, and next to none after it.
    let (fits, short) = ("é".repeat(9_400), "é".repeat(400));
    for text in [&long, &long, &long, &fits, &short, &long] {
        done(&mut desk, "remember", json!({ "text": text }));
    }
    let found = done(&mut desk, "recall", json!({ "query": "é" }));
    let shown: Vec<_> = found["memories"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let text = one["text"].as_str().unwrap();
            (text.chars().count(), one["is_cut"] == true)
        })
        .collect();
    let (whole, cut) = ((MEMORY_TEXT_MAX, false), (500, true));
    let expected = [whole, whole, cut, (9_400, false), (400, false), cut];
    assert_eq!(shown, expected);
}

#[test]
fn whoami_says_whose_key_it_is_and_when_it_ends() {
    let mut desk = Desk::new();
    let mut expected = json!({
        "project": "memorylake",
        "project_name": "Memory Lake",
        "key": "Production - Claude Integration",
        "environment": "production",
        "secret_hint": "lk_…a1B2",
    });
    assert_eq!(done(&mut desk, "whoami", json!({})), expected);
    desk.holder.expires_at = Some(Timestamp::from_millis(1_000));
    expected["expires_at"] = "1970-01-01T00:00:01.000Z".into();
    assert_eq!(done(&mut desk, "whoami", json!({})), expected);
}
