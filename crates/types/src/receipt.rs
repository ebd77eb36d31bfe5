//! Receipts: what a revoke, an overlap's end or an archive did.

use serde::{Deserialize, Serialize};

use crate::{KeyId, ReceiptId, Timestamp};

/// Why access was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RevokeReason {
    /// Somebody else may know the secret.
    Compromised,
    /// Another secret took its place.
    Rotated,
    /// Nobody needs it.
    Unused,
    /// Not said.
    Other,
    /// Its project was archived.
    ProjectArchived,
    /// Whoever made it was disabled, and their keys with them.
    UserDisabled,
}

impl RevokeReason {
    /// The reason's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Compromised => "compromised",
            Self::Rotated => "rotated",
            Self::Unused => "unused",
            Self::Other => "other",
            Self::ProjectArchived => "project_archived",
            Self::UserDisabled => "user_disabled",
        }
    }
}

/// The reasons that a caller can give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum GivenReason {
    /// Somebody else may know the secret.
    Compromised,
    /// Another key took its place.
    Rotated,
    /// Nobody needs it.
    Unused,
    /// Not said.
    #[default]
    Other,
}

impl From<GivenReason> for RevokeReason {
    fn from(given: GivenReason) -> Self {
        match given {
            GivenReason::Compromised => Self::Compromised,
            GivenReason::Rotated => Self::Rotated,
            GivenReason::Unused => Self::Unused,
            GivenReason::Other => Self::Other,
        }
    }
}

/// What ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReceiptKind {
    /// The key, for ever.
    Revoke,
    /// The old secret of a key that was rotated.
    OverlapEnd,
}

/// The nodes that serve this instance, and how many of them have confirmed the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Nodes {
    /// How many were serving.
    #[cfg_attr(feature = "openapi", schema(examples(1)))]
    pub live: u32,
    /// How many have confirmed.
    #[cfg_attr(feature = "openapi", schema(examples(1)))]
    pub acknowledged: u32,
}

/// What a revoke, an overlap's end or an archive did. Asking again gives the same receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Receipt {
    /// The receipt's id.
    pub id: ReceiptId,
    /// The key.
    pub key_id: KeyId,
    /// What ended.
    pub kind: ReceiptKind,
    /// From when on the key, or the old secret, is not accepted.
    pub revoked_at: Timestamp,
    /// Why.
    pub reason: RevokeReason,
    /// On which nodes.
    pub nodes: Nodes,
    /// How many open connections were closed; `null` while that is not known.
    #[cfg_attr(feature = "openapi", schema(required, examples(0)))]
    pub streams_closed: Option<u32>,
}
