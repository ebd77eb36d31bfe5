//! The one catalogue of errors, and the problem document (RFC 9457) that carries them.

use serde::{Deserialize, Serialize};

macro_rules! problems {
    ($($name:ident $code:literal $status:literal $title:literal $remedy:literal;)*) => {
        /// What went wrong, for programs. A code never changes its meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(rename_all = "snake_case")]
        pub enum ProblemCode {
            $(#[doc = $title] $name,)*
        }

        impl ProblemCode {
            /// Every code, in the order of the catalogue.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The code as it stands in a problem document.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The HTTP status it is answered with.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// One short sentence, the same for every occurrence.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }

            /// What whoever meets it can do; the text of its page under /docs/errors.
            #[must_use]
            pub const fn remedy(self) -> &'static str {
                match self { $(Self::$name => $remedy,)* }
            }
        }
    };
}

problems! {
    InvalidJson "invalid_json" 400 "The body is not JSON"
        "Send one JSON document in UTF-8. `detail` says where reading stopped.";
    InvalidRequest "invalid_request" 400 "The request can't be read"
        "A header, a path segment or the query is not of the documented form. `errors` names which.";
    InvalidCursor "invalid_cursor" 400 "The cursor is not one of ours"
        "Take `next_cursor` of the page before as it is, with the same filters, or start again without a cursor.";
    CredentialConflict "credential_conflict" 400 "More than one credential came"
        "Send the credential once: as `Authorization: Bearer`, as `X-API-Key`, or as `apikey` in the query.";
    Unauthenticated "unauthenticated" 401 "Sign in, or send a management token"
        "Sign in in the browser, or send `Authorization: Bearer lkm_…`. An ended session or a revoked or expired token is refused like none at all.";
    InvalidCredentials "invalid_credentials" 401 "E-mail address or password is wrong"
        "Check both. After a forgotten password an administrator can make a sign-in link.";
    SecondFactorRequired "second_factor_required" 401 "A code is needed, too"
        "The password or link was right. Send it again together with `code`: the six digits that the authenticator app shows, or a recovery code.";
    CodeRefused "code_refused" 401 "The code is not accepted"
        "It is wrong, too old, or was used already: each works once. Wait for the next one, and check the clock of the phone. Without the app send a recovery code; without one, an administrator can reset the second factor.";
    ApiKeyNotAccepted "api_key_not_accepted" 401 "API keys don't manage anything"
        "An `lk_…` key opens the MCP endpoint, `GET /keys/self` and forward-auth. To manage projects and keys use a management token (`lkm_…`), made under Account.";
    KeyRefused "key_refused" 401 "The key is not accepted"
        "The key is unknown, revoked, disabled, expired or was replaced. `reason` says which, to one who holds a secret that was once right.";
    Forbidden "forbidden" 403 "Your role doesn't allow this"
        "Ask an owner of the project (or an administrator) for the role that `detail` names.";
    PermissionMissing "permission_missing" 403 "The token lacks a permission"
        "Make a token with the permission that `detail` names.";
    SessionRequired "session_required" 403 "Only a signed-in person can do this"
        "Management tokens can't reach this operation. Sign in in the browser.";
    SecondFactorSetupRequired "second_factor_setup_required" 403 "Turn on a second factor first"
        "This server requires one. Turn it on in the browser under Account (`POST /me/second-factor`); everything else is open after that.";
    ConfirmationRequired "confirmation_required" 403 "Confirm your password"
        "The session's password was last given more than 10 minutes ago. Send it to `POST /session/confirm`, then repeat the request.";
    CrossSite "cross_site" 403 "The request came from another site"
        "Open Latchkey at its own address (`public_url`) and repeat the action there.";
    SetupTokenWrong "setup_token_wrong" 403 "The setup token is wrong"
        "Take it from the setup URL that the server printed at its last start; each start prints a new one.";
    SignInLinkInvalid "sign_in_link_invalid" 403 "The sign-in link is not valid any more"
        "A link works once and for 72 hours. Ask an administrator for a new one.";
    WrongProject "wrong_project" 403 "The key is for another project"
        "Use a key of the project that the request is for.";
    NotFound "not_found" 404 "There is nothing here"
        "The address is wrong, or what it names doesn't exist or isn't yours.";
    MethodNotAllowed "method_not_allowed" 405 "This method is not allowed here"
        "The `Allow` header lists those that are.";
    Conflict "conflict" 409 "The present state doesn't allow this"
        "Load it again, and decide anew.";
    EmailTaken "email_taken" 409 "Somebody has this e-mail address already"
        "Use another address, or change the existing user.";
    IdempotencyInProgress "idempotency_in_progress" 409 "A request with this Idempotency-Key is under way"
        "Wait for its answer, then repeat the request to get the same outcome.";
    KeyExpired "key_expired" 409 "The key has expired"
        "Set a later `expires_at` first, or create a new key.";
    KeyRevoked "key_revoked" 409 "The key is revoked"
        "A revoked key stays revoked. Create a new one.";
    LastAdmin "last_admin" 409 "The last administrator can't be removed"
        "Make somebody else an administrator first.";
    LastOwner "last_owner" 409 "The last owner can't be removed"
        "Make another member an owner first.";
    MemberExists "member_exists" 409 "This person is a member already"
        "Change the role of the existing member.";
    NoOverlap "no_overlap" 409 "No rotation is under way"
        "The key has one secret. Rotate it to get a second one.";
    ProjectArchived "project_archived" 409 "The project is archived"
        "An archived project can be read, not changed. Make a new one.";
    RotationInProgress "rotation_in_progress" 409 "A rotation is under way"
        "End the overlap first (`DELETE …/overlap`), or wait until the old secret retires.";
    SecretAlreadyShown "secret_already_shown" 409 "The secret was shown in the first answer"
        "What the first request made is named by `id`. If its secret is lost, rotate or delete it.";
    SetupDone "setup_done" 409 "Latchkey is set up already"
        "Sign in. If nobody can, run `latchkey user reset-password` on the server.";
    SlugTaken "slug_taken" 409 "This slug is taken"
        "Choose another. A slug is never given away twice, not even after archiving.";
    VersionMismatch "version_mismatch" 412 "Somebody changed it in the meantime"
        "Load it again, compare, and send the new ETag in If-Match.";
    PayloadTooLarge "payload_too_large" 413 "The body is too large"
        "`detail` names the limit.";
    UnsupportedMediaType "unsupported_media_type" 415 "The body must be JSON"
        "Send `Content-Type: application/json`.";
    IdempotencyMismatch "idempotency_mismatch" 422 "This Idempotency-Key was used for another request"
        "Use a fresh key for each new request, and the same key only to repeat the same one.";
    InvalidField "invalid_field" 422 "A field is not as it must be"
        "`errors` names each field by its JSON pointer and says what to change.";
    TooManyAttempts "too_many_attempts" 429 "Too many attempts"
        "Wait for the seconds that `Retry-After` names.";
    Internal "internal" 500 "Something went wrong in Latchkey"
        "The server's log has the details under `request_id`.";
    Unavailable "unavailable" 503 "Latchkey can't answer just now"
        "Repeat the request after the seconds that `Retry-After` names. Nothing is accepted while the database can't be reached.";
}

