//! Signing in and out.

use actix_web::{HttpResponse, delete, get, post};
use latchkey_store::{
    links, sessions as rows,
    users::{self, StoredUser},
};
use latchkey_types::{
    ProblemCode, UserId,
    limits::PASSWORD_MAX,
    session::{ClaimRequest, ConfirmRequest, SessionState, SignInRequest, SignedIn},
};
use zeroize::Zeroizing;

use crate::{
    app::Ending,
    audit,
    error::{ApiError, ApiResult},
    http::{
        Anyone, Early, Entrance, Guard, Json, Presence, TakesAway,
        asked::{self, Who},
        cookie,
        guard::Call,
    },
    password::choice::check_choice,
    second_factor,
    sessions::Beginning,
    validate::Checks,
};

/// Who is signed in, and whether setup is needed
#[utoipa::path(
    tag = "session",
    operation_id = "showSession",
    responses((status = 200, description = "Who is asking, if anybody", body = SessionState))
)]
#[get("/session")]
pub async fn show_session(guard: Guard<Anyone>) -> ApiResult<HttpResponse> {
    let Guard { access, call, .. } = guard;
    let user = match access.caller {
        None => None,
        Some(caller) => call
            .app
            .read(move |db| Ok(users::find_user(db, caller.user_id)?))
            .await?
            .map(|user| user.to_user()),
    };
    let app = &call.app;
    Ok(HttpResponse::Ok().json(SessionState {
        user,
        requires_second_factor: app.config.require_second_factor,
        setup_needed: app.setup.is_needed(),
        insecure_http: app.is_readable_on_the_way,
    }))
}

/// Sign in with e-mail address and password
#[utoipa::path(
    tag = "session",
    operation_id = "signIn",
    request_body = SignInRequest,
    responses((status = 200, description = "Signed in; the session cookie comes with it", body = SignedIn))
)]
#[post("/session")]
pub async fn sign_in(guard: Guard<Entrance, Json<SignInRequest>>) -> ApiResult<HttpResponse> {
    let Guard {
        input: Json { value: body, .. },
        call,
        ..
    } = guard;
    let app = call.app.clone();
    app.throttle.account(&body.email, call.ip)?;
    let email = body.email.trim().to_owned();
    let user = app
        .read(move |db| Ok(users::find_user_by_email(db, &email)?))
        .await?;
    // One over-long password is not worth hashing, and one answer fits all reasons.
    let password = if body.password.len() > PASSWORD_MAX {
        String::new()
    } else {
        body.password
    };
    let kept = user.as_ref().and_then(|user| user.password_hash.clone());
    let is_right = app
        .passwords
        .verify(&app, Zeroizing::new(password), kept)
        .await?;
    let user = match user {
        Some(user) if is_right && user.disabled_at.is_none() => user,
        found => {
            note_refusal(&call, found.map(|user| user.id));
            return Err(ApiError::new(
                ProblemCode::InvalidCredentials,
                "E-mail address or password is wrong, or the account is disabled.",
            ));
        }
    };
    // Whether there is a second factor is for who knows the password to learn, and for nobody else.
    check_code(&call, &user, body.code.as_deref())?;
    let beginning = Beginning::new(&call)?;
    let session = beginning.seed();
    let (user_id, now) = (user.id, call.now);
    let entry = audit::by_user(now, call.ip_text(), user_id, &user.name, "session.create");
    let ring = app.ring.clone();
    let user = app
        .write_ending(move |tx| {
            // Disabled or given a new password while this one was being checked?
            let fresh = users::find_user(tx, user.id)?.filter(|fresh| {
                fresh.disabled_at.is_none() && fresh.password_hash == user.password_hash
            });
            let Some(user) = fresh else {
                return Err(ApiError::new(
                    ProblemCode::InvalidCredentials,
                    "The account was changed just now. Try again.",
                ));
            };
            let code = body.code.as_deref();
            second_factor::pass(tx, &ring, &user, code, now, entry.clone())?;
            let entry = entry.on(session.id);
            let ended = session.begin(tx, user.id)?;
            tx.audit(&entry.done())?;
            Ok((user, ended.into_iter().collect()))
        })
        .await
        .inspect_err(|error| note_code(&call, Some(user_id), error))?;
    asked::note(&call.request, Who::User(user.id));
    Ok(HttpResponse::Ok()
        .cookie(beginning.cookie(&call))
        .json(SignedIn {
            user: user.to_user(),
        }))
}

