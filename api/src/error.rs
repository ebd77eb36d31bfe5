//! How a request fails: one error type, rendered in one place as a problem document.

use std::fmt;

use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use latchkey_store::StoreError;
use latchkey_types::{FieldError, ProblemCode, verify::VerifyCode};

/// A refused or failed request: what the caller is told, and apart from it what the log is told.
#[derive(Debug, Clone)]
pub struct ApiError(Box<Inner>);

#[derive(Debug, Clone)]
pub(crate) struct Inner {
    pub code: ProblemCode,
    pub detail: String,
    pub errors: Vec<FieldError>,
    /// Never sent; logged under the request's id.
    pub internal: Option<String>,
    pub retry_after_seconds: Option<u64>,
    pub allow: Option<String>,
    pub www_authenticate: Option<String>,
    pub id: Option<String>,
    pub reason: Option<VerifyCode>,
}

/// What a handler answers.
pub type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    /// A problem of this code; `detail` is what is wrong in this very request.
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            internal: None,
            retry_after_seconds: None,
            allow: None,
            www_authenticate: None,
            id: None,
            reason: None,
        }))
    }

    /// There is nothing here: the same words for what doesn't exist and for what is somebody else's.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(
            ProblemCode::NotFound,
            "There is nothing at this address, or it isn't yours.",
        )
    }

    /// A field of the body is not as it must be.
    pub fn field(pointer: &str, detail: impl Into<String>) -> Self {
        Self::fields(vec![FieldError::new(pointer, detail)])
    }

    /// Several fields of the body are not as they must be. `errors` is not empty.
    #[must_use]
    pub fn fields(errors: Vec<FieldError>) -> Self {
        Self::with_errors(ProblemCode::InvalidField, errors)
    }

    /// A part of the request that is not its body can't be read.
    pub fn request(pointer: &str, detail: impl Into<String>) -> Self {
        Self::with_errors(
            ProblemCode::InvalidRequest,
            vec![FieldError::new(pointer, detail)],
        )
    }

    /// A problem of this code with the fields it is about; the detail is made of them.
    #[must_use]
    pub fn with_errors(code: ProblemCode, errors: Vec<FieldError>) -> Self {
        let sentences: Vec<String> = errors
            .iter()
            .map(|error| {
                let name = error.pointer.rsplit('/').next().unwrap_or_default();
                format!(
                    "{} {}",
                    if name.is_empty() { "The body" } else { name },
                    error.detail
                )
            })
            .collect();
        let mut problem = Self::new(code, sentences.join("; ") + ".");
        problem.0.errors = errors;
        problem
    }

    /// Something is broken on our side; `internal` goes to the log only.
    pub fn internal(internal: impl fmt::Display) -> Self {
        let mut problem = Self::new(
            ProblemCode::Internal,
            "The server met an error of its own. Its log has the details under this request_id.",
        );
        problem.0.internal = Some(internal.to_string());
        problem
    }

    /// Nothing can be answered just now; `internal` goes to the log only.
    pub fn unavailable(internal: impl fmt::Display) -> Self {
        let mut problem = Self::new(
            ProblemCode::Unavailable,
            "The database can't be reached or is busy. Nothing is accepted or changed without it.",
        );
        problem.0.internal = Some(internal.to_string());
        problem.retry_after(1)
    }

    /// With a Retry-After header of so many seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.0.retry_after_seconds = Some(seconds);
        self
    }

    /// The seconds of its Retry-After header.
    #[cfg(test)]
    pub(crate) fn seconds_to_wait(&self) -> Option<u64> {
        self.0.retry_after_seconds
    }

    /// With an Allow header.
    #[must_use]
    pub fn allow(mut self, methods: String) -> Self {
        self.0.allow = Some(methods);
        self
    }

    /// With a WWW-Authenticate header of its own instead of the plain one of a 401.
    #[must_use]
    pub fn www_authenticate(mut self, challenge: String) -> Self {
        self.0.www_authenticate = Some(challenge);
        self
    }

    /// Naming what an earlier request made.
    #[must_use]
    pub fn id(mut self, id: impl fmt::Display) -> Self {
        self.0.id = Some(id.to_string());
        self
    }

    /// Saying why a key is refused.
    #[must_use]
    pub fn reason(mut self, reason: VerifyCode) -> Self {
        self.0.reason = Some(reason);
        self
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> ProblemCode {
        self.0.code
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.0
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code.as_str(), self.0.detail)
    }
}

impl std::error::Error for ApiError {}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// An empty response that carries the error: `http::envelope` writes the document, because only
    /// there the request's id is known.
    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::new(self.status_code());
        response.extensions_mut().insert(self.clone());
        response
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        use latchkey_store::Unique;
        match error {
            StoreError::Taken(Unique::Email) => Self::with_errors(
                ProblemCode::EmailTaken,
                vec![FieldError::new("/email", "belongs to another user already")],
            ),
            StoreError::Taken(Unique::Slug) => Self::with_errors(
                ProblemCode::SlugTaken,
                vec![FieldError::new("/slug", "is taken; choose another")],
            ),
            StoreError::Taken(Unique::Member) => Self::with_errors(
                ProblemCode::MemberExists,
                vec![FieldError::new(
                    "/email",
                    "belongs to a member of this project already",
                )],
            ),
            StoreError::Taken(other) => Self::internal(format!("unexpected conflict: {other:?}")),
            StoreError::Unavailable(_) | StoreError::InDoubt => Self::unavailable(error),
            StoreError::Internal(_) => Self::internal(error),
        }
    }
}

impl From<actix_web::error::BlockingError> for ApiError {
    fn from(error: actix_web::error::BlockingError) -> Self {
        Self::unavailable(error)
    }
}
