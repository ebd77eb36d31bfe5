//! Keys: make, list, show, change. Rotating and revoking have files of their own.

use actix_web::{HttpResponse, get, patch, post};
use latchkey_gate::Ended;
use latchkey_keys::{Secret, SecretKind};
use latchkey_store::{
    Tx,
    keys::{self as rows, KeyFilter, KeyStatusFilter, StoredKey},
    new_id,
    projects::StoredProject,
};
use latchkey_types::{
    KeyId, ProblemCode, ProjectId, UserId,
    guidance::{advise, normal_description},
    key::{CreateKeyRequest, CreatedKey, Environment, Key, UpdateKeyRequest},
    limits::{DESCRIPTION_MAX, check_line},
    page::KeyPage,
};
use serde::Deserialize;

use super::revoke::PATIENCE;
use crate::{
    app::App,
    audit,
    error::{ApiError, ApiResult},
    http::{
        ByInput, Guard, InProject, Json, OnKey, Query,
        access::{Editor, Viewer},
        etag::{IfMatch, etag},
        guard::Call,
        idempotency::{self, Made},
    },
    paging::{page, page_query},
    validate::{Checks, check_query_text},
    view,
};

/// The query of the list of keys.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyQuery {
    q: Option<String>,
    status: Option<StatusChoice>,
    environment: Option<Environment>,
    created_by: Option<UserId>,
    limit: Option<u32>,
    cursor: Option<String>,
}

/// Which keys a list holds.
#[derive(Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StatusChoice {
    /// All, revoked ones included.
    All,
    /// Those that are accepted.
    Active,
    /// Those whose time is over.
    Expired,
    /// Those that are switched off.
    Disabled,
    /// Those that are revoked.
    Revoked,
}

/// List the keys of a project
#[utoipa::path(
    tag = "keys",
    operation_id = "listKeys",
    params(
        ("project_id" = ProjectId, Path, description = "The project"),
        ("q" = Option<String>, Query, description = "Text that the description or the hint contains; case doesn't count"),
        ("status" = Option<StatusChoice>, Query, description = "Only these; all but revoked ones if absent"),
        ("environment" = Option<Environment>, Query, description = "Only of this environment"),
        ("created_by" = Option<UserId>, Query, description = "Only those that this user made"),
        ("limit" = Option<u32>, Query, description = "Rows on the page, 1 to 200; 50 if absent"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses((status = 200, description = "Newest first", body = KeyPage))
)]
#[get("/projects/{project_id}/keys")]
pub async fn list_keys(
    guard: Guard<InProject<Viewer>, Query<KeyQuery>>,
) -> ApiResult<HttpResponse> {
    let Guard {
        access,
        input: Query(query),
        call,
        ..
    } = guard;
    check_query_text("q", query.q.as_deref())?;
    let wanted = page_query(query.limit, query.cursor.as_deref())?;
    let (project_id, now) = (access.project.id, call.now);
    let status = match query.status {
        None => KeyStatusFilter::NotRevoked,
        Some(StatusChoice::All) => KeyStatusFilter::All,
        Some(StatusChoice::Active) => KeyStatusFilter::Active,
        Some(StatusChoice::Expired) => KeyStatusFilter::Expired,
        Some(StatusChoice::Disabled) => KeyStatusFilter::Disabled,
        Some(StatusChoice::Revoked) => KeyStatusFilter::Revoked,
    };
    let (rows, next) = call
        .app
        .read(move |db| {
            let filter = KeyFilter {
                q: query.q.as_deref(),
                status,
                environment: query.environment,
                created_by: query.created_by,
                now,
            };
            Ok(rows::list_keys(db, project_id, &filter, &wanted)?)
        })
        .await?;
    let gate = &call.app.gate;
    Ok(
        HttpResponse::Ok().json(page::<KeyPage, _>(rows, next, |row| {
            view::key(row, gate, now)
        })),
    )
}

