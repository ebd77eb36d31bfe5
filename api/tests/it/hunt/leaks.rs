//! What a hunt found: every secret in a place that is not its own.

use super::{
    flow::Hunter,
    places::Found,
    secrets::{Search, Secret, Shown},
};

/// The leaks so far, as sentences without any secret.
pub struct Leaks<'a> {
    secrets: &'a [Secret],
    search: Search,
    sentences: Vec<String>,
}

impl<'a> Leaks<'a> {
    /// Of these secrets.
    pub fn of(secrets: &'a [Secret]) -> Self {
        let search = Search::new(secrets);
        Self {
            secrets,
            search,
            sentences: Vec::new(),
        }
    }

    /// Looks through answers: each secret has to be in its own, and in no other.
    pub fn look_at_answers(&mut self, hunter: &Hunter) {
        let mut was_shown = vec![false; self.secrets.len()];
        for (number, answer) in hunter.answers.iter().enumerate() {
            for (text, is_cookie) in [(&answer.text, false), (&answer.cookies, true)] {
                for found in self.search.within(text.as_bytes()) {
                    let secret = &self.secrets[found.secret];
                    let is_its_place = match secret.shown {
                        Shown::InAnswer(own) => own == number && !is_cookie,
                        Shown::InCookieOf(own) => own == number && is_cookie,
                        Shown::Never => false,
                    };
                    if is_its_place {
                        was_shown[found.secret] = true;
                    } else {
                        self.note(secret, &answer.what, found.form);
                    }
                }
            }
        }
        for (secret, was_shown) in self.secrets.iter().zip(was_shown) {
            if secret.shown != Shown::Never && !was_shown {
                let name = &secret.name;
                let blind = format!("{name} was not found in its own answer: the search is blind");
                self.sentences.push(blind);
            }
        }
    }

    /// Looks through places where no secret belongs.
    pub fn look_at(&mut self, when: &str, places: &[Found]) {
        assert!(!places.is_empty(), "nothing was {when}");
        for place in places {
            for found in self.search.within(&place.bytes) {
                let where_ = format!("{} ({when})", place.name);
                self.note(&self.secrets[found.secret], &where_, found.form);
            }
        }
    }

    fn note(&mut self, secret: &Secret, place: &str, form: &str) {
        let name = &secret.name;
        self.sentences.push(format!("{name} is in {place}, {form}"));
    }

    /// Ends the hunt.
    pub fn none(self) {
        let sentences = self.sentences;
        assert!(sentences.is_empty(), "\n{}", sentences.join("\n"));
    }
}

/// Whether a text that has to be somewhere is there: a search in the wrong place finds no leak either.
pub fn holds(places: &[Found], text: &str) -> bool {
    let is_in = |bytes: &[u8]| {
        bytes
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    };
    places.iter().any(|place| is_in(&place.bytes))
}
