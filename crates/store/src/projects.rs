//! Projects. They are archived, never deleted: a slug is used once.

use diesel::prelude::*;
use latchkey_types::{ProjectId, Slug, Timestamp, UserId, member::Role};

use crate::{
    Change, Db, ProjectState, StoreError, Tx,
    columns::{
        AsJson, AsMillis, AsText, OptMillis, OptText, json, like_pattern, millis, search_text,
    },
    db::MultiBackend,
    page::{PageQuery, Paged, paged},
    schema::{project_members as members, projects},
};

/// A project's row.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = projects)]
pub struct StoredProject {
    /// The project's id.
    #[diesel(deserialize_as = AsText<ProjectId>)]
    pub id: ProjectId,
    /// Its place in URLs.
    #[diesel(deserialize_as = AsText<Slug>)]
    pub slug: Slug,
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What answers behind the endpoint: the JSON text of `types::project::Backend`.
    pub backend: String,
    /// The values of the upstream's headers, sealed; this room can't open them.
    pub upstream_headers: Option<Vec<u8>>,
    /// Whether `?apikey=` is taken.
    pub allow_key_in_url: bool,
    /// Web origins that may call the endpoint from a browser.
    #[diesel(deserialize_as = AsJson<Vec<String>>)]
    pub allowed_origins: Vec<String>,
    /// When it was made.
    #[diesel(deserialize_as = AsMillis)]
    pub created_at: Timestamp,
    /// When a setting last changed.
    #[diesel(deserialize_as = AsMillis)]
    pub updated_at: Timestamp,
    /// Since when it is archived.
    #[diesel(deserialize_as = OptMillis)]
    pub archived_at: Option<Timestamp>,
    /// Counts the changes of the editable fields.
    pub version: i64,
}

/// A project to make. Its first owner is added with [`members::create_member`](crate::members::create_member).
#[derive(Debug, Clone)]
pub struct NewProject {
    /// The project's id.
    pub id: ProjectId,
    /// Its place in URLs, for ever.
    pub slug: Slug,
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The JSON text of `types::project::Backend`.
    pub backend: String,
    /// Whether `?apikey=` is taken.
    pub allow_key_in_url: bool,
    /// Web origins that may call the endpoint from a browser.
    pub allowed_origins: Vec<String>,
    /// Now.
    pub created_at: Timestamp,
}

/// What to change of a project: `None` keeps.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProjectChange {
    /// A new name.
    pub name: Option<String>,
    /// A new description.
    pub description: Option<String>,
    /// The JSON text of another `types::project::Backend`.
    pub backend: Option<String>,
    /// Other sealed values of the upstream's headers; `Some(None)`: there are none.
    pub upstream_headers: Option<Option<Vec<u8>>>,
    /// Whether `?apikey=` is taken.
    pub allow_key_in_url: Option<bool>,
    /// Other origins in place of all of these.
    pub allowed_origins: Option<Vec<String>>,
}

/// Which projects to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProjectFilter<'a> {
    /// Only those of this member; `None` for all there are.
    pub member: Option<UserId>,
    /// Only those with this text in name or slug, whatever the case.
    pub q: Option<&'a str>,
    /// `true`: only archived ones. `false`: only the others.
    pub archived: bool,
}

impl StoredProject {
    pub(crate) fn state(&self) -> ProjectState {
        ProjectState {
            id: self.id,
            slug: self.slug.clone(),
            name: self.name.clone(),
            archived: self.archived_at.is_some(),
            allow_key_in_url: self.allow_key_in_url,
            allowed_origins: self.allowed_origins.clone(),
            backend: self.backend.clone(),
            upstream_headers: self.upstream_headers.clone(),
            version: self.version,
        }
    }
}

/// Makes a project.
///
/// # Errors
/// `Taken(Slug)`; those of the database.
pub fn create_project(tx: &mut Tx<'_>, new: &NewProject) -> Result<StoredProject, StoreError> {
    diesel::insert_into(projects::table)
        .values((
            projects::id.eq(new.id.to_string()),
            projects::slug.eq(new.slug.as_str()),
            projects::name.eq(&new.name),
            projects::description.eq(&new.description),
            projects::search.eq(search(&new.name, &new.slug)),
            projects::backend.eq(&new.backend),
            projects::allow_key_in_url.eq(new.allow_key_in_url),
            projects::allowed_origins.eq(json(&new.allowed_origins)?),
            projects::created_at.eq(new.created_at.as_millis()),
            projects::updated_at.eq(new.created_at.as_millis()),
            projects::version.eq(1_i64),
        ))
        .execute(&mut **tx)?;
    changed(tx, new.id)
}

/// The project with this id, archived or not.
///
/// # Errors
/// Those of the database.
pub fn find_project(db: &mut Db, id: ProjectId) -> Result<Option<StoredProject>, StoreError> {
    Ok(projects::table
        .filter(projects::id.eq(id.to_string()))
        .select(StoredProject::as_select())
        .first(db)
        .optional()?)
}

/// The project with this slug, archived or not.
///
/// # Errors
/// Those of the database.
pub fn find_project_by_slug(db: &mut Db, slug: &str) -> Result<Option<StoredProject>, StoreError> {
    Ok(projects::table
        .filter(projects::slug.eq(search_text(slug)))
        .select(StoredProject::as_select())
        .first(db)
        .optional()?)
}