/// Create a key; its secret is in this answer and never again
#[utoipa::path(
    tag = "keys",
    operation_id = "createKey",
    params(("project_id" = ProjectId, Path, description = "The project")),
    request_body = CreateKeyRequest,
    responses((status = 201, description = "The key with its secret and the endpoint URL", body = CreatedKey))
)]
#[post("/projects/{project_id}/keys")]
pub async fn create_key(
    guard: Guard<InProject<Editor>, Json<CreateKeyRequest>>,
) -> ApiResult<HttpResponse> {
    let Guard {
        access,
        input: Json { value: body, bytes },
        call,
        ..
    } = guard;
    let description = body.description.unwrap_or_default().trim().to_owned();
    Checks::default()
        .rule("/description", check_line(&description, DESCRIPTION_MAX))
        .future("/expires_at", body.expires_at, call.now)
        .done()?;
    let fresh = Fresh::new(&call)?;
    let row = rows::NewKey {
        id: new_id(),
        project_id: access.project.id,
        description,
        environment: body.environment.unwrap_or_default(),
        created_by: access.caller.user_id,
        created_at: call.now,
        expires_at: body.expires_at,
    };
    let entry = audit::by(&call, &access.caller, "key.create")
        .on(row.id)
        .within(row.project_id);
    let (app, project_id, now) = (call.app.clone(), access.project.id, call.now);
    idempotency::create(&call, &access.caller, &bytes, move |tx| {
        let project = open_project(tx, project_id)?;
        let is_duplicate =
            rows::description_exists(tx, project_id, &normal_description(&row.description), None)?;
        let advice = advise(&row.description, is_duplicate);
        let key = rows::create_key(tx, &row, &fresh.row)?;
        let entry = entry
            .with("description", &key.description)
            .with("environment", key.environment.as_str())
            .with("secret", &fresh.row.hint);
        tx.audit(&entry.done())?;
        let id = key.id;
        let created = fresh.created(&app, &project, view::key(key, &app.gate, now), advice);
        let version = Some(created.key.version);
        Ok(Made::with_secret(created, version, id))
    })
    .await
}

/// Show a key
#[utoipa::path(
    tag = "keys",
    operation_id = "showKey",
    params(
        ("project_id" = ProjectId, Path, description = "The project"),
        ("key_id" = KeyId, Path, description = "The key"),
    ),
    responses((status = 200, description = "The key, without its secret", body = Key))
)]
#[get("/projects/{project_id}/keys/{key_id}")]
pub async fn show_key(guard: Guard<OnKey<Viewer>>) -> ApiResult<HttpResponse> {
    let Guard { access, call, .. } = guard;
    Ok(answer(&call, access.key))
}

