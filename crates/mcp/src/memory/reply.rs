//! What an answer looks like in each era.

use std::sync::LazyLock;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{
    Era, Refusal,
    refusal::{INTERNAL, INVALID_PARAMS, INVALID_REQUEST, UNAUTHORIZED},
};

/// What the endpoint sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body: JSON. `None` with a 202.
    pub body: Option<String>,
    /// Seconds for Retry-After, with a 503.
    pub retry_after_seconds: Option<u32>,
    /// How it went, for the list of recent calls.
    pub outcome: Outcome,
}

/// How a call went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was done.
    Ok,
    /// It was not: a JSON-RPC error, or a tool's result with `isError`.
    Error,
    /// The key ended before the call was done. The endpoint knows the reason and the challenge, and answers
    /// with a refusal of its own; the 401 here is what is right without them.
    KeyEnded,
}

impl Answer {
    /// Nothing is owed: 202 without a body (MCP 2026-07-28 streamable-http, "Sending Messages", 5).
    pub(super) const fn accepted() -> Self {
        Self {
            status: 202,
            body: None,
            retry_after_seconds: None,
            outcome: Outcome::Ok,
        }
    }
}

/// Writes the answers to one message.
pub(super) struct Reply<'a> {
    era: Era,
    /// JSON text.
    id: Option<&'a str>,
}

impl<'a> Reply<'a> {
    pub(super) const fn new(era: Era, id: Option<&'a str>) -> Self {
        Self { era, id }
    }

    /// A result that no client keeps.
    pub(super) fn result(&self, members: Map<String, Value>) -> Answer {
        self.complete(&inside(&members), Outcome::Ok)
    }

    /// A result that a client may keep for a while, for this key alone: MCP 2026-07-28 server/caching, "Cacheable
    /// Results". It doesn't differ between keys today, but what another key may see is not a cache's decision.
    pub(super) fn cacheable(&self, mut members: Map<String, Value>) -> Answer {
        if self.era == Era::Modern {
            members.insert("ttlMs".to_owned(), super::TTL_MS.into());
            members.insert("cacheScope".to_owned(), "private".into());
        }
        self.result(members)
    }

    /// What a tool gives: the structured value, which is JSON text already, and the same as text for clients that know
    /// no structured content (MCP 2026-07-28 server/tools, "Structured Content").
    pub(super) fn tool_result(&self, structured: &str) -> Answer {
        let text = text_of(structured);
        let members = format!(
            r#""content":[{{"type":"text","text":{text}}}],"structuredContent":{structured},"isError":false"#
        );
        self.complete(&members, Outcome::Ok)
    }

    /// What the model can mend by itself (MCP 2026-07-28 server/tools, "Error Handling", 2): no JSON-RPC error,
    /// which a model may never see.
    pub(super) fn tool_error(&self, sentence: &str) -> Answer {
        let members = super::members(json!({
            "content": [{ "type": "text", "text": sentence }],
            "isError": true,
        }));
        self.complete(&inside(&members), Outcome::Error)
    }

    /// A JSON-RPC error. Where the specification names no HTTP status the status is 200, because a client of
    /// either era takes a 4xx for a fault of the transport.
    pub(super) fn error(&self, status: u16, code: i32, message: &str, data_code: &str) -> Answer {
        let error = json!({ "code": code, "message": message, "data": { "code": data_code } });
        self.envelope(status, "error", &text_of(&error), Outcome::Error)
    }

    /// MCP 2026-07-28 streamable-http, "Protocol Version Header": 404 and -32601. In the legacy era a 404 means
    /// that the session is gone (2025-11-25 basic/transports, "Session Management"), so there it is 200.
    pub(super) fn method_not_found(&self) -> Answer {
        let refusal = Refusal::unknown_method().answering(self.id);
        Answer {
            status: match self.era {
                Era::Modern => refusal.status,
                Era::Legacy => 200,
            },
            body: Some(refusal.body),
            retry_after_seconds: None,
            outcome: Outcome::Error,
        }
    }

    /// `params` don't have the form of the method.
    pub(super) fn malformed(&self) -> Answer {
        let message = "The params don't have the form that this method takes.";
        self.error(200, INVALID_PARAMS, message, "invalid_params")
    }

    /// A request without an id.
    pub(super) fn needs_id(&self) -> Answer {
        let message = "This method is a request: it needs an id.";
        self.error(400, INVALID_REQUEST, message, "missing_id")
    }

    /// A response to nothing. It has an id, but not one of the client's requests, so the error has none.
    pub(super) fn not_asked(&self) -> Answer {
        let message = "This server has asked nothing, and takes no responses.";
        let without_id = Self::new(self.era, None);
        without_id.error(400, INVALID_REQUEST, message, "response_sent")
    }

    /// The key ended meanwhile.
    pub(super) fn key_ended(&self) -> Answer {
        let message = "The key is no longer accepted.";
        Answer {
            outcome: Outcome::KeyEnded,
            ..self.error(401, UNAUTHORIZED, message, "key_ended")
        }
    }

    /// The database does not answer: 503, as everywhere in Latchkey, so that nothing counts it as done.
    pub(super) fn unavailable(&self) -> Answer {
        let message = "The memories can't be reached just now. Try again in a second.";
        Answer {
            retry_after_seconds: Some(1),
            ..self.error(503, INTERNAL, message, "unavailable")
        }
    }

    /// `members` are JSON text, without the braces round them.
    fn complete(&self, members: &str, outcome: Outcome) -> Answer {
        let more = match self.era {
            Era::Modern => MODERN_MEMBERS.as_str(),
            Era::Legacy => "",
        };
        let comma = match members.is_empty() || more.is_empty() {
            true => "",
            false => ",",
        };
        let result = format!("{{{members}{comma}{more}}}");
        self.envelope(200, "result", &result, outcome)
    }

    fn envelope(&self, status: u16, member: &str, value: &str, outcome: Outcome) -> Answer {
        // The id goes back as it came: a number may be too long for any number of ours.
        let id = self.id.map(|id| format!("\"id\":{id},"));
        let id = id.unwrap_or_default();
        Answer {
            status,
            body: Some(format!("{{\"jsonrpc\":\"2.0\",{id}\"{member}\":{value}}}")),
            retry_after_seconds: None,
            outcome,
        }
    }
}

/// What each result of the modern era has beside its own members: MCP 2026-07-28 basic, "ResultType" (MUST) and
/// "Per-response protocol fields" (SHOULD).
static MODERN_MEMBERS: LazyLock<String> = LazyLock::new(|| {
    let meta = json!({ "io.modelcontextprotocol/serverInfo": server_info() });
    format!(r#""resultType":"complete","_meta":{meta}"#)
});

/// A value's JSON text. Of a [`Value`], not by its `Display`, which takes three times as long.
pub(super) fn text_of(value: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// An object's text without its braces.
fn inside(members: &Map<String, Value>) -> String {
    let text = text_of(members);
    let inside = text
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'));
    inside.unwrap_or_default().to_owned()
}

/// The program that answers (MCP 2026-07-28 schema.ts, Implementation).
pub(super) fn server_info() -> Value {
    json!({
        "name": super::NAME,
        "title": "Latchkey memory",
        "version": env!("CARGO_PKG_VERSION"),
    })
}
