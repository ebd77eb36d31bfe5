//! `/docs`: the API's description in Swagger UI, and a page for each error code.

use std::sync::Arc;

use actix_web::{HttpResponse, get, http::header, web};
use latchkey_types::ProblemCode;
use utoipa_swagger_ui::Config;

use crate::{
    error::{ApiError, ApiResult},
    page,
};

/// Scripts and styles come only from here; the hash is that of the one style element which Swagger UI's
/// bundle puts into its page, and its icons are data: URLs.
const DOCS_CSP: &str = "default-src 'none'; script-src 'self'; \
    style-src 'self' 'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// The list of all error codes.
#[get("/docs/errors")]
pub async fn list_errors() -> HttpResponse {
    let rows: String = ProblemCode::ALL
        .iter()
        .map(|code| {
            let (name, status, title) = (code.as_str(), code.status(), code.title());
            format!(
                "<li><a href=\"/docs/errors/{name}\"><code>{name}</code></a> {status}<br>{title}</li>"
            )
        })
        .collect();
    page::html(
        "Errors",
        &format!(
            "<h1>Errors</h1><p>Every refusal is a problem document (RFC 9457). Its <code>code</code> is \
             one of these and never changes its meaning.</p>\
             <ul class=\"codes\">{rows}</ul>"
        ),
    )
}

/// The page of one error code: what a problem document's `type` points to.
#[get("/docs/errors/{code}")]
pub async fn show_error(name: web::Path<String>) -> ApiResult<HttpResponse> {
    let code = ProblemCode::ALL
        .iter()
        .find(|code| code.as_str() == name.as_str())
        .ok_or_else(ApiError::not_found)?;
    Ok(page::html(
        code.title(),
        &format!(
            "<p><a href=\"/docs/errors\">Errors</a></p><h1>{}</h1>\
             <p><code>{}</code>, status {}</p><p>{}</p>",
            code.title(),
            code.as_str(),
            code.status(),
            page::code_spans(code.remedy()),
        ),
    ))
}

/// `/docs` without the slash, as people type it.
#[get("/docs")]
pub async fn redirect_docs() -> HttpResponse {
    HttpResponse::PermanentRedirect()
        .insert_header((header::LOCATION, "/docs/"))
        .finish()
}

/// Swagger UI's files, out of this binary.
#[get("/docs/{file:.*}")]
pub async fn show_docs(file: web::Path<String>) -> ApiResult<HttpResponse> {
    let config = Arc::new(
        Config::new(["/openapi.json"])
            .try_it_out_enabled(false)
            .persist_authorization(false)
            .display_operation_id(true)
            .doc_expansion("list"),
    );
    let found = utoipa_swagger_ui::serve(&file, config)
        .map_err(|e| ApiError::internal(format_args!("Swagger UI: {e}")))?
        .ok_or_else(ApiError::not_found)?;
    let mut kind = found.content_type;
    if kind.starts_with("text/") {
        // All of its texts are UTF-8.
        kind.push_str("; charset=utf-8");
    }
    Ok(HttpResponse::Ok()
        .content_type(kind)
        .insert_header((header::CONTENT_SECURITY_POLICY, DOCS_CSP))
        .body(found.bytes.into_owned()))
}
