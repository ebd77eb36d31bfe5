//! The middleware round everything: the request's id, the security headers, the problem document of a
//! refused request, and one line in the log. The query string is never logged: it can hold a key.

use std::{net::IpAddr, time::Instant};

use actix_web::{
    Error, HttpMessage as _, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method, StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
    middleware::Next,
    web,
};
use latchkey_types::{Problem, ProblemCode};
use tracing::{Instrument as _, Level, field::display, level_filters::LevelFilter};

use super::{
    asked::{self, Asked, Known, Who},
    check::Check,
    origin,
    request_id::RequestId,
};
use crate::{
    app::App,
    clock,
    error::{ApiError, ApiResult, Inner},
};

/// Wraps one request.
///
/// # Errors
/// None of ours: refusals of handlers and extractors arrive as responses.
pub async fn wrap(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let id = RequestId::next();
    let method = request.method().clone();
    if method == Method::HEAD && !is_endless(request.path()) {
        // RFC 9110 §9.3.2: HEAD is GET without the content, which the encoder leaves out by itself.
        request.head_mut().method = Method::GET;
    }
    request.extensions_mut().insert(Asked::default());
    // A span costs more than a check does. The few lines about checks that are written get one of their own.
    let is_check = is_check(request.path());
    let span = match is_check {
        true => tracing::debug_span!(
            "request",
            request_id = %id,
            http.method = %method,
            http.route = tracing::field::Empty,
        ),
        false => span(id, &method),
    };
    // The request itself must not be cloned here: the router wants it for itself alone.
    let mut response = next
        .call(request)
        .instrument(span.clone())
        .await?
        .map_into_boxed_body();
    let problem = problem_of(&response);
    if let Some(problem) = &problem {
        response = render(response, problem, id);
    }
    let app = response.request().app_data::<web::Data<App>>().cloned();
    let app = app.as_ref().map(|app| app.get_ref());
    let headers = response.headers_mut();
    let mut put = |name: HeaderName, value: HeaderValue| {
        if !headers.contains_key(&name) {
            headers.insert(name, value);
        }
    };
    for_everybody(app, &mut put);
    for_browsers(app, &mut put);
    put(REQUEST_ID, id.value());
    let request = response.request();
    let told = Told {
        app,
        asked: asked::known(request),
        status: response.status(),
        id,
        method: &method,
        is_check,
        started,
    };
    let ip = || {
        let trusted = &app?.config.trusted_proxies;
        origin::client_ip(origin::peer(request.head()), request.headers(), trusted)
    };
    log(
        &told,
        problem.as_ref(),
        span,
        || request.match_pattern(),
        ip,
    );
    Ok(response)
}

/// An operation that checks keys.
pub struct CheckRoute {
    /// Its method.
    pub method: Method,
    /// Its path.
    pub path: &'static str,
}

/// Wraps one check of a key that comes round the router: what [`wrap`] does, without a routed request.
pub struct CheckEnvelope {
    /// The request's id.
    pub id: RequestId,
    started: Instant,
}

impl CheckEnvelope {
    /// When the request has come in.
    #[must_use]
    pub fn open() -> Self {
        Self {
            id: RequestId::next(),
            started: Instant::now(),
        }
    }

    /// When it has its answer.
    #[must_use]
    pub fn close(
        self,
        check: &Check<'_>,
        route: &CheckRoute,
        outcome: ApiResult<HttpResponse>,
    ) -> HttpResponse {
        let id = self.id;
        let (mut response, problem) = match outcome {
            Ok(response) => (response, None),
            Err(error) => (document(&error, id), Some(error)),
        };
        let headers = response.headers_mut();
        // It has none of its own, so nothing is looked for.
        let mut put = |name, value| drop(headers.insert(name, value));
        for_every_check(check.app, problem.is_some(), &mut put);
        put(REQUEST_ID, id.value());
        self.log(check, route, response.status(), problem.as_ref());
        response
    }

    /// Writes its line in the log, and counts it.
    pub fn log<H: ?Sized>(
        self,
        check: &Check<'_, H>,
        route: &CheckRoute,
        status: StatusCode,
        problem: Option<&ApiError>,
    ) {
        let told = Told {
            app: Some(check.app),
            asked: check.asked.known(),
            status,
            id: self.id,
            method: &route.method,
            is_check: true,
            started: self.started,
        };
        let pattern = || Some(route.path.to_owned());
        log(&told, problem, tracing::Span::none(), pattern, || check.ip);
    }
}

