//! What is no call, and how that is answered.

use serde_json::json;

use super::*;

#[test]
fn what_is_no_call_is_named() {
    let deep = |levels: usize| {
        let inner = levels - 2;
        request(&format!(
            r#"{{"arguments":{}{}}}"#,
            "[".repeat(inner),
            "]".repeat(inner)
        ))
    };
    let long = "x".repeat(1_000_000);
    let cases: Vec<(String, Fault)> = vec![
        (String::new(), Fault::CutOff),
        ("  ".to_owned(), Fault::CutOff),
        ("[]".to_owned(), Fault::Batch),
        (
            r#"[{"jsonrpc":"2.0","method":"a"}]"#.to_owned(),
            Fault::Batch,
        ),
        ("5".to_owned(), Fault::NotObject),
        ("\"a\"".to_owned(), Fault::NotObject),
        ("null".to_owned(), Fault::NotObject),
        ("hello".to_owned(), Fault::Syntax),
        ("{,}".to_owned(), Fault::Syntax),
        (r#"{"a":1,}"#.to_owned(), Fault::Syntax),
        (r#"{"a":[1,]}"#.to_owned(), Fault::Syntax),
        (r#"{"a":[1}}"#.to_owned(), Fault::Syntax),
        (r#"{"a":01}"#.to_owned(), Fault::Syntax),
        (r#"{"a":-.5}"#.to_owned(), Fault::Syntax),
        (r#"{"a":-}"#.to_owned(), Fault::Syntax),
        (r#"{"a":1e}"#.to_owned(), Fault::Syntax),
        (r#"{"a":1e+}"#.to_owned(), Fault::Syntax),
        (r#"{"a" "b":1}"#.to_owned(), Fault::Syntax),
        (r#"{"a":1 "b":1}"#.to_owned(), Fault::Syntax),
        (r#"{"a":[1 2]}"#.to_owned(), Fault::Syntax),
        (r#"{"a"}"#.to_owned(), Fault::Syntax),
        (r#"{1:1}"#.to_owned(), Fault::Syntax),
        (r#"{"a":1.}"#.to_owned(), Fault::Syntax),
        (r#"{"a":tru}"#.to_owned(), Fault::Syntax),
        (r#"{"a":"\x"}"#.to_owned(), Fault::Syntax),
        (r#"{"a":"\u12g4"}"#.to_owned(), Fault::Syntax),
        ("{\"a\":\"\n\"}".to_owned(), Fault::Syntax),
        ("{'a':1}".to_owned(), Fault::Syntax),
        ("\u{feff}{}".to_owned(), Fault::Syntax),
        (r#"{"jsonrpc":"2.0","method":"a"#.to_owned(), Fault::CutOff),
        (r#"{"jsonrpc":"2.0","method":"a""#.to_owned(), Fault::CutOff),
        (
            r#"{"jsonrpc":"2.0","method":"a"}{}"#.to_owned(),
            Fault::Trailing,
        ),
        (
            r#"{"jsonrpc":"2.0","method":"a"} x"#.to_owned(),
            Fault::Trailing,
        ),
        (deep(128), Fault::Depth),
        (deep(10_000), Fault::Depth),
        ("[".repeat(10_000), Fault::Batch),
        (r#"{"method":"a"}"#.to_owned(), Fault::Version),
        (
            r#"{"jsonrpc":"1.0","method":"a"}"#.to_owned(),
            Fault::Version,
        ),
        (r#"{"jsonrpc":2.0,"method":"a"}"#.to_owned(), Fault::Version),
        (
            r#"{"jsonrpc":"2.0\ud800","method":"a"}"#.to_owned(),
            Fault::Version,
        ),
        (r#"{"jsonrpc":{},"method":"a"}"#.to_owned(), Fault::Version),
        (
            r#"{"jsonrpc":"2.0","id":null,"method":"a"}"#.to_owned(),
            Fault::Id,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1.5,"method":"a"}"#.to_owned(),
            Fault::Id,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1e3,"method":"a"}"#.to_owned(),
            Fault::Id,
        ),
        (
            r#"{"jsonrpc":"2.0","id":true,"method":"a"}"#.to_owned(),
            Fault::Id,
        ),
        (
            r#"{"jsonrpc":"2.0","id":[1],"method":"a"}"#.to_owned(),
            Fault::Id,
        ),
        (
            r#"{"jsonrpc":"2.0","id":"\udc00","method":"a"}"#.to_owned(),
            Fault::Id,
        ),
        (r#"{"jsonrpc":"2.0","result":{}}"#.to_owned(), Fault::Id),
        (format!(r#"{{"jsonrpc":"2.0","id":"{long}","#), Fault::Id),
        (
            format!(r#"{{"jsonrpc":"2.0","id":{},"#, "1".repeat(257)),
            Fault::Id,
        ),
        (r#"{"jsonrpc":"2.0","id":1}"#.to_owned(), Fault::NoMethod),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":""}"#.to_owned(),
            Fault::NoMethod,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":7}"#.to_owned(),
            Fault::NoMethod,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":["a"]}"#.to_owned(),
            Fault::NoMethod,
        ),
        (
            format!(r#"{{"jsonrpc":"2.0","method":"{long}"#),
            Fault::LongMethod,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"a","result":1}"#.to_owned(),
            Fault::Mixed,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"error":{},"result":1}"#.to_owned(),
            Fault::Mixed,
        ),
        (request("[1]"), Fault::Params),
        (request("5"), Fault::Params),
        (request("\"a\""), Fault::Params),
        (request(r#"{"name":"\ud800"}"#), Fault::Encoding),
        (request(r#"{"name":"\ud800\ud83d\ude00"}"#), Fault::Encoding),
        (request(r#"{"name":"\ud83dx\ude00"}"#), Fault::Encoding),
        (request(r#"{"name":"\ud83dé\ude00"}"#), Fault::Encoding),
        (request(r#"{"name":"\ud83dx"}"#), Fault::Encoding),
        (request(r#"{"name":"\ud83d\n\ude00"}"#), Fault::Encoding),
        (request(r#"{"name":"\ud83dé"}"#), Fault::Encoding),
        (request(r#"{"name":"\ud83d"}"#), Fault::Encoding),
        (request(r#"{"name":"\udc00\ud800"}"#), Fault::Encoding),
        (
            request(&format!(r#"{{"name":"{long}"}}"#)),
            Fault::TooLong("params.name"),
        ),
    ];
    for (body, fault) in cases {
        let shown: String = body.chars().take(80).collect();
        assert_eq!(all(&body), Err(fault), "{shown}");
        assert_eq!(in_bytes(body.as_bytes()), Err(fault), "{shown}");
    }
}

#[test]
fn a_member_that_decides_may_stand_there_once_and_in_its_own_capitals() {
    for (body, member) in [
        (
            r#"{"jsonrpc":"2.0","jsonrpc":"2.0","method":"a"}"#,
            "jsonrpc",
        ),
        (r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"a"}"#, "id"),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"a","method":"a"}"#,
            "method",
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"a","m\u0065thod":"b"}"#,
            "method",
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"a","Method":"b"}"#,
            "method",
        ),
        (r#"{"jsonrpc":"2.0","id":1,"METHOD":"b"}"#, "method"),
        (
            r#"{"jsonrpc":"2.0","id":1,"params":{},"params":{}}"#,
            "params",
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"params":{},"Params":{}}"#,
            "params",
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"result":1,"result":2}"#,
            "result",
        ),
    ] {
        assert_eq!(all(body), Err(Fault::Ambiguous(member)), "{body}");
    }
    for (params, member) in [
        (r#"{"name":"a","name":"a"}"#, "params.name"),
        (r#"{"name":"a","nam\u0065":"b"}"#, "params.name"),
        (r#"{"name":5,"name":"b"}"#, "params.name"),
        (r#"{"name":"a","Name":"b"}"#, "params.name"),
        (r#"{"NAME":"b"}"#, "params.name"),
        (r#"{"uri":"a","uri":"b"}"#, "params.uri"),
        (r#"{"_meta":{},"_meta":{}}"#, "params._meta"),
        (r#"{"_meta":{},"_Meta":{}}"#, "params._meta"),
        (
            r#"{"_meta":{"io.modelcontextprotocol/protocolVersion":"a","io.modelcontextprotocol/protocolVersion":"b"}}"#,
            "params._meta[\"io.modelcontextprotocol/protocolVersion\"]",
        ),
    ] {
        assert_eq!(
            all(&request(params)),
            Err(Fault::Ambiguous(member)),
            "{params}"
        );
    }
    // Anywhere else, and in members that decide nothing, that's the backend's matter.
    for params in [
        r#"{"name":"a","arguments":{"name":1,"name":2,"method":1,"method":2}}"#,
        r#"{"name":"a","URI":"b"}"#,
        r#"{"name":"a","x":1,"x":2}"#,
        r#"{"name":"a","x":[{"name":1},{"name":2}]}"#,
    ] {
        let message = all(&request(params)).unwrap();
        assert_eq!(message.name.as_deref(), Some("a"), "{params}");
    }
    assert!(all(r#"{"jsonrpc":"2.0","id":1,"method":"vendor/x","params":{"Name":"b"}}"#).is_ok());
}

#[test]
fn bytes_that_are_not_utf_8_are_refused_everywhere() {
    // Overlong, surrogate, above U+10FFFF, cut off, alone (RFC 3629 §10).
    for bytes in [
        &b"\xC0\x80"[..],
        b"\xE0\x9F\xBF",
        b"\xED\xA0\x80",
        b"\xF0\x8F\xBF\xBF",
        b"\xF4\x90\x80\x80",
        b"\xF5\x80\x80\x80",
        b"\xC3",
        b"\xE2\x82",
        b"\x80",
        b"\xFF",
    ] {
        for (before, after) in [
            (&br#"{"jsonrpc":"2.0","method":"a"#[..], &br#""}"#[..]),
            (br#"{"jsonrpc":"2.0","method":"a","x":{"y":""#, br#""}}"#),
            (br#"{"jsonrpc":"2.0","method":"a","x":{""#, br#"":1}}"#),
        ] {
            let body = [before, bytes, after].concat();
            assert_eq!(scan(&body), Err(Fault::Encoding), "{bytes:x?}");
            assert_eq!(in_bytes(&body), Err(Fault::Encoding), "{bytes:x?}");
        }
    }
    assert_eq!(scan(b"{\xC3\xA9"), Err(Fault::Syntax));
}

#[test]
fn every_fault_is_a_400_with_the_code_of_json_rpc_and_a_word() {
    for (fault, code, word) in [
        (Fault::Syntax, -32700, "bad_json"),
        (Fault::Encoding, -32700, "bad_encoding"),
        (Fault::CutOff, -32700, "cut_off"),
        (Fault::Trailing, -32700, "trailing_data"),
        (Fault::Depth, -32600, "too_deep"),
        (Fault::Batch, -32600, "batch"),
        (Fault::NotObject, -32600, "not_an_object"),
        (Fault::Version, -32600, "bad_jsonrpc"),
        (Fault::Id, -32600, "bad_id"),
        (Fault::NoMethod, -32600, "bad_method"),
        (Fault::LongMethod, -32600, "method_too_long"),
        (Fault::Mixed, -32600, "mixed_message"),
        (Fault::Params, -32600, "bad_params"),
        (Fault::Ambiguous("method"), -32600, "ambiguous_member"),
        (Fault::TooLong("params.name"), -32600, "member_too_long"),
    ] {
        let refusal = fault.refusal();
        assert_eq!(refusal.status, 400);
        let body: serde_json::Value = serde_json::from_str(&refusal.body).unwrap();
        assert_eq!(body["error"]["code"], code, "{word}");
        assert_eq!(body["error"]["data"], json!({ "code": word }));
        assert!(body.get("id").is_none());
    }
}

#[test]
fn control_characters_stand_in_strings_only_as_escapes() {
    for code in 0..=0x7F_u8 {
        let with = |text: &str| request(&format!(r#"{{"name":"a","x":"{text}"}}"#));
        let bare = all(&with(&char::from(code).to_string()));
        match code {
            0..0x20 => assert_eq!(bare, Err(Fault::Syntax), "{code:x}"),
            b'"' | b'\\' => {}
            _ => assert!(bare.is_ok(), "{code:x}"),
        }
        assert!(all(&with(&format!("\\u{code:04x}"))).is_ok());
    }
}
