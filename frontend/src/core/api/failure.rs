//! What can go wrong with a call, and how it is said to a person.

use latchkey_types::{Problem, ProblemCode};
use wasm_bindgen::JsValue;

use crate::core::json;

/// The reason that ends a call whose answer nobody waits for any more.
pub const GIVEN_UP: &str = "given up";

/// The outcome of a call.
pub type ApiResult<T> = Result<T, ApiFailure>;

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiFailure {
    /// No answer came: the server is gone, or the network.
    Network,
    /// The person did not want to wait any longer.
    GivenUp,
    /// The server said why.
    Problem {
        /// The server's own words.
        problem: Box<Problem>,
        /// How long to wait before trying again, in seconds.
        retry_after: Option<u32>,
    },
    /// An answer came that can't be read, perhaps from a proxy; with its HTTP status where it failed.
    Strange(u16),
    /// A good answer whose body is not what it should be: this page is older than the server.
    Unreadable,
}

impl ApiFailure {
    /// Reads a failed answer.
    pub(super) fn of_answer(status: u16, body: &[u8], retry_after: Option<u32>) -> Self {
        match json::read::<Problem>(body) {
            Some(problem) => Self::Problem {
                problem: Box::new(problem),
                retry_after,
            },
            // What a proxy says when the server behind it is gone.
            None if matches!(status, 502..=504) => Self::Network,
            None => Self::Strange(status),
        }
    }

    /// The server's code, if it gave one.
    #[must_use]
    pub fn code(&self) -> Option<ProblemCode> {
        match self {
            Self::Problem { problem, .. } => Some(problem.code),
            _ => None,
        }
    }

    /// Whether the session is over.
    #[must_use]
    pub fn is_session_end(&self) -> bool {
        self.code() == Some(ProblemCode::Unauthenticated)
    }

    /// Whether the password has to be given once more.
    #[must_use]
    pub fn needs_confirmation(&self) -> bool {
        self.code() == Some(ProblemCode::ConfirmationRequired)
    }

    /// What is wrong with one field or an entry of it, by its JSON pointer such as `/email`.
    #[must_use]
    pub fn field(&self, pointer: &str) -> Option<&str> {
        let Self::Problem { problem, .. } = self else {
            return None;
        };
        problem
            .errors
            .iter()
            .find(|error| error.pointer.starts_with(pointer))
            .map(|error| error.detail.as_str())
    }

    /// What to say above the form whose fields show the errors of `shown` themselves; `None` if that is all.
    #[must_use]
    pub fn beside_fields(&self, shown: &[&str]) -> Option<String> {
        let Self::Problem { problem, .. } = self else {
            return Some(self.sentence());
        };
        if problem.code == ProblemCode::SecondFactorRequired {
            // The field for the code comes in its place.
            return None;
        }
        let is_shown = |pointer: &str| shown.iter().any(|shown| pointer.starts_with(shown));
        if problem.errors.is_empty() {
            return Some(self.sentence());
        }
        let rest: Vec<String> = problem
            .errors
            .iter()
            .filter(|error| !is_shown(&error.pointer))
            .map(|error| format!("{} {}.", error.pointer, error.detail))
            .collect();
        (!rest.is_empty()).then(|| rest.join(" "))
    }

    /// What happened and what to do, in whole sentences.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::Network => {
                "The server can't be reached. Check the connection, then try again.".to_owned()
            }
            Self::GivenUp => "You stopped waiting for the answer.".to_owned(),
            Self::Strange(status) => {
                format!("Something between you and the server answered {status}. Try again.")
            }
            Self::Unreadable => {
                "The server is newer than this page. Reload the page to go on.".to_owned()
            }
            Self::Problem {
                problem,
                retry_after,
            } => problem_sentence(problem, *retry_after),
        }
    }
}

fn problem_sentence(problem: &Problem, retry_after: Option<u32>) -> String {
    match problem.code {
        ProblemCode::VersionMismatch => {
            "Somebody changed this in the meantime. Load it again and compare.".to_owned()
        }
        ProblemCode::Unauthenticated => "Your session has ended. Sign in again.".to_owned(),
        ProblemCode::Internal => format!(
            "Something went wrong in Latchkey. The server's log has it under {}.",
            problem.request_id
        ),
        ProblemCode::TooManyAttempts | ProblemCode::Unavailable => match retry_after {
            Some(seconds) => format!(
                "{} Try again in {}.",
                problem.title_sentence(),
                wait(seconds)
            ),
            None => format!("{} Try again soon.", problem.title_sentence()),
        },
        _ => finished(&problem.detail),
    }
}