/// Choose a password with a sign-in link, and sign in
#[utoipa::path(
    tag = "session",
    operation_id = "claimSession",
    request_body = ClaimRequest,
    responses((status = 200, description = "Signed in; the session cookie comes with it", body = SignedIn))
)]
#[post("/session/claim")]
pub async fn claim_session(guard: Guard<Entrance, Json<ClaimRequest>>) -> ApiResult<HttpResponse> {
    let Guard {
        input: Json { value: body, .. },
        call,
        ..
    } = guard;
    let app = call.app.clone();
    app.throttle.address(call.ip)?;
    let password = Zeroizing::new(body.password);
    // Whose name it must not be is known only with the link.
    Checks::default()
        .rule("/password", check_choice(&password, &app.public_url, &[]))
        .done()?;
    let password_hash = app.passwords.hash(&app, password.clone()).await?;
    let digest = app.ring.link.digest(body.token.as_bytes());
    let now = call.now;
    let owner = app
        .read(
            move |db| match links::find_sign_in_link(db, &digest, now)? {
                Some(user_id) => Ok(users::find_user(db, user_id)?),
                None => Ok(None),
            },
        )
        .await?;
    // The link stands for the password, not for the second factor.
    let owner_id = owner.as_ref().map(|owner| owner.id);
    if let Some(owner) = owner.filter(|owner| owner.has_second_factor) {
        app.throttle.account(&owner.email, call.ip)?;
        check_code(&call, &owner, body.code.as_deref())?;
    }
    let beginning = Beginning::new(&call)?;
    let session = beginning.seed();
    let call_ip = call.ip_text();
    let public_url = app.public_url.clone();
    let ring = app.ring.clone();
    let user = app
        .write_ending(move |tx| {
            let invalid = || {
                ApiError::new(
                    ProblemCode::SignInLinkInvalid,
                    "This sign-in link is unknown, used, replaced or older than 72 hours.",
                )
            };
            let user_id = links::use_sign_in_link(tx, &digest, now)?.ok_or_else(invalid)?;
            let user = users::find_user(tx, user_id)?
                .filter(|user| user.disabled_at.is_none())
                .ok_or_else(invalid)?;
            // Refused here, the transaction is undone, and the link not used up.
            let names = [user.name.as_str(), user.email.as_str()];
            Checks::default()
                .rule("/password", check_choice(&password, &public_url, &names))
                .done()?;
            let entry = audit::by_user(now, call_ip, user.id, &user.name, "session.claim");
            let code = body.code.as_deref();
            second_factor::pass(tx, &ring, &user, code, now, entry.clone())?;
            users::set_password(tx, user_id, &password_hash)?;
            let all = rows::delete_sessions_of(tx, user_id, None)?;
            let mut ended: Vec<Ending> = all.into_iter().map(Ending::Session).collect();
            tx.audit(&entry.on(session.id).done())?;
            ended.extend(session.begin(tx, user_id)?);
            Ok((user, ended))
        })
        .await
        .inspect_err(|error| note_code(&call, owner_id, error))?;
    asked::note(&call.request, Who::User(user.id));
    Ok(HttpResponse::Ok()
        .cookie(beginning.cookie(&call))
        .json(SignedIn {
            user: user.to_user(),
        }))
}

/// Confirm with the password who is at this browser
///
/// What would let a stranger at an open browser stay needs a session that was confirmed in the last 10 minutes; signing
/// in confirms it too. Without, the answer is 403 `confirmation_required`. A new session cookie comes with this one.
#[utoipa::path(
    tag = "session",
    operation_id = "confirmSession",
    request_body = ConfirmRequest,
    responses((status = 204, description = "Confirmed for 10 minutes; a new session cookie comes with it"))
)]
#[post("/session/confirm")]
pub async fn confirm_session(
    guard: Guard<Presence, Json<ConfirmRequest>>,
) -> ApiResult<HttpResponse> {
    let Guard {
        access,
        input: Json { value: body, .. },
        call,
        ..
    } = guard;
    let app = call.app.clone();
    let user_id = access.caller.user_id;
    app.throttle.account(&user_id.to_string(), call.ip)?;
    let user = app
        .read(move |db| Ok(users::find_user(db, user_id)?))
        .await?
        .ok_or_else(ApiError::not_found)?;
    let password = Zeroizing::new(body.password);
    let is_right = password.len() <= PASSWORD_MAX
        && app
            .passwords
            .verify(&app, password, user.password_hash.clone())
            .await?;
    if !is_right {
        tracing::warn!(
            user.id = user_id.to_string(),
            client.ip = call.ip_text(),
            "a confirmation was refused"
        );
        return Err(ApiError::field("/password", "is not your present password"));
    }
    let beginning = Beginning::new(&call)?;
    let (renewed, session_id) = (beginning.seed(), access.session_id);
    let entry = audit::by(&call, &access.caller, "session.confirm").on(session_id);
    app.write(move |tx| {
        // Given a new password while this one was being checked?
        let fresh = users::find_user(tx, user_id)?;
        if fresh.is_none_or(|fresh| fresh.password_hash != user.password_hash) {
            return Err(ApiError::field("/password", "is not your present password"));
        }
        renewed.renew(tx, session_id)?;
        tx.audit(&entry.done())?;
        Ok(())
    })
    .await?;
    Ok(HttpResponse::NoContent()
        .cookie(beginning.cookie(&call))
        .finish())
}

/// Asks for a code where there is a second factor, and counts one that came.
fn check_code(call: &Call, user: &StoredUser, code: Option<&str>) -> ApiResult<()> {
    match code {
        _ if !user.has_second_factor => Ok(()),
        None => Err(second_factor::required()),
        Some(_) => call.app.throttle.code(user.id),
    }
}

/// A refused code is as telling as a refused password, and more so: somebody knows the password.
fn note_code(call: &Call, user_id: Option<UserId>, error: &ApiError) {
    if error.code() == ProblemCode::CodeRefused {
        note_refusal(call, user_id);
    }
}

fn note_refusal(call: &Call, user_id: Option<UserId>) {
    tracing::warn!(
        user.id = user_id.map(|id| id.to_string()),
        client.ip = call.ip_text(),
        "a sign-in was refused"
    );
}

/// Sign out
#[utoipa::path(
    tag = "session",
    operation_id = "signOut",
    responses((status = 204, description = "Signed out"))
)]
#[delete("/session")]
pub async fn sign_out(guard: Guard<Early<Presence>, (), TakesAway>) -> ApiResult<HttpResponse> {
    let Guard {
        access: Early(access),
        call,
        ..
    } = guard;
    let (user_id, session_id) = (access.caller.user_id, access.session_id);
    let entry = audit::by(&call, &access.caller, "session.delete").on(session_id);
    call.app
        .write_ending(move |tx| {
            rows::delete_session(tx, user_id, session_id)?;
            tx.audit(&entry.done())?;
            Ok(((), vec![Ending::Session(session_id)]))
        })
        .await?;
    Ok(HttpResponse::NoContent()
        .cookie(cookie::sign_out(&call))
        .finish())
}
