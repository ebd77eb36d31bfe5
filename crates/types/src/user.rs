//! People, and what they may do on the whole instance.

use serde::{Deserialize, Serialize};

use crate::{Timestamp, UserId, key::Key, receipt::Receipt};

/// What a person may do on the whole instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", remote = "Self")]
pub enum InstanceRole {
    /// Manages users, reads the instance's audit log, acts as owner of every project.
    Admin,
    /// Makes projects, and works in those they are a member of.
    Member,
}

crate::word::word!(InstanceRole);

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct User {
    /// The user's id.
    pub id: UserId,
    /// The name that others see.
    #[cfg_attr(feature = "openapi", schema(examples("Ada")))]
    pub name: String,
    /// The address they sign in with.
    #[cfg_attr(feature = "openapi", schema(examples("ada@example.com")))]
    pub email: String,
    /// What they may do on the whole instance.
    pub role: InstanceRole,
    /// When they were added.
    pub created_at: Timestamp,
    /// Since when they can't sign in any more.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub disabled_at: Option<Timestamp>,
    /// Whether signing in asks for a code of their authenticator app, beside the password.
    pub has_second_factor: bool,
    /// Counts the changes of the editable fields; the ETag is made of it.
    #[cfg_attr(feature = "openapi", schema(examples(1)))]
    pub version: i64,
}

/// Who did something, as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserRef {
    /// The user's id.
    pub id: UserId,
    /// The user's present name.
    #[cfg_attr(feature = "openapi", schema(examples("Ada")))]
    pub name: String,
}

/// `POST /users`.
#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateUserRequest {
    /// The name that others see.
    #[cfg_attr(feature = "openapi", schema(max_length = 100, examples("Ada")))]
    pub name: String,
    /// The address they will sign in with.
    #[cfg_attr(
        feature = "openapi",
        schema(max_length = 254, examples("ada@example.com"))
    )]
    pub email: String,
    /// What they may do on the whole instance.
    pub role: InstanceRole,
    /// A first password, at least 10 characters. Without one the answer holds a sign-in link.
    #[serde(default)]
    #[cfg_attr(
        feature = "openapi",
        schema(min_length = 10, examples("correct horse battery"))
    )]
    pub password: Option<String>,
}

/// The answer to `POST /users`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreatedUser {
    /// The new user.
    pub user: User,
    /// Give this link to them: it works once, for 72 hours, and lets them choose a password. Shown once.
    #[cfg_attr(
        feature = "openapi",
        schema(
            required,
            examples("https://keys.example.com/claim#token=the-token-of-the-link")
        )
    )]
    pub sign_in_url: Option<String>,
}

/// `PATCH /users/{user_id}`: absent fields stay as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UpdateUserRequest {
    /// A new name.
    #[serde(
        default,
        deserialize_with = "crate::patch::given",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = String, max_length = 100, examples("Ada")))]
    pub name: Option<String>,
    /// A new instance role.
    #[serde(
        default,
        deserialize_with = "crate::patch::given",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = InstanceRole))]
    pub role: Option<InstanceRole>,
    /// `true` ends their sessions, tokens and sign-in links at once and keeps them out; `false` lets them
    /// in again.
    #[serde(
        default,
        deserialize_with = "crate::patch::given",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = bool))]
    pub disabled: Option<bool>,
    /// Together with `disabled: true`: revoke the keys they made, too.
    #[serde(
        default,
        deserialize_with = "crate::patch::given",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = bool))]
    pub revoke_keys: Option<bool>,
}

/// The answer to `PATCH /users/{user_id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UpdatedUser {
    /// The user as they are now.
    pub user: User,
    /// When they were disabled by this request: the keys that they made and that were not revoked before.
    pub keys: Vec<Key>,
    /// One for each of these keys, if `revoke_keys` was asked for.
    pub receipts: Vec<Receipt>,
}

/// The answer to `POST /users/{user_id}/sign-in-link`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInLink {
    /// Give this link to them: it works once and lets them choose a password. Shown once.
    #[cfg_attr(
        feature = "openapi",
        schema(examples("https://keys.example.com/claim#token=the-token-of-the-link"))
    )]
    pub sign_in_url: String,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// `PATCH /me`.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UpdateMeRequest {
    /// A new name.
    #[serde(
        default,
        deserialize_with = "crate::patch::given",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = String, max_length = 100, examples("Ada")))]
    pub name: Option<String>,
}

/// `PUT /me/password`.
#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangePasswordRequest {
    /// The password of this moment.
    #[cfg_attr(feature = "openapi", schema(examples("correct horse battery")))]
    pub current_password: String,
    /// The password from now on, at least 10 characters.
    #[cfg_attr(
        feature = "openapi",
        schema(min_length = 10, examples("another horse battery"))
    )]
    pub new_password: String,
}
