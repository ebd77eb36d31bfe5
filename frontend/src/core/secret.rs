//! A secret that is shown once: held in one place, and wiped from it.

use leptos::prelude::*;
use zeroize::Zeroizing;

use super::{reactive::watch, session::use_session};

/// What stands for the hidden part of a secret.
const VEIL: &str = "••••••••••••";

/// Holds one secret until it is wiped, or its owner is gone. It has no Debug and can't be serialised.
/// Copy it freely: every copy is the same place.
///
/// Text that the browser was given (shown, copied) is the browser's: it is let go with the elements that show it.
#[derive(Clone, Copy)]
pub struct OneTime {
    text: StoredValue<Option<Zeroizing<String>>>,
}

impl OneTime {
    /// An empty place, wiped at the latest when the present owner ends, and some minutes after the session has ended.
    #[must_use]
    pub fn new() -> Self {
        let place = Self {
            text: StoredValue::new(None),
        };
        on_cleanup(move || place.wipe());
        let session = use_session();
        watch(move || {
            if session.is_wiped() {
                place.wipe();
            }
        });
        place
    }

    /// Puts a secret in, in the place of what was there.
    pub fn put(self, text: String) {
        self.text.try_set_value(Some(Zeroizing::new(text)));
    }

    /// Lends the secret. Keep nothing of it.
    pub fn with<R>(self, look: impl FnOnce(&str) -> R) -> Option<R> {
        self.text
            .try_with_value(|text| text.as_ref().map(|text| look(text)))
            .flatten()
    }

    /// Overwrites it and lets it go.
    pub fn wipe(self) {
        // Dropping it writes zeros over its memory.
        self.text.try_set_value(None);
    }
}

impl Default for OneTime {
    fn default() -> Self {
        Self::new()
    }
}

/// What a secret may begin with: that is no part of what must be hidden.
const PREFIXES: [&str; 2] = ["lk_", "lkm_"];
/// What stands before a secret in a URL.
const MARKS: [&str; 2] = ["apikey=", "#token="];

/// A secret, or a URL with one at its end, with everything but its beginning and last four characters hidden.
#[must_use]
pub fn mask(text: &str) -> String {
    let mut ends = MARKS
        .iter()
        .filter_map(|mark| Some(text.find(mark)? + mark.len()));
    let (before, secret) = text.split_at(ends.next().unwrap_or(0));
    let prefix = PREFIXES
        .into_iter()
        .find(|prefix| secret.starts_with(prefix));
    let prefix = prefix.unwrap_or_default();
    let rest = &secret[prefix.len()..];
    let count = rest.chars().count();
    // Of something short, four characters would be too much.
    let tail: String = if count >= 16 {
        rest.chars().skip(count - 4).collect()
    } else {
        String::new()
    };
    format!("{before}{prefix}{VEIL}{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_ends_of_a_secret_are_shown() {
        let secret = "lk_EXAMPLEexampleEXAMPLEexample0000a1B2";
        assert_eq!(mask(secret), "lk_••••••••••••a1B2");
        assert_eq!(
            mask(&format!(
                "https://keys.example.com/lake/mcp/v1?apikey={secret}"
            )),
            "https://keys.example.com/lake/mcp/v1?apikey=lk_••••••••••••a1B2"
        );
        assert_eq!(
            mask("https://keys.example.com/claim#token=EXAMPLE_example-EXAMPLE_example_a1B2"),
            "https://keys.example.com/claim#token=••••••••••••a1B2"
        );
        assert_eq!(mask("short"), VEIL);
        assert_eq!(mask(""), VEIL);
    }
}
