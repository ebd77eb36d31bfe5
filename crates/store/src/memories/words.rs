//! The words of a text and of a search, in a form that both databases' full-text searches take alike.
//!
//! What a person typed never reaches a search's syntax: only letters and digits do, each word quoted.

use std::fmt::Write as _;

use latchkey_types::ProjectId;
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// Words of a search that count; more would only make it slow.
const WORDS_MAX: usize = 32;
/// Characters of a word of a search that count: its beginning finds it.
const WORD_MAX: usize = 60;
/// From so many characters on a word of a question finds longer ones that begin with it, too.
const BEGINNING_MIN: usize = 3;

/// What a search wants: at least one word.
pub(super) struct Wanted {
    words: Vec<Word>,
    all: bool,
}

/// A word that is looked for.
struct Word {
    /// Its spellings, each a row of words that follow each other: most often one of one.
    spellings: Vec<Vec<String>>,
    /// Whether longer words that begin with it are found.
    is_beginning: bool,
}

/// What a search finds besides the words of the text itself: its tags; words without their accents, because
/// not everybody types them; and single characters of scripts that are written without spaces, which both
/// databases would take for one long word.
pub(super) fn extra_words(text: &str, tags: &[String]) -> String {
    let mut extra: Vec<String> = tags.to_vec();
    for part in tags.iter().map(String::as_str).chain([text]) {
        for run in runs(part) {
            let is_mixed = run.chars().any(has_no_spaces);
            for word in segments(&run) {
                if word.chars().all(has_no_spaces) {
                    extra.extend(characters(word));
                } else {
                    let plain = plain(word);
                    if is_mixed || plain != word {
                        extra.push(plain);
                    }
                }
            }
        }
    }
    extra.join(" ")
}

impl Wanted {
    /// Texts with all of these words, as they are being typed: a word's beginning will do; `None` when there is no word.
    pub(super) fn all_of(text: &str) -> Option<Self> {
        Self::of(text, true)
    }

    /// Texts with any of these words; `None` when there is no word.
    pub(super) fn any_of(text: &str) -> Option<Self> {
        Self::of(text, false)
    }

    fn of(text: &str, all: bool) -> Option<Self> {
        let mut words: Vec<Word> = Vec::new();
        for run in runs(text) {
            words.extend(segments(&run).filter_map(|word| Word::of(word, all)));
            if words.len() >= WORDS_MAX {
                words.truncate(WORDS_MAX);
                break;
            }
        }
        (!words.is_empty()).then_some(Self { words, all })
    }

    /// The same for FTS5's MATCH, bounded to a project.
    pub(super) fn for_sqlite(&self, project: ProjectId) -> String {
        let wanted = self.write(
            if self.all { " AND " } else { " OR " },
            " OR ",
            |parts, end| format!("\"{}\"{}", parts.join(" "), if end { "*" } else { "" }),
        );
        // The part of the id behind its prefix is one word to FTS5.
        let project = project.as_uuid().simple();
        format!("(project_id : \"{project}\") AND ({{text words}} : ({wanted}))")
    }

    /// The same for PostgreSQL's to_tsquery.
    pub(super) fn for_postgres(&self) -> String {
        self.write(if self.all { " & " } else { " | " }, " | ", |parts, end| {
            let mut text = String::new();
            for (at, part) in parts.iter().enumerate() {
                let follows = if at > 0 { " <-> " } else { "" };
                // Writing into a string can't fail.
                let _ = write!(text, "{follows}'{part}'{}", if end { ":*" } else { "" });
            }
            text
        })
    }

    fn write(&self, between: &str, or: &str, spell: impl Fn(&[String], bool) -> String) -> String {
        let words = self.words.iter().map(|word| {
            let spellings = word.spellings.iter();
            let spellings: Vec<String> = spellings
                .map(|parts| spell(parts, word.is_beginning))
                .collect();
            format!("({})", spellings.join(or))
        });
        words.collect::<Vec<_>>().join(between)
    }
}

