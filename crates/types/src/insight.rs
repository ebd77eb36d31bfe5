//! What the numbers say: usage, keys that need care, and a key's live events.

use serde::{Deserialize, Serialize};

use crate::{
    KeyId, Timestamp,
    key::{Key, Via},
};

/// The calls of one hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UsageHour {
    /// The beginning of the hour.
    pub hour: Timestamp,
    /// Calls whose key was accepted.
    #[cfg_attr(feature = "openapi", schema(examples(120)))]
    pub accepted: i64,
    /// Calls whose key was known but not accepted.
    #[cfg_attr(feature = "openapi", schema(examples(2)))]
    pub refused: i64,
    /// Of the accepted ones: the key came in a header.
    #[cfg_attr(feature = "openapi", schema(examples(100)))]
    pub via_header: i64,
    /// Of the accepted ones: the key came in the URL.
    #[cfg_attr(feature = "openapi", schema(examples(5)))]
    pub via_url: i64,
    /// Of the accepted ones: somebody asked `POST /keys/verify`.
    #[cfg_attr(feature = "openapi", schema(examples(15)))]
    pub via_verify: i64,
}

/// Calls per hour. Hours without a call are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Usage {
    /// The first moment counted.
    pub from: Timestamp,
    /// The first moment not counted any more.
    pub to: Timestamp,
    /// The hours with at least one call, oldest first.
    pub hours: Vec<UsageHour>,
}

/// Why a key needs care.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum HygieneCode {
    /// Not used for 30 days.
    Unused,
    /// Its newest secret is older than 90 days.
    Old,
    /// It expires within 7 days.
    ExpiringSoon,
    /// It came in a URL in the last 30 days.
    SeenInUrl,
    /// Its description doesn't say what it is for.
    WeakName,
}

/// One thing to take care of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Finding {
    /// What it is.
    pub code: HygieneCode,
    /// The same in words, with what to do.
    #[cfg_attr(
        feature = "openapi",
        schema(examples("Not used for 30 days. Delete it if nobody needs it."))
    )]
    pub message: String,
}

/// A key that needs care.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HygieneItem {
    /// The key.
    pub key: Key,
    /// Why, at least one.
    pub findings: Vec<Finding>,
}

/// What `GET …/keys/{key_id}/events` sends, one event at a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum KeyEvent {
    /// The first call that was accepted since the newest secret was made.
    FirstCall(KeyUse),
    /// The last call that was accepted; at most one such event a second.
    Used(KeyUse),
    /// The key is revoked; the stream ends.
    Revoked {
        /// Since when.
        at: Timestamp,
    },
}

/// One accepted call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeyUse {
    /// When.
    pub at: Timestamp,
    /// How the key arrived.
    pub via: Via,
    /// What program sent it, as it calls itself.
    #[cfg_attr(feature = "openapi", schema(required, examples("claude-code/2.1.0")))]
    pub client: Option<String>,
    /// Which of the key's secrets it was.
    #[cfg_attr(feature = "openapi", schema(examples("lk_…a1B2")))]
    pub secret_hint: String,
}

/// Which of MCP's two eras a call was of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CallEra {
    /// 2026-07-28 and later: every request stands alone.
    Modern,
    /// Until 2025-11-25: `initialize` and sessions.
    Legacy,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CallOutcome {
    /// It was answered.
    Ok,
    /// It was answered with an error, or the backend could not answer.
    Error,
    /// Latchkey refused it.
    Refused,
    /// The client left before the end.
    Cancelled,
    /// Latchkey ended it, because the key was no longer accepted.
    Ended,
}

/// One call of an endpoint. Never what was asked or answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Call {
    /// When it began.
    pub at: Timestamp,
    /// With which key.
    pub key_id: KeyId,
    /// What that key is for.
    #[cfg_attr(
        feature = "openapi",
        schema(examples("Production - Claude Integration"))
    )]
    pub key_description: String,
    /// How the key arrived.
    pub via: Via,
    /// Which era of the protocol it was of; `null` where that could not be told.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub era: Option<CallEra>,
    /// The JSON-RPC method, or the HTTP method of a stream's opening and a session's end.
    #[cfg_attr(feature = "openapi", schema(examples("tools/call")))]
    pub method: String,
    /// The tool or prompt that was named.
    #[cfg_attr(feature = "openapi", schema(required, examples("recall")))]
    pub name: Option<String>,
    /// How it ended.
    pub outcome: CallOutcome,
    /// The HTTP status of the answer.
    #[cfg_attr(feature = "openapi", schema(examples(200)))]
    pub status: u16,
    /// How long it took, in milliseconds.
    #[cfg_attr(feature = "openapi", schema(examples(12)))]
    pub duration_ms: i64,
    /// Bytes of the request's body.
    #[cfg_attr(feature = "openapi", schema(examples(214)))]
    pub request_bytes: i64,
    /// Bytes of the answer's body.
    #[cfg_attr(feature = "openapi", schema(examples(1024)))]
    pub response_bytes: i64,
    /// What program called, as it calls itself.
    #[cfg_attr(feature = "openapi", schema(required, examples("claude-code/2.1.0")))]
    pub client: Option<String>,
}

/// `GET /projects/{project_id}/calls`: the last calls of a project's endpoint, as many as are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecentCalls {
    /// The calls, newest first.
    pub items: Vec<Call>,
}
