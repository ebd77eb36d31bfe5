//! Who belongs to a project.

use actix_web::{HttpResponse, delete, get, patch, post};
use latchkey_store::{Tx, members as rows, users};
use latchkey_types::{
    FieldError, ProblemCode, ProjectId, UserId,
    member::{AddMemberRequest, Member, Role, UpdateMemberRequest},
    page::MemberPage,
};

use super::{keys::open_project, tokens::ListQuery};
use crate::{
    app::Ending,
    audit,
    error::{ApiError, ApiResult},
    http::{
        Guard, InProject, Json, Query, TakesAway,
        access::{Owner, Viewer},
        idempotency::{self, Made},
    },
    paging::{page, page_query},
};

/// List the members of a project
#[utoipa::path(
    tag = "members",
    operation_id = "listMembers",
    params(
        ("project_id" = ProjectId, Path, description = "The project"),
        ("limit" = Option<u32>, Query, description = "Rows on the page, 1 to 200; 50 if absent"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses((status = 200, description = "Newest first", body = MemberPage))
)]
#[get("/projects/{project_id}/members")]
pub async fn list_members(
    guard: Guard<InProject<Viewer>, Query<ListQuery>>,
) -> ApiResult<HttpResponse> {
    let Guard {
        access,
        input: Query(query),
        call,
        ..
    } = guard;
    let wanted = page_query(query.limit, query.cursor.as_deref())?;
    let project_id = access.project.id;
    let (rows, next) = call
        .app
        .read(move |db| Ok(rows::list_members(db, project_id, &wanted)?))
        .await?;
    Ok(HttpResponse::Ok().json(page::<MemberPage, _>(rows, next, |member| member)))
}

/// Add a user to a project by e-mail address
#[utoipa::path(
    tag = "members",
    operation_id = "addMember",
    params(("project_id" = ProjectId, Path, description = "The project")),
    request_body = AddMemberRequest,
    responses((status = 201, description = "The new member", body = Member))
)]
#[post("/projects/{project_id}/members")]
pub async fn add_member(
    guard: Guard<InProject<Owner>, Json<AddMemberRequest>>,
) -> ApiResult<HttpResponse> {
    let Guard {
        access,
        input: Json { value: body, bytes },
        call,
        ..
    } = guard;
    let (project_id, now) = (access.project.id, call.now);
    let entry = audit::by(&call, &access.caller, "member.create").within(project_id);
    idempotency::create(&call, &access.caller, &bytes, move |tx| {
        open_project(tx, project_id)?;
        let user = users::find_user_by_email(tx, body.email.trim())?
            .filter(|user| user.disabled_at.is_none())
            .ok_or_else(|| {
                ApiError::fields(vec![FieldError::new(
                    "/email",
                    "belongs to no user here; ask an administrator to add them first",
                )])
            })?;
        rows::create_member(tx, project_id, user.id, body.role, now)?;
        let entry = entry
            .on(user.id)
            .with("name", &user.name)
            .with("role", body.role.as_str());
        tx.audit(&entry.done())?;
        let member = Member {
            user_id: user.id,
            name: user.name,
            email: user.email,
            role: body.role,
            created_at: now,
        };
        Ok(Made::plain(member, None))
    })
    .await
}

/// Change a member's role
#[utoipa::path(
    tag = "members",
    operation_id = "updateMember",
    params(
        ("project_id" = ProjectId, Path, description = "The project"),
        ("user_id" = UserId, Path, description = "The member"),
    ),
    request_body = UpdateMemberRequest,
    responses((status = 200, description = "The member as they are now", body = Member))
)]
#[patch("/projects/{project_id}/members/{user_id}")]
pub async fn update_member(
    guard: Guard<InProject<Owner>, Json<UpdateMemberRequest>, TakesAway>,
) -> ApiResult<HttpResponse> {
    let Guard {
        access,
        input: Json { value: body, .. },
        call,
        ..
    } = guard;
    let user_id: UserId = call.path_id("user_id")?;
    let project_id = access.project.id;
    let entry = audit::by(&call, &access.caller, "member.update")
        .on(user_id)
        .within(project_id);
    let member = call
        .app
        .write(move |tx| {
            open_project(tx, project_id)?;
            let member = find(tx, project_id, user_id)?;
            if member.role == body.role {
                return Ok(member);
            }
            keep_an_owner(tx, project_id, &member)?;
            rows::set_member_role(tx, project_id, user_id, body.role)?;
            tx.audit(
                &entry
                    .with("role", body.role.as_str())
                    .with("name", &member.name)
                    .done(),
            )?;
            Ok(Member {
                role: body.role,
                ..member
            })
        })
        .await?;
    Ok(HttpResponse::Ok().json(member))
}

/// Take a member out of a project
#[utoipa::path(
    tag = "members",
    operation_id = "removeMember",
    params(
        ("project_id" = ProjectId, Path, description = "The project"),
        ("user_id" = UserId, Path, description = "The member"),
    ),
    responses((status = 204, description = "They are not a member any more; the keys they made stay"))
)]
#[delete("/projects/{project_id}/members/{user_id}")]
pub async fn remove_member(
    guard: Guard<InProject<Owner>, (), TakesAway>,
) -> ApiResult<HttpResponse> {
    let Guard { access, call, .. } = guard;
    let user_id: UserId = call.path_id("user_id")?;
    let project_id = access.project.id;
    let entry = audit::by(&call, &access.caller, "member.delete")
        .on(user_id)
        .within(project_id);
    call.app
        .write_ending(move |tx| {
            let member = find(tx, project_id, user_id)?;
            keep_an_owner(tx, project_id, &member)?;
            rows::delete_member(tx, project_id, user_id)?;
            tx.audit(&entry.with("name", member.name).done())?;
            Ok(((), vec![Ending::Member(project_id, user_id)]))
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

fn find(tx: &mut Tx<'_>, project_id: ProjectId, user_id: UserId) -> ApiResult<Member> {
    rows::find_member(tx, project_id, user_id)?.ok_or_else(ApiError::not_found)
}

/// Refuses when this member is the only owner.
fn keep_an_owner(tx: &mut Tx<'_>, project_id: ProjectId, member: &Member) -> ApiResult<()> {
    if member.role == Role::Owner && rows::count_owners(tx, project_id)? <= 1 {
        return Err(ApiError::new(
            ProblemCode::LastOwner,
            "A project needs an owner. Make another member one first.",
        ));
    }
    Ok(())
}
