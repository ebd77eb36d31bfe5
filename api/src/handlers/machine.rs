//! For machines: health, metrics, the API's own description.

use actix_web::{HttpRequest, HttpResponse, get, web};
use latchkey_types::token::Permission;

use crate::{
    app::App,
    error::{ApiError, ApiResult},
    http::{Caller, asked, guard::Call},
};

/// Whether the process is alive
#[utoipa::path(
    tag = "machine",
    operation_id = "showHealth",
    responses((status = 200, description = "It is", body = String, content_type = "text/plain"))
)]
#[get("/healthz")]
pub async fn show_health(request: HttpRequest) -> HttpResponse {
    asked::be_quiet(&request);
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body("ok\n")
}

/// Whether keys are being checked: the database is in reach and this process holds it
#[utoipa::path(
    tag = "machine",
    operation_id = "showReadiness",
    responses((status = 200, description = "They are", body = String, content_type = "text/plain"))
)]
#[get("/readyz")]
pub async fn show_readiness(request: HttpRequest, app: web::Data<App>) -> ApiResult<HttpResponse> {
    if !app.store.is_serving() {
        return Err(ApiError::unavailable("not serving"));
    }
    asked::be_quiet(&request);
    Ok(HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body("ready\n"))
}

/// Counters in the OpenMetrics format
#[utoipa::path(
    tag = "machine",
    operation_id = "showMetrics",
    responses((status = 200, description = "The counters", body = String,
        content_type = "application/openmetrics-text"))
)]
#[get("/metrics")]
pub async fn show_metrics(request: HttpRequest) -> ApiResult<HttpResponse> {
    let call = Call::of(&request)?;
    if !call.app.config.metrics_open {
        let caller = Caller::required(&call).await?;
        caller.permit(Permission::Read)?;
    }
    let text = call.app.metrics.text(&call.app)?;
    asked::be_quiet(&request);
    Ok(HttpResponse::Ok()
        .content_type("application/openmetrics-text; version=1.0.0; charset=utf-8")
        .body(text))
}

/// This description as JSON (OpenAPI 3.1)
#[utoipa::path(
    tag = "machine",
    operation_id = "showOpenapiJson",
    responses((status = 200, description = "The document", body = Object))
)]
#[get("/openapi.json")]
pub async fn show_openapi_json(app: web::Data<App>) -> ApiResult<HttpResponse> {
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .body(app.contract()?.json.clone()))
}

/// This description as JSON for older generators (OpenAPI 3.0.3)
#[utoipa::path(
    tag = "machine",
    operation_id = "showOpenapiJson30",
    responses((status = 200, description = "The document", body = Object))
)]
#[get("/openapi-3.0.json")]
pub async fn show_openapi_json_3_0(app: web::Data<App>) -> ApiResult<HttpResponse> {
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .body(app.contract()?.older.clone()))
}

/// This description as YAML (OpenAPI 3.1)
#[utoipa::path(
    tag = "machine",
    operation_id = "showOpenapiYaml",
    responses((status = 200, description = "The document", body = Object, content_type = "application/yaml"))
)]
#[get("/openapi.yaml")]
pub async fn show_openapi_yaml(app: web::Data<App>) -> ApiResult<HttpResponse> {
    Ok(HttpResponse::Ok()
        .content_type("application/yaml")
        .body(app.contract()?.yaml.clone()))
}
