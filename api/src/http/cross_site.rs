//! Whether a request comes from another site (OWASP CSRF Prevention: Fetch Metadata, then Origin).
//!
//! Rejected: a CSRF token. It would have to be kept in the page, and protects no better than headers that
//! no page can forge. Browsers leave Sec-Fetch-* out on plain-http names of a local network, so Origin
//! decides there; what sends neither is not a browser, and a browser's cookie is not in its hands.

use actix_web::http::Method;
use latchkey_types::ProblemCode;

use super::{cookie, guard::Call};
use crate::error::{ApiError, ApiResult};

/// Refuses an unsafe request of another site that carries our cookie or would be given one.
///
/// # Errors
/// 403.
pub fn check(call: &Call, gives_cookie: bool) -> ApiResult<()> {
    if matches!(
        *call.request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    ) {
        return Ok(());
    }
    // A bearer token is sent by programs on purpose; no page can make a browser add one.
    let carries_cookie = cookie::session_token(call).is_some()
        && !call.request.headers().contains_key("authorization");
    if !carries_cookie && !gives_cookie {
        return Ok(());
    }
    let fetch_site = call
        .request
        .headers()
        .get("sec-fetch-site")
        .map(|value| value.as_bytes());
    let origin = call
        .request
        .headers()
        .get("origin")
        .map(|value| value.as_bytes());
    if is_same_site(fetch_site, origin, |origin| call.app.is_own_origin(origin)) {
        return Ok(());
    }
    Err(ApiError::new(
        ProblemCode::CrossSite,
        format!(
            "This request was made by a page of another site. Open {} instead.",
            call.app.public_url
        ),
    ))
}

/// The rule, apart from the request: same-origin if the browser says so; else an origin of ours; else,
/// with neither header, not a browser.
fn is_same_site(
    fetch_site: Option<&[u8]>,
    origin: Option<&[u8]>,
    is_own: impl Fn(&str) -> bool,
) -> bool {
    match (fetch_site, origin) {
        (Some(site), _) => site == b"same-origin",
        (None, Some(origin)) => std::str::from_utf8(origin).is_ok_and(is_own),
        (None, None) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule() {
        let own = |origin: &str| origin == "https://keys.example.com";
        for (site, origin, wanted) in [
            (None, None, true),
            (Some("same-origin"), None, true),
            (Some("same-origin"), Some("https://evil.example"), true),
            (Some("same-site"), Some("https://keys.example.com"), false),
            (Some("cross-site"), Some("https://keys.example.com"), false),
            (Some("none"), None, false),
            (Some(""), None, false),
            (None, Some("https://keys.example.com"), true),
            (None, Some("https://evil.example"), false),
            (None, Some("null"), false),
            (None, Some(""), false),
        ] {
            let is_same = is_same_site(site.map(str::as_bytes), origin.map(str::as_bytes), own);
            assert_eq!(is_same, wanted, "{site:?} {origin:?}");
        }
    }
}
