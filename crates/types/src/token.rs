//! Management tokens (`lkm_…`): what scripts sign in with.

use serde::{Deserialize, Serialize};

use crate::{Timestamp, TokenId};

/// What a management token may do, within the rights that its user has at that moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", remote = "Self")]
pub enum Permission {
    /// Change things; includes `read`.
    Manage,
    /// Look at things.
    Read,
    /// Ask whether a key is valid, for projects that the user belongs to.
    Verify,
}

crate::word::word!(Permission);

/// A management token, safe to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Token {
    /// The token's id.
    pub id: TokenId,
    /// What it is for.
    #[cfg_attr(feature = "openapi", schema(examples("Deploy script")))]
    pub name: String,
    /// The beginning and the last four characters of the secret.
    #[cfg_attr(feature = "openapi", schema(examples("lkm_…x9Qz")))]
    pub hint: String,
    /// What it may do.
    pub permissions: Vec<Permission>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working by itself.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub expires_at: Option<Timestamp>,
    /// Since when it is revoked.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub revoked_at: Option<Timestamp>,
}

/// `POST /me/tokens`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateTokenRequest {
    /// What it is for.
    #[cfg_attr(
        feature = "openapi",
        schema(max_length = 100, examples("Deploy script"))
    )]
    pub name: String,
    /// At least one.
    #[cfg_attr(feature = "openapi", schema(min_items = 1))]
    pub permissions: Vec<Permission>,
    /// When it stops working by itself; never, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// The answer to `POST /me/tokens`: the only one that holds the token's secret.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreatedToken {
    /// The token.
    pub token: Token,
    /// The secret, shown this once. Send it as `Authorization: Bearer`.
    #[cfg_attr(
        feature = "openapi",
        schema(examples("lkm_EXAMPLEexampleEXAMPLEexample00000000"))
    )]
    pub secret: String,
}
