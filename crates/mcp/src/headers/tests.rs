use base64::{Engine, engine::general_purpose::STANDARD};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{era::SUPPORTED, scan};

fn message(method: &str, params: Value) -> Message {
    let body = json!({ "jsonrpc": "2.0", "id": 9, "method": method, "params": params });
    scan(body.to_string().as_bytes()).unwrap()
}

fn meta() -> Value {
    json!({ META_VERSION: MODERN, META_CAPABILITIES: {} })
}

fn call(name: &str) -> Message {
    message("tools/call", json!({ "name": name, "_meta": meta() }))
}

fn headers<'a>(method: &'a str, name: Option<&'a str>) -> ModernHeaders<'a> {
    ModernHeaders {
        protocol_version: Some(MODERN),
        method: Some(method),
        name,
    }
}

/// JSON-RPC's code, with the request's id; None when it passes.
fn code(headers: &ModernHeaders<'_>, message: &Message) -> Option<i64> {
    let refusal = check_modern(headers, message).err()?;
    assert_eq!(refusal.status, 400);
    let body: Value = serde_json::from_str(&refusal.body).unwrap();
    assert_eq!(body.get("id").is_some(), message.kind == Kind::Request);
    body["error"]["code"].as_i64()
}

#[test]
fn headers_have_to_say_what_the_body_says() {
    let list = || message("tools/list", json!({ "_meta": meta() }));
    let read = |uri: &str| message("resources/read", json!({ "uri": uri, "_meta": meta() }));
    let get = |name: &str| message("prompts/get", json!({ "name": name, "_meta": meta() }));
    let cases = [
        (headers("tools/list", None), list(), None),
        (headers("tools/list", Some("anything")), list(), None),
        (headers("prompts/list", None), list(), Some(-32020)),
        (headers("TOOLS/LIST", None), list(), Some(-32020)),
        (headers("", None), list(), Some(-32020)),
        (headers("tools/call", Some("foo")), call("foo"), None),
        (
            headers("tools/call", Some("foo")),
            call("bar"),
            Some(-32020),
        ),
        (
            headers("tools/call", Some("Foo")),
            call("foo"),
            Some(-32020),
        ),
        (headers("tools/call", None), call("foo"), Some(-32020)),
        (headers("tools/call", Some("")), call(""), None),
        (
            headers("tools/call", Some("=?base64?SGVsbG8=?=")),
            call("Hello"),
            None,
        ),
        (
            headers("tools/call", Some("=?base64?SGVsbG8?=")),
            call("Hello"),
            Some(-32020),
        ),
        (
            headers("tools/call", Some("=?base64?SGVs!!!bG8=?=")),
            call("Hello"),
            Some(-32020),
        ),
        (
            headers("tools/call", Some("SGVsbG8=")),
            call("Hello"),
            Some(-32020),
        ),
        (
            headers("tools/call", Some("SGVsbG8=")),
            call("SGVsbG8="),
            None,
        ),
        (
            headers("tools/call", Some("=?BASE64?SGVsbG8=?=")),
            call("Hello"),
            Some(-32020),
        ),
        (
            headers("resources/read", Some("file:///a%20b?x=1")),
            read("file:///a%20b?x=1"),
            None,
        ),
        (
            headers("resources/read", Some("file:///a")),
            read("file:///b"),
            Some(-32020),
        ),
        (
            headers("resources/read", None),
            read("file:///b"),
            Some(-32020),
        ),
        (
            headers("prompts/get", Some("=?base64?5pel5pys6Kqe?=")),
            get("日本語"),
            None,
        ),
        (headers("prompts/get", None), get("a"), Some(-32020)),
        (headers("prompts/get", Some("a")), get("b"), Some(-32020)),
    ];
    for (headers, message, expected) in cases {
        assert_eq!(
            code(&headers, &message),
            expected,
            "{headers:?} {message:?}"
        );
    }
    let unnamed = message("tools/call", json!({ "_meta": meta() }));
    assert_eq!(code(&headers("tools/call", None), &unnamed), None);
    assert_eq!(
        code(&headers("tools/call", Some("x")), &unnamed),
        Some(-32020)
    );
    let no_method = ModernHeaders {
        method: None,
        ..headers("tools/list", None)
    };
    assert_eq!(code(&no_method, &list()), Some(-32020));
}

