//! The MCP endpoint's place, `/{project_slug}/mcp/v1`, and the places where clients look for OAuth.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::{
    error::ApiResult,
    http::{asked, guard::Call},
    mcp::endpoint,
};

/// Any method on the endpoint.
///
/// # Errors
/// When the server was put together wrongly; refusals are answers here.
pub async fn answer_mcp(
    request: HttpRequest,
    slug: web::Path<String>,
    payload: web::Payload,
) -> ApiResult<HttpResponse> {
    let call = Call::of(&request)?;
    let response = endpoint::answer(&call, &slug, payload).await;
    // A refused credential is a line at the usual level, as elsewhere.
    if asked::known(&request).refused.is_none() {
        asked::be_quiet(&request);
    }
    Ok(response)
}

/// OAuth clients look here first. A 404 with JSON tells them that there is no OAuth; one without makes
/// some of them fail.
pub async fn no_oauth() -> HttpResponse {
    HttpResponse::NotFound()
        .content_type("application/json")
        .body(r#"{"error":"not_found","error_description":"This server takes API keys; it has no OAuth."}"#)
}
