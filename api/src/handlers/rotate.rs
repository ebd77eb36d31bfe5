//! Rotating: a new secret of the same key, the old one retires after an overlap.

use actix_web::{HttpResponse, post};
use latchkey_gate::Ended;
use latchkey_store::keys as rows;
use latchkey_types::{
    KeyId, ProblemCode, ProjectId,
    guidance::{advise, normal_description},
    key::{CreatedKey, KeyStatus, RotateKeyRequest},
    limits::{OVERLAP_DEFAULT_SECONDS, OVERLAP_MAX_SECONDS},
};

use super::{
    keys::{Fresh, open_project},
    revoke::PATIENCE,
};
use crate::{
    app::App,
    audit,
    error::{ApiError, ApiResult},
    http::{
        Guard, JsonOrEmpty, OnKey,
        access::Editor,
        idempotency::{self, Made},
    },
    view,
};

/// Rotate a key: a new secret, in this answer and never again; the old one works until the overlap ends
#[utoipa::path(
    tag = "keys",
    operation_id = "rotateKey",
    params(
        ("project_id" = ProjectId, Path, description = "The project"),
        ("key_id" = KeyId, Path, description = "The key"),
    ),
    request_body(content = Option<RotateKeyRequest>),
    responses((status = 201, description = "The same key with its new secret", body = CreatedKey))
)]
#[post("/projects/{project_id}/keys/{key_id}/rotate")]
pub async fn rotate_key(
    guard: Guard<OnKey<Editor>, JsonOrEmpty<RotateKeyRequest>>,
) -> ApiResult<HttpResponse> {
    let Guard {
        access,
        input: JsonOrEmpty { value: body, bytes },
        call,
        ..
    } = guard;
    let overlap_seconds = body.overlap_seconds.unwrap_or(OVERLAP_DEFAULT_SECONDS);
    if !(0..=OVERLAP_MAX_SECONDS).contains(&overlap_seconds) {
        return Err(ApiError::field(
            "/overlap_seconds",
            format!("must be 0 (the old secret ends now) to {OVERLAP_MAX_SECONDS} (7 days)"),
        ));
    }
    let fresh = Fresh::new(&call)?;
    let entry = audit::by(&call, &access.caller, "key.rotate")
        .on(access.key.id)
        .within(access.project.id)
        .with("overlap_seconds", overlap_seconds);
    App::finish(async move {
        let (app, now) = (call.app.clone(), call.now);
        let (project_id, key_id) = (access.project.id, access.key.id);
        let response = idempotency::create(&call, &access.caller, &bytes, move |tx| {
            let project = open_project(tx, project_id)?;
            let key = rows::find_key(tx, project_id, key_id)?.ok_or_else(ApiError::not_found)?;
            check_rotatable(&key, now)?;
            // A rotation never makes the old secret live longer than the key.
            let overlap_end = now.plus_seconds(overlap_seconds);
            let retires_at = key
                .expires_at
                .map_or(overlap_end, |expires| overlap_end.min(expires));
            let key = rows::add_secret(tx, key_id, &fresh.row, retires_at)?;
            let entry = entry
                .with("description", &key.description)
                .with("secret", &fresh.row.hint);
            tx.audit(&entry.done())?;
            let normal = normal_description(&key.description);
            let is_duplicate = rows::description_exists(tx, project_id, &normal, Some(key_id))?;
            let advice = advise(&key.description, is_duplicate);
            let created = fresh.created(&app, &project, view::key(key, &app.gate, now), advice);
            let version = Some(created.key.version);
            Ok(Made::with_secret(created, version, key_id))
        })
        .await?;
        if overlap_seconds == 0 {
            let key = call
                .app
                .read(move |db| Ok(rows::find_key(db, project_id, key_id)?))
                .await?;
            for secret in key.iter().flat_map(|key| key.secrets.iter().skip(1)) {
                call.app
                    .gate
                    .end_calls(Ended::Secret(key_id, secret.id), PATIENCE)
                    .await;
            }
        }
        Ok(response)
    })
    .await
}

fn check_rotatable(key: &rows::StoredKey, now: latchkey_types::Timestamp) -> ApiResult<()> {
    let status = latchkey_keys::verdict::status(
        key.revoked_at.is_some(),
        // A disabled key may be rotated; whether it has expired counts all the same.
        false,
        key.expires_at,
        now,
    );
    match status {
        KeyStatus::Revoked => {
            return Err(ApiError::new(
                ProblemCode::KeyRevoked,
                "A revoked key has no new secrets.",
            ));
        }
        KeyStatus::Expired => {
            return Err(ApiError::new(
                ProblemCode::KeyExpired,
                "The key has expired; give it a later expiry first.",
            ));
        }
        KeyStatus::Active | KeyStatus::Disabled => {}
    }
    let live = key
        .secrets
        .iter()
        .filter(|secret| secret.ends_at().is_none_or(|ends| ends > now));
    if live.count() > 1 {
        return Err(ApiError::new(
            ProblemCode::RotationInProgress,
            "The old secret of the last rotation still works. End that overlap first.",
        ));
    }
    Ok(())
}
