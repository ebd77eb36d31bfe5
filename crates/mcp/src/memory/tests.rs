//! The protocol of both eras, as tables of cases.

mod calls;
mod fake;
mod refusals;
mod schema;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Outcome, answer};
use crate::{Era, LEGACY, MODERN, scan};
use fake::{BOTH, Desk, legacy, modern};

#[test]
fn initialize_takes_the_version_it_serves_and_offers_the_newest_legacy_one_otherwise() {
    for (asked, given) in [
        ("2025-11-25", "2025-11-25"),
        ("2025-06-18", "2025-06-18"),
        ("2025-03-26", "2025-03-26"),
        ("2024-11-05", "2025-11-25"),
        ("2026-07-28", "2025-11-25"),
        ("", "2025-11-25"),
    ] {
        let body = legacy("initialize", json!({ "protocolVersion": asked }));
        let (answer, said) = Desk::new().ask(Era::Legacy, &body);
        assert_eq!((answer.status, answer.outcome), (200, Outcome::Ok));
        let result = &said["result"];
        assert_eq!(result["protocolVersion"], given, "asked for {asked:?}");
        assert_eq!(result["capabilities"], json!({ "tools": {} }));
        assert_eq!(result["serverInfo"]["name"], "latchkey-memory");
        assert!(result["serverInfo"]["version"].is_string());
        assert!(
            result["instructions"]
                .as_str()
                .unwrap()
                .contains("\"Memory Lake\"")
        );
        for modern_only in ["resultType", "_meta", "ttlMs", "cacheScope"] {
            assert!(result.get(modern_only).is_none(), "{modern_only}");
        }
    }
}

#[test]
fn discover_names_every_version_and_may_be_kept_for_this_key_alone() {
    let body = modern("server/discover", json!({}));
    let (answer, said) = Desk::new().ask(Era::Modern, &body);
    assert_eq!((answer.status, answer.outcome), (200, Outcome::Ok));
    let result = &said["result"];
    let versions = json!([MODERN, LEGACY[0], LEGACY[1], LEGACY[2]]);
    assert_eq!(result["supportedVersions"], versions);
    assert_eq!(result["capabilities"], json!({ "tools": {} }));
    assert_eq!(result["resultType"], "complete");
    assert_eq!(result["cacheScope"], "private");
    assert!(result["ttlMs"].as_u64().is_some_and(|ttl| ttl > 0));
    let server = &result["_meta"]["io.modelcontextprotocol/serverInfo"];
    assert_eq!(server["name"], "latchkey-memory");
    assert!(server["version"].is_string());
    assert!(result.get("serverInfo").is_none());
}

#[test]
fn every_modern_result_says_that_it_is_complete_and_who_made_it_and_no_legacy_one_does() {
    let whoami = json!({ "name": "whoami" });
    let unknown = json!({ "name": "forget", "arguments": { "id": fake::UNKNOWN_ID } });
    for (method, params) in [
        ("tools/list", json!({})),
        ("tools/call", whoami),
        ("tools/call", unknown),
    ] {
        let (_, said) = Desk::new().ask(Era::Modern, &modern(method, params.clone()));
        assert_eq!(said["result"]["resultType"], "complete", "{method}");
        let server = &said["result"]["_meta"]["io.modelcontextprotocol/serverInfo"];
        assert!(server["name"].is_string(), "{method}");

        let (_, said) = Desk::new().ask(Era::Legacy, &legacy(method, params));
        assert!(said["result"].get("resultType").is_none(), "{method}");
        assert!(said["result"].get("_meta").is_none(), "{method}");
    }
}

#[test]
fn only_what_a_client_may_keep_carries_hints_for_caches() {
    for (method, params, is_cacheable) in [
        ("server/discover", json!({}), true),
        ("tools/list", json!({}), true),
        ("tools/call", json!({ "name": "list_memories" }), false),
    ] {
        let (_, said) = Desk::new().ask(Era::Modern, &modern(method, params));
        assert_eq!(
            said["result"].get("ttlMs").is_some(),
            is_cacheable,
            "{method}"
        );
        let scope = said["result"].get("cacheScope");
        assert_eq!(scope.is_some(), is_cacheable, "{method}");
    }
}

#[test]
fn params_may_be_left_out() {
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    for era in BOTH {
        let (answer, _) = Desk::new().ask(era, body);
        assert_eq!((answer.status, answer.outcome), (200, Outcome::Ok));
    }
}

#[test]
fn what_is_not_offered_is_not_found_in_the_words_of_the_era() {
    let neither = [
        "prompts/list",
        "prompts/get",
        "resources/list",
        "resources/templates/list",
        "resources/read",
        "resources/subscribe",
        "completion/complete",
        "logging/setLevel",
        "subscriptions/listen",
        "tasks/list",
        "unknown/method",
        "Tools/List",
        "tools/list ",
    ];
    let only_modern = ["server/discover"];
    let only_legacy = ["initialize", "ping"];
    for method in neither.iter().chain(&only_legacy) {
        let (answer, said) = Desk::new().ask(Era::Modern, &modern(method, json!({})));
        assert_eq!(
            (answer.status, answer.outcome),
            (404, Outcome::Error),
            "{method}"
        );
        assert_eq!(said["error"]["code"], -32601, "{method}");
        assert_eq!(said["id"], 1, "{method}");
    }
    for method in neither.iter().chain(&only_modern) {
        // In the legacy era a 404 would send the client off to initialise anew.
        let (answer, said) = Desk::new().ask(Era::Legacy, &legacy(method, json!({})));
        assert_eq!(
            (answer.status, answer.outcome),
            (200, Outcome::Error),
            "{method}"
        );
        assert_eq!(said["error"]["code"], -32601, "{method}");
    }
}

