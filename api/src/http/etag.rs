//! ETags for optimistic editing: `"v7"` is the version of the editable fields (RFC 9110 §8.8.3). Never
//! used for 304: answers also hold facts that change without a version, such as the last use.

use actix_web::http::header::{HeaderValue, IF_MATCH};
use latchkey_types::ProblemCode;

use super::guard::Call;
use crate::error::{ApiError, ApiResult};

/// What an If-Match header asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// No header, or `*`.
    Any,
    /// One of these versions.
    Versions(Vec<i64>),
}

/// The ETag of this version.
#[must_use]
pub fn etag(version: i64) -> HeaderValue {
    HeaderValue::from_str(&format!("\"v{version}\"")).unwrap_or(HeaderValue::from_static("\"v0\""))
}

impl IfMatch {
    /// What the request asks for.
    ///
    /// # Errors
    /// 400 when the header is no list of our ETags.
    pub fn of(call: &Call) -> ApiResult<Self> {
        let Some(value) = call.request.headers().get(IF_MATCH) else {
            return Ok(Self::Any);
        };
        value.to_str().ok().and_then(Self::parse).ok_or_else(|| {
            ApiError::request(
                "#header/If-Match",
                "is not an ETag of ours; send the one you got, such as \"v7\"",
            )
        })
    }

    /// Whether the present version is one that the caller has seen.
    ///
    /// # Errors
    /// 412.
    pub fn check(&self, version: i64) -> ApiResult<()> {
        match self {
            Self::Any => Ok(()),
            Self::Versions(versions) if versions.contains(&version) => Ok(()),
            Self::Versions(_) => Err(ApiError::new(
                ProblemCode::VersionMismatch,
                format!(
                    "Its version is now {version}. Load it again, compare, and send the new ETag."
                ),
            )),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        if text.trim() == "*" {
            return Some(Self::Any);
        }
        text.split(',')
            .map(|tag| {
                tag.trim()
                    .strip_prefix("\"v")?
                    .strip_suffix('"')?
                    .parse()
                    .ok()
            })
            .collect::<Option<Vec<i64>>>()
            .map(Self::Versions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_strictly() {
        for (text, wanted) in [
            ("*", Some(IfMatch::Any)),
            ("\"v7\"", Some(IfMatch::Versions(vec![7]))),
            ("\"v7\", \"v8\"", Some(IfMatch::Versions(vec![7, 8]))),
            ("v7", None),
            ("\"7\"", None),
            ("W/\"v7\"", None),
            ("", None),
            ("\"v\"", None),
        ] {
            assert_eq!(IfMatch::parse(text), wanted, "{text:?}");
        }
    }
}
