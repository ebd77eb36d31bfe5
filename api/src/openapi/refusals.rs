//! What is the same of every refusal, as components of the document.

use latchkey_types::ProblemCode;
use serde_json::{Value, json};

/// The refusals that mean the same everywhere: status, name among the components, meaning.
pub(super) const REFUSALS: [(u16, &str, &str); 12] = [
    (
        400,
        "BadRequest",
        "The request can't be read: `errors` names the header or query parameter",
    ),
    (
        401,
        "Unauthorized",
        "No credential, or one that is not accepted",
    ),
    (
        403,
        "Forbidden",
        "The credential's rights don't reach this far, or the request came from another site",
    ),
    (
        404,
        "NotFound",
        "There is nothing here, or it isn't the caller's: the same answer for both",
    ),
    (
        409,
        "Conflict",
        "The present state doesn't allow it; `code` says why",
    ),
    (
        412,
        "PreconditionFailed",
        "There is a newer version than the one in If-Match",
    ),
    (413, "ContentTooLarge", "The body is too large"),
    (415, "UnsupportedMediaType", "The body is not JSON"),
    (
        422,
        "UnprocessableContent",
        "A field is not as it must be: `errors` names each by its JSON pointer",
    ),
    (
        429,
        "TooManyRequests",
        "Too many attempts; Retry-After says how long to wait",
    ),
    (
        500,
        "InternalServerError",
        "Something went wrong in Latchkey",
    ),
    (
        503,
        "ServiceUnavailable",
        "Latchkey can't answer just now; Retry-After says when to repeat the request",
    ),
];

/// A refusal's name among the components, and its meaning.
pub(super) fn refusal(status: u16) -> (&'static str, &'static str) {
    REFUSALS
        .iter()
        .find(|(known, ..)| *known == status)
        .map_or(("InternalServerError", ""), |(_, name, meaning)| {
            (name, meaning)
        })
}

/// The content of a refusal: a problem document.
pub(super) fn problem_content(status: u16) -> Value {
    json!({"application/problem+json": {
        "schema": {"$ref": "#/components/schemas/Problem"},
        "example": problem_example(status),
    }})
}

fn problem_example(status: u16) -> Value {
    let code = ProblemCode::ALL
        .iter()
        .find(|code| code.status() == status)
        .copied()
        .unwrap_or(ProblemCode::Internal);
    let mut problem = json!({
        "type": format!("/docs/errors/{}", code.as_str()),
        "title": code.title(),
        "status": status,
        "detail": code.title(),
        "code": code.as_str(),
        "request_id": "019a1c5e0f7a7c3e0000000000000001",
    });
    if status == 422 {
        problem["code"] = json!("invalid_field");
        problem["type"] = json!("/docs/errors/invalid_field");
        problem["errors"] =
            json!([{"pointer": "/expires_at", "detail": "is in the past; choose a later time"}]);
    }
    problem
}