impl Word {
    fn of(word: &str, is_typed: bool) -> Option<Self> {
        let word: String = word.chars().take(WORD_MAX).collect();
        if word.chars().all(has_no_spaces) {
            let characters: Vec<String> = characters(&word).collect();
            return (!characters.is_empty()).then(|| Self {
                spellings: vec![characters],
                is_beginning: false,
            });
        }
        let plain = plain(&word);
        let mut spellings = vec![vec![word.clone()]];
        if plain != word && !plain.is_empty() {
            spellings.push(vec![plain]);
        }
        Some(Self {
            spellings,
            // In a search box the last word may not be finished.
            is_beginning: is_typed || word.chars().count() >= BEGINNING_MIN,
        })
    }
}

/// The runs of letters and digits of a text, in lower case and with accents as parts of their letters.
fn runs(text: &str) -> impl Iterator<Item = String> {
    let text: String = text.nfc().collect();
    // Signs on letters that aren't letters themselves, such as India's virama, don't end a word.
    let runs: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric() && !is_combining_mark(c))
        .filter(|run| run.contains(char::is_alphanumeric))
        .map(str::to_lowercase)
        .collect();
    runs.into_iter()
}

/// A run, cut where its script begins or ends to be one without spaces.
fn segments(run: &str) -> impl Iterator<Item = &str> {
    let mut rest = run;
    std::iter::from_fn(move || {
        let first = has_no_spaces(rest.chars().next()?);
        let end = rest
            .find(|c: char| has_no_spaces(c) != first)
            .unwrap_or(rest.len());
        let (segment, behind) = rest.split_at(end);
        rest = behind;
        Some(segment)
    })
}

/// The letters of a word one by one. Without the signs on them, of which the databases think differently.
fn characters(word: &str) -> impl Iterator<Item = String> {
    let is_letter = |c: &char| c.is_alphanumeric() && !is_combining_mark(*c);
    word.chars().filter(is_letter).map(String::from)
}

/// A word without accents and other forms of the same letters (UAX #15, NFKD).
fn plain(word: &str) -> String {
    let parts = word.nfkd().filter(|c| c.is_alphanumeric());
    parts.collect::<String>().to_lowercase()
}

/// Whether a character is of a script that is written without spaces between words: Chinese and Japanese,
/// Thai, Lao, Burmese, Khmer.
const fn has_no_spaces(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9d}'
        | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extra_words_are_tags_plain_words_and_single_characters() {
        let tags = ["Reise".to_owned()];
        assert_eq!(extra_words("plain words only", &tags), "Reise");
        assert_eq!(extra_words("Zürich, Zu\u{308}rich", &[]), "zurich zurich");
        assert_eq!(extra_words("東京tower ok", &[]), "東 京 tower");
        assert_eq!(extra_words("ＡＢＣ ½", &[]), "abc 12");
    }

    #[test]
    fn only_letters_and_digits_reach_a_search() {
        let wanted = Wanted::any_of("a\"b' OR NEAR(x*) -c:\\ & | ! <-> ( Zürich 東京").unwrap();
        assert_eq!(
            wanted.for_postgres(),
            "('a') | ('b') | ('or') | ('near':*) | ('x') | ('c') | ('zürich':* | 'zurich':*) | ('東' <-> '京')"
        );
        let project = "proj_019a1c5e0f7a7c3e8a4b5d6e7f801237".parse().unwrap();
        assert_eq!(
            Wanted::all_of("Ä 東京").unwrap().for_sqlite(project),
            "(project_id : \"019a1c5e0f7a7c3e8a4b5d6e7f801237\") AND \
             ({text words} : ((\"ä\"* OR \"a\"*) AND (\"東 京\")))"
        );
        for nothing in ["", " ", "\"*", "🔑", "-- ';"] {
            assert!(Wanted::any_of(nothing).is_none(), "{nothing:?}");
        }
    }

    #[test]
    fn a_long_search_is_cut() {
        let long = format!("{} {}", "x".repeat(5000), "y ".repeat(5000));
        let text = Wanted::any_of(&long).unwrap().for_postgres();
        assert_eq!(text.matches(" | ").count(), WORDS_MAX - 1);
        assert!(text.len() < 400);
    }
}
