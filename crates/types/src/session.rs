//! Setting up, signing in, and browser sessions.

use serde::{Deserialize, Serialize};

use crate::{SessionId, Timestamp, project::Project, user::User};

/// `POST /setup`: the first account, and optionally the first project.
#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SetupRequest {
    /// From the setup URL that the server printed when it started.
    #[cfg_attr(
        feature = "openapi",
        schema(examples("the-token-that-the-server-printed"))
    )]
    pub setup_token: String,
    /// The administrator's name.
    #[cfg_attr(feature = "openapi", schema(max_length = 100, examples("Ada")))]
    pub name: String,
    /// The administrator's e-mail address; signing in asks for it.
    #[cfg_attr(
        feature = "openapi",
        schema(max_length = 254, examples("ada@example.com"))
    )]
    pub email: String,
    /// At least 10 characters.
    #[cfg_attr(
        feature = "openapi",
        schema(min_length = 10, examples("correct horse battery"))
    )]
    pub password: String,
    /// Makes a first project of this name.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 100, examples("Memory Lake")))]
    pub project_name: Option<String>,
}

/// The answer to `POST /setup`; the session cookie comes with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetupDone {
    /// The administrator, signed in.
    pub user: User,
    /// The first project, if one was asked for.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub project: Option<Project>,
}

/// `POST /session`: sign in.
#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SignInRequest {
    /// The account's e-mail address.
    #[cfg_attr(feature = "openapi", schema(examples("ada@example.com")))]
    pub email: String,
    /// The account's password.
    #[cfg_attr(feature = "openapi", schema(examples("correct horse battery")))]
    pub password: String,
    /// For an account with a second factor: the six digits that the app shows, or a recovery code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(examples("123456")))]
    pub code: Option<String>,
}

/// `POST /session/confirm`: say once more who is at this browser.
#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ConfirmRequest {
    /// The caller's present password.
    #[cfg_attr(feature = "openapi", schema(examples("correct horse battery")))]
    pub password: String,
}

/// `POST /session/claim`: choose a password with a sign-in link.
#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ClaimRequest {
    /// What stands behind `#token=` in the link.
    #[cfg_attr(feature = "openapi", schema(examples("the-token-of-the-link")))]
    pub token: String,
    /// The new password, at least 10 characters.
    #[cfg_attr(
        feature = "openapi",
        schema(min_length = 10, examples("correct horse battery"))
    )]
    pub password: String,
    /// For an account with a second factor, which the link doesn't replace: the six digits that the app shows, or a
    /// recovery code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(examples("123456")))]
    pub code: Option<String>,
}

/// The answer to signing in; the session cookie comes with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignedIn {
    /// Who is signed in now.
    pub user: User,
}

/// `GET /session`: who is asking, and what the app has to know before it shows a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionState {
    /// Who is signed in; `null` for nobody.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub user: Option<User>,
    /// This server asks everybody for a second factor: until one is turned on, a session reaches only what is needed
    /// for that.
    pub requires_second_factor: bool,
    /// No account exists yet: open the setup URL that the server printed.
    pub setup_needed: bool,
    /// The server runs without https on more than the loopback address: cookies and keys can be read
    /// on the way.
    pub insecure_http: bool,
}

/// One browser in which a person is signed in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Session {
    /// The session's id; never its token.
    pub id: SessionId,
    /// Whether this is the session that asks.
    pub is_current: bool,
    /// When the person signed in.
    pub created_at: Timestamp,
    /// The last request, to the minute.
    pub last_seen_at: Timestamp,
    /// When it ends, if it is not used before: idle or absolute, whichever comes first.
    pub expires_at: Timestamp,
    /// The address of the last request.
    #[cfg_attr(feature = "openapi", schema(required, examples("203.0.113.7")))]
    pub ip: Option<String>,
    /// The browser's own description of itself.
    #[cfg_attr(feature = "openapi", schema(required, examples("Mozilla/5.0")))]
    pub user_agent: Option<String>,
}
