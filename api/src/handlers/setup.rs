//! Setting up a new instance.

use actix_web::{HttpResponse, post};
use latchkey_store::{members, new_id, projects, users};
use latchkey_types::{
    ProblemCode,
    limits::{check_email, check_name},
    member::Role,
    session::{SetupDone, SetupRequest},
    user::InstanceRole,
};
use zeroize::Zeroizing;

use super::projects::{new_project, project_slug};
use crate::{
    app::App,
    audit,
    error::{ApiError, ApiResult},
    http::{
        Entrance, Guard, Json,
        asked::{self, Who},
    },
    password::choice::check_choice,
    sessions::Beginning,
    validate::Checks,
    view,
};

/// Set up: make the administrator's account, and a first project if wanted
///
/// Takes the token of the setup URL that the server printed when it started, and signs in.
#[utoipa::path(
    tag = "session",
    operation_id = "setUp",
    request_body = SetupRequest,
    responses((status = 201, description = "The administrator, signed in", body = SetupDone))
)]
#[post("/setup")]
pub async fn set_up(guard: Guard<Entrance, Json<SetupRequest>>) -> ApiResult<HttpResponse> {
    let Guard {
        input: Json { value: body, .. },
        call,
        ..
    } = guard;
    let app = call.app.clone();
    if !app.setup.is_needed() {
        return Err(done_already());
    }
    app.throttle.address(call.ip)?;
    if !app.setup.accepts(&app.ring, &body.setup_token) {
        return Err(ApiError::new(
            ProblemCode::SetupTokenWrong,
            "This is not the token that the server printed at its last start.",
        ));
    }
    let names = [body.name.as_str(), body.email.as_str()];
    let mut checks = Checks::default();
    checks
        .rule("/name", check_name(&body.name))
        .rule("/email", check_email(body.email.trim()))
        .rule(
            "/password",
            check_choice(&body.password, &app.public_url, &names),
        );
    if let Some(name) = &body.project_name {
        checks.rule("/project_name", check_name(name));
    }
    checks.done()?;
    let password_hash = app
        .passwords
        .hash(&app, Zeroizing::new(body.password))
        .await?;
    let beginning = Beginning::new(&call)?;
    let (session, now) = (beginning.seed(), call.now);
    let user_id = new_id();
    let by = |action| audit::by_user(now, call.ip_text(), user_id, &body.name, action);
    let (entry, made_entry) = (by("instance.set_up").on(user_id), by("project.create"));
    App::finish(async move {
        let (user, project) = app
            .write(move |tx| {
                // Two setups at once are decided here: writes come one after the other.
                if users::count_users(tx)? > 0 {
                    return Err(done_already());
                }
                let user = users::create_user(
                    tx,
                    &users::NewUser {
                        id: user_id,
                        name: body.name.trim().to_owned(),
                        email: body.email.trim().to_owned(),
                        password_hash: Some(password_hash),
                        role: InstanceRole::Admin,
                        created_at: now,
                    },
                )?;
                tx.audit(&entry.done())?;
                session.begin(tx, user.id)?;
                let project = match body.project_name {
                    None => None,
                    Some(name) => {
                        let slug = project_slug(tx, &name)?;
                        let row = new_project(name.trim(), "", slug, now);
                        let project = projects::create_project(tx, &row)?;
                        members::create_member(tx, project.id, user.id, Role::Owner, now)?;
                        tx.audit(
                            &made_entry
                                .on(project.id)
                                .within(project.id)
                                .with("name", &project.name)
                                .with("slug", &project.slug)
                                .done(),
                        )?;
                        Some(project)
                    }
                };
                Ok((user, project))
            })
            .await?;
        app.setup.done();
        asked::note(&call.request, Who::User(user.id));
        let done = SetupDone {
            user: user.to_user(),
            project: project.map(|row| view::project(row, Role::Owner, &app.public_url)),
        };
        Ok(HttpResponse::Created()
            .cookie(beginning.cookie(&call))
            .json(done))
    })
    .await
}

fn done_already() -> ApiError {
    ApiError::new(
        ProblemCode::SetupDone,
        "An account exists already. Sign in instead.",
    )
}
