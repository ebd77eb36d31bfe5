//! Where in a request the API key stands: a header, or the query of the URL.

use std::{borrow::Cow, net::IpAddr};

use actix_web::http::header::{self, HeaderName};
use latchkey_gate::Use;
use latchkey_types::{Timestamp, key::Via};

use super::headers::{Headers, text};
use crate::error::ApiError;

/// The parameter of a URL that may hold a key, in capitals or not.
pub const PARAMETER: &str = "apikey";

static X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// A key as it came, not checked yet.
pub struct Presented<'a> {
    /// The text.
    pub text: Cow<'a, str>,
    /// How it came.
    pub via: Via,
}

/// What can be wrong before the key is even looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoKey {
    /// None came.
    Absent,
    /// More than one came (RFC 6750 §2: a client must not use more than one method).
    Several,
}

/// The one key of this request, from its headers or from this query.
///
/// # Errors
/// When there is none, or more than one.
pub fn find<'a>(
    headers: &'a (impl Headers + ?Sized),
    query: &'a str,
) -> Result<Presented<'a>, NoKey> {
    let mut found: Option<Presented<'a>> = None;
    let mut put = |text: Cow<'a, str>, via| match found {
        Some(_) => Err(NoKey::Several),
        None => {
            found = Some(Presented { text, via });
            Ok(())
        }
    };
    for value in headers.values_of(&header::AUTHORIZATION) {
        // Anything else in this header is a credential too, only none of ours.
        let text = text(value).unwrap_or_default();
        let token = match text.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
            _ => "",
        };
        put(Cow::Borrowed(token), Via::Header)?;
    }
    for value in headers.values_of(&X_API_KEY) {
        put(
            Cow::Borrowed(text(value).unwrap_or_default().trim()),
            Via::Header,
        )?;
    }
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        if name.eq_ignore_ascii_case(PARAMETER) {
            put(value, Via::Url)?;
        }
    }
    found.ok_or(NoKey::Absent)
}

/// The use of a key by this request, for the counters.
#[must_use]
pub fn used(
    headers: &(impl Headers + ?Sized),
    via: Via,
    ip: Option<IpAddr>,
    at: Timestamp,
) -> Use<'_> {
    let client = headers
        .value_of(&header::USER_AGENT)
        .and_then(text)
        .map(client_name);
    Use {
        at,
        via,
        client,
        ip,
    }
}

/// The first product of a User-Agent (RFC 9110 §10.1.5), short: `claude-code/2.1.0`.
#[must_use]
pub fn client_name(user_agent: &str) -> &str {
    let first = user_agent.split([' ', '(']).next().unwrap_or_default();
    match first.char_indices().nth(64) {
        Some((end, _)) => &first[..end],
        None => first,
    }
}

impl From<NoKey> for ApiError {
    fn from(none: NoKey) -> Self {
        use latchkey_types::ProblemCode;
        match none {
            NoKey::Absent => Self::new(
                ProblemCode::KeyRefused,
                "No API key came with the request. Send it as Authorization: Bearer.",
            ),
            NoKey::Several => Self::new(
                ProblemCode::CredentialConflict,
                "More than one key came with the request; send one, in one place.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_key_is_found_in_each_of_its_places() {
        for (name, value, query, wanted) in [
            (
                "authorization",
                "Bearer lk_a",
                "",
                Ok(("lk_a", Via::Header)),
            ),
            (
                "authorization",
                "bearer  lk_a ",
                "",
                Ok(("lk_a", Via::Header)),
            ),
            ("x-api-key", "lk_a", "", Ok(("lk_a", Via::Header))),
            ("x-other", "", "apikey=lk_a", Ok(("lk_a", Via::Url))),
            ("x-other", "", "a=b&APIKEY=lk%5Fa", Ok(("lk_a", Via::Url))),
            ("x-other", "", "api_key=lk_a", Err(NoKey::Absent)),
            ("authorization", "Basic bGs=", "", Ok(("", Via::Header))),
            (
                "authorization",
                "Bearer lk_a",
                "apikey=lk_a",
                Err(NoKey::Several),
            ),
            (
                "x-other",
                "",
                "apikey=lk_a&apikey=lk_b",
                Err(NoKey::Several),
            ),
        ] {
            let request = TestRequest::default()
                .insert_header((name, value))
                .to_http_request();
            let found = find(request.headers(), query);
            let shown = found
                .as_ref()
                .map(|key| (&*key.text, key.via))
                .map_err(|e| *e);
            assert_eq!(shown, wanted, "{name}: {value} ?{query}");
        }
    }

    #[test]
    fn a_client_is_named_by_its_first_product() {
        for (agent, wanted) in [
            ("claude-code/2.1.0 (linux)", "claude-code/2.1.0"),
            ("curl/8.5.0", "curl/8.5.0"),
            ("Mozilla/5.0 (X11)", "Mozilla/5.0"),
            ("", ""),
        ] {
            assert_eq!(client_name(agent), wanted);
        }
        assert_eq!(client_name(&"é".repeat(100)).chars().count(), 64);
    }
}