/// A problem's title as a sentence.
trait Titled {
    fn title_sentence(&self) -> String;
}

impl Titled for Problem {
    fn title_sentence(&self) -> String {
        finished(&self.title)
    }
}

fn wait(seconds: u32) -> String {
    match seconds {
        0 | 1 => "a second".to_owned(),
        2..=90 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    }
}

/// With a full stop at its end, and a capital letter at its beginning.
fn finished(text: &str) -> String {
    let mut chars = text.trim().chars();
    let Some(first) = chars.next() else {
        return String::new();
    };
    let mut sentence: String = [first.to_ascii_uppercase()]
        .into_iter()
        .chain(chars)
        .collect();
    if !sentence.ends_with(['.', '?', ':']) {
        sentence.push('.');
    }
    sentence
}

impl From<JsValue> for ApiFailure {
    /// What the browser throws from `fetch`: no connection, no answer in time, or the reason of who gave up.
    fn from(why: JsValue) -> Self {
        if why.as_string().as_deref() == Some(GIVEN_UP) {
            Self::GivenUp
        } else {
            Self::Network
        }
    }
}

#[cfg(test)]
mod tests {
    use latchkey_types::FieldError;

    use super::*;

    fn problem(code: ProblemCode, detail: &str, errors: Vec<FieldError>) -> ApiFailure {
        ApiFailure::Problem {
            problem: Box::new(Problem {
                kind: String::new(),
                title: code.title().to_owned(),
                status: code.status(),
                detail: detail.to_owned(),
                code,
                request_id: "r1".to_owned(),
                errors,
                id: None,
                reason: None,
            }),
            retry_after: Some(42),
        }
    }

    #[test]
    fn the_next_step_is_part_of_the_sentence() {
        assert_eq!(
            problem(ProblemCode::TooManyAttempts, "", vec![]).sentence(),
            "Too many attempts. Try again in 42 seconds."
        );
        assert_eq!(
            problem(ProblemCode::SlugTaken, "the slug “lake” is taken", vec![]).sentence(),
            "The slug “lake” is taken."
        );
    }

    #[test]
    fn a_field_shows_its_own_error_and_the_form_the_rest() {
        let failure = problem(
            ProblemCode::InvalidField,
            "two fields",
            vec![
                FieldError::new("/email", "is empty"),
                FieldError::new("/name", "is too long"),
            ],
        );
        assert_eq!(failure.field("/email"), Some("is empty"));
        assert_eq!(failure.field("/slug"), None);
        assert_eq!(failure.beside_fields(&["/email", "/name"]), None);
        assert_eq!(
            failure.beside_fields(&["/email"]).as_deref(),
            Some("/name is too long.")
        );
    }

    #[test]
    fn that_a_code_is_needed_is_for_its_field_to_say() {
        let asked = problem(
            ProblemCode::SecondFactorRequired,
            "send `code`, too",
            vec![],
        );
        assert_eq!(asked.beside_fields(&[]), None);
    }

    #[test]
    fn an_entry_of_a_list_belongs_to_its_field() {
        let failure = problem(
            ProblemCode::InvalidField,
            "one field",
            vec![FieldError::new("/headers/1/name", "is empty")],
        );
        assert_eq!(failure.field("/headers"), Some("is empty"));
        assert_eq!(failure.field("/headers/1/"), Some("is empty"));
        assert_eq!(failure.field("/headers/0/"), None);
        assert_eq!(failure.beside_fields(&["/headers"]), None);
    }

    #[test]
    fn a_gateway_without_a_server_is_a_network_failure() {
        assert_eq!(
            ApiFailure::of_answer(502, b"<html>", None),
            ApiFailure::Network
        );
        assert_eq!(
            ApiFailure::of_answer(418, b"", None),
            ApiFailure::Strange(418)
        );
    }
}
