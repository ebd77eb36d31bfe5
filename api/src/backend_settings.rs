//! What answers behind a project's endpoint, as somebody sets it. The values of an upstream's headers are likely
//! credentials: they come in here and never go out again, and a stored one is only kept for the server that it was
//! given for.

use ipnet::IpNet;
use latchkey_keys::KeyRing;
use latchkey_store::projects::StoredProject;
use latchkey_types::{
    FieldError,
    project::{Backend, BackendRequest, UpstreamHeader, UpstreamHeaderRequest},
};
use url::Url;
use zeroize::Zeroizing;

use crate::{
    error::{ApiError, ApiResult},
    mcp::upstream::{Part, Target},
    upstream_headers::{self, Header},
    validate::Checks,
};

/// A backend as the database keeps it.
pub struct Stored {
    /// The JSON text of `types::project::Backend`.
    pub backend: String,
    /// The values of the upstream's headers, sealed; `None` where there are none.
    pub upstream_headers: Option<Vec<u8>>,
    /// The same to show.
    pub shown: Backend,
}

/// Checks a backend that somebody wants, as far as that can be done without the stored one. `allow` are the networks
/// that the operator has named.
pub fn check(checks: &mut Checks, wanted: &BackendRequest, allow: &[IpNet]) {
    let BackendRequest::Upstream { url, headers } = wanted else {
        return;
    };
    // A value that is to be kept was checked when it was stored.
    let named = headers.iter().map(|header| {
        (
            header.name.as_str(),
            header.value.as_deref().unwrap_or_default(),
        )
    });
    let found = Target::new(url, named).and_then(|target| target.check_way(allow));
    if let Err(fault) = found {
        checks.rule(&pointer(fault.part), Err(fault.sentence.to_owned()));
    }
    for (at, header) in headers.iter().enumerate() {
        let is_same = |other: &UpstreamHeaderRequest| same(&other.name, &header.name);
        if headers.iter().take(at).any(is_same) {
            let detail = "is there twice; give each header once".to_owned();
            checks.rule(&pointer(Part::HeaderName(at)), Err(detail));
        }
        let detail = match header.value.as_deref() {
            Some(value) if value.trim().is_empty() => {
                "is empty; leave it out to keep the stored value"
            }
            Some(value) if !value.is_ascii() => {
                "has a character that is not ASCII; look for quotes and blanks that came with copying it"
            }
            _ => continue,
        };
        checks.rule(&pointer(Part::HeaderValue(at)), Err(detail.to_owned()));
    }
}

/// The backend that a project gets, if it is another one than it has. `wanted` has passed [`check`].
///
/// # Errors
/// 422 where a value is to be kept and none is stored for this server.
pub fn change(
    ring: &KeyRing,
    project: &StoredProject,
    wanted: BackendRequest,
) -> ApiResult<Option<Stored>> {
    let (url, headers) = match wanted {
        BackendRequest::Memory {} => {
            let shown = Backend::Memory {};
            let backend = text(&shown)?;
            let is_new = backend != project.backend;
            return Ok(is_new.then_some(Stored {
                backend,
                upstream_headers: None,
                shown,
            }));
        }
        BackendRequest::Upstream { url, headers } => (url, headers),
    };
    // One spelling of one URL, and the one that is called.
    let url = Url::parse(&url).map_err(ApiError::internal)?.to_string();
    let names = headers.iter().map(|header| UpstreamHeader {
        name: header.name.clone(),
        is_set: true,
    });
    let shown = Backend::Upstream {
        headers: names.collect(),
        url: url.clone(),
    };
    let backend = text(&shown)?;
    let gives_values = headers.iter().any(|header| header.value.is_some());
    if !gives_values && backend == project.backend {
        return Ok(None);
    }
    let headers = with_kept_values(ring, project, &url, headers)?;
    Ok(Some(Stored {
        backend,
        upstream_headers: upstream_headers::seal(ring, project.id, &url, &headers)?,
        shown,
    }))
}

/// A URL as the audit log may keep it: without its query, which may hold a credential.
#[must_use]
pub fn without_query(url: &str) -> &str {
    url.split('?').next().unwrap_or_default()
}

/// The headers with the values that are given or stored.
fn with_kept_values(
    ring: &KeyRing,
    project: &StoredProject,
    url: &str,
    headers: Vec<UpstreamHeaderRequest>,
) -> ApiResult<Vec<Header>> {
    // What was sealed for another server doesn't open.
    let sealed = project.upstream_headers.as_deref();
    let stored = upstream_headers::open(ring, project.id, url, sealed).unwrap_or_default();
    let mut wrong = Vec::new();
    let mut complete = Vec::with_capacity(headers.len());
    for (at, UpstreamHeaderRequest { name, value }) in headers.into_iter().enumerate() {
        let kept = || stored.iter().find(|(known, _)| same(known, &name));
        let kept = || kept().map(|(_, value)| value.clone());
        match value.map(Zeroizing::new).or_else(kept) {
            Some(value) => complete.push((name, value)),
            None => wrong.push(FieldError::new(
                pointer(Part::HeaderValue(at)),
                "is missing: no value of this header is stored for this server",
            )),
        }
    }
    if wrong.is_empty() {
        Ok(complete)
    } else {
        Err(ApiError::fields(wrong))
    }
}

fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

fn text(backend: &Backend) -> ApiResult<String> {
    serde_json::to_string(backend).map_err(ApiError::internal)
}

fn pointer(part: Part) -> String {
    match part {
        Part::Url => "/backend/url".to_owned(),
        Part::HeaderName(at) => format!("/backend/headers/{at}/name"),
        Part::HeaderValue(at) => format!("/backend/headers/{at}/value"),
        Part::Headers => "/backend/headers".to_owned(),
    }
}
