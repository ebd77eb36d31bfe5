//! How a call is refused at the endpoint: an HTTP status, a challenge, and a JSON-RPC error body.

use latchkey_types::verify::VerifyCode;
use serde::Serialize;

/// JSON-RPC's code for a refused credential. -32000 to -32019 are ours to define (MCP 2026-07-28, basic,
/// error codes).
const UNAUTHORIZED: i32 = -32001;
/// JSON-RPC's code for a request that can't be read.
const INVALID_REQUEST: i32 = -32600;
/// JSON-RPC's code for a server that can't answer.
const INTERNAL: i32 = -32603;

/// A refused call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The body: a JSON-RPC error without an id.
    pub body: String,
    /// The value of WWW-Authenticate, with a 401.
    pub challenge: Option<String>,
    /// Seconds for Retry-After.
    pub retry_after_seconds: Option<u32>,
}

#[derive(Serialize)]
struct Envelope<'a> {
    jsonrpc: &'static str,
    error: Body<'a>,
}

#[derive(Serialize)]
struct Body<'a> {
    code: i32,
    message: &'a str,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    code: &'a str,
}

impl Refusal {
    /// No key came: 401 without an error attribute (RFC 6750 §3).
    #[must_use]
    pub fn no_key(realm: &str) -> Self {
        let message = "No API key came with the request. Send it as Authorization: Bearer.";
        let challenge = format!("Bearer realm=\"{}\"", quoted(realm));
        Self {
            challenge: Some(challenge),
            ..Self::of(401, UNAUTHORIZED, message, "missing")
        }
    }

    /// The key is not accepted here: 401. A key of another project looks like an unknown one.
    #[must_use]
    pub fn bad_key(realm: &str, code: VerifyCode, message: &str) -> Self {
        let challenge = format!(
            "Bearer realm=\"{}\", error=\"invalid_token\", error_description=\"{}\"",
            quoted(realm),
            quoted(message)
        );
        Self {
            challenge: Some(challenge),
            ..Self::of(401, UNAUTHORIZED, message, code.as_str())
        }
    }

    /// More than one key came: 400 (RFC 6750 §2).
    #[must_use]
    pub fn several_keys() -> Self {
        let message = "More than one API key came with the request; send one, in one place.";
        Self::of(400, INVALID_REQUEST, message, "credential_conflict")
    }

    /// Whether the key is good can't be told: 503.
    #[must_use]
    pub fn unavailable() -> Self {
        let message = "The key can't be checked just now. Try again in a second.";
        Self {
            retry_after_seconds: Some(1),
            ..Self::of(503, INTERNAL, message, "unavailable")
        }
    }

    /// The key is good, and nothing answers behind it yet: 501.
    #[must_use]
    pub fn not_implemented() -> Self {
        let message =
            "The key is accepted. This build of Latchkey has no MCP server behind its endpoints.";
        Self::of(501, INTERNAL, message, "not_implemented")
    }

    fn of(status: u16, code: i32, message: &str, data_code: &str) -> Self {
        let error = Body {
            code,
            message,
            data: Data { code: data_code },
        };
        let body = serde_json::to_string(&Envelope {
            jsonrpc: "2.0",
            error,
        });
        Self {
            status,
            body: body.unwrap_or_default(),
            challenge: None,
            retry_after_seconds: None,
        }
    }
}

/// Text that can stand in a quoted-string (RFC 9110 §5.6.4).
fn quoted(text: &str) -> String {
    text.chars()
        .filter(|c| matches!(c, ' '..='~'))
        .flat_map(|c| {
            if matches!(c, '"' | '\\') {
                vec!['\\', c]
            } else {
                vec![c]
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_is_a_json_rpc_error_without_an_id() {
        for (refusal, status) in [
            (Refusal::no_key("memorylake"), 401),
            (
                Refusal::bad_key("memorylake", VerifyCode::Revoked, "The key is revoked."),
                401,
            ),
            (Refusal::several_keys(), 400),
            (Refusal::unavailable(), 503),
            (Refusal::not_implemented(), 501),
        ] {
            assert_eq!(refusal.status, status);
            let body: serde_json::Value = serde_json::from_str(&refusal.body).unwrap();
            assert_eq!(body["jsonrpc"], "2.0");
            assert!(body.get("id").is_none());
            assert!(body["error"]["code"].is_i64() && body["error"]["data"]["code"].is_string());
            assert_eq!(refusal.challenge.is_some(), status == 401);
        }
    }

    #[test]
    fn challenges_send_nobody_into_oauth_and_cannot_be_broken_out_of() {
        let refusal = Refusal::bad_key("a\"b\\c\r\nx", VerifyCode::Invalid, "no");
        let challenge = refusal.challenge.unwrap();
        assert!(challenge.starts_with("Bearer realm=\"a\\\"b\\\\cx\", error=\"invalid_token\""));
        assert!(!challenge.contains("resource_metadata"));
    }
}
