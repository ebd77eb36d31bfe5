use serde_json::Value;

use super::*;
use crate::era::SUPPORTED;

fn all() -> Vec<(Refusal, u16, i32, &'static str)> {
    let revoked = VerifyCode::Revoked;
    vec![
        (Refusal::no_key("memorylake"), 401, -32001, "missing"),
        (
            Refusal::bad_key("memorylake", revoked, "The key is revoked."),
            401,
            -32001,
            "revoked",
        ),
        (Refusal::several_keys(), 400, -32600, "credential_conflict"),
        (Refusal::unavailable(), 503, -32603, "unavailable"),
        (Refusal::origin(), 403, -32600, "origin_not_allowed"),
        (
            Refusal::method_not_allowed("POST"),
            405,
            -32600,
            "method_not_allowed",
        ),
        (Refusal::not_acceptable(), 406, -32600, "not_acceptable"),
        (Refusal::too_slow(), 408, -32600, "body_timeout"),
        (
            Refusal::body_too_large(4_194_304),
            413,
            -32600,
            "body_too_large",
        ),
        (
            Refusal::unsupported_media_type(),
            415,
            -32600,
            "unsupported_media_type",
        ),
        (Refusal::too_many_calls(32), 429, -32603, "too_many_calls"),
        (Refusal::unknown_method(), 404, -32601, "unknown_method"),
        (Refusal::unknown_session(), 404, -32600, "unknown_session"),
        (Refusal::session_required(), 400, -32600, "session_required"),
        (Refusal::response_sent(), 400, -32600, "response_sent"),
        (
            Refusal::header_mismatch("Mcp-Name is missing."),
            400,
            -32020,
            "header_mismatch",
        ),
        (Refusal::missing_meta("x"), 400, -32602, "missing_meta"),
        (
            Refusal::unsupported_version("1900-01-01", &SUPPORTED),
            400,
            -32022,
            "unsupported_version",
        ),
        (
            Refusal::bad_gateway("upstream_unreachable", "It does not answer."),
            502,
            -32603,
            "upstream_unreachable",
        ),
        (
            Refusal::gateway_timeout("upstream_timeout", "It is slow."),
            504,
            -32603,
            "upstream_timeout",
        ),
        (Refusal::not_implemented(), 501, -32603, "not_implemented"),
    ]
}

#[test]
fn every_refusal_is_a_json_rpc_error_with_its_status_and_codes_and_without_an_id() {
    for (refusal, status, code, word) in all() {
        assert_eq!(refusal.status, status, "{word}");
        let body: Value = serde_json::from_str(&refusal.body).unwrap();
        assert_eq!(body["jsonrpc"], "2.0", "{word}");
        assert!(body.get("id").is_none(), "{word}");
        assert_eq!(body["error"]["code"], code, "{word}");
        assert_eq!(body["error"]["data"]["code"], word);
        assert!(!body["error"]["message"].as_str().unwrap().is_empty());
        assert_eq!(refusal.challenge.is_some(), status == 401, "{word}");
        assert_eq!(refusal.allow.is_some(), status == 405, "{word}");
        let wait = matches!(status, 429 | 503);
        assert_eq!(refusal.retry_after_seconds.is_some(), wait, "{word}");
    }
}

#[test]
fn every_refusal_can_answer_an_id_of_either_type() {
    for (refusal, ..) in all() {
        for (raw, id) in [("7", Value::from(7)), ("\"a\\n\"", Value::from("a\n"))] {
            let plain: Value = serde_json::from_str(&refusal.body).unwrap();
            let answered = refusal.clone().answering(Some(raw));
            let body: Value = serde_json::from_str(&answered.body).unwrap();
            assert_eq!(body["id"], id);
            assert_eq!(body["error"], plain["error"]);
        }
        assert_eq!(refusal.clone().answering(None), refusal);
    }
}

#[test]
fn an_unsupported_version_names_the_supported_ones_and_repeats_a_long_one_only_in_part() {
    let body = |requested: &str| -> Value {
        let refusal = Refusal::unsupported_version(requested, &SUPPORTED);
        serde_json::from_str(&refusal.body).unwrap()
    };
    let data = &body("1900-01-01")["error"]["data"];
    assert_eq!(data["requested"], "1900-01-01");
    assert_eq!(data["supported"], serde_json::json!(SUPPORTED));
    assert_eq!(SUPPORTED.len(), 4);
    let long = body(&"é".repeat(9000));
    assert_eq!(long["error"]["data"]["requested"], "é".repeat(64));
}

#[test]
fn challenges_send_nobody_into_oauth_and_cannot_be_broken_out_of() {
    let refusal = Refusal::bad_key("a\"b\\c\r\nx", VerifyCode::Invalid, "no");
    let challenge = refusal.challenge.unwrap();
    assert!(challenge.starts_with("Bearer realm=\"a\\\"b\\\\cx\", error=\"invalid_token\""));
    assert!(!challenge.contains("resource_metadata"));
}
