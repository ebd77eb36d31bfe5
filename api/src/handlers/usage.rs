//! Calls per hour, of a project or of one key.

use actix_web::{HttpResponse, get};
use latchkey_store::usage::{self as rows, UsageOf};
use latchkey_types::{KeyId, ProjectId, Timestamp, insight::Usage};
use serde::Deserialize;

use crate::{
    error::{ApiError, ApiResult},
    http::{Guard, InProject, OnKey, Query, access::Viewer, guard::Call},
};

/// The span that is shown if none is asked for: 7 days.
const SPAN_DEFAULT_SECONDS: i64 = 7 * 24 * 3600;
/// The longest span of one answer: 92 days, some 2,200 hours.
const SPAN_MAX_SECONDS: i64 = 92 * 24 * 3600;

/// The query of a usage report.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UsageQuery {
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

/// Show a project's calls per hour
#[utoipa::path(
    tag = "insight",
    operation_id = "showProjectUsage",
    params(
        ("project_id" = ProjectId, Path, description = "The project"),
        ("from" = Option<Timestamp>, Query, description = "The first moment counted; 7 days before `to` if absent"),
        ("to" = Option<Timestamp>, Query, description = "The first moment not counted; now if absent"),
    ),
    responses((status = 200, description = "The hours that had calls", body = Usage))
)]
#[get("/projects/{project_id}/usage")]
pub async fn show_project_usage(
    guard: Guard<InProject<Viewer>, Query<UsageQuery>>,
) -> ApiResult<HttpResponse> {
    let Guard {
        access,
        input: Query(query),
        call,
        ..
    } = guard;
    report(&call, UsageOf::Project(access.project.id), &query).await
}

/// Show a key's calls per hour
#[utoipa::path(
    tag = "insight",
    operation_id = "showKeyUsage",
    params(
        ("project_id" = ProjectId, Path, description = "The project"),
        ("key_id" = KeyId, Path, description = "The key"),
        ("from" = Option<Timestamp>, Query, description = "The first moment counted; 7 days before `to` if absent"),
        ("to" = Option<Timestamp>, Query, description = "The first moment not counted; now if absent"),
    ),
    responses((status = 200, description = "The hours that had calls", body = Usage))
)]
#[get("/projects/{project_id}/keys/{key_id}/usage")]
pub async fn show_key_usage(
    guard: Guard<OnKey<Viewer>, Query<UsageQuery>>,
) -> ApiResult<HttpResponse> {
    let Guard {
        access,
        input: Query(query),
        call,
        ..
    } = guard;
    report(&call, UsageOf::Key(access.key.id), &query).await
}

async fn report(call: &Call, scope: UsageOf, query: &UsageQuery) -> ApiResult<HttpResponse> {
    let to = query.to.unwrap_or(call.now.plus_millis(1));
    let from = query.from.unwrap_or(to.plus_seconds(-SPAN_DEFAULT_SECONDS));
    if from >= to {
        return Err(ApiError::request("#query/from", "must be earlier than to"));
    }
    if to.as_millis() - from.as_millis() > SPAN_MAX_SECONDS * 1000 {
        return Err(ApiError::request(
            "#query/from",
            "is more than 92 days before to; ask in parts",
        ));
    }
    // What the gate has counted since its last flush belongs to the report, too.
    let (gate, store, now) = (call.app.gate.clone(), call.app.store.clone(), call.now);
    let hours = call
        .app
        .block(move || {
            gate.flush(&store, now)?;
            Ok(store.read(|db| rows::list_usage(db, scope, from, to))?)
        })
        .await?;
    Ok(HttpResponse::Ok().json(Usage { from, to, hours }))
}
