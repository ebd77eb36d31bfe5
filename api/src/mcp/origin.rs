//! Which web pages may call an endpoint (MCP 2026-07-28, Streamable HTTP, "Security"), and what browsers ask before.

use actix_web::{
    HttpResponse,
    http::header::{self, HeaderMap, HeaderValue},
};

use crate::http::guard::Call;

/// What a new project lists: clients in the browser that people are likely to have.
pub const DEFAULT_ORIGIN: &str = "https://claude.ai";
/// What a listed page may send.
const HEADERS: &str = "authorization, x-api-key, content-type, accept, mcp-protocol-version, mcp-method, mcp-name, \
                       mcp-session-id, last-event-id";
/// What it may read of an answer, beside the body.
const EXPOSED: &str = "mcp-session-id, mcp-protocol-version, www-authenticate, retry-after";
/// For how long a browser may remember that, in seconds.
const MAX_AGE: &str = "600";

/// Where a request comes from.
pub enum From {
    /// Not from a page, or from one of ours.
    Ours,
    /// From a page that the project lists.
    Listed(HeaderValue),
    /// From another page.
    Foreign,
}

impl From {
    /// Reads the request's Origin. Of a project that doesn't exist nothing can be told from the answer: it has the list
    /// of a new one.
    pub fn of(call: &Call, slug: &str) -> Self {
        let mut origins = call.request.headers().get_all(header::ORIGIN);
        let Some(value) = origins.next() else {
            return Self::Ours;
        };
        let Ok(origin) = value.to_str() else {
            return Self::Foreign;
        };
        if origins.next().is_some() {
            return Self::Foreign;
        }
        if call.app.is_own_origin(origin) {
            return Self::Ours;
        }
        let is_listed = match call.app.gate.project_by_slug(slug) {
            Some(project) => project
                .settings()
                .allowed_origins
                .iter()
                .any(|listed| listed == origin),
            None => origin == DEFAULT_ORIGIN,
        };
        if is_listed {
            Self::Listed(value.clone())
        } else {
            Self::Foreign
        }
    }

    /// Lets the page read the answer, if it is listed.
    pub fn allow(&self, headers: &mut HeaderMap) {
        headers.append(header::VARY, HeaderValue::from_static("origin"));
        if let Self::Listed(origin) = self {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(
                header::ACCESS_CONTROL_EXPOSE_HEADERS,
                HeaderValue::from_static(EXPOSED),
            );
        }
    }
}

/// The answer to a browser that asks what a listed page may do.
pub fn preflight() -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, "POST, GET, DELETE"))
        .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS))
        .insert_header((header::ACCESS_CONTROL_MAX_AGE, MAX_AGE))
        .finish()
}
