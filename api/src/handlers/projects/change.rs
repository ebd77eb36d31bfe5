//! What a PATCH changes of a project, and the audit event that says so.

use ipnet::IpNet;
use latchkey_keys::KeyRing;
use latchkey_store::projects::{self as rows, StoredProject};
use latchkey_types::{
    limits::{ORIGINS_MAX, PROJECT_DESCRIPTION_MAX, check_lines, check_name},
    project::{Backend, UpdateProjectRequest},
};

use crate::{
    audit, backend_settings,
    error::ApiResult,
    validate::{Checks, check_origin},
};

/// Refuses what can't be set, whatever the project is now. `upstream_allow` are the networks that the operator has
/// named.
pub(super) fn check_update(body: &UpdateProjectRequest, upstream_allow: &[IpNet]) -> ApiResult<()> {
    let mut checks = Checks::default();
    if let Some(name) = &body.name {
        checks.rule("/name", check_name(name));
    }
    if let Some(Some(description)) = &body.description {
        checks.rule(
            "/description",
            check_lines(description, PROJECT_DESCRIPTION_MAX),
        );
    }
    if let Some(backend) = &body.backend {
        backend_settings::check(&mut checks, backend, upstream_allow);
    }
    if let Some(origins) = &body.allowed_origins {
        if origins.len() > ORIGINS_MAX {
            checks.rule(
                "/allowed_origins",
                Err(format!("has more than {ORIGINS_MAX} entries")),
            );
        }
        for (at, origin) in origins.iter().enumerate() {
            checks.rule(&format!("/allowed_origins/{at}"), check_origin(origin));
        }
    }
    checks.done()
}

/// What really changes, and the event that says so.
pub(super) fn change_of(
    body: UpdateProjectRequest,
    project: &StoredProject,
    ring: &KeyRing,
    mut entry: audit::Entry,
) -> ApiResult<(rows::ProjectChange, audit::Entry)> {
    let mut change = rows::ProjectChange::default();
    if let Some(name) = body.name.as_deref().map(str::trim)
        && name != project.name
    {
        entry = entry.with("name", name);
        change.name = Some(name.to_owned());
    }
    let description = body
        .description
        .map(|text| text.unwrap_or_default().trim().to_owned());
    if let Some(description) = description
        && description != project.description
    {
        entry = entry.with("description", &description);
        change.description = Some(description);
    }
    if let Some(wanted) = body.backend
        && let Some(new) = backend_settings::change(ring, project, wanted)?
    {
        entry = with_backend(entry, &new.shown);
        change.backend = Some(new.backend);
        change.upstream_headers = Some(new.upstream_headers);
    }
    if let Some(allowed) = body.allow_key_in_url
        && allowed != project.allow_key_in_url
    {
        entry = entry.with("allow_key_in_url", allowed);
        change.allow_key_in_url = Some(allowed);
    }
    if let Some(given) = body.allowed_origins {
        let mut origins: Vec<String> = Vec::with_capacity(given.len());
        for origin in given {
            if !origins.contains(&origin) {
                origins.push(origin);
            }
        }
        if origins != project.allowed_origins {
            entry = entry.with("allowed_origins", origins.join(" "));
            change.allowed_origins = Some(origins);
        }
    }
    Ok((change, entry))
}

/// An event that says what answers from now on; of headers only the names.
fn with_backend(entry: audit::Entry, backend: &Backend) -> audit::Entry {
    match backend {
        Backend::Memory {} => entry.with("backend", "memory"),
        Backend::Upstream { url, headers } => {
            let names: Vec<&str> = headers.iter().map(|header| header.name.as_str()).collect();
            entry
                .with("backend", "upstream")
                .with("upstream_url", backend_settings::without_query(url))
                .with("upstream_headers", names.join(" "))
        }
    }
}
