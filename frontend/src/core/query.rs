//! The query part of addresses: of API paths, and of the page, whose filters live there.

use std::fmt::Write as _;

use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate, use_query_map},
};

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

/// One parameter of the page's address, as state: read it as a signal, set it without a new history entry.
#[derive(Clone, Copy)]
pub struct QueryState {
    value: Memo<String>,
    set: Callback<String>,
}

/// The parameter `name` of the page's address.
#[must_use]
pub fn use_query_state(name: &'static str) -> QueryState {
    let query = use_query_map();
    let location = use_location();
    let go = use_navigate();
    let value = Memo::new(move |_| query.with(|query| query.get(name)).unwrap_or_default());
    let set = Callback::new(move |new: String| {
        if value.get_untracked() == new {
            return;
        }
        let mut wanted = Query::new();
        query.with_untracked(|query| {
            for (other, text) in query.clone() {
                if other != name {
                    wanted = std::mem::take(&mut wanted).with(&other, &text);
                }
            }
        });
        let address = wanted
            .with(name, &new)
            .on(&location.pathname.get_untracked());
        go(
            &address,
            NavigateOptions {
                replace: true,
                scroll: false,
                ..NavigateOptions::default()
            },
        );
    });
    QueryState { value, set }
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
        self.set.run(value.into());
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