#[test]
fn a_request_names_its_version_twice_and_its_capabilities() {
    let with = |header: Option<&'static str>, params: Value| {
        let headers = ModernHeaders {
            protocol_version: header,
            ..headers("server/discover", None)
        };
        code(&headers, &message("server/discover", params))
    };
    let meta_of =
        |version: &str| json!({ "_meta": { META_VERSION: version, META_CAPABILITIES: {} } });
    assert_eq!(with(Some(MODERN), meta_of(MODERN)), None);
    assert_eq!(with(Some(MODERN), json!({})), Some(-32602));
    assert_eq!(with(Some(MODERN), json!({ "_meta": {} })), Some(-32602));
    assert_eq!(
        with(Some(MODERN), json!({ "_meta": { META_CAPABILITIES: {} } })),
        Some(-32602)
    );
    assert_eq!(
        with(Some(MODERN), json!({ "_meta": { META_VERSION: MODERN } })),
        Some(-32602)
    );
    let no_object = json!({ "_meta": { META_VERSION: MODERN, META_CAPABILITIES: [] } });
    assert_eq!(with(Some(MODERN), no_object), Some(-32602));
    assert_eq!(with(None, meta_of(MODERN)), Some(-32020));
    assert_eq!(with(None, json!({})), Some(-32020));
    assert_eq!(with(Some("2025-11-25"), meta_of(MODERN)), Some(-32020));
    assert_eq!(with(Some(MODERN), meta_of("x")), Some(-32020));
    assert_eq!(with(Some("x"), meta_of("x")), Some(-32022));
    assert_eq!(
        with(Some("2025-11-25"), meta_of("2025-11-25")),
        Some(-32022)
    );
    assert!(SUPPORTED.contains(&MODERN));
}

