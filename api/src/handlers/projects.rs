//! Projects: make, list, show, change, archive.

mod change;

use actix_web::{HttpResponse, delete, get, patch, post};
use latchkey_gate::Ended;
use latchkey_store::{
    Tx, keys, members, new_id,
    projects::{self as rows, NewProject, ProjectFilter, StoredProject},
    receipts,
};
use latchkey_types::{
    FieldError, ProjectId, Slug, Timestamp,
    limits::{NAME_MAX, PROJECT_DESCRIPTION_MAX, check_lines, check_name},
    member::Role,
    page::ProjectPage,
    project::{ArchivedProject, CreateProjectRequest, Project, UpdateProjectRequest},
    receipt::{ReceiptKind, RevokeReason},
    user::InstanceRole,
};
use serde::Deserialize;

use self::change::{change_of, check_update};
use super::{
    keys::open_project,
    revoke::{self, Pending},
};
use crate::{
    app::App,
    audit,
    error::{ApiError, ApiResult},
    http::{
        Guard, InProject, Json, Person, Query, TakesAway,
        access::{Owner, Viewer},
        etag::{IfMatch, etag},
        idempotency::{self, Made},
    },
    paging::{page, page_query},
    validate::{Checks, check_query_text},
    view,
};

/// The query of the list of projects.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectQuery {
    q: Option<String>,
    archived: Option<bool>,
    limit: Option<u32>,
    cursor: Option<String>,
}

/// List the caller's projects; an administrator sees all
#[utoipa::path(
    tag = "projects",
    operation_id = "listProjects",
    params(
        ("q" = Option<String>, Query, description = "Text that the name or the slug contains; case doesn't count"),
        ("archived" = Option<bool>, Query, description = "`true` for archived ones only; otherwise they are left out"),
        ("limit" = Option<u32>, Query, description = "Rows on the page, 1 to 200; 50 if absent"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses((status = 200, description = "Newest first", body = ProjectPage))
)]
#[get("/projects")]
pub async fn list_projects(guard: Guard<Person, Query<ProjectQuery>>) -> ApiResult<HttpResponse> {
    let Guard {
        access,
        input: Query(query),
        call,
        ..
    } = guard;
    check_query_text("q", query.q.as_deref())?;
    let wanted = page_query(query.limit, query.cursor.as_deref())?;
    let is_admin = access.caller.role == InstanceRole::Admin;
    let user_id = access.caller.user_id;
    let (rows, next) = call
        .app
        .read(move |db| {
            let filter = ProjectFilter {
                member: (!is_admin).then_some(user_id),
                q: query.q.as_deref(),
                archived: query.archived.unwrap_or(false),
            };
            Ok(rows::list_projects(db, &filter, &wanted)?)
        })
        .await?;
    let public_url = &call.app.public_url;
    Ok(
        HttpResponse::Ok().json(page::<ProjectPage, _>(rows, next, |(row, role)| {
            let role = if is_admin {
                Role::Owner
            } else {
                role.unwrap_or(Role::Viewer)
            };
            view::project(row, role, public_url)
        })),
    )
}

/// Create a project; the caller becomes its owner
#[utoipa::path(
    tag = "projects",
    operation_id = "createProject",
    request_body = CreateProjectRequest,
    responses((status = 201, description = "The project", body = Project))
)]
#[post("/projects")]
pub async fn create_project(
    guard: Guard<Person, Json<CreateProjectRequest>>,
) -> ApiResult<HttpResponse> {
    let Guard {
        access,
        input: Json { value: body, bytes },
        call,
        ..
    } = guard;
    let description = body.description.unwrap_or_default();
    Checks::default()
        .rule("/name", check_name(&body.name))
        .rule(
            "/description",
            check_lines(&description, PROJECT_DESCRIPTION_MAX),
        )
        .done()?;
    let (now, user_id) = (call.now, access.caller.user_id);
    let public_url = call.app.public_url.clone();
    let entry = audit::by(&call, &access.caller, "project.create");
    idempotency::create(&call, &access.caller, &bytes, move |tx| {
        let slug = match body.slug {
            Some(slug) => slug,
            None => project_slug(tx, &body.name)?,
        };
        let row = new_project(body.name.trim(), description.trim(), slug, now);
        let project = rows::create_project(tx, &row)?;
        members::create_member(tx, project.id, user_id, Role::Owner, now)?;
        let entry = entry
            .on(project.id)
            .within(project.id)
            .with("name", &project.name);
        tx.audit(&entry.with("slug", &project.slug).done())?;
        let version = Some(project.version);
        Ok(Made::plain(
            view::project(project, Role::Owner, &public_url),
            version,
        ))
    })
    .await
}

/// Show a project
#[utoipa::path(
    tag = "projects",
    operation_id = "showProject",
    params(("project_id" = ProjectId, Path, description = "The project")),
    responses((status = 200, description = "The project", body = Project))
)]
#[get("/projects/{project_id}")]
pub async fn show_project(guard: Guard<InProject<Viewer>>) -> ApiResult<HttpResponse> {
    let Guard { access, call, .. } = guard;
    Ok(answer(&call.app, access.project, access.role))
}