/// Change a key's description, environment or expiry, or switch it off and on
#[utoipa::path(
    tag = "keys",
    operation_id = "updateKey",
    params(
        ("project_id" = ProjectId, Path, description = "The project"),
        ("key_id" = KeyId, Path, description = "The key"),
    ),
    request_body = UpdateKeyRequest,
    responses((status = 200, description = "The key as it is now", body = Key))
)]
#[patch("/projects/{project_id}/keys/{key_id}")]
pub async fn update_key(
    guard: Guard<OnKey<Editor>, Json<UpdateKeyRequest>, ByInput>,
) -> ApiResult<HttpResponse> {
    let Guard {
        access,
        input: Json { value: body, .. },
        call,
        ..
    } = guard;
    let description = body
        .description
        .as_ref()
        .map(|text| text.as_deref().unwrap_or_default().trim().to_owned());
    let mut checks = Checks::default();
    if let Some(description) = &description {
        checks.rule("/description", check_line(description, DESCRIPTION_MAX));
    }
    checks
        .future("/expires_at", body.expires_at.flatten(), call.now)
        .done()?;
    let if_match = IfMatch::of(&call)?;
    let entry = audit::by(&call, &access.caller, "key.update")
        .on(access.key.id)
        .within(access.project.id);
    App::finish(async move {
        let (project_id, key_id, now) = (access.project.id, access.key.id, call.now);
        let disables = body.disabled == Some(true);
        let key = call
            .app
            .write(move |tx| {
                let key =
                    rows::find_key(tx, project_id, key_id)?.ok_or_else(ApiError::not_found)?;
                if_match.check(key.version)?;
                if key.revoked_at.is_some() {
                    return Err(ApiError::new(
                        ProblemCode::KeyRevoked,
                        "A revoked key stays as it is.",
                    ));
                }
                let mut entry = entry;
                let mut change = rows::KeyChange::default();
                if let Some(description) = description
                    && description != key.description
                {
                    entry = entry.with("description", &description);
                    change.description = Some(description);
                }
                if let Some(environment) = body.environment
                    && environment != key.environment
                {
                    entry = entry.with("environment", environment.as_str());
                    change.environment = Some(environment);
                }
                if let Some(expires_at) = body.expires_at
                    && expires_at != key.expires_at
                {
                    let text = expires_at.map_or("never".to_owned(), |at| at.to_string());
                    entry = entry.with("expires_at", text);
                    change.expires_at = Some(expires_at);
                }
                if let Some(disabled) = body.disabled
                    && disabled != key.disabled_at.is_some()
                {
                    entry = entry.with("disabled", disabled);
                    change.disabled_at = Some(disabled.then_some(now));
                }
                if change == rows::KeyChange::default() {
                    return Ok(key);
                }
                let key = rows::set_key(tx, key_id, &change)?;
                // So that the log can name the key.
                tx.audit(&entry.with("key", &key.description).done())?;
                Ok(key)
            })
            .await?;
        if disables {
            call.app.gate.end_calls(Ended::Key(key_id), PATIENCE).await;
        }
        Ok(answer(&call, key))
    })
    .await
}

/// A secret in the making, with all that its one answer needs.
pub(super) struct Fresh {
    secret: Secret,
    /// Its row: digest and hint only.
    pub(super) row: rows::NewSecret,
}

impl Fresh {
    /// A fresh secret.
    pub(super) fn new(call: &Call) -> ApiResult<Self> {
        let secret =
            Secret::generate(SecretKind::Key, getrandom::fill).map_err(ApiError::internal)?;
        let row = rows::NewSecret {
            id: new_id(),
            digest: call.app.ring.secret_digest(&secret),
            pepper_version: call.app.ring.pepper_version,
            hint: secret.hint(),
            created_at: call.now,
        };
        Ok(Self { secret, row })
    }

    /// The one answer that shows it.
    pub(super) fn created(
        self,
        app: &App,
        project: &StoredProject,
        key: Key,
        guidance: Vec<latchkey_types::guidance::Advice>,
    ) -> CreatedKey {
        let secret = self.secret.into_exposed();
        let endpoint_url = view::endpoint_url(&app.public_url, project.slug.as_str());
        CreatedKey {
            key,
            endpoint_url_with_key: project
                .allow_key_in_url
                .then(|| format!("{endpoint_url}?apikey={secret}")),
            endpoint_url,
            secret,
            guidance,
        }
    }
}

/// The project as it is inside this transaction, if it isn't archived.
pub(super) fn open_project(tx: &mut Tx<'_>, id: ProjectId) -> ApiResult<StoredProject> {
    let project =
        latchkey_store::projects::find_project(tx, id)?.ok_or_else(ApiError::not_found)?;
    if project.archived_at.is_some() {
        return Err(ApiError::new(
            ProblemCode::ProjectArchived,
            "The project is archived; nothing in it can be changed.",
        ));
    }
    Ok(project)
}

fn answer(call: &Call, row: StoredKey) -> HttpResponse {
    let key = view::key(row, &call.app.gate, call.now);
    HttpResponse::Ok()
        .insert_header(("etag", etag(key.version)))
        .json(key)
}