#[test]
fn a_notification_needs_no_headers_but_must_not_lie_and_a_response_has_no_place() {
    let notification =
        scan(br#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{}}"#).unwrap();
    let bare = ModernHeaders {
        protocol_version: Some(MODERN),
        ..ModernHeaders::default()
    };
    assert_eq!(code(&bare, &notification), None);
    assert_eq!(
        code(&headers("tools/list", None), &notification),
        Some(-32020)
    );
    let response = scan(br#"{"jsonrpc":"2.0","id":1,"result":{}}"#).unwrap();
    assert_eq!(code(&bare, &response), Some(-32600));
}

#[test]
fn a_header_has_one_value_of_visible_characters() {
    let one = |value: &'static [u8]| single("Mcp-Name", [value]);
    assert_eq!(single("Mcp-Name", []), Ok(None));
    assert_eq!(one(b"foo"), Ok(Some("foo")));
    assert_eq!(one(b" \tfoo bar\t "), Ok(Some("foo bar")));
    assert_eq!(one(b"  "), Ok(Some("")));
    for bad in [&b"caf\xC3\xA9"[..], b"a\nb", b"a\0", b"a\x7F", b"\xFF"] {
        let refusal = one(bad).unwrap_err();
        assert!(refusal.body.contains("-32020") && refusal.body.contains("Mcp-Name"));
    }
    let values: [&[u8]; 2] = [b"a", b"a"];
    assert_eq!(single("Mcp-Name", values).unwrap_err().status, 400);
}

#[test]
fn the_base64_form_of_a_name_is_read_as_the_specification_shows_it() {
    for (header, name) in [
        ("us-west1", Some("us-west1")),
        ("=?base64?SGVsbG8sIOS4lueVjA==?=", Some("Hello, 世界")),
        ("=?base64?IHBhZGRlZCA=?=", Some(" padded ")),
        ("=?base64?bGluZTEKbGluZTI=?=", Some("line1\nline2")),
        (
            "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=",
            Some("=?base64?literal?="),
        ),
        ("=?base64?SGVsbG8=?=", Some("Hello")),
        ("=?base64??=", Some("")),
        // Not the form: literal.
        ("SGVsbG8=", Some("SGVsbG8=")),
        ("=?base64?SGVsbG8=", Some("=?base64?SGVsbG8=")),
        ("=?BASE64?SGVsbG8=?=", Some("=?BASE64?SGVsbG8=?=")),
        ("=?base64?=", Some("=?base64?=")),
        ("", Some("")),
        // The form, but no Base64 of UTF-8.
        ("=?base64?SGVsbG8?=", None),
        ("=?base64?SGVsbG9=?=", None),
        ("=?base64?SGVs!!!bG8=?=", None),
        ("=?base64?SGVs bG8=?=", None),
        ("=?base64?_-8=?=", None),
        ("=?base64?gA==?=", None),
    ] {
        assert_eq!(decode_name(header).as_deref(), name, "{header}");
    }
    let long = format!("=?base64?{}?=", "QUFB".repeat(10_000));
    assert_eq!(decode_name(&long), None);
}

#[test]
fn what_a_client_takes_is_read_from_its_accept_header() {
    for (accept, json, sse) in [
        (None, true, true),
        (Some("application/json, text/event-stream"), true, true),
        (
            Some("Application/JSON;charset=utf-8 , TEXT/event-stream; q=0.1"),
            true,
            true,
        ),
        (Some("*/*"), true, true),
        (Some("application/json"), true, false),
        (Some("text/event-stream"), false, true),
        (Some("application/*"), true, false),
        (Some("text/*;q=0.5"), false, true),
        (Some("text/html, application/xml"), false, false),
        (Some(""), false, false),
        (Some("*/*, text/event-stream;q=0"), true, false),
        (Some("*/*;q=0"), false, false),
        (Some("*/*;q=0.000, application/json"), true, false),
        (Some("text/*;q=0, text/event-stream"), false, true),
        (
            Some("application/json;q=1, application/json;q=0"),
            true,
            false,
        ),
        (
            Some("application/json;q=0, application/json;q=1"),
            true,
            false,
        ),
        (Some("application/jsonx, xtext/event-stream"), false, false),
        (Some("json, ,;,/"), false, false),
    ] {
        assert_eq!(accepts(accept), Accepts { json, sse }, "{accept:?}");
    }
}

#[test]
fn a_body_is_json_when_its_content_type_says_so() {
    for (content_type, expected) in [
        (Some("application/json"), true),
        (Some("Application/JSON; charset=utf-8"), true),
        (Some(" application/json "), true),
        (Some("text/plain"), false),
        (Some("application/json-seq"), false),
        (Some("text/plain; application/json"), false),
        (Some(""), false),
        (None, false),
    ] {
        assert_eq!(is_json(content_type), expected, "{content_type:?}");
    }
}

/// As a client has to write a name (streamable-http, "Value Encoding").
fn encoded(name: &str) -> String {
    let is_plain = name.bytes().all(|byte| matches!(byte, b' '..=b'~'))
        && name.trim_matches([' ', '\t']) == name
        && !(name.starts_with("=?base64?") && name.ends_with("?="));
    if is_plain {
        name.to_owned()
    } else {
        format!("=?base64?{}?=", STANDARD.encode(name))
    }
}

proptest! {
    #[test]
    fn a_name_that_a_client_encodes_is_the_one_that_is_read(name in "[ -~]{0,30}|\\PC{0,30}|=\\?base64\\?.{0,9}\\?=") {
        let header = encoded(&name);
        let value = single("Mcp-Name", [header.as_bytes()]).unwrap().unwrap();
        let decoded = decode_name(value);
        prop_assert_eq!(decoded.as_deref(), Some(&*name));
        prop_assert_eq!(code(&headers("tools/call", Some(value)), &call(&name)), None);
    }

    #[test]
    fn another_name_never_passes(one in "\\PC{0,12}", other in "\\PC{0,12}") {
        prop_assume!(one != other);
        let header = encoded(&one);
        prop_assert_eq!(code(&headers("tools/call", Some(&header)), &call(&other)), Some(-32020));
    }

    #[test]
    fn no_header_makes_it_panic(value in any::<Vec<u8>>(), accept in any::<String>()) {
        let wrapped = [b"=?base64?", &value[..], b"?="].concat();
        for bytes in [&value[..], &wrapped[..]] {
            if let Ok(Some(text)) = single("Mcp-Name", [bytes]) {
                let _ = check_modern(&headers("tools/call", Some(text)), &call("x"));
            }
        }
        let _ = (accepts(Some(&accept)), is_json(Some(&accept)));
    }
}