/// What the line in the log is about.
struct Told<'a> {
    app: Option<&'a App>,
    asked: Known,
    status: StatusCode,
    id: RequestId,
    method: &'a Method,
    is_check: bool,
    started: Instant,
}

fn span(id: RequestId, method: &Method) -> tracing::Span {
    tracing::info_span!(
        "request",
        request_id = %id,
        http.method = %method,
        http.route = tracing::field::Empty,
    )
}

/// Whether it is asked for each request that somebody protects.
fn is_check(path: &str) -> bool {
    matches!(
        path,
        "/api/v1/forward-auth" | "/api/v1/keys/verify" | "/api/v1/keys/self"
    )
}

/// Whether a GET here can be a stream without an end, which must not be opened for nobody to read.
fn is_endless(path: &str) -> bool {
    path.ends_with("/events") || path.ends_with("/mcp/v1")
}

/// The error that a handler or extractor answered with, or one in its place where the framework answered
/// by itself.
fn problem_of(response: &ServiceResponse<BoxBody>) -> Option<ApiError> {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return None;
    }
    if let Some(error) = response.response().extensions().get::<ApiError>() {
        return Some(error.clone());
    }
    // A handler that wrote its own body (the MCP endpoint's JSON-RPC errors) is left alone.
    if response.headers().contains_key(header::CONTENT_TYPE)
        && !response
            .headers()
            .get(header::CONTENT_TYPE)
            .is_some_and(|v| v.as_bytes().starts_with(b"text/plain"))
    {
        return None;
    }
    Some(match status {
        StatusCode::NOT_FOUND => ApiError::not_found(),
        StatusCode::METHOD_NOT_ALLOWED => ApiError::new(
            ProblemCode::MethodNotAllowed,
            "This method is not allowed here.",
        ),
        StatusCode::PAYLOAD_TOO_LARGE => {
            ApiError::new(ProblemCode::PayloadTooLarge, "The body is too large.")
        }
        status if status.is_client_error() => {
            ApiError::new(ProblemCode::InvalidRequest, "The request can't be read.")
        }
        status => ApiError::internal(format_args!("the framework answered {status}")),
    })
}

fn render(
    response: ServiceResponse<BoxBody>,
    error: &ApiError,
    id: RequestId,
) -> ServiceResponse<BoxBody> {
    let (request, old) = response.into_parts();
    let mut new = document(error, id);
    for cookie in old.cookies() {
        if let Err(error) = new.add_cookie(&cookie) {
            tracing::error!(%error, "a cookie could not be kept");
        }
    }
    ServiceResponse::new(request, new)
}

/// An error's answer: its problem document.
fn document(error: &ApiError, id: RequestId) -> HttpResponse {
    let mut new = HttpResponse::build(actix_web::ResponseError::status_code(error));
    for_problem(error, |name, text| {
        new.insert_header((name, text));
    });
    new.body(problem_document(error, id))
}

/// An error's problem document.
#[must_use]
pub fn problem_document(error: &ApiError, id: RequestId) -> Vec<u8> {
    let inner: &Inner = error.inner();
    let document = Problem {
        kind: format!("/docs/errors/{}", inner.code.as_str()),
        title: inner.code.title().to_owned(),
        status: inner.code.status(),
        detail: inner.detail.clone(),
        code: inner.code,
        request_id: id.to_string(),
        errors: inner.errors.clone(),
        id: inner.id.clone(),
        reason: inner.reason,
    };
    serde_json::to_vec(&document).unwrap_or_default()
}

/// What an error's answer has besides what every answer has.
pub fn for_problem(error: &ApiError, mut put: impl FnMut(HeaderName, &str)) {
    let inner: &Inner = error.inner();
    put(header::CONTENT_TYPE, "application/problem+json");
    if let Some(seconds) = inner.retry_after_seconds {
        put(header::RETRY_AFTER, &seconds.to_string());
    }
    if let Some(methods) = &inner.allow {
        put(header::ALLOW, methods);
    }
    if inner.code.status() == 401 {
        // RFC 9110 §11.6.1: a 401 names a scheme. Bearer opens no dialog in a browser.
        let challenge = inner.www_authenticate.as_deref().unwrap_or("Bearer");
        put(header::WWW_AUTHENTICATE, challenge);
    }
}

