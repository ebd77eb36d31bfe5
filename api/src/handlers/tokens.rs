//! The caller's own management tokens.

use actix_web::{HttpResponse, delete, get, post};
use latchkey_keys::{Secret, SecretKind};
use latchkey_store::{new_id, tokens as rows};
use latchkey_types::{
    FieldError, TokenId,
    limits::check_name,
    page::TokenPage,
    token::{CreateTokenRequest, CreatedToken, Permission},
};
use serde::Deserialize;

use crate::{
    app::Ending,
    audit,
    error::{ApiError, ApiResult},
    http::{
        Confirmed, Guard, Json, Presence, Query, TakesAway,
        idempotency::{self, Made},
    },
    paging::{page, page_query},
    validate::Checks,
};

/// The query of a plain list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    pub(super) limit: Option<u32>,
    pub(super) cursor: Option<String>,
}

/// List the caller's management tokens
#[utoipa::path(
    tag = "me",
    operation_id = "listTokens",
    params(
        ("limit" = Option<u32>, Query, description = "Rows on the page, 1 to 200; 50 if absent"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses((status = 200, description = "Newest first, revoked ones included", body = TokenPage))
)]
#[get("/me/tokens")]
pub async fn list_tokens(guard: Guard<Presence, Query<ListQuery>>) -> ApiResult<HttpResponse> {
    let Guard {
        access,
        input: Query(query),
        call,
        ..
    } = guard;
    let wanted = page_query(query.limit, query.cursor.as_deref())?;
    let user_id = access.caller.user_id;
    let (rows, next) = call
        .app
        .read(move |db| Ok(rows::list_tokens(db, user_id, &wanted)?))
        .await?;
    Ok(HttpResponse::Ok().json(page::<TokenPage, _>(rows, next, |row| row.to_token())))
}

/// Create a management token; its secret is in this answer and never again
#[utoipa::path(
    tag = "me",
    operation_id = "createToken",
    request_body = CreateTokenRequest,
    responses((status = 201, description = "The token with its secret", body = CreatedToken))
)]
#[post("/me/tokens")]
pub async fn create_token(
    guard: Guard<Confirmed<Presence>, Json<CreateTokenRequest>>,
) -> ApiResult<HttpResponse> {
    let Guard {
        access: Confirmed(access),
        input: Json { value: body, bytes },
        call,
        ..
    } = guard;
    Checks::default()
        .rule("/name", check_name(&body.name))
        .future("/expires_at", body.expires_at, call.now)
        .done()?;
    let mut permissions = body.permissions;
    permissions.sort_unstable();
    permissions.dedup();
    if permissions.is_empty() {
        let known = "is empty; name at least one of manage, read, verify";
        return Err(ApiError::fields(vec![FieldError::new(
            "/permissions",
            known,
        )]));
    }
    let secret =
        Secret::generate(SecretKind::Token, getrandom::fill).map_err(ApiError::internal)?;
    let row = rows::NewToken {
        id: new_id(),
        user_id: access.caller.user_id,
        name: body.name.trim().to_owned(),
        digest: call.app.ring.secret_digest(&secret),
        pepper_version: call.app.ring.pepper_version,
        hint: secret.hint(),
        permissions,
        created_at: call.now,
        expires_at: body.expires_at,
    };
    let entry = audit::by(&call, &access.caller, "token.create")
        .on(row.id)
        .with("name", &row.name)
        .with("hint", &row.hint)
        .with("permissions", words(&row.permissions));
    idempotency::create(&call, &access.caller, &bytes, move |tx| {
        let token = rows::create_token(tx, &row)?;
        tx.audit(&entry.done())?;
        let id = token.id;
        let body = CreatedToken {
            token: token.to_token(),
            secret: secret.into_exposed(),
        };
        Ok(Made::with_secret(body, None, id))
    })
    .await
}

/// Revoke one of the caller's management tokens
#[utoipa::path(
    tag = "me",
    operation_id = "revokeToken",
    params(("token_id" = TokenId, Path, description = "The token")),
    responses((status = 204, description = "It is not accepted any more"))
)]
#[delete("/me/tokens/{token_id}")]
pub async fn revoke_token(guard: Guard<Presence, (), TakesAway>) -> ApiResult<HttpResponse> {
    let Guard { access, call, .. } = guard;
    let token_id: TokenId = call.path_id("token_id")?;
    let (user_id, now) = (access.caller.user_id, call.now);
    let entry = audit::by(&call, &access.caller, "token.revoke").on(token_id);
    call.app
        .write_ending(move |tx| {
            let token = rows::find_token(tx, user_id, token_id)?.ok_or_else(ApiError::not_found)?;
            if token.revoked_at.is_none() {
                rows::revoke_token(tx, user_id, token_id, now)?;
                tx.audit(&entry.with("name", token.name).done())?;
            }
            Ok(((), vec![Ending::Token(token_id)]))
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

pub(crate) fn words(permissions: &[Permission]) -> String {
    let words: Vec<&str> = permissions
        .iter()
        .map(|permission| match permission {
            Permission::Manage => "manage",
            Permission::Read => "read",
            Permission::Verify => "verify",
        })
        .collect();
    words.join(", ")
}