#[test]
fn a_legacy_ping_gets_an_empty_result() {
    let (answer, said) = Desk::new().ask(Era::Legacy, &legacy("ping", json!({})));
    assert_eq!(answer.status, 200);
    assert_eq!(said, json!({ "jsonrpc": "2.0", "id": 1, "result": {} }));
}

#[test]
fn the_id_goes_back_as_it_came() {
    for id in [
        "1",
        "0",
        "-7",
        "\"a\"",
        "\"\"",
        "\"\\u00e9\\n\\\"\"",
        "12345678901234567890123456789",
    ] {
        let body = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#);
        let (answer, _) = Desk::new().ask(Era::Legacy, &body);
        let expected = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{}}}}"#);
        assert_eq!(answer.body, Some(expected));
    }
}

#[test]
fn notifications_are_accepted_without_a_body_and_do_nothing() {
    for era in BOTH {
        for method in [
            "notifications/initialized",
            "notifications/cancelled",
            "notifications/roots/list_changed",
            "notifications/of_tomorrow",
        ] {
            let body = json!({ "jsonrpc": "2.0", "method": method }).to_string();
            let (answer, _) = Desk::new().ask(era, &body);
            assert_eq!((answer.status, &answer.body), (202, &None), "{method}");
        }
    }
}

#[test]
fn a_request_without_an_id_is_refused_and_not_carried_out() {
    for era in BOTH {
        for method in [
            "tools/call",
            "tools/list",
            "initialize",
            "ping",
            "server/discover",
        ] {
            let params = json!({ "name": "remember", "arguments": { "text": "never kept" } });
            let body = json!({ "jsonrpc": "2.0", "method": method, "params": params });
            let mut desk = Desk::new();
            let (answer, said) = desk.ask(era, &body.to_string());
            assert_eq!(answer.status, 400, "{method}");
            assert_eq!(said["error"]["code"], -32600, "{method}");
            assert!(said.get("id").is_none());
            assert_eq!(desk.memories.writes, 0);
        }
    }
}

#[test]
fn responses_are_refused_because_nothing_was_asked() {
    for era in BOTH {
        let body = json!({ "jsonrpc": "2.0", "id": 7, "result": {} }).to_string();
        let (answer, said) = Desk::new().ask(era, &body);
        assert_eq!(
            (answer.status, &said["error"]["code"]),
            (400, &json!(-32600))
        );
        assert!(said.get("id").is_none());
    }
}

#[test]
fn the_list_of_tools_has_one_page_and_is_the_same_every_time() {
    for (era, form) in [
        (Era::Modern, modern as fn(&str, Value) -> String),
        (Era::Legacy, legacy),
    ] {
        let first = Desk::new().ask(era, &form("tools/list", json!({}))).0;
        let other = Desk::busy().ask(era, &form("tools/list", json!({ "cursor": null })));
        assert_eq!(Some(&first), Some(&other.0));
        assert!(other.1["result"].get("nextCursor").is_none());
        for cursor in [json!(""), json!("abc"), json!(5), json!({})] {
            let (answer, said) =
                Desk::new().ask(era, &form("tools/list", json!({ "cursor": cursor })));
            assert_eq!(
                (answer.status, answer.outcome),
                (200, Outcome::Error),
                "{cursor}"
            );
            assert_eq!(said["error"]["code"], -32602, "{cursor}");
        }
    }
}

#[test]
fn errors_carry_a_code_to_tell_them_apart_by() {
    for (era, body) in [
        (Era::Modern, modern("unknown", json!({}))),
        (Era::Legacy, legacy("initialize", json!({}))),
        (
            Era::Legacy,
            legacy("tools/call", json!({ "name": "nothing" })),
        ),
        (Era::Legacy, legacy("tools/list", json!({ "cursor": "x" }))),
    ] {
        let (_, said) = Desk::new().ask(era, &body);
        assert!(said["error"]["data"]["code"].is_string(), "{body}");
        assert!(said["error"]["message"].as_str().unwrap().ends_with('.'));
    }
}

/// Any JSON, with the words in it that mean something here.
fn any_json() -> impl Strategy<Value = Value> {
    let words = [
        "text",
        "tags",
        "query",
        "limit",
        "id",
        "cursor",
        "name",
        "arguments",
    ];
    let name = prop_oneof![
        prop::sample::select(words.to_vec()).prop_map(str::to_owned),
        ".{0,3}"
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (0..60_u64).prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        Just(Value::from(fake::UNKNOWN_ID)),
    ];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..12)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Whatever the params and arguments are: an answer that is JSON, of a status that is meant.
    #[test]
    fn no_params_make_it_panic(
        params in any_json(),
        arguments in any_json(),
        method in prop::sample::select(vec!["tools/call", "tools/list", "initialize", "x"]),
        name in prop::sample::select(vec!["remember", "recall", "forget", "list_memories", "whoami"]),
        is_modern in any::<bool>(),
    ) {
        let era = if is_modern { Era::Modern } else { Era::Legacy };
        let called = json!({ "name": name, "arguments": arguments });
        for params in [params, called] {
            let body = legacy(method, params);
            let Ok(message) = scan(body.as_bytes()) else { continue };
            let mut desk = Desk::busy();
            let answer = answer(era, &message, body.as_bytes(), &desk.holder, &mut desk.memories);
            prop_assert!(matches!(answer.status, 200 | 404));
            let said: Value = serde_json::from_str(&answer.body.unwrap_or_default()).unwrap();
            prop_assert_eq!(said.get("result").is_some(), said.get("error").is_none());
        }
    }
}
