//! Who belongs to a project, and as what.

use serde::{Deserialize, Serialize};

use crate::{Timestamp, UserId};

/// What a member may do in a project. Later ones include the earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", remote = "Self")]
pub enum Role {
    /// Reads keys and usage.
    Viewer,
    /// Also makes, edits, rotates and revokes keys, and reads the audit log.
    Editor,
    /// Also manages members and settings, and archives the project.
    Owner,
}

crate::word::word!(Role);

impl Role {
    /// The role's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Owner => "owner",
        }
    }
}

/// A person in a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Member {
    /// The person.
    pub user_id: UserId,
    /// Their name.
    #[cfg_attr(feature = "openapi", schema(examples("Ada")))]
    pub name: String,
    /// Their e-mail address.
    #[cfg_attr(feature = "openapi", schema(examples("ada@example.com")))]
    pub email: String,
    /// What they may do here.
    pub role: Role,
    /// Since when they are a member.
    pub created_at: Timestamp,
}

/// `POST /projects/{project_id}/members`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AddMemberRequest {
    /// The e-mail address of an existing user.
    #[cfg_attr(
        feature = "openapi",
        schema(max_length = 254, examples("ada@example.com"))
    )]
    pub email: String,
    /// What they may do here.
    pub role: Role,
}

/// `PATCH /projects/{project_id}/members/{user_id}`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UpdateMemberRequest {
    /// What they may do here from now on.
    pub role: Role,
}
