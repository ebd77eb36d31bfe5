//! Asking whether a key is valid.

use serde::{Deserialize, Serialize};

use crate::{KeyId, ProjectId, Timestamp, key::Environment};

/// The answer's code. Only one who holds a secret that is or was right learns more than `invalid`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum VerifyCode {
    /// It is accepted.
    Valid,
    /// It is not a key of ours, or not one that the asker may ask about.
    Invalid,
    /// It is a key of another project.
    WrongProject,
    /// It is revoked for ever.
    Revoked,
    /// It is switched off.
    Disabled,
    /// Its time is over.
    Expired,
    /// The key was rotated, and this old secret's overlap is over.
    Retired,
}

impl VerifyCode {
    /// The code's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::WrongProject => "wrong_project",
            Self::Revoked => "revoked",
            Self::Disabled => "disabled",
            Self::Expired => "expired",
            Self::Retired => "retired",
        }
    }
}

/// `POST /keys/verify`.
#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct VerifyRequest {
    /// The secret that somebody presented.
    #[cfg_attr(
        feature = "openapi",
        schema(examples("lk_EXAMPLEexampleEXAMPLEexample00000000"))
    )]
    pub key: String,
    /// The id or slug of the project that it must be for; any project of the asker, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(examples("memorylake")))]
    pub project: Option<String>,
}

/// The answer to `POST /keys/verify`: 200 whatever the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VerifyResult {
    /// Whether the key is accepted.
    pub valid: bool,
    /// Why, or why not.
    pub code: VerifyCode,
    /// The key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<KeyId>,
    /// The project it opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(examples("Production - Claude Integration"))
    )]
    pub description: Option<String>,
    /// What it is used in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Environment>,
    /// When it stops working by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

impl VerifyResult {
    /// The answer that gives nothing away.
    #[must_use]
    pub const fn bare(code: VerifyCode) -> Self {
        Self {
            valid: false,
            code,
            key_id: None,
            project_id: None,
            description: None,
            environment: None,
            expires_at: None,
        }
    }
}
