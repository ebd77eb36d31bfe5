//! Which era a call is of: 2026-07-28, where each request stands alone, or before, where `initialize` opens a session.

use crate::{Kind, Message, Refusal};

/// The protocol version of the modern era.
pub const MODERN: &str = "2026-07-28";
/// The protocol versions of the legacy era, newest first.
pub const LEGACY: [&str; 3] = ["2025-11-25", "2025-06-18", "2025-03-26"];
/// All of them, newest first: what `supported` and `supportedVersions` say.
pub const SUPPORTED: [&str; 4] = [MODERN, LEGACY[0], LEGACY[1], LEGACY[2]];

/// The members of `_meta` that every modern request has (MCP 2026-07-28, basic, "Per-request protocol fields").
pub(crate) const META_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
pub(crate) const META_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";

/// How a call is to be understood (MCP 2026-07-28, basic/versioning, "Terminology").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Era {
    /// Stateless: each request carries its version and its client's capabilities in `_meta`.
    Modern,
    /// A session that `initialize` opens.
    Legacy,
}

impl Era {
    /// A stable word for it, as in logs and lists: `modern` or `legacy`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Modern => "modern",
            Self::Legacy => "legacy",
        }
    }
}

/// Which era a POST is of, by its message and the headers MCP-Protocol-Version and Mcp-Session-Id (each read with
/// [`single`](crate::headers::single)).
///
/// The rules (MCP 2026-07-28, basic/versioning, "Compatibility Matrix"; streamable-http, "Protocol Version Header"):
///
/// - What says its version in `_meta` says it in the header too, and is modern. A legacy version there makes it legacy.
/// - `initialize` is legacy, whatever its header: its versions are negotiated, not required.
/// - A header with the modern version makes the call modern. What it lacks, [`check_modern`](crate::check_modern) says.
/// - All else is legacy; without a header it is of 2025-03-26, which knew none. In a session the backend has agreed on
///   a version, which may be one older than those here.
///
/// # Errors
/// 400, as the answer to the request: -32020 when header and `_meta` disagree, -32022 for a version that is not
/// served, -32600 for a response in the modern era.
pub fn era(
    message: &Message,
    protocol_version: Option<&str>,
    session: Option<&str>,
) -> Result<Era, Refusal> {
    judge(message, protocol_version, session).map_err(|refusal| answer(refusal, message))
}

/// Whether a GET or DELETE, which has no message, has a place here: legacy clients listen and end sessions with them.
///
/// # Errors
/// 405 with the modern version (MCP 2026-07-28, streamable-http, "Earlier Streamable HTTP Revisions"), 400 with one
/// that is not served.
pub fn check_bodiless(
    protocol_version: Option<&str>,
    session: Option<&str>,
) -> Result<(), Refusal> {
    match protocol_version {
        Some(MODERN) => Err(Refusal::method_not_allowed("POST")),
        Some(version) if !is_legacy(version, session) => Err(unsupported(version)),
        _ => Ok(()),
    }
}

/// A refusal as the answer to this message. Only a request has an answer.
pub(crate) fn answer(refusal: Refusal, message: &Message) -> Refusal {
    match message.kind {
        Kind::Request => refusal.answering(message.id.as_deref()),
        Kind::Notification | Kind::Response => refusal,
    }
}

/// The version in `_meta` against the one in the header.
pub(crate) fn check_same(meta: &str, header: Option<&str>) -> Result<(), Refusal> {
    match header {
        None => Err(Refusal::header_mismatch(
            "MCP-Protocol-Version is missing, and the body's _meta names a version.",
        )),
        Some(header) if header != meta => Err(Refusal::header_mismatch(
            "MCP-Protocol-Version and the version in the body's _meta differ.",
        )),
        Some(_) => Ok(()),
    }
}

/// A version that was asked for in `_meta`: only who is modern can go on so, and `server/discover` of a team's own server
/// may know none of the older ones.
pub(crate) fn unsupported_in_meta(version: &str) -> Refusal {
    Refusal::unsupported_version(version, &[MODERN])
}

pub(crate) fn unsupported(version: &str) -> Refusal {
    Refusal::unsupported_version(version, &SUPPORTED)
}

fn judge(
    message: &Message,
    protocol_version: Option<&str>,
    session: Option<&str>,
) -> Result<Era, Refusal> {
    if let Some(meta) = message.meta_version.as_deref() {
        check_same(meta, protocol_version)?;
        return match meta {
            MODERN => Ok(Era::Modern),
            meta if LEGACY.contains(&meta) => Ok(Era::Legacy),
            meta => Err(unsupported_in_meta(meta)),
        };
    }
    match protocol_version {
        _ if message.method == "initialize" => Ok(Era::Legacy),
        Some(MODERN) if message.kind == Kind::Response => Err(Refusal::response_sent()),
        Some(MODERN) => Ok(Era::Modern),
        Some(version) if !is_legacy(version, session) => Err(unsupported(version)),
        _ => Ok(Era::Legacy),
    }
}

/// Whether a version in the header is of the legacy era.
fn is_legacy(version: &str, session: Option<&str>) -> bool {
    LEGACY.contains(&version) || (session.is_some() && is_older(version))
}

/// Whether this is a date before the modern version's. Versions are dates, so their text sorts as they do.
fn is_older(version: &str) -> bool {
    let digit_or_dash = |(at, byte): (usize, u8)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    version.len() == MODERN.len()
        && version.bytes().enumerate().all(digit_or_dash)
        && version < MODERN
}

#[cfg(test)]
mod tests;
