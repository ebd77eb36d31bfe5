//! Users, for administrators.

use actix_web::{HttpResponse, get, patch, post};
use latchkey_gate::Ended;
use latchkey_keys::OpaqueToken;
use latchkey_store::{Tx, keys, links, new_id, sessions, tokens, users as rows};
use latchkey_types::{
    ProblemCode, Timestamp, UserId,
    limits::{check_email, check_name},
    page::UserPage,
    receipt::RevokeReason,
    user::{
        CreateUserRequest, CreatedUser, InstanceRole, SignInLink, UpdateUserRequest, UpdatedUser,
    },
};
use zeroize::Zeroizing;

use super::{revoke, tokens::ListQuery};
use crate::{
    app::{App, Ending},
    audit,
    error::{ApiError, ApiResult},
    http::{
        AdminPerson, ByInput, Confirmed, Guard, Json, Query,
        etag::{IfMatch, etag},
        idempotency::{self, Made},
    },
    paging::{page, page_query},
    password::choice::check_choice,
    validate::Checks,
    view,
};

/// How long a sign-in link works, in seconds: 72 hours.
pub const LINK_SECONDS: i64 = 72 * 3600;

/// List users
#[utoipa::path(
    tag = "users",
    operation_id = "listUsers",
    params(
        ("limit" = Option<u32>, Query, description = "Rows on the page, 1 to 200; 50 if absent"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses((status = 200, description = "Newest first, disabled ones included", body = UserPage))
)]
#[get("/users")]
pub async fn list_users(guard: Guard<AdminPerson, Query<ListQuery>>) -> ApiResult<HttpResponse> {
    let Guard {
        input: Query(query),
        call,
        ..
    } = guard;
    let wanted = page_query(query.limit, query.cursor.as_deref())?;
    let (rows, next) = call
        .app
        .read(move |db| Ok(rows::list_users(db, &wanted)?))
        .await?;
    Ok(HttpResponse::Ok().json(page::<UserPage, _>(rows, next, |row| row.to_user())))
}

/// Add a user; without a password the answer holds a sign-in link for them
#[utoipa::path(
    tag = "users",
    operation_id = "createUser",
    request_body = CreateUserRequest,
    responses((status = 201, description = "The new user", body = CreatedUser))
)]
#[post("/users")]
pub async fn create_user(
    guard: Guard<Confirmed<AdminPerson>, Json<CreateUserRequest>>,
) -> ApiResult<HttpResponse> {
    let Guard {
        access: Confirmed(access),
        input: Json { value: body, bytes },
        call,
        ..
    } = guard;
    let app = call.app.clone();
    let mut checks = Checks::default();
    checks
        .rule("/name", check_name(&body.name))
        .rule("/email", check_email(body.email.trim()));
    if let Some(password) = &body.password {
        let names = [body.name.as_str(), body.email.as_str()];
        checks.rule("/password", check_choice(password, &app.public_url, &names));
    }
    checks.done()?;
    let password_hash = match body.password {
        Some(password) => Some(app.passwords.hash(&app, Zeroizing::new(password)).await?),
        None => None,
    };
    let link = match password_hash {
        Some(_) => None,
        None => Some(Link::new(&app, call.now)?),
    };
    let row = rows::NewUser {
        id: new_id(),
        name: body.name.trim().to_owned(),
        email: body.email.trim().to_owned(),
        password_hash,
        role: body.role,
        created_at: call.now,
    };
    let entry = audit::by(&call, &access.caller, "user.create")
        .on(row.id)
        .with("name", &row.name)
        .with("email", &row.email);
    idempotency::create(&call, &access.caller, &bytes, move |tx| {
        let user = rows::create_user(tx, &row)?;
        tx.audit(&entry.done())?;
        let (id, version) = (user.id, Some(user.version));
        let user = user.to_user();
        Ok(match link {
            None => Made::plain(
                CreatedUser {
                    user,
                    sign_in_url: None,
                },
                version,
            ),
            Some(link) => {
                link.write(tx, id)?;
                let body = CreatedUser {
                    user,
                    sign_in_url: Some(link.url),
                };
                Made::with_secret(body, version, id)
            }
        })
    })
    .await
}

