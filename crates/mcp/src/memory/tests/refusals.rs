//! Tools that are called wrongly, and a store that doesn't answer.

use latchkey_types::limits::{MEMORY_TAGS_MAX, MEMORY_TEXT_MAX, QUERY_MAX, RECALL_DEFAULT};
use serde_json::{Value, json};

use super::{
    super::{MemoryFault, Outcome},
    calls::{FIRST_ID, done, not_done},
    fake::{BOTH, Desk, UNKNOWN_ID, legacy, modern},
};
use crate::Era;

#[test]
fn a_bad_argument_is_named_and_nothing_is_done() {
    let long = "x".repeat(MEMORY_TEXT_MAX + 1);
    let longest = "x".repeat(MEMORY_TEXT_MAX);
    let query = "x".repeat(QUERY_MAX + 1);
    let many: Vec<String> = (0..=MEMORY_TAGS_MAX).map(|n| n.to_string()).collect();
    let deep = format!("{}{}", "[".repeat(60), "]".repeat(60));
    let deep: Value = serde_json::from_str(&deep).unwrap();
    let of_remember = "remember takes text and tags";
    for (tool, arguments, begins) in [
        ("remember", json!({}), "`text` is missing"),
        ("remember", json!({ "text": null }), "`text` is missing"),
        ("remember", json!({ "text": 5 }), "`text` must be a string"),
        (
            "remember",
            json!({ "text": ["a"] }),
            "`text` must be a string",
        ),
        (
            "remember",
            json!({ "text": deep }),
            "`text` must be a string",
        ),
        ("remember", json!({ "text": "" }), "`text` is empty"),
        ("remember", json!({ "text": " \n\t" }), "`text` is empty"),
        (
            "remember",
            json!({ "text": long }),
            "`text` has 20001 characters",
        ),
        (
            "remember",
            json!({ "text": "a\0b" }),
            "`text` holds the control character U+0000",
        ),
        (
            "remember",
            json!({ "text": "a\u{202e}b" }),
            "`text` holds the control character U+202E",
        ),
        (
            "remember",
            json!({ "text": "a", "tags": "b" }),
            "`tags` must be a list of strings",
        ),
        (
            "remember",
            json!({ "text": "a", "tags": {} }),
            "`tags` must be a list of strings",
        ),
        (
            "remember",
            json!({ "text": "a", "tags": ["b", 5] }),
            "`tags` must be a list of strings",
        ),
        (
            "remember",
            json!({ "text": "a", "tags": [null] }),
            "`tags` must be a list of strings",
        ),
        (
            "remember",
            json!({ "text": "a", "tags": ["b", " "] }),
            "`tags[1]` is empty",
        ),
        (
            "remember",
            json!({ "text": "a", "tags": ["b\nc"] }),
            "`tags[0]` holds the control",
        ),
        (
            "remember",
            json!({ "text": "a", "tags": ["é".repeat(51)] }),
            "`tags[0]` has 51",
        ),
        (
            "remember",
            json!({ "text": "a", "tags": many }),
            "`tags` has too many entries",
        ),
        (
            "remember",
            json!({ "text": "a", "tag": ["b"] }),
            of_remember,
        ),
        ("remember", json!({ "text": "a", "Text": "b" }), of_remember),
        ("recall", json!({}), "`query` is missing"),
        ("recall", json!({ "query": " " }), "`query` is empty"),
        (
            "recall",
            json!({ "query": query }),
            "`query` has 201 characters",
        ),
        (
            "recall",
            json!({ "query": "a\0" }),
            "`query` holds the control character",
        ),
        (
            "recall",
            json!({ "query": "a", "limit": 0 }),
            "`limit` must be a whole number",
        ),
        (
            "recall",
            json!({ "query": "a", "limit": 51 }),
            "`limit` must be a whole number",
        ),
        (
            "recall",
            json!({ "query": "a", "limit": -1 }),
            "`limit` must be a whole number",
        ),
        (
            "recall",
            json!({ "query": "a", "limit": 1.5 }),
            "`limit` must be a whole number",
        ),
        (
            "recall",
            json!({ "query": "a", "limit": 1e300 }),
            "`limit` must be a whole number",
        ),
        (
            "recall",
            json!({ "query": "a", "limit": u64::MAX }),
            "`limit` must be a whole number",
        ),
        (
            "recall",
            json!({ "query": "a", "limit": "5" }),
            "`limit` must be a whole number",
        ),
        (
            "recall",
            json!({ "query": "a", "limit": true }),
            "`limit` must be a whole number",
        ),
        (
            "recall",
            json!({ "query": "a", "text": "b" }),
            "recall takes query and limit",
        ),
        ("forget", json!({}), "`id` is missing"),
        (
            "forget",
            json!({ "id": "" }),
            "`id`: expected an id of the form mem_",
        ),
        (
            "forget",
            json!({ "id": "mem_1" }),
            "`id`: expected an id of the form mem_",
        ),
        (
            "forget",
            json!({ "id": FIRST_ID.replace("mem", "key") }),
            "`id`: expected an id",
        ),
        (
            "forget",
            json!({ "id": UNKNOWN_ID }),
            "There is no memory with this id",
        ),
        (
            "forget",
            json!({ "id": FIRST_ID, "all": true }),
            "forget takes id",
        ),
        (
            "list_memories",
            json!({ "cursor": "x" }),
            "`cursor` is none that list_memories",
        ),
        (
            "list_memories",
            json!({ "cursor": "" }),
            "`cursor` is none that list_memories",
        ),
        (
            "list_memories",
            json!({ "cursor": "0".repeat(1001) }),
            "`cursor` is none",
        ),
        (
            "list_memories",
            json!({ "cursor": 1 }),
            "`cursor` must be a string",
        ),
        (
            "list_memories",
            json!({ "limit": 1 }),
            "list_memories takes cursor",
        ),
        (
            "whoami",
            json!({ "key": "lk_abc" }),
            "whoami takes no arguments",
        ),
    ] {
        let mut desk = Desk::busy();
        let sentence = not_done(&mut desk, tool, arguments.clone());
        assert!(
            sentence.starts_with(begins),
            "{tool} {arguments}: {sentence}"
        );
        assert!(sentence.ends_with('.'), "{sentence}");
        // Values stay with the caller.
        assert!(sentence.len() < 200 && !sentence.contains("lk_abc"));
        assert_eq!((desk.memories.writes, desk.memories.kept.len()), (0, 3));
    }
    done(&mut Desk::new(), "remember", json!({ "text": longest }));
}