/// Change a project's settings
#[utoipa::path(
    tag = "projects",
    operation_id = "updateProject",
    params(("project_id" = ProjectId, Path, description = "The project")),
    request_body = UpdateProjectRequest,
    responses((status = 200, description = "The project as it is now", body = Project))
)]
#[patch("/projects/{project_id}")]
pub async fn update_project(
    guard: Guard<InProject<Owner>, Json<UpdateProjectRequest>>,
) -> ApiResult<HttpResponse> {
    let Guard {
        access,
        input: Json { value: body, .. },
        call,
        ..
    } = guard;
    check_update(&body, &call.app.config.upstreams.allow)?;
    let if_match = IfMatch::of(&call)?;
    let (project_id, now) = (access.project.id, call.now);
    let entry = audit::by(&call, &access.caller, "project.update")
        .on(project_id)
        .within(project_id);
    let ring = call.app.ring.clone();
    let project = call
        .app
        .write(move |tx| {
            let project = open_project(tx, project_id)?;
            if_match.check(project.version)?;
            let (change, entry) = change_of(body, &project, &ring, entry)?;
            if change == rows::ProjectChange::default() {
                return Ok(project);
            }
            let project = rows::set_project(tx, project_id, &change, now)?;
            tx.audit(&entry.done())?;
            Ok(project)
        })
        .await?;
    Ok(answer(&call.app, project, access.role))
}

/// Archive a project: all its keys are revoked from this answer on
///
/// Asking again gives the same receipts.
#[utoipa::path(
    tag = "projects",
    operation_id = "archiveProject",
    params(("project_id" = ProjectId, Path, description = "The project")),
    responses((status = 200, description = "The project and what happened to its keys", body = ArchivedProject))
)]
#[delete("/projects/{project_id}")]
pub async fn archive_project(
    guard: Guard<InProject<Owner>, (), TakesAway>,
) -> ApiResult<HttpResponse> {
    let Guard { access, call, .. } = guard;
    let entry = audit::by(&call, &access.caller, "project.archive");
    App::finish(async move {
        let (app, now) = (call.app.clone(), call.now);
        let (project_id, by) = (access.project.id, access.caller.user_id);
        let context = revoke::Context::of(&call, &access.caller);
        let (project, receipts) = app
            .write(move |tx| {
                let project =
                    rows::find_project(tx, project_id)?.ok_or_else(ApiError::not_found)?;
                if project.archived_at.is_some() {
                    // Again changes nothing in the row, but the index is told once more.
                    rows::archive_project(tx, project_id, now)?;
                    let receipts = receipts::list_archive_receipts(tx, project_id)?;
                    let found = receipts.into_iter().map(Pending::found).collect::<Vec<_>>();
                    return Ok((project, found));
                }
                let project = rows::archive_project(tx, project_id, now)?;
                let reason = RevokeReason::ProjectArchived;
                let keys = keys::revoke_project_keys(tx, project_id, by, reason, now)?;
                let rows: Vec<_> = keys
                    .into_iter()
                    .map(|key_id| receipts::StoredReceipt {
                        id: new_id(),
                        key_id,
                        project_id,
                        secret_id: None,
                        kind: ReceiptKind::Revoke,
                        reason,
                        revoked_at: now,
                        nodes_live: 1,
                        nodes_acknowledged: 1,
                        streams_closed: None,
                    })
                    .collect();
                receipts::create_receipts(tx, &rows)?;
                let entry = entry
                    .on(project_id)
                    .within(project_id)
                    .with("slug", &project.slug);
                tx.audit(&entry.with("keys_revoked", rows.len()).done())?;
                let pending = rows
                    .into_iter()
                    .map(|row| Pending::fresh(&context, row))
                    .collect();
                Ok((project, pending))
            })
            .await?;
        let targets = receipts.into_iter().map(|receipt: Pending| {
            let target = Ended::Key(receipt.key_id());
            (receipt, target)
        });
        let receipts = revoke::close_all(&app, targets.collect()).await;
        let project = view::project(project, access.role, &app.public_url);
        Ok(HttpResponse::Ok().json(ArchivedProject { project, receipts }))
    })
    .await
}

/// A slug that is free, made of a project's name.
pub(super) fn project_slug(tx: &mut Tx<'_>, name: &str) -> ApiResult<Slug> {
    let base = match Slug::from_ascii_name(&deunicode::deunicode(name)) {
        Some(slug) => slug,
        // Nothing of the name can stand in a URL: a plain word and a number will do.
        None => "mcp-project".parse().map_err(ApiError::internal)?,
    };
    if rows::find_project_by_slug(tx, base.as_str())?.is_none() {
        return Ok(base);
    }
    for number in 2..1000 {
        let slug = base.numbered(number);
        if rows::find_project_by_slug(tx, slug.as_str())?.is_none() {
            return Ok(slug);
        }
    }
    Err(ApiError::fields(vec![FieldError::new(
        "/slug",
        "choose one; those made of the name are taken",
    )]))
}

/// A new project's row.
pub(super) fn new_project(name: &str, description: &str, slug: Slug, now: Timestamp) -> NewProject {
    NewProject {
        id: new_id(),
        slug,
        name: name.chars().take(NAME_MAX).collect(),
        description: description.to_owned(),
        created_at: now,
        backend: r#"{"kind":"memory"}"#.to_owned(),
        allow_key_in_url: true,
        allowed_origins: vec!["https://claude.ai".to_owned()],
    }
}

fn answer(app: &App, row: StoredProject, role: Role) -> HttpResponse {
    let project = view::project(row, role, &app.public_url);
    HttpResponse::Ok()
        .insert_header(("etag", etag(project.version)))
        .json(project)
}
