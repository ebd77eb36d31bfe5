//! `GET /forward-auth`: for reverse proxies that ask before they pass a request on (nginx `auth_request`,
//! Traefik ForwardAuth, Caddy `forward_auth`). They understand only 200, 401, 403 and 5xx.

use std::borrow::Cow;

use actix_web::{
    HttpMessage as _, HttpRequest, HttpResponse, get,
    http::header::{HeaderName, HeaderValue},
};
use latchkey_gate::{Pass, Wanted};
use latchkey_types::{ProblemCode, key::Via};

use super::verify::{admit, note};
use crate::{
    error::{ApiError, ApiResult},
    http::{
        check::Check,
        guard::Call,
        headers::Headers,
        key_source::{self, NoKey, Presented},
        origin,
    },
};

/// Decide for a reverse proxy whether a request may pass
///
/// The key comes in `Authorization: Bearer`, `X-API-Key` or `?apikey=`; from trusted proxies also in the
/// query of `X-Forwarded-Uri` or `X-Original-URI`.
#[utoipa::path(
    tag = "checking",
    operation_id = "forwardAuth",
    params(
        ("project" = Option<String>, Query, description = "The id or slug of the project that the key must be for; any if absent"),
    ),
    responses(
        (status = 200, description = "It may pass; headers say whose key it is", headers(
            ("x-latchkey-key-id" = String, description = "The key"),
            ("x-latchkey-project-id" = String, description = "The project it opens"),
            ("x-latchkey-project-slug" = String, description = "The project's slug"),
            ("x-latchkey-environment" = String, description = "What the key is used in"),
        )),
        (status = 401, description = "No key, more than one, or one that is not accepted"),
        (status = 403, description = "A good key of another project"),
    )
)]
#[get("/forward-auth")]
pub async fn forward_auth(request: HttpRequest) -> ApiResult<HttpResponse> {
    let call = Call::of(&request)?;
    let check = Check::of(&call.app, request.head());
    let decision = decide(&check);
    request.extensions_mut().insert(check.asked);
    respond(&decision?)
}

/// The decision.
///
/// # Errors
/// 401 and 403 with the reason, 503 when the gate is closed.
pub fn decide<H: Headers + ?Sized>(check: &Check<'_, H>) -> ApiResult<Pass> {
    check_parameters(check.query)?;
    let forwarded = forwarded_query(check);
    let presented = find(check, forwarded.as_deref())?;
    let project = parameter(check.query, "project");
    let wanted = project.as_deref().map_or(Wanted::Any, Wanted::Named);
    let pass = admit(check, &presented, wanted)?;
    note(check, &pass, presented.via);
    Ok(pass)
}

/// Says each header by which the proxy learns whose key it is.
pub fn tell(pass: &Pass, mut put: impl FnMut(HeaderName, &str)) {
    put(KEY_ID, &pass.key_id().text());
    put(PROJECT_ID, &pass.project_id().text());
    put(PROJECT_SLUG, pass.project().slug().as_str());
    put(ENVIRONMENT, pass.environment().as_str());
}

/// The answer that lets the request pass.
///
/// # Errors
/// 500 where a header can't be written.
pub fn respond(pass: &Pass) -> ApiResult<HttpResponse> {
    let mut response = HttpResponse::Ok().finish();
    let headers = response.headers_mut();
    let mut written = Ok(());
    tell(pass, |name, text| match HeaderValue::from_str(text) {
        Ok(value) => drop(headers.insert(name, value)),
        Err(error) => written = Err(ApiError::internal(error)),
    });
    written.map(|()| response)
}

// Constants, because a name that is read from a text at each request is copied each time.
static X_FORWARDED_URI: HeaderName = HeaderName::from_static("x-forwarded-uri");
static X_ORIGINAL_URI: HeaderName = HeaderName::from_static("x-original-uri");
const KEY_ID: HeaderName = HeaderName::from_static("x-latchkey-key-id");
const PROJECT_ID: HeaderName = HeaderName::from_static("x-latchkey-project-id");
const PROJECT_SLUG: HeaderName = HeaderName::from_static("x-latchkey-project-slug");
const ENVIRONMENT: HeaderName = HeaderName::from_static("x-latchkey-environment");

/// The one key: of this request, or of the request that a trusted proxy asks about.
fn find<'a, H: Headers + ?Sized>(
    check: &'a Check<'_, H>,
    forwarded: Option<&'a str>,
) -> ApiResult<Presented<'a>> {
    let own = key_source::find(check.headers, check.query);
    let elsewhere = forwarded.map_or(Err(NoKey::Absent), keys_in_query);
    match (own, elsewhere) {
        (Ok(own), Err(NoKey::Absent)) => Ok(own),
        (Err(NoKey::Absent), Ok(forwarded)) => Ok(forwarded),
        (Err(NoKey::Absent), Err(NoKey::Absent)) => Err(NoKey::Absent.into()),
        // A proxy takes only 401 and 403 for a refusal, so a conflict is a 401 here, not a 400.
        _ => Err(ApiError::new(
            ProblemCode::KeyRefused,
            "More than one key came with the request; send one, in one place.",
        )
        .www_authenticate("Bearer error=\"invalid_request\"".to_owned())),
    }
}

/// The query of the address that the proxy was asked for.
fn forwarded_query<H: Headers + ?Sized>(check: &Check<'_, H>) -> Option<String> {
    if !origin::is_trusted_proxy(check.peer, &check.app.config.trusted_proxies) {
        return None;
    }
    // Both headers count, and each line of them: a caller may have put one that the proxy doesn't replace. Proxies pass
    // addresses on as they came, with bytes that are no ASCII, too.
    let uris: Vec<Cow<'_, str>> = [&X_FORWARDED_URI, &X_ORIGINAL_URI]
        .into_iter()
        .flat_map(|name| check.headers.values_of(name))
        .map(String::from_utf8_lossy)
        .collect();
    let mut queries: Vec<&str> = uris
        .iter()
        .filter_map(|uri| uri.split_once('?'))
        .map(|(_, query)| query.split('#').next().unwrap_or(query))
        .collect();
    queries.dedup();
    (!queries.is_empty()).then(|| queries.join("&"))
}

/// A misspelt `project` must not mean "any project".
fn check_parameters(query: &str) -> ApiResult<()> {
    let (mut projects, mut others) = (0, 0);
    for (name, _) in url::form_urlencoded::parse(query.as_bytes()) {
        if name == "project" {
            projects += 1;
        } else if !name.eq_ignore_ascii_case(key_source::PARAMETER) {
            others += 1;
        }
    }
    match projects <= 1 && others == 0 {
        true => Ok(()),
        // A proxy takes only 401 and 403 for a refusal.
        false => Err(ApiError::new(
            ProblemCode::KeyRefused,
            "The address that the proxy asks has an unknown parameter, or two projects; it takes project and apikey.",
        )
        .www_authenticate("Bearer error=\"invalid_request\"".to_owned())),
    }
}

fn keys_in_query(query: &str) -> Result<Presented<'_>, NoKey> {
    let mut keys = url::form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| name.eq_ignore_ascii_case("apikey"));
    match (keys.next(), keys.next()) {
        (None, _) => Err(NoKey::Absent),
        (Some((_, text)), None) => Ok(Presented {
            text,
            via: Via::Url,
        }),
        (Some(_), Some(_)) => Err(NoKey::Several),
    }
}

fn parameter<'a>(query: &'a str, wanted: &str) -> Option<Cow<'a, str>> {
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == wanted)
        .map(|(_, value)| value)
}

#[cfg(test)]
mod fuzz;
