//! Who belongs to a project, and as what.

use diesel::prelude::*;
use latchkey_types::{
    ProjectId, Timestamp, UserId,
    member::{Member, Role},
};

use crate::{
    Change, Db, StoreError, Tx,
    columns::{AsMillis, AsText, Word},
    db::MultiBackend,
    page::{PageQuery, Paged, paged},
    schema::{project_members as members, users},
};

/// What this person is in this project. Administrators have no row: acting as owner is the caller's rule.
///
/// # Errors
/// Those of the database.
pub fn find_role(
    db: &mut Db,
    project: ProjectId,
    user: UserId,
) -> Result<Option<Role>, StoreError> {
    let role: Option<AsText<Role>> = members::table
        .find((project.to_string(), user.to_string()))
        .select(members::role)
        .first(db)
        .optional()?;
    Ok(role.map(|role| role.0))
}

/// This membership, as it is shown.
///
/// # Errors
/// Those of the database.
pub fn find_member(
    db: &mut Db,
    project: ProjectId,
    user: UserId,
) -> Result<Option<Member>, StoreError> {
    let row: Option<MemberRow> = members::table
        .inner_join(users::table)
        .filter(members::project_id.eq(project.to_string()))
        .filter(members::user_id.eq(user.to_string()))
        .select(MEMBER)
        .first(db)
        .optional()?;
    Ok(row.map(member))
}

/// The members of a project, newest first.
///
/// # Errors
/// Those of the database.
pub fn list_members(
    db: &mut Db,
    project: ProjectId,
    page: &PageQuery,
) -> Result<Paged<Member>, StoreError> {
    let query = members::table
        .inner_join(users::table)
        .filter(members::project_id.eq(project.to_string()))
        .select(MEMBER)
        .into_boxed::<MultiBackend>();
    let rows: Vec<MemberRow> =
        paged!(query, members::created_at, members::user_id, page).load(db)?;
    Ok(page.cut(rows.into_iter().map(member).collect(), |member| {
        (member.created_at.as_millis(), member.user_id.to_string())
    }))
}

/// Adds a person to a project.
///
/// # Errors
/// `Taken(Member)` when they belong to it already; those of the database.
pub fn create_member(
    tx: &mut Tx<'_>,
    project: ProjectId,
    user: UserId,
    role: Role,
    created_at: Timestamp,
) -> Result<(), StoreError> {
    diesel::insert_into(members::table)
        .values((
            members::project_id.eq(project.to_string()),
            members::user_id.eq(user.to_string()),
            members::role.eq(role.word()),
            members::created_at.eq(created_at.as_millis()),
        ))
        .execute(&mut **tx)?;
    push(tx, project, user, Some(role));
    Ok(())
}

/// Makes a member something else. Whether there is such a member.
///
/// # Errors
/// Those of the database.
pub fn set_member_role(
    tx: &mut Tx<'_>,
    project: ProjectId,
    user: UserId,
    role: Role,
) -> Result<bool, StoreError> {
    let row = members::table.find((project.to_string(), user.to_string()));
    let changed = diesel::update(row)
        .set(members::role.eq(role.word()))
        .execute(&mut **tx)?;
    if changed > 0 {
        push(tx, project, user, Some(role));
    }
    Ok(changed > 0)
}

/// Ends a membership. Whether there was one.
///
/// # Errors
/// Those of the database.
pub fn delete_member(
    tx: &mut Tx<'_>,
    project: ProjectId,
    user: UserId,
) -> Result<bool, StoreError> {
    let row = members::table.find((project.to_string(), user.to_string()));
    let ended = diesel::delete(row).execute(&mut **tx)?;
    push(tx, project, user, None);
    Ok(ended > 0)
}

/// How many owners of the project can sign in.
///
/// # Errors
/// Those of the database.
pub fn count_owners(db: &mut Db, project: ProjectId) -> Result<i64, StoreError> {
    Ok(members::table
        .inner_join(users::table)
        .filter(members::project_id.eq(project.to_string()))
        .filter(members::role.eq(Role::Owner.word()))
        .filter(users::disabled_at.is_null())
        .count()
        .get_result(db)?)
}

type MemberRow = (AsText<UserId>, String, String, AsText<Role>, AsMillis);

const MEMBER: (
    members::user_id,
    users::name,
    users::email,
    members::role,
    members::created_at,
) = (
    members::user_id,
    users::name,
    users::email,
    members::role,
    members::created_at,
);

fn member((user_id, name, email, role, created_at): MemberRow) -> Member {
    Member {
        user_id: user_id.0,
        name,
        email,
        role: role.0,
        created_at: created_at.into(),
    }
}

fn push(tx: &mut Tx<'_>, project: ProjectId, user: UserId, role: Option<Role>) {
    tx.push(Change::Member {
        project,
        user,
        role,
    });
}
