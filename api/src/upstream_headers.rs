//! The values of an upstream's headers at rest: sealed, and bound to their project and to the server that they were
//! given for. Neither another URL nor a row copied elsewhere gets at them.

use latchkey_keys::KeyRing;
use latchkey_store::{Tx, projects};
use latchkey_types::{ProjectId, project::Backend};
use url::Url;
use zeroize::Zeroizing;

use crate::{
    error::{ApiError, ApiResult},
    sealed::Again,
};

/// A header's name and value.
pub type Header = (String, Zeroizing<String>);

/// Seals the values with their names for the server of this URL: its scheme, host and port; nothing where there are
/// none.
///
/// # Errors
/// 500 when the URL isn't one, or the system gives no random numbers.
pub fn seal(
    ring: &KeyRing,
    project: ProjectId,
    url: &str,
    headers: &[Header],
) -> ApiResult<Option<Vec<u8>>> {
    if headers.is_empty() {
        return Ok(None);
    }
    let named: Vec<(&str, &str)> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    // Room for each character at its longest: a vector that grew would leave a copy behind that nobody wipes.
    let room = named
        .iter()
        .map(|(name, value)| 6 * (name.len() + value.len()) + 16);
    let mut plain = Zeroizing::new(Vec::with_capacity(room.sum()));
    serde_json::to_writer(&mut *plain, &named).map_err(ApiError::internal)?;
    let origin = origin(url).ok_or_else(|| ApiError::internal("not a URL"))?;
    let project = project.to_string();
    let place = [project.as_bytes(), origin.as_bytes()];
    ring.upstream
        .seal(&plain, &place, getrandom::fill)
        .map(Some)
        .map_err(ApiError::internal)
}

/// The headers again, in their order. `None` if they were not sealed for this project and this server with this
/// master key.
#[must_use]
pub fn open(
    ring: &KeyRing,
    project: ProjectId,
    url: &str,
    sealed: Option<&[u8]>,
) -> Option<Vec<Header>> {
    let Some(sealed) = sealed else {
        return Some(Vec::new());
    };
    let (project, origin) = (project.to_string(), origin(url)?);
    let place = [project.as_bytes(), origin.as_bytes()];
    let plain = ring.upstream.open(sealed, &place)?;
    let named: Vec<(String, String)> = serde_json::from_slice(&plain).ok()?;
    let wiped = named
        .into_iter()
        .map(|(name, value)| (name, Zeroizing::new(value)));
    Some(wiped.collect())
}

/// Opens the headers of all projects with the first ring and seals them with the second, for [`crate::sealed`].
///
/// # Errors
/// Those of the database; 500 when the system gives no random numbers.
pub fn seal_again(tx: &mut Tx<'_>, old: &KeyRing, new: &KeyRing) -> ApiResult<Again> {
    let mut again = Again::default();
    for (project, backend, sealed) in projects::list_upstream_headers(tx)? {
        let url = match serde_json::from_str(&backend) {
            Ok(Backend::Upstream { url, .. }) => url,
            Ok(Backend::Memory {}) | Err(_) => String::new(),
        };
        let headers = open(old, project, &url, Some(&sealed));
        let headers = headers.map(|headers| seal(new, project, &url, &headers));
        match headers.transpose()?.flatten() {
            Some(sealed) => {
                projects::set_upstream_headers(tx, project, &sealed)?;
                again.sealed += 1;
            }
            None => again.left.push(project.to_string()),
        }
    }
    Ok(again)
}

fn origin(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    Some(url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use latchkey_keys::MasterKey;

    use super::*;

    const HERE: &str = "https://mcp.example.com/a?b=c";

    fn ring(key: u8) -> KeyRing {
        KeyRing::derive(&MasterKey::from_bytes([key; 32]))
    }

    fn project(n: u8) -> ProjectId {
        format!("proj_{n:032x}").parse().unwrap()
    }

    #[test]
    fn values_open_for_their_project_and_server_only() {
        let value = Zeroizing::new("Bearer \"upstream\"\tcredential".to_owned());
        let headers = [("Authorization".to_owned(), value)];
        let sealed = seal(&ring(7), project(1), HERE, &headers).unwrap().unwrap();
        let text = String::from_utf8_lossy(&sealed).into_owned();
        assert!(!text.contains("Authorization") && !text.contains("credential"));
        let opened = |key, id, url: &str| open(&ring(key), project(id), url, Some(&sealed));
        assert_eq!(opened(7, 1, HERE).unwrap(), headers);
        assert!(opened(7, 1, "https://MCP.example.com:443/other").is_some());
        assert!(opened(7, 2, HERE).is_none());
        assert!(opened(8, 1, HERE).is_none());
        for elsewhere in [
            "http://mcp.example.com/a",
            "https://mcp.example.com:8443/a",
            "https://evil.example.com/a",
            "https://mcp.example.com.evil.example/a",
            "https://mcp.example.com@evil.example/a",
            "mcp.example.com",
        ] {
            assert!(opened(7, 1, elsewhere).is_none(), "{elsewhere}");
        }
        assert!(open(&ring(7), project(1), HERE, Some(b"junk")).is_none());
    }

    #[test]
    fn without_headers_there_is_nothing_to_seal() {
        assert_eq!(seal(&ring(7), project(1), HERE, &[]).unwrap(), None);
        assert_eq!(open(&ring(7), project(1), HERE, None), Some(Vec::new()));
    }
}
