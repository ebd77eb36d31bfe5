//! The caller's own profile and password.

use actix_web::{HttpResponse, get, patch, put};
use latchkey_store::{sessions as rows, users};
use latchkey_types::{
    ProblemCode,
    limits::check_name,
    user::{ChangePasswordRequest, UpdateMeRequest, User},
};
use zeroize::Zeroizing;

use crate::{
    app::Ending,
    audit,
    error::{ApiError, ApiResult},
    http::{
        Early, Guard, Json, Person, Presence, TakesAway,
        etag::{IfMatch, etag},
    },
    password::choice::check_choice,
    validate::Checks,
};

/// Show the caller's own profile
#[utoipa::path(
    tag = "me",
    operation_id = "showMe",
    responses((status = 200, description = "The caller", body = User))
)]
#[get("/me")]
pub async fn show_me(guard: Guard<Early<Person>>) -> ApiResult<HttpResponse> {
    let Guard {
        access: Early(access),
        call,
        ..
    } = guard;
    let user_id = access.caller.user_id;
    let user = call
        .app
        .read(move |db| Ok(users::find_user(db, user_id)?))
        .await?;
    Ok(answer(user.ok_or_else(ApiError::not_found)?.to_user()))
}

/// Change the caller's own name
#[utoipa::path(
    tag = "me",
    operation_id = "updateMe",
    request_body = UpdateMeRequest,
    responses((status = 200, description = "The caller as they are now", body = User))
)]
#[patch("/me")]
pub async fn update_me(guard: Guard<Person, Json<UpdateMeRequest>>) -> ApiResult<HttpResponse> {
    let Guard {
        access,
        input: Json { value: body, .. },
        call,
        ..
    } = guard;
    if let Some(name) = &body.name {
        Checks::default().rule("/name", check_name(name)).done()?;
    }
    let if_match = IfMatch::of(&call)?;
    let user_id = access.caller.user_id;
    let entry = audit::by(&call, &access.caller, "user.update").on(user_id);
    let user = call
        .app
        .write(move |tx| {
            let user = users::find_user(tx, user_id)?.ok_or_else(ApiError::not_found)?;
            if_match.check(user.version)?;
            let Some(name) = body.name.map(|name| name.trim().to_owned()) else {
                return Ok(user);
            };
            if name == user.name {
                return Ok(user);
            }
            let change = users::UserChange {
                name: Some(name.clone()),
                ..Default::default()
            };
            let user = users::set_user(tx, user_id, &change)?;
            tx.audit(&entry.with("name", name).done())?;
            Ok(user)
        })
        .await?;
    Ok(answer(user.to_user()))
}

/// Change the caller's own password, which ends their other sessions
#[utoipa::path(
    tag = "me",
    operation_id = "changePassword",
    request_body = ChangePasswordRequest,
    responses((status = 204, description = "Changed; every other session of the caller has ended"))
)]
#[put("/me/password")]
pub async fn change_password(
    guard: Guard<Presence, Json<ChangePasswordRequest>, TakesAway>,
) -> ApiResult<HttpResponse> {
    let Guard {
        access,
        input: Json { value: body, .. },
        call,
        ..
    } = guard;
    let app = call.app.clone();
    let user_id = access.caller.user_id;
    let user = app
        .read(move |db| Ok(users::find_user(db, user_id)?))
        .await?
        .ok_or_else(ApiError::not_found)?;
    let names = [user.name.as_str(), user.email.as_str()];
    Checks::default()
        .rule(
            "/new_password",
            check_choice(&body.new_password, &app.public_url, &names),
        )
        .done()?;
    app.throttle.account(&user_id.to_string(), call.ip)?;
    let current = Zeroizing::new(body.current_password);
    if !app
        .passwords
        .verify(&app, current, user.password_hash.clone())
        .await?
    {
        return Err(ApiError::field(
            "/current_password",
            "is not your present password",
        ));
    }
    let password_hash = app
        .passwords
        .hash(&app, Zeroizing::new(body.new_password))
        .await?;
    let entry = audit::by(&call, &access.caller, "user.change_password").on(user_id);
    let session_id = access.session_id;
    app.write_ending(move |tx| {
        let fresh = users::find_user(tx, user_id)?.ok_or_else(ApiError::not_found)?;
        if fresh.password_hash != user.password_hash {
            return Err(ApiError::new(
                ProblemCode::Conflict,
                "The password was changed just now, by another request.",
            ));
        }
        users::set_password(tx, user_id, &password_hash)?;
        let ended = rows::delete_sessions_of(tx, user_id, Some(session_id))?;
        tx.audit(&entry.with("sessions_ended", ended.len()).done())?;
        Ok(((), ended.into_iter().map(Ending::Session).collect()))
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

fn answer(user: User) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("etag", etag(user.version)))
        .json(user)
}
