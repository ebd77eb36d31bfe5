//! The audit log, as pages of JSON or whole as NDJSON or CSV.

use std::sync::Arc;

use actix_web::{HttpResponse, get, web::Bytes};
use futures_util::stream;
use latchkey_store::audit::{self as rows, EventFilter};
use latchkey_types::{
    FieldError, ProblemCode, ProjectId, Timestamp,
    audit::AuditEvent,
    page::{AuditPage, Page as _},
};
use serde::Deserialize;

use crate::{
    error::{ApiError, ApiResult},
    http::{AdminReader, Costly, Guard, InProject, Query, access::Editor, cursor, guard::Call},
    paging::check_limit,
    validate::check_query_text,
};

/// Rows fetched at a time for an export.
const BATCH: u32 = 500;

/// The query of the audit log.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditQuery {
    actor: Option<String>,
    action: Option<String>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    format: Option<Format>,
    limit: Option<u32>,
    cursor: Option<String>,
}

/// How the log is written.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// A page of JSON.
    #[default]
    Json,
    /// Everything, one JSON object a line.
    Ndjson,
    /// Everything, as a table.
    Csv,
}

/// List what was done on the whole instance
#[utoipa::path(
    tag = "insight",
    operation_id = "listAudit",
    params(
        ("actor" = Option<String>, Query, description = "Only what this user or token (id) did"),
        ("action" = Option<String>, Query, description = "Only this action, such as `key.revoke`"),
        ("from" = Option<Timestamp>, Query, description = "Only from this moment on"),
        ("to" = Option<Timestamp>, Query, description = "Only before this moment"),
        ("format" = Option<Format>, Query, description = "`json` for a page; `ndjson` or `csv` for all of it, whatever `limit` and `cursor`"),
        ("limit" = Option<u32>, Query, description = "Rows on the page, 1 to 200; 50 if absent"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses((status = 200, description = "Newest first", body = AuditPage))
)]
#[get("/audit")]
pub async fn list_audit(
    guard: Guard<AdminReader, Query<AuditQuery>, Costly>,
) -> ApiResult<HttpResponse> {
    let Guard {
        input: Query(query),
        call,
        ..
    } = guard;
    answer(&call, None, query).await
}

/// List what was done in a project
#[utoipa::path(
    tag = "insight",
    operation_id = "listProjectAudit",
    params(
        ("project_id" = ProjectId, Path, description = "The project"),
        ("actor" = Option<String>, Query, description = "Only what this user or token (id) did"),
        ("action" = Option<String>, Query, description = "Only this action, such as `key.revoke`"),
        ("from" = Option<Timestamp>, Query, description = "Only from this moment on"),
        ("to" = Option<Timestamp>, Query, description = "Only before this moment"),
        ("format" = Option<Format>, Query, description = "`json` for a page; `ndjson` or `csv` for all of it, whatever `limit` and `cursor`"),
        ("limit" = Option<u32>, Query, description = "Rows on the page, 1 to 200; 50 if absent"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses((status = 200, description = "Newest first", body = AuditPage))
)]
#[get("/projects/{project_id}/audit")]
pub async fn list_project_audit(
    guard: Guard<InProject<Editor>, Query<AuditQuery>, Costly>,
) -> ApiResult<HttpResponse> {
    let Guard {
        access,
        input: Query(query),
        call,
        ..
    } = guard;
    answer(&call, Some(access.project.id), query).await
}

