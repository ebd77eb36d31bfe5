//! The keys of a project that need care.

use actix_web::{HttpResponse, get};
use latchkey_store::keys::{self as rows, KeyFilter, KeyStatusFilter};
use latchkey_types::{
    ProjectId,
    insight::HygieneItem,
    page::{HygienePage, Page as _},
};

use super::tokens::ListQuery;
use crate::{
    error::ApiResult,
    http::{Guard, InProject, Query, access::Viewer, cursor},
    hygiene,
    paging::page_query,
    view,
};

/// List the keys that need care: unused, old, expiring, seen in a URL, weakly named
///
/// Looks at `limit` keys a page, so a page can be empty and still have a next one.
#[utoipa::path(
    tag = "insight",
    operation_id = "listHygiene",
    params(
        ("project_id" = ProjectId, Path, description = "The project"),
        ("limit" = Option<u32>, Query, description = "Keys to look at, 1 to 200; 50 if absent"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses((status = 200, description = "Those of the keys looked at that need care", body = HygienePage))
)]
#[get("/projects/{project_id}/hygiene")]
pub async fn list_hygiene(
    guard: Guard<InProject<Viewer>, Query<ListQuery>>,
) -> ApiResult<HttpResponse> {
    let Guard {
        access,
        input: Query(query),
        call,
        ..
    } = guard;
    let wanted = page_query(query.limit, query.cursor.as_deref())?;
    let (project_id, now) = (access.project.id, call.now);
    let filter = KeyFilter {
        q: None,
        status: KeyStatusFilter::Active,
        environment: None,
        created_by: None,
        now,
    };
    let (rows, next) = call
        .app
        .read(move |db| Ok(rows::list_keys(db, project_id, &filter, &wanted)?))
        .await?;
    let items = rows
        .into_iter()
        .map(|row| view::key(row, &call.app.gate, now))
        .filter_map(|key| {
            let findings = hygiene::findings(&key, now);
            (!findings.is_empty()).then_some(HygieneItem { key, findings })
        })
        .collect();
    let next = next.map(|(created_at, id)| cursor::encode(created_at, &id));
    Ok(HttpResponse::Ok().json(HygienePage::of(items, next)))
}
