//! Advice on the description of a key, from the Best Practices of the product's own page:
//! "Production - Claude Integration" helps, "Key 1" and "Test" don't. Advice, never a refusal.

use serde::{Deserialize, Serialize};

/// What could be better about a description.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AdviceCode {
    /// There is none.
    Empty,
    /// It doesn't say what the key is for: "Key 1", "Test".
    Weak,
    /// One word that could be anything.
    OneWord,
    /// Another key of the project has the same one.
    Duplicate,
}

/// One piece of advice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Advice {
    /// What could be better.
    pub code: AdviceCode,
    /// The same in words, with a better example.
    #[cfg_attr(
        feature = "openapi",
        schema(examples(
            "“Key 1” doesn't say what the key is for. Try “Production - Claude Integration”."
        ))
    )]
    pub message: String,
}

/// The descriptions that the product's page suggests; one click each in the browser.
pub const SUGGESTIONS: [&str; 4] = [
    "Claude AI Integration",
    "Production API Access",
    "Team Member - Ada",
    "Analytics Dashboard",
];

/// Words that say nothing about what a key is for, alone or in any combination with numbers.
const EMPTY_WORDS: &[&str] = &[
    "a",
    "abc",
    "access",
    "another",
    "api",
    "apikey",
    "asdf",
    "bar",
    "baz",
    "copy",
    "default",
    "demo",
    "example",
    "first",
    "foo",
    "key",
    "keys",
    "main",
    "mcp",
    "misc",
    "my",
    "name",
    "new",
    "none",
    "old",
    "other",
    "qwerty",
    "sample",
    "second",
    "secret",
    "server",
    "some",
    "temp",
    "temporary",
    "test",
    "tester",
    "testing",
    "tests",
    "the",
    "thing",
    "third",
    "tmp",
    "todo",
    "token",
    "untitled",
    "unused",
    "x",
    "xxx",
    "xyz",
    "your",
];

/// What could be better about this description, most important first. `is_duplicate` says that another
/// key of the project that is not revoked has the same one (see [`same_description`]).
#[must_use]
pub fn advise(description: &str, is_duplicate: bool) -> Vec<Advice> {
    let trimmed = description.trim();
    let mut advice = Vec::new();
    let mut give = |code, message| advice.push(Advice { code, message });
    let words: Vec<String> = words(trimmed).collect();
    let telling = words.iter().filter(|word| tells(word)).count();
    if trimmed.is_empty() {
        give(
            AdviceCode::Empty,
            "A description helps you to identify the key later. \
             Try “Production - Claude Integration”."
                .to_owned(),
        );
    } else if telling == 0 {
        give(
            AdviceCode::Weak,
            format!(
                "“{trimmed}” doesn't say what the key is for. Try “Production - Claude Integration”."
            ),
        );
    } else if words.len() == 1 && trimmed.is_ascii() {
        // Only of ASCII: in scripts without blanks one "word" can be a whole sentence.
        give(
            AdviceCode::OneWord,
            format!("Say who uses it, and where. Try “Production - {trimmed} Integration”."),
        );
    }
    if is_duplicate && !trimmed.is_empty() {
        give(
            AdviceCode::Duplicate,
            format!(
                "Another key is called “{trimmed}” too. Add what tells them apart: \
                 “{trimmed} - Analytics Dashboard”."
            ),
        );
    }
    advice
}

/// Whether two descriptions would be taken for the same by a reader: blanks don't count, nor does the case of the
/// letters from A to Z. (Of all other letters it would: Unicode's tables are a twentieth of the browser app.)
#[must_use]
pub fn same_description(one: &str, other: &str) -> bool {
    normal_description(one) == normal_description(other)
}

/// The form in which descriptions are compared.
#[must_use]
pub fn normal_description(description: &str) -> String {
    let mut normal = String::with_capacity(description.len());
    for word in description.split_whitespace() {
        if !normal.is_empty() {
            normal.push(' ');
        }
        normal.extend(word.chars().map(|c| c.to_ascii_lowercase()));
    }
    normal
}

fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(is_between_words)
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
}

/// Blanks, signs and punctuation, as far as they are likely in a description.
fn is_between_words(c: char) -> bool {
    match c {
        '\0'..='\x7f' => !c.is_ascii_alphanumeric(),
        // Signs of Latin-1, general punctuation, and that of Chinese and Japanese.
        '\u{80}'..='\u{bf}' | '\u{2000}'..='\u{206f}' | '\u{3000}'..='\u{303f}' => true,
        _ => false,
    }
}

/// Whether a word says something: not a number, not a filler with a number at its end ("key1").
fn tells(word: &str) -> bool {
    let stem = word.trim_matches(|c: char| c.is_ascii_digit());
    let too_short = stem.chars().count() < 2 && stem.is_ascii();
    !too_short && !EMPTY_WORDS.contains(&stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(description: &str, is_duplicate: bool) -> Vec<AdviceCode> {
        advise(description, is_duplicate)
            .iter()
            .map(|advice| advice.code)
            .collect()
    }

    #[test]
    fn good_descriptions_get_no_advice() {
        for good in [
            "Claude AI Integration",
            "Production API Access",
            "Team Member - John",
            "Analytics Dashboard",
            "Production - Claude Integration",
            "Development - Testing",
            "Analytics Dashboard - Read Only",
            "Test suite of the billing team",
            "本番環境のClaude連携",
            "CI runner 3",
        ] {
            assert_eq!(codes(good, false), [], "{good:?}");
        }
    }

    #[test]
    fn weak_descriptions_get_the_advice_of_their_kind() {
        for (description, wanted) in [
            ("", AdviceCode::Empty),
            ("  \t", AdviceCode::Empty),
            ("Key 1", AdviceCode::Weak),
            ("key1", AdviceCode::Weak),
            ("Test", AdviceCode::Weak),
            ("TEST KEY", AdviceCode::Weak),
            ("my new api key (2)", AdviceCode::Weak),
            ("123", AdviceCode::Weak),
            ("!!!", AdviceCode::Weak),
            ("x", AdviceCode::Weak),
            ("Claude", AdviceCode::OneWord),
            ("production", AdviceCode::OneWord),
        ] {
            assert_eq!(codes(description, false), [wanted], "{description:?}");
        }
    }

    #[test]
    fn a_duplicate_is_said_beside_the_rest() {
        assert_eq!(codes("Analytics Dashboard", true), [AdviceCode::Duplicate]);
        assert_eq!(
            codes("Test", true),
            [AdviceCode::Weak, AdviceCode::Duplicate]
        );
        assert_eq!(codes("", true), [AdviceCode::Empty]);
        assert!(same_description(
            " Analytics  dashboard",
            "ANALYTICS Dashboard "
        ));
        assert!(!same_description(
            "Analytics Dashboard",
            "Analytics Dashboard 2"
        ));
    }

    #[test]
    fn every_advice_shows_a_better_example() {
        for description in ["", "Key 1", "Test", "Claude"] {
            for advice in advise(description, true) {
                assert!(advice.message.contains(" - "), "{}", advice.message);
            }
        }
    }
}
