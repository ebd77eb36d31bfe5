use super::*;

mod any;
mod faults;

fn all(body: &str) -> Result<Message, Fault> {
    scan(body.as_bytes())
}

/// The same with each byte as a chunk of its own.
fn in_bytes(body: &[u8]) -> Result<Message, Fault> {
    let mut scan = Scan::new();
    for byte in body {
        // What comes after a fault does not change it.
        let _ = scan.push(&[*byte]);
    }
    scan.finish()
}

fn request(params: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{params}}}"#)
}

#[test]
fn a_modern_call_is_kept_with_all_that_decides() {
    let body = r#" {"jsonrpc":"2.0","id":"a\"1","method":"tools\/call","params":{"arguments":{"name":"inner",
        "_meta":{"io.modelcontextprotocol/protocolVersion":"1"}},"name":"recall \u00e9\ud83d\ude00","_meta":{
        "io.modelcontextprotocol/protocolVersion":"2026-07-28","progressToken":7,
        "io.modelcontextprotocol/clientCapabilities":{"sampling":{"x":[1,{}]}},
        "io.modelcontextprotocol/clientInfo":{"name":"cursor\n","title":"x","version":"1.2"}}}} "#;
    assert_eq!(
        all(body),
        Ok(Message {
            kind: Kind::Request,
            id: Some(r#""a\"1""#.to_owned()),
            method: "tools/call".to_owned(),
            name: Some("recall é😀".to_owned()),
            meta_version: Some("2026-07-28".to_owned()),
            meta_capabilities: true,
            initialize_version: None,
            client: Some(ClientInfo {
                name: "cursor".to_owned(),
                version: "1.2".to_owned()
            }),
        })
    );
    assert_eq!(in_bytes(body.as_bytes()), all(body));
}

#[test]
fn initialize_is_kept_with_its_version_and_client() {
    let body = r#"{"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},
        "clientInfo":{"version":"2","name":"claude-code"}},"id":0,"jsonrpc":"2.0"}"#;
    let message = all(body).unwrap();
    assert_eq!(message.kind, Kind::Request);
    assert_eq!(message.id.as_deref(), Some("0"));
    assert_eq!(message.initialize_version.as_deref(), Some("2025-11-25"));
    assert_eq!(message.meta_version, None);
    let client = message.client.unwrap();
    assert_eq!((&*client.name, &*client.version), ("claude-code", "2"));
    // The same members in another method's params are that method's own.
    let other = all(&body.replace("initialize", "x/y")).unwrap();
    assert_eq!((other.initialize_version, other.client), (None, None));
}

#[test]
fn the_client_in_meta_wins_and_its_text_is_cut_to_what_can_be_shown() {
    let long = "é".repeat(300);
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"initialize","params":{{"clientInfo":{{"name":"a"}},"_meta":{{
        "io.modelcontextprotocol/clientInfo":{{"name":" \u0000{long}","version":5}}}}}}}}"#
    );
    let client = all(&body).unwrap().client.unwrap();
    assert_eq!(client.name.trim(), "é".repeat(client.name.chars().count()));
    assert!((99..=MAX_CLIENT_CHARS).contains(&client.name.chars().count()));
    assert_eq!(client.version, "");
}

