//! Which headers cross from a caller to an upstream, and back.
//!
//! Towards the upstream everything passes but what is the caller's own business: credentials, where they come from,
//! and the connection. Towards the caller only what MCP clients read passes, because all else would speak to a
//! browser in the name of this server's origin: cookies, policies, redirects, challenges.

use actix_web::http::header::HeaderMap as CallerHeaders;
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{ACCEPT_ENCODING, CONNECTION},
};
use latchkey_keys::{Presented, SecretKind};

use super::{OnBehalf, Target};

#[cfg(test)]
mod tests;

/// The session of the legacy era. It is sealed by whoever calls the upstream, so it never crosses as it is.
pub(super) const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");
const KEY_ID: HeaderName = HeaderName::from_static("x-latchkey-key-id");
const PROJECT_ID: HeaderName = HeaderName::from_static("x-latchkey-project-id");

/// Of one connection (RFC 9110 §7.6.1), or made anew for the next one.
const OF_A_CONNECTION: &[&str] = &[
    "connection",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "max-forwards",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Credentials for this server, and what says where the caller is or which URL they opened: a key may stand in that.
const OF_THE_CALLER: &[&str] = &[
    "authorization",
    "cf-connecting-ip",
    "client-ip",
    "cookie",
    "cookie2",
    "fastly-client-ip",
    "forwarded",
    "origin",
    "referer",
    "true-client-ip",
    "via",
    "x-api-key",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-real-ip",
    "x-request-uri",
    "x-rewrite-url",
];

/// The same by how they begin. `sec-` is what browsers say of a page that the upstream doesn't serve.
const OF_THE_CALLER_BY_PREFIX: &[&str] = &[
    "access-control-",
    "proxy-",
    "sec-",
    "x-envoy-",
    "x-forwarded-",
    "x-latchkey-",
    "x-original-",
];

/// What the protocol itself says in headers, beside everything that begins with `mcp-`.
const OF_THE_PROTOCOL: &[&str] = &[
    "accept",
    "accept-encoding",
    "content-encoding",
    "content-type",
];

/// What an answer may say beside its body. (Its length is a matter of the connection.)
const OF_AN_ANSWER: &[&str] = &[
    "allow",
    "content-encoding",
    "content-language",
    "content-type",
    "deprecation",
    "ratelimit",
    "ratelimit-policy",
    "retry-after",
    "sunset",
];

/// The same by how they begin.
const OF_AN_ANSWER_BY_PREFIX: &[&str] = &["mcp-", "x-ratelimit-"];

/// Whether a project may set this header for calls to its upstream.
pub(super) fn is_configurable(name: &HeaderName) -> bool {
    let name = name.as_str();
    !OF_A_CONNECTION.contains(&name)
        && !OF_THE_PROTOCOL.contains(&name)
        && !["mcp-", "proxy-", "x-latchkey-"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
}

/// The headers of a call to an upstream: the caller's without what stops here, then the session's own id, then the
/// configured ones, which win, then who calls.
pub(super) fn outgoing(
    caller: &CallerHeaders,
    session_id: Option<HeaderValue>,
    target: &Target,
    on_behalf: Option<OnBehalf>,
) -> HeaderMap {
    let named = named_by_connection(caller);
    let mut headers = HeaderMap::with_capacity(caller.len() + target.headers().len() + 4);
    for (name, value) in caller {
        let name = name.as_str();
        if stops_here(name) || named.iter().any(|named| named == name) {
            continue;
        }
        let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_bytes(value.as_bytes()),
        ) else {
            continue;
        };
        if !holds_a_secret(value.as_bytes()) {
            headers.append(name, value);
        }
    }
    // Compressed events would stay in the compressor until it is full.
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    if let Some(id) = session_id {
        headers.insert(SESSION, id);
    }
    for (name, _) in target.headers() {
        headers.remove(name);
    }
    for (name, value) in target.headers() {
        headers.append(name.clone(), value.clone());
    }
    if let Some(OnBehalf { key_id, project_id }) = on_behalf {
        insert(&mut headers, KEY_ID, &key_id.to_string());
        insert(&mut headers, PROJECT_ID, &project_id.to_string());
    }
    headers
}

/// The headers of an answer that its caller gets, and the upstream's session id, which they must only get sealed.
pub(super) fn incoming(answer: &HeaderMap) -> (CallerHeaders, Option<String>) {
    use actix_web::http::header::{HeaderName, HeaderValue};
    let mut headers = CallerHeaders::with_capacity(8);
    let mut session_id = None;
    for (name, value) in answer {
        if name == SESSION {
            // What isn't text can't be sealed; the endpoint refuses odd ids that are.
            session_id = Some(String::from_utf8_lossy(value.as_bytes()).into_owned());
            continue;
        }
        let text = name.as_str();
        let crosses = OF_AN_ANSWER.contains(&text) || begins(text, OF_AN_ANSWER_BY_PREFIX);
        if crosses
            && let (Ok(name), Ok(value)) = (
                HeaderName::from_bytes(text.as_bytes()),
                HeaderValue::from_bytes(value.as_bytes()),
            )
        {
            headers.append(name, value);
        }
    }
    (headers, session_id)
}

fn stops_here(name: &str) -> bool {
    name == SESSION.as_str()
        || OF_A_CONNECTION.contains(&name)
        || OF_THE_CALLER.contains(&name)
        || begins(name, OF_THE_CALLER_BY_PREFIX)
}

fn begins(name: &str, prefixes: &[&str]) -> bool {
    prefixes.iter().any(|prefix| name.starts_with(prefix))
}

/// The names that Connection says are of this connection only (RFC 9110 §7.6.1), in lower case.
fn named_by_connection(caller: &CallerHeaders) -> Vec<String> {
    caller
        .get_all(CONNECTION.as_str())
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        // `Connection: accept` must not make an upstream answer in what the caller can't read.
        .filter(|name| !OF_THE_PROTOCOL.contains(&name.as_str()) && !name.starts_with("mcp-"))
        .collect()
}

/// Whether a secret of ours stands anywhere in a value: whatever header a proxy before us has put the URL into, the
/// key in it stops here.
fn holds_a_secret(value: &[u8]) -> bool {
    [SecretKind::Key, SecretKind::Token]
        .into_iter()
        .any(|kind| {
            value.windows(kind.length()).any(|window| {
                window.starts_with(kind.prefix().as_bytes())
                    && str::from_utf8(window).is_ok_and(|text| Presented::parse(text).is_some())
            })
        })
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
