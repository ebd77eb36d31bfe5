use serde_json::Value;

use super::*;
use crate::scan;

fn message(body: &str) -> Message {
    scan(body.as_bytes()).unwrap()
}

fn with_meta(method: &str, version: &str) -> Message {
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":7,"method":"{method}","params":{{"_meta":{{"{META_VERSION}":"{version}"}}}}}}"#
    );
    message(&body)
}

fn plain(method: &str) -> Message {
    message(&format!(
        r#"{{"jsonrpc":"2.0","id":7,"method":"{method}"}}"#
    ))
}

/// The status and JSON-RPC's code.
fn codes(refusal: &Refusal) -> (u16, i64) {
    let body: Value = serde_json::from_str(&refusal.body).unwrap();
    (refusal.status, body["error"]["code"].as_i64().unwrap())
}

#[test]
fn each_cell_of_the_versioning_matrix_has_its_era_or_its_refusal() {
    const MISMATCH: (u16, i64) = (400, -32020);
    const UNSUPPORTED: (u16, i64) = (400, -32022);
    let (modern, legacy) = (Ok(Era::Modern), Ok(Era::Legacy));
    let call = || plain("tools/list");
    let init = || plain("initialize");
    let notification = || message(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    let response = || message(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#);
    let cases = [
        // A version in _meta.
        (with_meta("tools/list", MODERN), Some(MODERN), None, modern),
        (
            with_meta("tools/list", MODERN),
            Some(MODERN),
            Some("s"),
            modern,
        ),
        (with_meta("initialize", MODERN), Some(MODERN), None, modern),
        (with_meta("tools/list", MODERN), None, None, Err(MISMATCH)),
        (
            with_meta("tools/list", MODERN),
            Some("2025-11-25"),
            None,
            Err(MISMATCH),
        ),
        (
            with_meta("tools/list", MODERN),
            Some("v999.0.0"),
            None,
            Err(MISMATCH),
        ),
        (
            with_meta("tools/list", "v999.0.0"),
            Some(MODERN),
            None,
            Err(MISMATCH),
        ),
        (
            with_meta("tools/list", "v999.0.0"),
            Some("v999.0.0"),
            None,
            Err(UNSUPPORTED),
        ),
        (
            with_meta("tools/list", "2027-01-01"),
            Some("2027-01-01"),
            Some("s"),
            Err(UNSUPPORTED),
        ),
        (
            with_meta("tools/list", ""),
            Some(""),
            None,
            Err(UNSUPPORTED),
        ),
        (
            with_meta("tools/list", "2025-11-25"),
            Some("2025-11-25"),
            None,
            legacy,
        ),
        // initialize, which negotiates.
        (init(), None, None, legacy),
        (init(), Some("2025-06-18"), None, legacy),
        (init(), Some(MODERN), None, legacy),
        (init(), Some("1900-01-01"), None, legacy),
        // A version in the header alone.
        (call(), Some(MODERN), None, modern),
        (call(), Some(MODERN), Some("s"), modern),
        (call(), None, None, legacy),
        (call(), None, Some("s"), legacy),
        (call(), Some("2025-11-25"), Some("s"), legacy),
        (call(), Some("2025-06-18"), None, legacy),
        (call(), Some("2025-03-26"), None, legacy),
        (call(), Some("2024-11-05"), None, Err(UNSUPPORTED)),
        (call(), Some("2024-11-05"), Some("s"), legacy),
        (call(), Some("2027-01-01"), Some("s"), Err(UNSUPPORTED)),
        (call(), Some("2024-11-0x"), Some("s"), Err(UNSUPPORTED)),
        (call(), Some("2024-11-050"), Some("s"), Err(UNSUPPORTED)),
        (call(), Some("1"), Some("s"), Err(UNSUPPORTED)),
        (call(), Some(""), None, Err(UNSUPPORTED)),
        // Notifications and responses.
        (notification(), Some(MODERN), None, modern),
        (notification(), None, Some("s"), legacy),
        (notification(), Some("1900-01-01"), None, Err(UNSUPPORTED)),
        (response(), None, Some("s"), legacy),
        (response(), Some("2025-11-25"), Some("s"), legacy),
        (response(), Some(MODERN), Some("s"), Err((400, -32600))),
    ];
    for (message, header, session, expected) in cases {
        let found = era(&message, header, session);
        let found = found.map_err(|refusal| codes(&refusal));
        assert_eq!(found, expected, "{header:?} {session:?} {message:?}");
    }
}

#[test]
fn a_refusal_answers_the_request_and_nothing_else() {
    let id = |message: &Message| -> Option<Value> {
        let refusal = era(message, Some("1900-01-01"), None).unwrap_err();
        let body: Value = serde_json::from_str(&refusal.body).unwrap();
        assert_eq!(body["error"]["data"]["requested"], "1900-01-01");
        assert_eq!(
            body["error"]["data"]["supported"],
            serde_json::json!(SUPPORTED)
        );
        body.get("id").cloned()
    };
    assert_eq!(id(&plain("tools/list")), Some(Value::from(7)));
    assert_eq!(id(&message(r#"{"jsonrpc":"2.0","method":"a"}"#)), None);
    assert_eq!(id(&message(r#"{"jsonrpc":"2.0","id":5,"result":1}"#)), None);
}

#[test]
fn streams_and_ends_of_sessions_are_for_legacy_clients() {
    for (version, session, status) in [
        (None, None, None),
        (None, Some("s"), None),
        (Some("2025-11-25"), Some("s"), None),
        (Some("2024-11-05"), Some("s"), None),
        (Some("2024-11-05"), None, Some(400)),
        (Some("x"), Some("s"), Some(400)),
        (Some(MODERN), None, Some(405)),
        (Some(MODERN), Some("s"), Some(405)),
    ] {
        let found = check_bodiless(version, session).err();
        let found = found.as_ref().map(|refusal| refusal.status);
        assert_eq!(found, status, "{version:?} {session:?}");
    }
    let refusal = check_bodiless(Some(MODERN), None).unwrap_err();
    assert_eq!(refusal.allow, Some("POST"));
}