/// Change a user; disabling ends their sessions and tokens at once and answers the keys they made
#[utoipa::path(
    tag = "users",
    operation_id = "updateUser",
    params(("user_id" = UserId, Path, description = "The user")),
    request_body = UpdateUserRequest,
    responses((status = 200, description = "The user as they are now", body = UpdatedUser))
)]
#[patch("/users/{user_id}")]
pub async fn update_user(
    guard: Guard<Confirmed<AdminPerson>, Json<UpdateUserRequest>, ByInput>,
) -> ApiResult<HttpResponse> {
    let Guard {
        access: Confirmed(access),
        input: Json { value: body, .. },
        call,
        ..
    } = guard;
    let user_id: UserId = call.path_id("user_id")?;
    let mut checks = Checks::default();
    if let Some(name) = &body.name {
        checks.rule("/name", check_name(name));
    }
    if body.revoke_keys.is_some() && body.disabled != Some(true) {
        checks.rule(
            "/revoke_keys",
            Err("goes together with disabled: true".to_owned()),
        );
    }
    checks.done()?;
    let if_match = IfMatch::of(&call)?;
    let entry = audit::by(&call, &access.caller, "user.update").on(user_id);
    let revoked_by = access.caller.clone();
    App::finish(async move {
        let (app, now) = (call.app.clone(), call.now);
        let write_call = revoke::Context::of(&call, &revoked_by);
        let (user, keys, receipts) = app
            .write(move |tx| {
                let user = rows::find_user(tx, user_id)?.ok_or_else(ApiError::not_found)?;
                if_match.check(user.version)?;
                let (change, entry) = change_of(&body, &user, now, entry);
                let loses_admin = change.role == Some(InstanceRole::Member)
                    || matches!(change.disabled_at, Some(Some(_)));
                if loses_admin
                    && user.role == InstanceRole::Admin
                    && user.disabled_at.is_none()
                    && rows::count_active_admins(tx)? <= 1
                {
                    return Err(ApiError::new(
                        ProblemCode::LastAdmin,
                        "Nobody could manage users any more.",
                    ));
                }
                let is_changed = change != rows::UserChange::default();
                let user = if is_changed {
                    rows::set_user(tx, user_id, &change)?
                } else {
                    user
                };
                let mut keys = Vec::new();
                let mut receipts = Vec::new();
                if body.disabled == Some(true) {
                    sessions::delete_sessions_of(tx, user_id, None)?;
                    tokens::revoke_tokens_of(tx, user_id, now)?;
                    links::delete_links_of(tx, user_id)?;
                    keys = keys::list_live_keys_made_by(tx, user_id)?;
                    if body.revoke_keys == Some(true) {
                        for key in &keys {
                            receipts.push(revoke::revoke_in(
                                tx,
                                &write_call,
                                key,
                                RevokeReason::UserDisabled,
                            )?);
                        }
                        keys = keys
                            .iter()
                            .map(|key| keys::find_key(tx, key.project_id, key.id))
                            .collect::<Result<Vec<_>, _>>()?
                            .into_iter()
                            .flatten()
                            .collect();
                    }
                }
                if is_changed || !receipts.is_empty() {
                    tx.audit(&entry.done())?;
                }
                Ok((user, keys, receipts))
            })
            .await?;
        if user.disabled_at.is_some() {
            app.ended(Ending::User(user_id));
        }
        let targets = receipts.into_iter().map(|receipt| {
            let target = Ended::Key(receipt.key_id());
            (receipt, target)
        });
        let closed = revoke::close_all(&app, targets.collect()).await;
        let version = user.version;
        let answer = UpdatedUser {
            user: user.to_user(),
            keys: keys
                .into_iter()
                .map(|key| view::key(key, &app.gate, now))
                .collect(),
            receipts: closed,
        };
        Ok(HttpResponse::Ok()
            .insert_header(("etag", etag(version)))
            .json(answer))
    })
    .await
}

