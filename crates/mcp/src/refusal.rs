//! How a call is refused at the endpoint: an HTTP status, headers, and a JSON-RPC error as the body.

use latchkey_types::verify::VerifyCode;
use serde::Serialize;

/// JSON-RPC 2.0 §5.1: the body is not JSON.
pub const PARSE_ERROR: i32 = -32700;
/// JSON-RPC 2.0 §5.1: the request is none, or none that is served here. Also for what HTTP refuses before JSON-RPC
/// is asked; `data.code` and the status tell these apart.
pub const INVALID_REQUEST: i32 = -32600;
/// JSON-RPC 2.0 §5.1: there is no such method.
pub const METHOD_NOT_FOUND: i32 = -32601;
/// JSON-RPC 2.0 §5.1: the method's params are wrong.
pub const INVALID_PARAMS: i32 = -32602;
/// JSON-RPC 2.0 §5.1: the server can't answer, or not now.
pub const INTERNAL: i32 = -32603;
/// Headers and body disagree (MCP 2026-07-28, basic, "Error Codes").
pub const HEADER_MISMATCH: i32 = -32020;
/// A protocol version that is not served (MCP 2026-07-28, basic, "Error Codes").
pub const UNSUPPORTED_VERSION: i32 = -32022;
/// A refused credential. The specification has no code for it: -32000 to -32019 are what implementations took for
/// themselves, and this is the one that clients have met in this place.
pub const UNAUTHORIZED: i32 = -32001;

/// A refused call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The body: a JSON-RPC error, without an id unless [`Refusal::answering`] gave it one.
    pub body: String,
    /// The value of WWW-Authenticate, with a 401.
    pub challenge: Option<String>,
    /// Seconds for Retry-After.
    pub retry_after_seconds: Option<u32>,
    /// The value of Allow, with a 405.
    pub allow: Option<&'static str>,
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
    #[serde(flatten)]
    versions: Option<Versions<'a>>,
}

/// What -32022 says of versions (MCP 2026-07-28, basic/versioning, "Protocol Version Negotiation").
#[derive(Serialize)]
struct Versions<'a> {
    supported: &'a [&'a str],
    requested: &'a str,
}

/// How every body begins, and where an id goes.
const HEAD: &str = "{\"jsonrpc\":\"2.0\",";

/// How much of a version that somebody asked for is repeated, in characters.
const REPEATED_CHARS: usize = 64;

/// Credentials.
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

    /// The page that calls is not on the project's list: 403 (MCP 2026-07-28, streamable-http, "Security & Endpoint").
    #[must_use]
    pub fn origin() -> Self {
        let message = "The Origin of the request is not among the project's allowed origins.";
        Self::of(403, INVALID_REQUEST, message, "origin_not_allowed")
    }
}

/// HTTP, before the message.
impl Refusal {
    /// A method of HTTP that has no meaning here: 405 with `Allow`, for example "POST" (RFC 9110 §15.5.6).
    #[must_use]
    pub fn method_not_allowed(allow: &'static str) -> Self {
        let message = "This method is not allowed here.";
        Self {
            allow: Some(allow),
            ..Self::of(405, INVALID_REQUEST, message, "method_not_allowed")
        }
    }

    /// The client takes nothing that could be sent: 406.
    #[must_use]
    pub fn not_acceptable() -> Self {
        let message = "The client has to accept application/json and text/event-stream, and a GET the latter.";
        Self::of(406, INVALID_REQUEST, message, "not_acceptable")
    }

    /// The body did not come in time: 408.
    #[must_use]
    pub fn too_slow() -> Self {
        let message = "The body did not arrive in time.";
        Self::of(408, INVALID_REQUEST, message, "body_timeout")
    }

    /// The body is larger than this number of bytes: 413.
    #[must_use]
    pub fn body_too_large(limit_bytes: u64) -> Self {
        let message = format!("The body is larger than {limit_bytes} bytes.");
        Self::of(413, INVALID_REQUEST, &message, "body_too_large")
    }

    /// The body is not said to be JSON: 415.
    #[must_use]
    pub fn unsupported_media_type() -> Self {
        let message = "The Content-Type has to be application/json.";
        Self::of(415, INVALID_REQUEST, message, "unsupported_media_type")
    }

    /// The key has this many calls open already: 429.
    #[must_use]
    pub fn too_many_calls(limit: u32) -> Self {
        let message = format!("The key has {limit} calls open; wait until one of them has ended.");
        Self {
            retry_after_seconds: Some(1),
            ..Self::of(429, INTERNAL, &message, "too_many_calls")
        }
    }
}

