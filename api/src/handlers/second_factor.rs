//! The second factor at sign-in: begun, turned on and off by its person, reset by an administrator.

use actix_web::{HttpResponse, delete, post};
use latchkey_store::{second_factors as rows, sessions, users};
use latchkey_types::{
    ProblemCode, UserId,
    second_factor::{BegunSecondFactor, CodeRequest, RecoveryCodes},
};

use crate::{
    app::Ending,
    audit,
    error::{ApiError, ApiResult},
    http::{AdminPerson, Confirmed, Early, Guard, Json, Presence},
    second_factor::{self, Beginning, Codes},
};

/// Begin a second factor: get the secret for an authenticator app
///
/// Signing in doesn't ask for it before it is confirmed. Beginning again replaces what was begun.
#[utoipa::path(
    tag = "me",
    operation_id = "beginSecondFactor",
    responses((status = 201, description = "What the app needs; shown in this answer alone", body = BegunSecondFactor))
)]
#[post("/me/second-factor")]
pub async fn begin_second_factor(
    guard: Guard<Early<Confirmed<Presence>>>,
) -> ApiResult<HttpResponse> {
    let Guard {
        access: Early(Confirmed(access)),
        call,
        ..
    } = guard;
    let (user_id, now) = (access.caller.user_id, call.now);
    let app = call.app.clone();
    let shown = app
        .clone()
        .write(move |tx| {
            let user = users::find_user(tx, user_id)?.ok_or_else(ApiError::not_found)?;
            if user.has_second_factor {
                return Err(on_already());
            }
            let beginning = Beginning::new(&app.ring, &user, &app.public_url)?;
            rows::create_second_factor(tx, user_id, &beginning.sealed_secret, now)?;
            Ok(beginning.shown)
        })
        .await?;
    Ok(HttpResponse::Created().json(shown))
}

/// Turn the second factor on with a first code, which ends the caller's other sessions
#[utoipa::path(
    tag = "me",
    operation_id = "confirmSecondFactor",
    request_body = CodeRequest,
    responses((status = 200, description = "It is on; the recovery codes are shown in this answer alone", body = RecoveryCodes))
)]
#[post("/me/second-factor/confirm")]
pub async fn confirm_second_factor(
    guard: Guard<Early<Presence>, Json<CodeRequest>>,
) -> ApiResult<HttpResponse> {
    let Guard {
        access: Early(access),
        input: Json { value: body, .. },
        call,
        ..
    } = guard;
    let app = call.app.clone();
    let (user_id, session_id, now) = (access.caller.user_id, access.session_id, call.now);
    app.throttle.account(&user_id.to_string(), call.ip)?;
    app.throttle.code(user_id)?;
    let codes = Codes::new(&app.ring, user_id)?;
    let entry = audit::by(&call, &access.caller, "second_factor.confirm").on(user_id);
    let ring = app.ring.clone();
    let digests = codes.digests;
    app.write_ending(move |tx| {
        let user = users::find_user(tx, user_id)?.ok_or_else(ApiError::not_found)?;
        if user.has_second_factor {
            return Err(on_already());
        }
        if rows::find_second_factor(tx, user_id)?.is_none() {
            return Err(ApiError::new(
                ProblemCode::Conflict,
                "No second factor was begun. Begin one first.",
            ));
        }
        second_factor::take_from_app(tx, &ring, user_id, &body.code, now)?;
        rows::confirm_second_factor(tx, user_id, &digests, now)?;
        // Who signed in with the password alone has to do it again with both.
        let ended = sessions::delete_sessions_of(tx, user_id, Some(session_id))?;
        tx.audit(&entry.with("sessions_ended", ended.len()).done())?;
        Ok(((), ended.into_iter().map(Ending::Session).collect()))
    })
    .await?;
    Ok(HttpResponse::Ok().json(codes.shown))
}

/// Turn the second factor off
///
/// Takes a code of the app or a recovery code: a session alone, left open somewhere, doesn't do it.
#[utoipa::path(
    tag = "me",
    operation_id = "endSecondFactor",
    request_body = CodeRequest,
    responses((status = 204, description = "It is off, and its recovery codes are gone"))
)]
#[delete("/me/second-factor")]
pub async fn end_second_factor(
    // Who may: another access here would ask for more than a session, in the place of the code below.
    guard: Guard<Presence, Json<CodeRequest>>,
) -> ApiResult<HttpResponse> {
    let Guard {
        access,
        input: Json { value: body, .. },
        call,
        ..
    } = guard;
    let app = call.app.clone();
    let (user_id, now) = (access.caller.user_id, call.now);
    app.throttle.account(&user_id.to_string(), call.ip)?;
    app.throttle.code(user_id)?;
    let entry = audit::by(&call, &access.caller, "second_factor.end").on(user_id);
    let ring = app.ring.clone();
    app.write(move |tx| {
        let user = users::find_user(tx, user_id)?.ok_or_else(ApiError::not_found)?;
        if !user.has_second_factor {
            return Err(off_already());
        }
        second_factor::take(tx, &ring, user_id, &body.code, now, entry.clone())?;
        rows::delete_second_factor(tx, user_id)?;
        tx.audit(&entry.done())?;
        Ok(())
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Take a user's second factor away, for a lost phone; their sessions end
#[utoipa::path(
    tag = "users",
    operation_id = "resetSecondFactor",
    params(("user_id" = UserId, Path, description = "The user")),
    responses((status = 204, description = "It is off; the password or a sign-in link alone signs in"))
)]
#[delete("/users/{user_id}/second-factor")]
pub async fn reset_second_factor(guard: Guard<Confirmed<AdminPerson>>) -> ApiResult<HttpResponse> {
    let Guard {
        access: Confirmed(access),
        call,
        ..
    } = guard;
    let user_id: UserId = call.path_id("user_id")?;
    let entry = audit::by(&call, &access.caller, "second_factor.reset").on(user_id);
    call.app
        .write_ending(move |tx| {
            let user = users::find_user(tx, user_id)?.ok_or_else(ApiError::not_found)?;
            if !user.has_second_factor {
                return Err(off_already());
            }
            rows::delete_second_factor(tx, user_id)?;
            let ended = sessions::delete_sessions_of(tx, user_id, None)?;
            let entry = entry.with("email", user.email);
            tx.audit(&entry.with("sessions_ended", ended.len()).done())?;
            Ok(((), ended.into_iter().map(Ending::Session).collect()))
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

fn on_already() -> ApiError {
    ApiError::new(
        ProblemCode::Conflict,
        "A second factor is on already. Turn it off first.",
    )
}

fn off_already() -> ApiError {
    ApiError::new(ProblemCode::Conflict, "No second factor is on.")
}