/// Make a sign-in link for a user who has no password yet or forgot it
#[utoipa::path(
    tag = "users",
    operation_id = "createSignInLink",
    params(("user_id" = UserId, Path, description = "The user")),
    responses((status = 201, description = "The link; earlier ones stop working", body = SignInLink))
)]
#[post("/users/{user_id}/sign-in-link")]
pub async fn create_sign_in_link(guard: Guard<Confirmed<AdminPerson>>) -> ApiResult<HttpResponse> {
    let Guard {
        access: Confirmed(access),
        call,
        ..
    } = guard;
    let user_id: UserId = call.path_id("user_id")?;
    let link = Link::new(&call.app, call.now)?;
    let entry = audit::by(&call, &access.caller, "user.create_sign_in_link").on(user_id);
    idempotency::create(
        &call,
        &access.caller,
        &actix_web::web::Bytes::new(),
        move |tx| {
            let user = rows::find_user(tx, user_id)?.ok_or_else(ApiError::not_found)?;
            if user.disabled_at.is_some() {
                return Err(ApiError::new(
                    ProblemCode::Conflict,
                    "This user is disabled. Let them in again first.",
                ));
            }
            link.write(tx, user_id)?;
            tx.audit(&entry.with("email", user.email).done())?;
            let body = SignInLink {
                sign_in_url: link.url,
                expires_at: link.expires_at,
            };
            Ok(Made::with_secret(body, None, user_id))
        },
    )
    .await
}

/// A sign-in link in the making.
pub struct Link {
    /// The link; its token stands behind the `#`, which browsers don't send to any server.
    pub url: String,
    /// When it stops working.
    pub expires_at: Timestamp,
    created_at: Timestamp,
    digest: latchkey_keys::Digest,
}

impl Link {
    /// A fresh link.
    ///
    /// # Errors
    /// 500 when the system has no randomness.
    pub fn new(app: &App, now: Timestamp) -> ApiResult<Self> {
        Self::with(&app.ring, &app.public_url, now)
    }

    /// The same, outside a server.
    ///
    /// # Errors
    /// 500 when the system has no randomness.
    pub fn with(
        ring: &latchkey_keys::KeyRing,
        public_url: &str,
        now: Timestamp,
    ) -> ApiResult<Self> {
        let token = OpaqueToken::generate(getrandom::fill).map_err(ApiError::internal)?;
        Ok(Self {
            url: format!("{public_url}/claim#token={}", token.expose()),
            created_at: now,
            expires_at: now.plus_seconds(LINK_SECONDS),
            digest: ring.link.digest(token.expose().as_bytes()),
        })
    }

    /// Writes its row; earlier links of this user stop working.
    ///
    /// # Errors
    /// When the database can't be written.
    pub fn write(&self, tx: &mut Tx<'_>, user_id: UserId) -> ApiResult<()> {
        links::create_sign_in_link(tx, &self.digest, user_id, self.created_at, self.expires_at)?;
        Ok(())
    }
}

/// What really changes, and the event that says so.
fn change_of(
    body: &UpdateUserRequest,
    user: &rows::StoredUser,
    now: Timestamp,
    mut entry: audit::Entry,
) -> (rows::UserChange, audit::Entry) {
    let mut change = rows::UserChange::default();
    if let Some(name) = body.name.as_deref().map(str::trim)
        && name != user.name
    {
        change.name = Some(name.to_owned());
        entry = entry.with("name", name);
    }
    if let Some(role) = body.role
        && role != user.role
    {
        change.role = Some(role);
        let word = if role == InstanceRole::Admin {
            "admin"
        } else {
            "member"
        };
        entry = entry.with("role", word);
    }
    if let Some(disabled) = body.disabled
        && disabled != user.disabled_at.is_some()
    {
        change.disabled_at = Some(disabled.then_some(now));
        entry = entry.with("disabled", disabled);
    }
    (change, entry)
}
