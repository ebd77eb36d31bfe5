//! The session cookie. Over https it is `__Host-latchkey`, Secure, and no other name is accepted: a page
//! on a sister domain or on plain http can't plant one (RFC 6265bis §4.1.3.2).

use actix_web::cookie::{Cookie, SameSite, time::Duration};

use super::{guard::Call, origin};

const SECURE_NAME: &str = "__Host-latchkey";
const PLAIN_NAME: &str = "latchkey";

/// The token in the request's session cookie.
#[must_use]
pub fn session_token(call: &Call) -> Option<String> {
    let cookie = call.request.cookie(name(call))?;
    (!cookie.value().is_empty()).then(|| cookie.value().to_owned())
}

/// The cookie that signs in with this token, for so many seconds.
#[must_use]
pub fn sign_in(call: &Call, token: &str, max_age_seconds: i64) -> Cookie<'static> {
    make(call, token.to_owned(), Duration::seconds(max_age_seconds))
}

/// The cookie that signs out.
#[must_use]
pub fn sign_out(call: &Call) -> Cookie<'static> {
    make(call, String::new(), Duration::ZERO)
}

fn make(call: &Call, value: String, max_age: Duration) -> Cookie<'static> {
    Cookie::build(name(call), value)
        .path("/")
        .http_only(true)
        .secure(is_secure(call))
        .same_site(SameSite::Strict)
        .max_age(max_age)
        .finish()
}

fn name(call: &Call) -> &'static str {
    if is_secure(call) {
        SECURE_NAME
    } else {
        PLAIN_NAME
    }
}

fn is_secure(call: &Call) -> bool {
    call.app.public_url.starts_with("https://")
        || origin::forwarded_https(call.request.head(), &call.app.config.trusted_proxies)
}