/// The message.
impl Refusal {
    /// No such method: 404 (MCP 2026-07-28, streamable-http, "Protocol Version Header"). With this body a client knows
    /// that the endpoint is there.
    #[must_use]
    pub fn unknown_method() -> Self {
        Self::of(
            404,
            METHOD_NOT_FOUND,
            "There is no such method.",
            "unknown_method",
        )
    }

    /// A session that never was, has ended, or is another key's: 404, upon which a client begins a new one
    /// (MCP 2025-11-25, basic/transports, "Session Management").
    #[must_use]
    pub fn unknown_session() -> Self {
        let message = "There is no such session; send initialize without Mcp-Session-Id.";
        Self::of(404, INVALID_REQUEST, message, "unknown_session")
    }

    /// A call that needs a session came without one: 400 (as above).
    #[must_use]
    pub fn session_required() -> Self {
        let message = "Mcp-Session-Id is missing; send initialize first.";
        Self::of(400, INVALID_REQUEST, message, "session_required")
    }

    /// A response where only requests and notifications are taken: 400 (MCP 2026-07-28, streamable-http, "Sending
    /// Messages").
    #[must_use]
    pub fn response_sent() -> Self {
        let message =
            "A response was sent; this protocol version takes requests and notifications.";
        Self::of(400, INVALID_REQUEST, message, "response_sent")
    }

    /// A header that the body contradicts, or that is missing or malformed: 400 (MCP 2026-07-28, streamable-http,
    /// "Server Validation"). The message names the header, and repeats no value.
    #[must_use]
    pub fn header_mismatch(message: &str) -> Self {
        Self::of(400, HEADER_MISMATCH, message, "header_mismatch")
    }

    /// A member of `_meta` that every modern request has to have is missing: 400 (MCP 2026-07-28, basic, "Per-request
    /// protocol fields").
    #[must_use]
    pub fn missing_meta(member: &str) -> Self {
        let message = format!("params._meta[\"{member}\"] is missing, or of a wrong type.");
        Self::of(400, INVALID_PARAMS, &message, "missing_meta")
    }

    /// A protocol version that is not served: 400 (MCP 2026-07-28, basic/versioning). `requested` comes back in the
    /// body, as the specification wants it; of a long one only the start.
    #[must_use]
    pub fn unsupported_version(requested: &str, supported: &[&str]) -> Self {
        let requested: String = requested.chars().take(REPEATED_CHARS).collect();
        let data = Data {
            code: "unsupported_version",
            versions: Some(Versions {
                supported,
                requested: &requested,
            }),
        };
        let message = "Unsupported protocol version";
        Self::with_data(400, UNSUPPORTED_VERSION, message, data)
    }
}

/// What is behind the endpoint.
impl Refusal {
    /// The server behind the endpoint could not be reached, or broke off: 502. `code` goes into `data.code`; `message`
    /// is shown to whoever holds a key, so it must not repeat what the backend said or what it is sent.
    #[must_use]
    pub fn bad_gateway(code: &str, message: &str) -> Self {
        Self::of(502, INTERNAL, message, code)
    }

    /// The server behind the endpoint did not answer in time: 504. `code` and `message` as above.
    #[must_use]
    pub fn gateway_timeout(code: &str, message: &str) -> Self {
        Self::of(504, INTERNAL, message, code)
    }

    /// The key is good, and nothing answers behind it yet: 501.
    #[must_use]
    pub fn not_implemented() -> Self {
        let message =
            "The key is accepted. This build of Latchkey has no MCP server behind its endpoints.";
        Self::of(501, INTERNAL, message, "not_implemented")
    }
}

impl Refusal {
    /// The same refusal as the answer to the request with this id, which is JSON text as in
    /// [`Message::id`](crate::Message::id). None leaves it without: nobody knows the id of a body that could not be
    /// read, and a client that is not let in gets no echo.
    #[must_use]
    pub fn answering(mut self, id: Option<&str>) -> Self {
        if let (Some(id), Some(rest)) = (id, self.body.strip_prefix(HEAD)) {
            self.body = format!("{HEAD}\"id\":{id},{rest}");
        }
        self
    }

    pub(crate) fn of(status: u16, code: i32, message: &str, data_code: &str) -> Self {
        let data = Data {
            code: data_code,
            versions: None,
        };
        Self::with_data(status, code, message, data)
    }

    fn with_data(status: u16, code: i32, message: &str, data: Data<'_>) -> Self {
        let error = Body {
            code,
            message,
            data,
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
            allow: None,
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
mod tests;