// Constants: made at run time, a name is looked up and a value read byte by byte, for each answer again.
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
/// Names the request.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const NO_REFERRER: HeaderValue = HeaderValue::from_static("no-referrer");
const DENY: HeaderValue = HeaderValue::from_static("DENY");
const NOTHING: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");
/// A year. Browsers heed it only in answers that came by https.
const HTTPS_ONLY: HeaderValue = HeaderValue::from_static("max-age=31536000; includeSubDomains");

/// What the answer to a check has, besides the request's id.
pub fn for_every_check(app: &App, is_problem: bool, put: &mut impl FnMut(HeaderName, HeaderValue)) {
    for_everybody(Some(app), put);
    // An accepted key's answer is for a program: it shows none of it, links to nothing, frames nothing.
    if is_problem {
        for_browsers(Some(app), put);
    }
}

/// What every answer has, besides the request's id.
fn for_everybody(app: Option<&App>, put: &mut impl FnMut(HeaderName, HeaderValue)) {
    put(header::CACHE_CONTROL, NO_STORE);
    put(header::X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    put(header::CONTENT_SECURITY_POLICY, NOTHING);
    if app.is_some_and(|app| app.public_url.starts_with("https://")) {
        put(header::STRICT_TRANSPORT_SECURITY, HTTPS_ONLY);
    }
}

/// What every answer has besides that a browser may show.
fn for_browsers(app: Option<&App>, put: &mut impl FnMut(HeaderName, HeaderValue)) {
    put(header::REFERRER_POLICY, NO_REFERRER);
    put(header::X_FRAME_OPTIONS, DENY);
    put(RESOURCE_POLICY, SAME_ORIGIN);
    // Browsers heed it only where nobody can alter the answer on the way, and complain elsewhere.
    if app.is_none_or(|app| !app.is_readable_on_the_way) {
        put(OPENER_POLICY, SAME_ORIGIN);
    }
}

fn log(
    told: &Told<'_>,
    problem: Option<&ApiError>,
    span: tracing::Span,
    route: impl FnOnce() -> Option<String>,
    ip: impl Fn() -> Option<IpAddr>,
) {
    let (app, asked, status) = (told.app, &told.asked, told.status.as_u16());
    if let Some(app) = app {
        app.metrics.answered(status);
    }
    let internal = problem.and_then(|p| p.inner().internal.as_deref());
    let level = match status {
        500 | 502.. if !asked.is_quiet || internal.is_some() => Level::ERROR,
        _ if asked.is_quiet => Level::DEBUG,
        _ => Level::INFO,
    };
    if level > LevelFilter::current() {
        return;
    }
    // The MCP endpoint's refusals of keys are checks, too, in words of its own.
    let is_check = told.is_check || asked.refused.is_some();
    let refused = is_check && (400..500).contains(&status);
    if refused && app.is_some_and(|app| !app.refusals.has_room(clock::now())) {
        return;
    }
    let span = match span.is_disabled() {
        true => self::span(told.id, told.method),
        false => span,
    };
    // The pattern, not the path: a path can hold whatever a caller put there by mistake.
    if !span.is_disabled() {
        span.record("http.route", route().as_deref().unwrap_or("none"));
    }
    let _entered = span.enter();
    let duration_ms = u64::try_from(told.started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let code = problem.map(|p| p.code().as_str()).or(asked.refused);
    // Called only for a line that is written.
    let ip = || ip().map(display);
    let user = || asked.who.and_then(Who::user_id).map(display);
    let token = || asked.who.and_then(Who::token_id).map(display);
    let key = || asked.who.and_then(Who::key_id).map(display);
    match level {
        Level::ERROR => tracing::error!(
            status,
            duration_ms,
            code,
            client.ip = ip(),
            user.id = user(),
            token.id = token(),
            key.id = key(),
            error.detail = internal,
            "failed"
        ),
        Level::DEBUG => tracing::debug!(
            status,
            duration_ms,
            code,
            client.ip = ip(),
            user.id = user(),
            token.id = token(),
            key.id = key(),
            "answered"
        ),
        _ => tracing::info!(
            status,
            duration_ms,
            code,
            client.ip = ip(),
            user.id = user(),
            token.id = token(),
            key.id = key(),
            "answered"
        ),
    }
}