/// Projects, newest first, each with the role that `filter.member` has in it (`None` where all are listed).
///
/// # Errors
/// Those of the database.
pub fn list_projects(
    db: &mut Db,
    filter: &ProjectFilter<'_>,
    page: &PageQuery,
) -> Result<Paged<(StoredProject, Option<Role>)>, StoreError> {
    // A left join serves both lists: with a member only the joined rows stay, without one none is joined.
    let member = filter.member.map(|id| id.to_string()).unwrap_or_default();
    let mut query = projects::table
        .left_join(
            members::table.on(members::project_id
                .eq(projects::id)
                .and(members::user_id.eq(member))),
        )
        .select((StoredProject::as_select(), members::role.nullable()))
        .into_boxed::<MultiBackend>();
    if filter.member.is_some() {
        query = query.filter(members::user_id.is_not_null());
    }
    if let Some(q) = filter.q {
        query = query.filter(projects::search.like(like_pattern(q)).escape('\\'));
    }
    query = if filter.archived {
        query.filter(projects::archived_at.is_not_null())
    } else {
        query.filter(projects::archived_at.is_null())
    };
    let rows: Vec<(StoredProject, OptText<Role>)> =
        paged!(query, projects::created_at, projects::id, page).load(db)?;
    let rows = rows
        .into_iter()
        .map(|(project, role)| (project, role.0))
        .collect();
    Ok(page.cut(rows, |(project, _): &(StoredProject, _)| {
        (project.created_at.as_millis(), project.id.to_string())
    }))
}

/// Changes a project's settings and counts the version up.
///
/// # Errors
/// `Internal` when there is no such project; those of the database.
pub fn set_project(
    tx: &mut Tx<'_>,
    id: ProjectId,
    change: &ProjectChange,
    now: Timestamp,
) -> Result<StoredProject, StoreError> {
    let slug = find_project(tx, id)?
        .ok_or(diesel::result::Error::NotFound)?
        .slug;
    diesel::update(projects::table.filter(projects::id.eq(id.to_string())))
        .set((
            Changes {
                name: change.name.as_deref(),
                search: change.name.as_deref().map(|name| search(name, &slug)),
                description: change.description.as_deref(),
                backend: change.backend.as_deref(),
                upstream_headers: change.upstream_headers.as_ref().map(Option::as_deref),
                allow_key_in_url: change.allow_key_in_url,
                allowed_origins: change.allowed_origins.as_ref().map(json).transpose()?,
            },
            projects::updated_at.eq(now.as_millis()),
            projects::version.eq(projects::version + 1),
        ))
        .execute(&mut **tx)?;
    changed(tx, id)
}

/// The sealed headers of all projects that have some, archived ones too: the project, its backend and the bytes.
///
/// # Errors
/// Those of the database.
pub fn list_upstream_headers(db: &mut Db) -> Result<Vec<(ProjectId, String, Vec<u8>)>, StoreError> {
    let rows: Vec<(AsText<ProjectId>, String, Option<Vec<u8>>)> = projects::table
        .filter(projects::upstream_headers.is_not_null())
        .order(projects::id.asc())
        .select((projects::id, projects::backend, projects::upstream_headers))
        .load(db)?;
    Ok(rows
        .into_iter()
        .filter_map(|(id, backend, sealed)| Some((id.0, backend, sealed?)))
        .collect())
}

/// Puts the same headers, sealed again, in the place of the old ones. To whoever reads or edits the project nothing
/// has changed, so its version stays.
///
/// # Errors
/// `Internal` when there is no such project; those of the database.
pub fn set_upstream_headers(
    tx: &mut Tx<'_>,
    id: ProjectId,
    sealed: &[u8],
) -> Result<(), StoreError> {
    diesel::update(projects::table.filter(projects::id.eq(id.to_string())))
        .set(projects::upstream_headers.eq(Some(sealed)))
        .execute(&mut **tx)?;
    changed(tx, id).map(drop)
}

/// Archives a project; again changes nothing. Its keys are revoked with
/// [`keys::revoke_project_keys`](crate::keys::revoke_project_keys).
///
/// # Errors
/// `Internal` when there is no such project; those of the database.
pub fn archive_project(
    tx: &mut Tx<'_>,
    id: ProjectId,
    now: Timestamp,
) -> Result<StoredProject, StoreError> {
    diesel::update(
        projects::table
            .filter(projects::id.eq(id.to_string()))
            .filter(projects::archived_at.is_null()),
    )
    .set((
        projects::archived_at.eq(millis(Some(now))),
        projects::updated_at.eq(now.as_millis()),
        projects::version.eq(projects::version + 1),
    ))
    .execute(&mut **tx)?;
    changed(tx, id)
}

#[derive(AsChangeset)]
#[diesel(table_name = projects)]
struct Changes<'a> {
    name: Option<&'a str>,
    search: Option<String>,
    description: Option<&'a str>,
    backend: Option<&'a str>,
    upstream_headers: Option<Option<&'a [u8]>>,
    allow_key_in_url: Option<bool>,
    allowed_origins: Option<String>,
}

fn search(name: &str, slug: &Slug) -> String {
    search_text(&format!("{name} {slug}"))
}

fn changed(tx: &mut Tx<'_>, id: ProjectId) -> Result<StoredProject, StoreError> {
    let project = find_project(tx, id)?.ok_or(diesel::result::Error::NotFound)?;
    tx.push(Change::Project(project.state()));
    Ok(project)
}