#[test]
fn an_argument_that_is_null_is_not_given_and_one_given_twice_is_refused() {
    let mut desk = Desk::busy();
    let arguments = json!({ "query": "Ada", "limit": null });
    assert_eq!(desk.call("recall", arguments).0.outcome, Outcome::Ok);
    assert_eq!(desk.memories.limit, Some(RECALL_DEFAULT));
    let arguments = json!({ "text": "a", "tags": null });
    assert_eq!(desk.call("remember", arguments).0.outcome, Outcome::Ok);

    let twice = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"remember","arguments":{"text":"a","text":"b"}}}"#;
    let (answer, said) = desk.ask(Era::Legacy, twice);
    assert_eq!(answer.outcome, Outcome::Error);
    assert_eq!(said["result"]["isError"], true);
    assert_eq!(desk.memories.kept.len(), 4);
}

#[test]
fn an_unknown_tool_and_malformed_params_are_errors_of_the_protocol() {
    for (params, data_code) in [
        (json!({ "name": "delete_everything" }), "unknown_tool"),
        (
            json!({ "name": "Remember", "arguments": { "text": "a" } }),
            "unknown_tool",
        ),
        (json!({ "name": "" }), "unknown_tool"),
        (json!({}), "invalid_params"),
        (json!({ "name": 5 }), "invalid_params"),
        (
            json!({ "name": "whoami", "arguments": [] }),
            "invalid_params",
        ),
        (
            json!({ "name": "whoami", "arguments": "{}" }),
            "invalid_params",
        ),
        (
            json!({ "name": "whoami", "arguments": 5 }),
            "invalid_params",
        ),
    ] {
        for (era, body) in [
            (Era::Modern, modern("tools/call", params.clone())),
            (Era::Legacy, legacy("tools/call", params.clone())),
        ] {
            let (answer, said) = Desk::new().ask(era, &body);
            assert_eq!(
                (answer.status, answer.outcome),
                (200, Outcome::Error),
                "{params}"
            );
            assert_eq!(said["error"]["code"], -32602, "{params}");
            assert_eq!(said["error"]["data"]["code"], data_code, "{params}");
            assert_eq!(said["id"], 1);
        }
    }
    // What a tool without arguments may get.
    for params in [
        json!({ "name": "whoami" }),
        json!({ "name": "whoami", "arguments": null }),
        json!({ "name": "whoami", "arguments": {}, "task": { "ttl": 5 }, "cursor": 5 }),
    ] {
        let (answer, _) = Desk::new().ask(Era::Legacy, &legacy("tools/call", params));
        assert_eq!((answer.status, answer.outcome), (200, Outcome::Ok));
    }
}

#[test]
fn a_fault_of_the_store_is_never_a_success() {
    for (tool, arguments) in [
        ("remember", json!({ "text": "a" })),
        ("recall", json!({ "query": "a" })),
        ("forget", json!({ "id": FIRST_ID })),
        ("list_memories", json!({})),
    ] {
        for era in BOTH {
            let call = |fault| {
                let mut desk = Desk::new();
                desk.memories.fault = Some(fault);
                let params = json!({ "name": tool, "arguments": arguments });
                match era {
                    Era::Modern => desk.ask(era, &modern("tools/call", params)),
                    Era::Legacy => desk.ask(era, &legacy("tools/call", params)),
                }
            };
            let (answer, said) = call(MemoryFault::Unavailable);
            assert_eq!((answer.status, answer.retry_after_seconds), (503, Some(1)));
            assert_eq!(
                (answer.outcome, &said["error"]["code"]),
                (Outcome::Error, &json!(-32603))
            );

            let (answer, said) = call(MemoryFault::KeyEnded);
            assert_eq!((answer.status, answer.outcome), (401, Outcome::KeyEnded));
            assert_eq!(said["error"]["code"], -32001);

            let (answer, said) = call(MemoryFault::Full);
            assert_eq!((answer.status, answer.outcome), (200, Outcome::Error));
            assert_eq!(said["result"]["isError"], true);
            let sentence = said["result"]["content"][0]["text"].as_str().unwrap();
            assert!(sentence.starts_with("Nothing was kept: the project holds 10000 memories"));
        }
    }
}
