//! Rules for the fields of requests that need more than their type. All wrong fields are told at once.

use latchkey_types::{FieldError, Timestamp, limits};

use crate::error::{ApiError, ApiResult};

/// Collects what is wrong.
#[derive(Default)]
pub struct Checks(Vec<FieldError>);

impl Checks {
    /// Notes the sentence of a failed rule under this field.
    pub fn rule(&mut self, pointer: &str, outcome: Result<(), String>) -> &mut Self {
        if let Err(detail) = outcome {
            self.0.push(FieldError::new(pointer, detail));
        }
        self
    }

    /// A time that must lie ahead.
    pub fn future(&mut self, pointer: &str, at: Option<Timestamp>, now: Timestamp) -> &mut Self {
        self.rule(
            pointer,
            match at {
                Some(at) if at <= now => Err("is in the past; choose a later time".to_owned()),
                _ => Ok(()),
            },
        )
    }

    /// # Errors
    /// 422 with every wrong field.
    pub fn done(&mut self) -> ApiResult<()> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(ApiError::fields(std::mem::take(&mut self.0)))
        }
    }
}

/// An origin as a browser writes it: scheme, host, and port if it isn't the scheme's own; nothing else.
///
/// # Errors
/// A sentence that says how to write it.
pub fn check_origin(text: &str) -> Result<(), String> {
    let form = || Err("must be an origin such as https://claude.ai, without a path".to_owned());
    let Ok(url) = url::Url::parse(text) else {
        return form();
    };
    if !matches!(url.scheme(), "http" | "https") || url.origin().ascii_serialization() != text {
        return form();
    }
    Ok(())
}

/// A search text of the query.
///
/// # Errors
/// 400.
pub fn check_query_text(name: &str, text: Option<&str>) -> ApiResult<()> {
    match text.map(|text| limits::check_line(text, limits::QUERY_MAX)) {
        Some(Err(detail)) => Err(ApiError::request(&format!("#query/{name}"), detail)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_written_as_browsers_write_them() {
        for good in [
            "https://claude.ai",
            "http://localhost:3000",
            "https://[::1]:8443",
        ] {
            assert!(check_origin(good).is_ok(), "{good}");
        }
        for bad in [
            "claude.ai",
            "https://claude.ai/",
            "https://claude.ai:443",
            "https://CLAUDE.ai",
            "https://u@claude.ai",
            "null",
            "*",
            "file:///x",
            "",
        ] {
            assert!(check_origin(bad).is_err(), "{bad}");
        }
    }
}