/// One field that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// Where in the body (RFC 6901), or `#query/name`, `#path/name`, `#header/name` for other places.
    #[cfg_attr(feature = "openapi", schema(examples("/expires_at")))]
    pub pointer: String,
    /// What is wrong and what to do.
    #[cfg_attr(
        feature = "openapi",
        schema(examples("is in the past; choose a later time"))
    )]
    pub detail: String,
}

impl FieldError {
    /// A field by its JSON pointer and what is wrong with it.
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            detail: detail.into(),
        }
    }
}

/// A problem document, `application/problem+json` (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// A page that explains the code, relative to the server.
    #[serde(rename = "type")]
    #[cfg_attr(feature = "openapi", schema(examples("/docs/errors/invalid_field")))]
    pub kind: String,
    /// One short sentence, the same for every occurrence of the code.
    #[cfg_attr(feature = "openapi", schema(examples("A field is not as it must be")))]
    pub title: String,
    /// The HTTP status.
    #[cfg_attr(feature = "openapi", schema(examples(422)))]
    pub status: u16,
    /// What is wrong in this very request.
    #[cfg_attr(
        feature = "openapi",
        schema(examples("expires_at is in the past; choose a later time"))
    )]
    pub detail: String,
    /// The stable code for programs.
    pub code: ProblemCode,
    /// Names this request in the server's log.
    #[cfg_attr(
        feature = "openapi",
        schema(examples("019a1c5e0f7a7c3e8a4b5d6e7f801240"))
    )]
    pub request_id: String,
    /// The fields that are not as they must be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// With `secret_already_shown`: what the first request made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(examples("key_019a1c5e0f7a7c3e8a4b5d6e7f801238"))
    )]
    pub id: Option<String>,
    /// With `key_refused`: why, to one who holds a secret that is or was right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<crate::verify::VerifyCode>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_written_as_serde_writes_it() {
        for code in ProblemCode::ALL {
            assert_eq!(serde_json::to_value(code).ok(), Some(code.as_str().into()));
        }
    }

    #[test]
    fn every_code_has_an_error_status_and_texts() {
        for code in ProblemCode::ALL {
            assert!((400..600).contains(&code.status()), "{code:?}");
            assert!(
                !code.title().is_empty() && !code.title().ends_with('.'),
                "{code:?}"
            );
            assert!(code.remedy().ends_with('.'), "{code:?}");
        }
    }
}
