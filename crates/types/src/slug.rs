//! A project's place in URLs: `/{slug}/mcp/v1`. Chosen once, never reused.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::limits::{SLUG_MAX, SLUG_MIN};

/// 3 to 40 characters of `a-z`, `0-9` and single inner hyphens, and no reserved word.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(
    feature = "openapi",
    schema(value_type = String, min_length = 3, max_length = 40, pattern = "^[a-z0-9]+(-[a-z0-9]+)*$",
        examples("memorylake"))
)]
pub struct Slug(String);

/// Why a text is not a slug.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlugError {
    /// Shorter than 3 or longer than 40 characters.
    Length,
    /// Something other than `a-z`, `0-9` and single inner hyphens.
    Characters,
    /// The server needs this word for a path of its own, now or later.
    Reserved,
}

/// Words that are, or may become, first segments of the server's or the app's own paths.
pub const RESERVED: &[&str] = &[
    "account",
    "admin",
    "api",
    "assets",
    "audit",
    "auth",
    "authorize",
    "claim",
    "docs",
    "favicon",
    "find",
    "find-key",
    "forward-auth",
    "health",
    "healthz",
    "help",
    "index",
    "keys",
    "latchkey",
    "live",
    "login",
    "logout",
    "mcp",
    "me",
    "metrics",
    "new",
    "null",
    "oauth",
    "openapi",
    "project",
    "projects",
    "public",
    "readyz",
    "ready",
    "register",
    "robots",
    "session",
    "sessions",
    "settings",
    "setup",
    "sign-in",
    "sign-out",
    "signin",
    "signout",
    "static",
    "status",
    "swagger",
    "token",
    "tokens",
    "undefined",
    "user",
    "users",
    "well-known",
    "www",
];

impl Slug {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A slug made of a name that is already plain ASCII: lower case, everything else a hyphen.
    /// `None` when too little is left; the caller then picks one.
    #[must_use]
    pub fn from_ascii_name(name: &str) -> Option<Self> {
        let mut text = String::with_capacity(SLUG_MAX);
        for c in name.chars() {
            if text.len() == SLUG_MAX {
                break;
            }
            if c.is_ascii_alphanumeric() {
                text.push(c.to_ascii_lowercase());
            } else if !text.is_empty() && !text.ends_with('-') && c != '\'' {
                text.push('-');
            }
        }
        let trimmed = text.trim_end_matches('-');
        match trimmed.parse() {
            Ok(slug) => Some(slug),
            Err(SlugError::Reserved | SlugError::Length) if !trimmed.is_empty() => {
                format!("{trimmed}-project").parse().ok()
            }
            Err(_) => None,
        }
    }

    /// This slug with `-{number}` at its end, shortened where it must be: the next one to try when the
    /// plain one is taken.
    #[must_use]
    pub fn numbered(&self, number: u32) -> Self {
        let suffix = format!("-{number}");
        let room = SLUG_MAX.saturating_sub(suffix.len());
        let stem: String = self.0.chars().take(room).collect();
        Self(format!("{}{suffix}", stem.trim_end_matches('-')))
    }
}

impl FromStr for Slug {
    type Err = SlugError;

    fn from_str(text: &str) -> Result<Self, SlugError> {
        if !(SLUG_MIN..=SLUG_MAX).contains(&text.chars().count()) {
            return Err(SlugError::Length);
        }
        let plain = text
            .bytes()
            .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        if !plain || text.starts_with('-') || text.ends_with('-') || text.contains("--") {
            return Err(SlugError::Characters);
        }
        if RESERVED.contains(&text) {
            return Err(SlugError::Reserved);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for SlugError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length => write!(f, "must have {SLUG_MIN} to {SLUG_MAX} characters"),
            Self::Characters => f.write_str(
                "may hold only a-z, 0-9 and single hyphens between them, such as memory-lake",
            ),
            Self::Reserved => {
                f.write_str("is a word that Latchkey keeps for itself; choose another")
            }
        }
    }
}

impl std::error::Error for SlugError {}

impl Serialize for Slug {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Slug {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod fuzz;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_for_slugs() {
        let longest = "a".repeat(40);
        for (text, wanted) in [
            ("memorylake", None),
            ("a-1", None),
            ("123", None),
            (longest.as_str(), None),
            ("", Some(SlugError::Length)),
            ("ab", Some(SlugError::Length)),
            ("-ab", Some(SlugError::Characters)),
            ("ab-", Some(SlugError::Characters)),
            ("a--b", Some(SlugError::Characters)),
            ("Abc", Some(SlugError::Characters)),
            ("a_b", Some(SlugError::Characters)),
            ("aé-", Some(SlugError::Characters)),
            ("a/b", Some(SlugError::Characters)),
            ("api", Some(SlugError::Reserved)),
            ("docs", Some(SlugError::Reserved)),
        ] {
            assert_eq!(text.parse::<Slug>().err(), wanted, "{text:?}");
        }
        assert_eq!("a".repeat(41).parse::<Slug>(), Err(SlugError::Length));
    }

    #[test]
    fn names_become_slugs() {
        for (name, slug) in [
            ("Memory Lake", Some("memory-lake")),
            ("  Ada's  notes! ", Some("adas-notes")),
            ("API", Some("api-project")),
            ("x", Some("x-project")),
            ("!!!", None),
            ("", None),
        ] {
            assert_eq!(
                Slug::from_ascii_name(name).as_ref().map(Slug::as_str),
                slug,
                "{name:?}"
            );
        }
        let long = Slug::from_ascii_name(&"ab ".repeat(30)).map(|slug| slug.0.len());
        assert!(long.is_some_and(|length| length <= SLUG_MAX));
    }

    #[test]
    fn numbered_slugs_are_slugs() {
        for base in [
            "abc",
            &"a".repeat(40),
            &format!("{}-{}", "a".repeat(37), "bb"),
        ] {
            let numbered = base.parse::<Slug>().map(|slug| slug.numbered(12));
            assert!(
                numbered.is_ok_and(|slug| slug.0.parse::<Slug>().is_ok()),
                "{base}"
            );
        }
    }
}
