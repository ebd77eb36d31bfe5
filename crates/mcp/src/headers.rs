//! The headers of a call: one value each, the same as in the body, and what the client takes for an answer.

mod accept;
mod name;

pub use accept::{Accepts, accepts, is_json};
pub use name::decode_name;

use crate::{
    Kind, MODERN, Message, Refusal,
    era::{META_CAPABILITIES, META_VERSION, answer, check_same, unsupported_in_meta},
};

/// The headers that a modern request mirrors its body in, each as [`single`] gives it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ModernHeaders<'a> {
    /// MCP-Protocol-Version.
    pub protocol_version: Option<&'a str>,
    /// Mcp-Method.
    pub method: Option<&'a str>,
    /// Mcp-Name, not decoded.
    pub name: Option<&'a str>,
}

/// The one value of a header, without the white space round it (RFC 9110 §5.5); None when it is absent.
///
/// `header` is its name as a caller reads it in the refusal.
///
/// # Errors
/// 400 with -32020 when the header came twice, which could be read in two ways, and when its value has bytes other
/// than visible ASCII, space and tab (MCP 2026-07-28, streamable-http, "Value Encoding" and "Server Validation").
pub fn single<'a>(
    header: &str,
    values: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Option<&'a str>, Refusal> {
    let mut values = values.into_iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        let message = format!("{header} came more than once.");
        return Err(Refusal::header_mismatch(&message));
    }
    match std::str::from_utf8(value) {
        Ok(text) if value.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~')) => {
            Ok(Some(text.trim_matches([' ', '\t'])))
        }
        _ => {
            let message = format!("{header} has characters that a header can't carry.");
            Err(Refusal::header_mismatch(&message))
        }
    }
}

/// Whether a modern call's headers say what its body says (MCP 2026-07-28, streamable-http, "Server Validation"), and
/// whether a request has what each must have in `_meta` (basic, "Per-request protocol fields").
///
/// A notification's headers are not required, since the specification leaves that open, but they must not lie either.
/// Mcp-Name is looked at where the specification says what it mirrors; with other methods, extensions' ones among
/// them, it passes on unread. The same goes for Mcp-Param-*, which only who knows the tool's schema can check.
///
/// # Errors
/// 400, as the answer to the request: -32020 for a header, -32022 for a version that is not served, -32602 for a
/// missing member of `_meta`, -32600 for a response.
pub fn check_modern(headers: &ModernHeaders<'_>, message: &Message) -> Result<(), Refusal> {
    check(headers, message).map_err(|refusal| answer(refusal, message))
}

fn check(headers: &ModernHeaders<'_>, message: &Message) -> Result<(), Refusal> {
    let is_request = match message.kind {
        Kind::Request => true,
        Kind::Notification => false,
        Kind::Response => return Err(Refusal::response_sent()),
    };
    let version = message.meta_version.as_deref();
    match (version, headers.protocol_version) {
        (Some(version), header) => check_same(version, header)?,
        (None, None) => {
            let message = "MCP-Protocol-Version is missing.";
            return Err(Refusal::header_mismatch(message));
        }
        (None, Some(_)) => {}
    }
    if let Some(other) = version
        .or(headers.protocol_version)
        .filter(|it| *it != MODERN)
    {
        return Err(unsupported_in_meta(other));
    }
    check_method(headers.method, message, is_request)?;
    check_name(headers.name, message, is_request)?;
    match message {
        _ if !is_request => Ok(()),
        Message {
            meta_version: None, ..
        } => Err(Refusal::missing_meta(META_VERSION)),
        Message {
            meta_capabilities: false,
            ..
        } => Err(Refusal::missing_meta(META_CAPABILITIES)),
        _ => Ok(()),
    }
}

fn check_method(header: Option<&str>, message: &Message, is_request: bool) -> Result<(), Refusal> {
    match header {
        None if is_request => Err(Refusal::header_mismatch("Mcp-Method is missing.")),
        // Values are case-sensitive (streamable-http, "Case Sensitivity").
        Some(header) if header != message.method => Err(Refusal::header_mismatch(
            "Mcp-Method and the body's method differ.",
        )),
        _ => Ok(()),
    }
}

fn check_name(header: Option<&str>, message: &Message, is_request: bool) -> Result<(), Refusal> {
    let (what, is_mirrored) = match message.method.as_str() {
        "tools/call" | "prompts/get" => ("params.name", true),
        "resources/read" => ("params.uri", true),
        _ => ("", false),
    };
    match (header, message.name.as_deref()) {
        _ if !is_mirrored => Ok(()),
        // A request that lacks its name altogether is the backend's to refuse: there is nothing to mirror.
        (None, None) => Ok(()),
        (None, Some(_)) if is_request => Err(Refusal::header_mismatch("Mcp-Name is missing.")),
        (None, Some(_)) => Ok(()),
        (Some(header), name) => match decode_name(header) {
            None => Err(Refusal::header_mismatch(
                "Mcp-Name is in its Base64 form, and can't be decoded.",
            )),
            Some(decoded) if name == Some(&*decoded) => Ok(()),
            Some(_) => {
                let message = format!("Mcp-Name and the body's {what} differ.");
                Err(Refusal::header_mismatch(&message))
            }
        },
    }
}

#[cfg(test)]
mod tests;
