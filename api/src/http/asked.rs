//! What becomes known of a request on its way, for its line in the log: who asked, and with which code a handler refused
//! their credential in words of its own.
//!
//! The place for it is made once with each request, so that noting something costs a check of a key next to nothing.

use std::cell::Cell;

use actix_web::{HttpMessage as _, HttpRequest};
use latchkey_types::{KeyId, TokenId, UserId};

/// What is known of a request so far.
#[derive(Clone, Copy, Default)]
pub struct Known {
    /// Who asked, if a credential told.
    pub who: Option<Who>,
    /// The code of a refused credential, where the answer is no problem document.
    pub refused: Option<&'static str>,
    /// Whether it is asked too often to be logged at the usual level: accepted checks of keys, and of health.
    pub is_quiet: bool,
}

/// Who asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// A person, by their session, or because they have just signed in.
    User(UserId),
    /// A management token, and on whose behalf it acts.
    Token(TokenId, UserId),
    /// An API key that is known here, accepted or not.
    Key(KeyId),
}

/// The place of what is known, in a request's extensions.
#[derive(Default)]
pub struct Asked(Cell<Known>);

impl Who {
    /// The person, where it is one or acts for one.
    #[must_use]
    pub fn user_id(self) -> Option<UserId> {
        match self {
            Self::User(id) | Self::Token(_, id) => Some(id),
            Self::Key(_) => None,
        }
    }

    /// The token.
    #[must_use]
    pub fn token_id(self) -> Option<TokenId> {
        match self {
            Self::Token(id, _) => Some(id),
            Self::User(_) | Self::Key(_) => None,
        }
    }

    /// The key.
    #[must_use]
    pub fn key_id(self) -> Option<KeyId> {
        match self {
            Self::Key(id) => Some(id),
            Self::User(_) | Self::Token(..) => None,
        }
    }
}

impl Asked {
    /// Notes who asked.
    pub fn note(&self, who: Who) {
        self.change(|known| known.who = Some(who));
    }

    /// Notes that the answer is one of many like it, to be logged in detail only.
    pub fn be_quiet(&self) {
        self.change(|known| known.is_quiet = true);
    }

    /// What is known.
    #[must_use]
    pub fn known(&self) -> Known {
        self.0.get()
    }

    fn change(&self, by: impl FnOnce(&mut Known)) {
        let mut known = self.0.get();
        by(&mut known);
        self.0.set(known);
    }
}

/// Notes who asked.
pub fn note(request: &HttpRequest, who: Who) {
    change(request, |known| known.who = Some(who));
}

/// Notes that a credential was refused with this code, in an answer that is no problem document.
pub fn note_refusal(request: &HttpRequest, code: &'static str) {
    change(request, |known| known.refused = Some(code));
}

/// Notes that the answer is one of many like it, to be logged in detail only.
pub fn be_quiet(request: &HttpRequest) {
    change(request, |known| known.is_quiet = true);
}

/// What is known of a request.
#[must_use]
pub fn known(request: &HttpRequest) -> Known {
    let extensions = request.extensions();
    extensions
        .get::<Asked>()
        .map(Asked::known)
        .unwrap_or_default()
}

fn change(request: &HttpRequest, by: impl FnOnce(&mut Known)) {
    // Where a request came round the middleware, nothing will be logged of it either.
    if let Some(asked) = request.extensions().get::<Asked>() {
        asked.change(by);
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn what_is_noted_is_known_and_the_last_word_on_who_counts() {
        let request = TestRequest::default().to_http_request();
        let user: UserId = "usr_019a1c5e0f7a7c3e8a4b5d6e7f801234".parse().unwrap();
        let token: TokenId = "tok_019a1c5e0f7a7c3e8a4b5d6e7f801234".parse().unwrap();
        note(&request, Who::User(user));
        assert!(known(&request).who.is_none(), "there is no place for it");
        request.extensions_mut().insert(Asked::default());
        note(&request, Who::User(user));
        note_refusal(&request, "missing");
        note(&request, Who::Token(token, user));
        let known = known(&request);
        assert!(known.who == Some(Who::Token(token, user)));
        assert_eq!(known.refused, Some("missing"));
        let who = known.who.unwrap();
        assert!(who.user_id() == Some(user) && who.token_id() == Some(token));
        assert!(who.key_id().is_none());
    }
}
