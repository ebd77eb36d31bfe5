//! The query part of addresses: of API paths, and of the page, whose filters live there.

use std::fmt::Write as _;

use leptos::prelude::*;

use super::reactive::memo;
use super::router::{Place, use_place};

/// A query under construction. Empty values are left out.
#[derive(Debug, Clone, Default)]
pub struct Query(String);

impl Query {
    /// Without anything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With this parameter, unless its value is empty.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        if !value.is_empty() {
            self.0.push(if self.0.is_empty() { '?' } else { '&' });
            self.0.push_str(name);
            self.0.push('=');
            encode_into(&mut self.0, value);
        }
        self
    }

    /// The path with this query.
    #[must_use]
    pub fn on(&self, path: &str) -> String {
        format!("{path}{}", self.0)
    }
}

/// A text as it stands in a query or a path segment.
#[must_use]
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    encode_into(&mut out, text);
    out
}

fn encode_into(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            // Writing to a String can't fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

/// What an encoded text stands for. What is not encoded rightly stays as it is.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = after
            .get(..2)
            .filter(|_| first == b'%')
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        rest = match code {
            Some(byte) => {
                bytes.push(byte);
                &after[2..]
            }
            None => {
                bytes.push(if first == b'+' { b' ' } else { first });
                after
            }
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The value of a parameter in a query without its question mark; empty if it is not there.
#[must_use]
pub fn value_of(search: &str, name: &str) -> String {
    pairs(search)
        .find(|(known, _)| *known == name)
        .map(|(_, value)| decode(value))
        .unwrap_or_default()
}

fn pairs(search: &str) -> impl Iterator<Item = (&str, &str)> {
    search
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// The query with another value of one parameter.
fn changed(search: &str, name: &str, value: &str) -> Query {
    let mut query = Query::new();
    for (known, old) in pairs(search) {
        if known != name {
            query = query.with(known, &decode(old));
        }
    }
    query.with(name, value)
}

/// One parameter of the page's address, as state: read it as a signal, set it without a new history entry.
#[derive(Clone, Copy)]
pub struct QueryState {
    name: &'static str,
    value: Memo<String>,
    place: Place,
}

/// The parameter `name` of the page's address.
#[must_use]
pub fn use_query_state(name: &'static str) -> QueryState {
    let place = use_place();
    QueryState {
        name,
        place,
        value: memo(move || value_of(&place.search(), name)),
    }
}

impl QueryState {
    /// The present value; empty if it is not in the address. Reactive.
    #[must_use]
    pub fn get(self) -> String {
        self.value.get()
    }

    /// The same without being told of changes.
    #[must_use]
    pub fn get_untracked(self) -> String {
        self.value.get_untracked()
    }

    /// Puts a value into the address; an empty one takes the parameter out.
    pub fn set(self, value: impl Into<String>) {
        self.put(&value.into());
    }

    fn put(self, value: &str) {
        let location = window().location();
        let search = location.search().unwrap_or_default();
        let search = search.trim_start_matches('?');
        if value_of(search, self.name) != value {
            let path = location.pathname().unwrap_or_default();
            self.place
                .replace(&changed(search, self.name, value).on(&path));
        }
    }
}

/// Where to go after signing in: only a path of this app, never another site.
#[must_use]
pub fn safe_next(next: &str) -> &str {
    let is_path = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains(['\\', '\n', '\r', '\t'])
        && !next.starts_with("/sign-in");
    if is_path { next } else { "/projects" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_encoded_and_empty_ones_left_out() {
        let query = Query::new()
            .with("q", "a&b=c ü")
            .with("status", "")
            .with("limit", "50");
        assert_eq!(
            query.on("/projects"),
            "/projects?q=a%26b%3Dc%20%C3%BC&limit=50"
        );
        assert_eq!(Query::new().on("/users"), "/users");
    }

    #[test]
    fn what_was_encoded_reads_back() {
        for text in ["a&b=c ü", "100 %", "", "מפתח", "a+b"] {
            assert_eq!(decode(&encode(text)), text);
        }
        assert_eq!(decode("50%_%zz+x"), "50%_%zz x");
    }

    #[test]
    fn one_parameter_changes_and_the_others_stay() {
        let search = "q=a%20b&status=all";
        assert_eq!(value_of(search, "q"), "a b");
        assert_eq!(value_of(search, "limit"), "");
        assert_eq!(changed(search, "status", "").on("/x"), "/x?q=a%20b");
        assert_eq!(changed(search, "q", "c").on("/x"), "/x?status=all&q=c");
    }

    #[test]
    fn after_signing_in_nobody_is_sent_elsewhere() {
        for good in ["/projects", "/projects/proj_1?q=a", "/account"] {
            assert_eq!(safe_next(good), good);
        }
        for bad in [
            "",
            "//evil.example",
            "https://evil.example",
            "/\\evil",
            "/sign-in?next=/",
            "x",
        ] {
            assert_eq!(safe_next(bad), "/projects", "{bad}");
        }
    }
}
