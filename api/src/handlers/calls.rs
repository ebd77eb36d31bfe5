//! What went through a project's endpoint, and whether what is behind it answers.

use actix_web::{HttpResponse, get, post};
use latchkey_types::{ProjectId, insight::RecentCalls, project::BackendTest};

use crate::{
    error::{ApiError, ApiResult},
    http::{
        Guard, InProject,
        access::{Owner, Viewer},
    },
    mcp::backend::{self, Unusable},
};

/// List the last calls of a project's endpoint
///
/// Who called which method and tool, how it ended and how long it took; never what was asked or answered. The last 100
/// calls are kept, in memory: a restart of the server forgets them.
#[utoipa::path(
    tag = "insight",
    operation_id = "listCalls",
    params(("project_id" = ProjectId, Path, description = "The project")),
    responses((status = 200, description = "The last calls, newest first", body = RecentCalls))
)]
#[get("/projects/{project_id}/calls")]
pub async fn list_calls(guard: Guard<InProject<Viewer>>) -> ApiResult<HttpResponse> {
    let Guard { access, call, .. } = guard;
    let items = call.app.recent.of(access.project.id);
    Ok(HttpResponse::Ok().json(RecentCalls { items }))
}

/// Test the connection to a project's own MCP server
///
/// Asks it for its name, version and tools, with the headers that are configured for it. An answer of 200 says what came of
/// it, whether good or bad. The built-in memory server is always there.
#[utoipa::path(
    tag = "projects",
    operation_id = "testBackend",
    params(("project_id" = ProjectId, Path, description = "The project")),
    responses((status = 200, description = "What the server said, or why there was no answer", body = BackendTest))
)]
#[post("/projects/{project_id}/backend/test")]
pub async fn test_backend(guard: Guard<InProject<Owner>>) -> ApiResult<HttpResponse> {
    let Guard { access, call, .. } = guard;
    let project = call
        .app
        .gate
        .project(access.project.id)
        .ok_or_else(ApiError::not_found)?;
    let test = match backend::target(&call.app.ring, access.project.id, &project.settings()) {
        Ok(Some(target)) => call.app.upstreams.test_connection(&target).await,
        Ok(None) => backend::memory_test(),
        Err(Unusable) => return Err(ApiError::internal("the backend's settings can't be read")),
    };
    Ok(HttpResponse::Ok().json(test))
}
