//! Mcp-Name's two forms (MCP 2026-07-28, streamable-http, "Value Encoding").

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::scan::MAX_NAME_BYTES;

const PREFIX: &str = "=?base64?";
const SUFFIX: &str = "?=";
/// The longest Base64 text that can say a name. Longer ones are not decoded at all.
const MAX_ENCODED: usize = MAX_NAME_BYTES.div_ceil(3) * 4;

/// The name that an Mcp-Name header carries: itself, or what is between `=?base64?` and `?=` when it has both, in
/// exactly these letters. None if that is not the one Base64 text, padding included, of some UTF-8.
#[must_use]
pub fn decode_name(value: &str) -> Option<Cow<'_, str>> {
    let wrapped = value
        .strip_prefix(PREFIX)
        .and_then(|rest| rest.strip_suffix(SUFFIX));
    let Some(encoded) = wrapped else {
        return Some(Cow::Borrowed(value));
    };
    if encoded.len() > MAX_ENCODED {
        return None;
    }
    let bytes = STANDARD.decode(encoded).ok()?;
    String::from_utf8(bytes).ok().map(Cow::Owned)
}
