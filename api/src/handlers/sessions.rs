//! The caller's own browser sessions.

use actix_web::{HttpResponse, delete, get};
use latchkey_store::sessions as rows;
use latchkey_types::{
    SessionId,
    page::{Page as _, SessionPage},
};

use crate::{
    app::Ending,
    audit,
    error::{ApiError, ApiResult},
    http::{Confirmed, Credential, Guard, Person, Presence, TakesAway},
    view,
};

/// List the browsers in which the caller is signed in
#[utoipa::path(
    tag = "me",
    operation_id = "listSessions",
    responses((status = 200, description = "All of them on one page, newest first", body = SessionPage))
)]
#[get("/me/sessions")]
pub async fn list_sessions(guard: Guard<Person>) -> ApiResult<HttpResponse> {
    let Guard { access, call, .. } = guard;
    let (user_id, now) = (access.caller.user_id, call.now);
    let rows = call
        .app
        .read(move |db| Ok(rows::list_sessions(db, user_id, now)?))
        .await?;
    let current = match access.caller.credential {
        Credential::Session { id, .. } => Some(id),
        Credential::Token { .. } => None,
    };
    let items = rows
        .into_iter()
        .map(|row| view::session(row, current))
        .collect();
    Ok(HttpResponse::Ok().json(SessionPage::of(items, None)))
}

/// End one of the caller's sessions
#[utoipa::path(
    tag = "me",
    operation_id = "endSession",
    params(("session_id" = SessionId, Path, description = "The session")),
    responses((status = 204, description = "It has ended"))
)]
#[delete("/me/sessions/{session_id}")]
pub async fn end_session(
    guard: Guard<Confirmed<Presence>, (), TakesAway>,
) -> ApiResult<HttpResponse> {
    let Guard {
        access: Confirmed(access),
        call,
        ..
    } = guard;
    let session_id: SessionId = call.path_id("session_id")?;
    let user_id = access.caller.user_id;
    let entry = audit::by(&call, &access.caller, "session.delete").on(session_id);
    call.app
        .write_ending(move |tx| {
            if !rows::delete_session(tx, user_id, session_id)? {
                return Err(ApiError::not_found());
            }
            tx.audit(&entry.done())?;
            Ok(((), vec![Ending::Session(session_id)]))
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// End all of the caller's sessions but this one
#[utoipa::path(
    tag = "me",
    operation_id = "endOtherSessions",
    responses((status = 204, description = "They have ended"))
)]
#[delete("/me/sessions")]
pub async fn end_other_sessions(
    guard: Guard<Confirmed<Presence>, (), TakesAway>,
) -> ApiResult<HttpResponse> {
    let Guard {
        access: Confirmed(access),
        call,
        ..
    } = guard;
    let (user_id, kept) = (access.caller.user_id, Some(access.session_id));
    let entry = audit::by(&call, &access.caller, "session.delete_others").on(user_id);
    call.app
        .write_ending(move |tx| {
            let ended = rows::delete_sessions_of(tx, user_id, kept)?;
            tx.audit(&entry.with("sessions_ended", ended.len()).done())?;
            Ok(((), ended.into_iter().map(Ending::Session).collect()))
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