async fn answer(
    call: &Call,
    project: Option<ProjectId>,
    query: AuditQuery,
) -> ApiResult<HttpResponse> {
    check_query_text("actor", query.actor.as_deref())?;
    check_query_text("action", query.action.as_deref())?;
    // Of an export too, which has no pages: a wrong value is a mistake of the caller, whatever is done with it.
    let limit = check_limit(query.limit)?;
    let before = query.cursor.as_deref().map(sequence).transpose()?;
    let filter = Arc::new(Filter {
        project,
        actor: query.actor,
        action: query.action,
        from: query.from,
        to: query.to,
    });
    match query.format.unwrap_or_default() {
        Format::Json => {
            let (events, next) = batch(call, &filter, before, limit).await?;
            let next = next.map(|sequence| cursor::encode(sequence, "s"));
            Ok(HttpResponse::Ok().json(AuditPage::of(events, next)))
        }
        format => {
            let (content_type, name) = match format {
                Format::Csv => ("text/csv; charset=utf-8", "audit.csv"),
                _ => ("application/x-ndjson", "audit.ndjson"),
            };
            // The first batch is read before the answer begins: a database that is gone is still a 503.
            let first = batch(call, &filter, None, BATCH).await?;
            let state = Some((call.clone(), filter, first, true));
            let body = stream::unfold(state, move |state| async move {
                let (call, filter, (events, more), is_first) = state?;
                let text = match write(format, &events, is_first) {
                    Ok(text) => text,
                    Err(error) => return Some((Err(error), None)),
                };
                let next = match more {
                    Some(before) => match batch(&call, &filter, Some(before), BATCH).await {
                        Ok(events) => Some((call, filter, events, false)),
                        // Breaking off tells the reader that it is not all.
                        Err(error) => return Some((Err(error), None)),
                    },
                    None => None,
                };
                Some((Ok(Bytes::from(text)), next))
            });
            Ok(HttpResponse::Ok()
                .content_type(content_type)
                .insert_header((
                    "content-disposition",
                    format!("attachment; filename=\"{name}\""),
                ))
                .streaming::<_, ApiError>(body))
        }
    }
}

/// What is asked for, owned by the whole export.
struct Filter {
    project: Option<ProjectId>,
    actor: Option<String>,
    action: Option<String>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

async fn batch(
    call: &Call,
    filter: &Arc<Filter>,
    before: Option<i64>,
    limit: u32,
) -> ApiResult<(Vec<AuditEvent>, Option<i64>)> {
    let filter = Arc::clone(filter);
    call.app
        .read(move |db| {
            let wanted = EventFilter {
                project: filter.project,
                actor: filter.actor.as_deref(),
                action: filter.action.as_deref(),
                from: filter.from,
                to: filter.to,
            };
            Ok(rows::list_events(db, &wanted, before, limit)?)
        })
        .await
}

fn sequence(text: &str) -> ApiResult<i64> {
    match cursor::decode(text)? {
        (sequence, mark) if mark == "s" => Ok(sequence),
        _ => Err(ApiError::with_errors(
            ProblemCode::InvalidCursor,
            vec![FieldError::new("#query/cursor", "is one of another list")],
        )),
    }
}

fn write(format: Format, events: &[AuditEvent], is_first: bool) -> ApiResult<Vec<u8>> {
    if format == Format::Csv {
        return csv(events, is_first);
    }
    let mut text = Vec::new();
    for event in events {
        serde_json::to_writer(&mut text, event).map_err(ApiError::internal)?;
        text.push(b'\n');
    }
    Ok(text)
}

fn csv(events: &[AuditEvent], with_head: bool) -> ApiResult<Vec<u8>> {
    let mut table = csv::Writer::from_writer(Vec::new());
    if with_head {
        let head = [
            "sequence",
            "at",
            "actor_kind",
            "actor_id",
            "actor_name",
            "action",
            "target",
            "project_id",
            "details",
            "ip",
            "id",
        ];
        table.write_record(head).map_err(ApiError::internal)?;
    }
    for event in events {
        let kind = serde_json::to_value(event.actor.kind).map_err(ApiError::internal)?;
        let details = serde_json::to_string(&event.details).map_err(ApiError::internal)?;
        let row = [
            event.sequence.to_string(),
            event.at.to_string(),
            kind.as_str().unwrap_or_default().to_owned(),
            event.actor.id.clone().unwrap_or_default(),
            inert(&event.actor.name),
            event.action.clone(),
            event.target.clone().unwrap_or_default(),
            event
                .project_id
                .map(|id| id.to_string())
                .unwrap_or_default(),
            inert(&details),
            event.ip.clone().unwrap_or_default(),
            event.id.to_string(),
        ];
        table.write_record(row).map_err(ApiError::internal)?;
    }
    table.into_inner().map_err(ApiError::internal)
}

/// Text that no spreadsheet takes for a formula (OWASP CSV Injection).
fn inert(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_made_inert() {
        assert_eq!(inert("=1+1"), "'=1+1");
        assert_eq!(inert("Ada"), "Ada");
    }
}
