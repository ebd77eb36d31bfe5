//! What a project's memory server has stored: look and delete. Only keys write, through the endpoint.

use actix_web::{HttpResponse, delete, get};
use latchkey_store::memories as rows;
use latchkey_types::{MemoryId, ProjectId, page::MemoryPage};
use serde::Deserialize;

use crate::{
    audit,
    error::{ApiError, ApiResult},
    http::{
        Guard, InProject, Query,
        access::{Editor, Viewer},
    },
    paging::{page, page_query},
    validate::check_query_text,
};

/// The query of the list of memories.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemoryQuery {
    q: Option<String>,
    limit: Option<u32>,
    cursor: Option<String>,
}

/// List what a project's memory server has stored
#[utoipa::path(
    tag = "memories",
    operation_id = "listMemories",
    params(
        ("project_id" = ProjectId, Path, description = "The project"),
        ("q" = Option<String>, Query, description = "Words that the text or the tags contain, all of them; the beginning of a word is enough, case and accents don't count"),
        ("limit" = Option<u32>, Query, description = "Rows on the page, 1 to 200; 50 if absent"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses((status = 200, description = "Newest first", body = MemoryPage))
)]
#[get("/projects/{project_id}/memories")]
pub async fn list_memories(
    guard: Guard<InProject<Viewer>, Query<MemoryQuery>>,
) -> ApiResult<HttpResponse> {
    let Guard {
        access,
        input: Query(query),
        call,
        ..
    } = guard;
    check_query_text("q", query.q.as_deref())?;
    let wanted = page_query(query.limit, query.cursor.as_deref())?;
    let project_id = access.project.id;
    let (rows, next) = call
        .app
        .read(move |db| {
            // An empty search box searches for nothing.
            let q = query.q.as_deref().filter(|q| !q.trim().is_empty());
            Ok(rows::list_memories(db, project_id, q, &wanted)?)
        })
        .await?;
    let page = page::<MemoryPage, _>(rows, next, |row| row.to_memory());
    Ok(HttpResponse::Ok().json(page))
}

/// Delete a memory
///
/// Also in an archived project: what should not be kept can always be deleted.
#[utoipa::path(
    tag = "memories",
    operation_id = "deleteMemory",
    params(
        ("project_id" = ProjectId, Path, description = "The project"),
        ("memory_id" = MemoryId, Path, description = "The memory"),
    ),
    responses((status = 204, description = "It is deleted for good"))
)]
#[delete("/projects/{project_id}/memories/{memory_id}")]
pub async fn delete_memory(guard: Guard<InProject<Editor>>) -> ApiResult<HttpResponse> {
    let Guard { access, call, .. } = guard;
    let memory_id: MemoryId = call.path_id("memory_id")?;
    let project_id = access.project.id;
    // Never its text: the log outlives what was deleted.
    let entry = audit::by(&call, &access.caller, "memory.delete")
        .on(memory_id)
        .within(project_id);
    call.app
        .write(move |tx| {
            let memory =
                rows::find_memory(tx, project_id, memory_id)?.ok_or_else(ApiError::not_found)?;
            rows::delete_memory(tx, project_id, memory_id)?;
            tx.audit(&entry.with("key_id", memory.key.id).done())?;
            Ok(())
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