#[test]
fn the_name_is_that_which_the_method_is_called_on() {
    for (method, params, name) in [
        ("tools/call", r#"{"name":"a","uri":"b"}"#, Some("a")),
        ("prompts/get", r#"{"name":"a","uri":"b"}"#, Some("a")),
        ("resources/read", r#"{"name":"a","uri":"b"}"#, Some("b")),
        ("resources/read", r#"{"name":"a"}"#, None),
        ("tools/list", r#"{"name":"a","uri":"b"}"#, None),
        ("tools/call", r#"{"name":5}"#, None),
        ("tools/call", r#"{"name":null}"#, None),
        ("tools/call", r#"{"name":["a"]}"#, None),
        ("tools/call", r#"{"name":{"name":"a"}}"#, None),
        ("tools/call", r#"{"n\u0061me":"a"}"#, Some("a")),
        ("tools/call", r#"{"name":""}"#, Some("")),
        ("tools/call", "null", None),
        ("tools/call", "{}", None),
    ] {
        let body = format!(r#"{{"jsonrpc":"2.0","params":{params},"id":1,"method":"{method}"}}"#);
        let message = all(&body).unwrap();
        assert_eq!(message.name.as_deref(), name, "{body}");
    }
}

#[test]
fn requests_notifications_and_responses_are_told_apart() {
    for (body, kind, id) in [
        (
            r#"{"jsonrpc":"2.0","id":-12,"method":"a"}"#,
            Kind::Request,
            Some("-12"),
        ),
        (
            r#"{"jsonrpc":"2.0","id":"","method":"a"}"#,
            Kind::Request,
            Some("\"\""),
        ),
        (
            r#"{"jsonrpc":"2.0","method":"a"}"#,
            Kind::Notification,
            None,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
            Kind::Response,
            Some("1"),
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"result":null}"#,
            Kind::Response,
            Some("1"),
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":1}}"#,
            Kind::Response,
            Some("1"),
        ),
        (
            r#"{"jsonrpc":"2.0","id":null,"error":{}}"#,
            Kind::Response,
            None,
        ),
        (r#"{"jsonrpc":"2.0","error":{}}"#, Kind::Response, None),
        (
            r#"{"jsonrpc":"\u0032.0","method":"a","more":1}"#,
            Kind::Notification,
            None,
        ),
    ] {
        let message = all(body).unwrap();
        assert_eq!((message.kind, message.id.as_deref()), (kind, id), "{body}");
    }
}

#[test]
fn what_is_just_within_the_limits_passes() {
    let levels = MAX_DEPTH as usize - 2;
    let params = format!(
        r#"{{"arguments":{}{}}}"#,
        "[".repeat(levels),
        "]".repeat(levels)
    );
    let body = request(&params);
    assert!(all(&body).is_ok());
    // So that nobody behind the scan fails on it.
    assert!(serde_json::from_str::<serde_json::Value>(&body).is_ok());

    let method = "é".repeat(MAX_METHOD_BYTES / 2);
    let id = "1".repeat(MAX_ID_BYTES);
    let body = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}"}}"#);
    let message = all(&body).unwrap();
    assert_eq!((message.method, message.id), (method, Some(id)));

    let name = "é".repeat(MAX_NAME_BYTES / 2);
    let message = all(&request(&format!(r#"{{"name":"{name}"}}"#))).unwrap();
    assert_eq!(message.name, Some(name));
    // A long name that nobody asked for is no fault.
    let long = "x".repeat(MAX_NAME_BYTES + 1);
    assert!(all(&request(&format!(r#"{{"name":"a","uri":"{long}"}}"#))).is_ok());
}

#[test]
fn a_large_body_is_read_in_little_memory_and_a_long_method_not_at_all() {
    let mut scan = Scan::new();
    scan.push(
        br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"x":""#,
    )
    .unwrap();
    for _ in 0..64 {
        scan.push(&[b'x'; 65_536]).unwrap();
    }
    // A string is what is open, and nothing of it was kept.
    assert!(format!("{scan:?}").len() < 2_000);
    scan.push(br#""}}}"#).unwrap();
    assert_eq!(scan.finish().unwrap().name.as_deref(), Some("a"));

    let mut scan = Scan::new();
    scan.push(br#"{"method":""#).unwrap();
    assert_eq!(scan.push(&[b'm'; 257]), Err(Fault::LongMethod));
    assert_eq!(scan.push(b"\xFF"), Err(Fault::LongMethod));
    assert_eq!(scan.finish(), Err(Fault::LongMethod));
}
