//! API keys: what is shown of them, and the one answer that holds a secret.

use serde::{Deserialize, Serialize};

use crate::{
    KeyId, ProjectId, SecretId, Timestamp, guidance::Advice, receipt::RevokeReason, user::UserRef,
};

/// What a key is used in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", remote = "Self")]
pub enum Environment {
    /// What customers use.
    Production,
    /// The rehearsal for it.
    Staging,
    /// A developer's own.
    Development,
    /// Not said.
    #[default]
    None,
}

crate::word::word!(Environment);

impl Environment {
    /// The environment's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Staging => "staging",
            Self::Development => "development",
            Self::None => "none",
        }
    }
}

/// What a key is at this moment. Revoked comes before disabled, disabled before expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum KeyStatus {
    /// It is accepted.
    Active,
    /// Its time is over.
    Expired,
    /// It is switched off until somebody switches it on again.
    Disabled,
    /// It is revoked for ever.
    Revoked,
}

/// How a key arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// In a header.
    Header,
    /// In the URL, where proxies and histories may keep it.
    Url,
    /// Somebody asked `POST /keys/verify` about it.
    Verify,
}

/// A key, as lists of other things name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeyRef {
    /// The key's id.
    pub id: KeyId,
    /// What it is for, as its description is now.
    #[cfg_attr(
        feature = "openapi",
        schema(examples("Production - Claude Integration"))
    )]
    pub description: String,
}

/// One secret of a key, safe to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SecretInfo {
    /// The secret's id.
    pub id: SecretId,
    /// The beginning and the last four characters.
    #[cfg_attr(feature = "openapi", schema(examples("lk_…a1B2")))]
    pub hint: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working because another one took its place.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub retires_at: Option<Timestamp>,
    /// The last time it was accepted.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub last_used_at: Option<Timestamp>,
}

/// A key, safe to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Key {
    /// The key's id.
    pub id: KeyId,
    /// The project it opens.
    pub project_id: ProjectId,
    /// What it is for.
    #[cfg_attr(
        feature = "openapi",
        schema(examples("Production - Claude Integration"))
    )]
    pub description: String,
    /// What it is used in.
    pub environment: Environment,
    /// The beginning and the last four characters of the newest secret.
    #[cfg_attr(feature = "openapi", schema(examples("lk_…a1B2")))]
    pub hint: String,
    /// What it is at this moment.
    pub status: KeyStatus,
    /// Who made it.
    pub created_by: UserRef,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working by itself.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub expires_at: Option<Timestamp>,
    /// Since when it is switched off.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub disabled_at: Option<Timestamp>,
    /// Since when it is revoked.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub revoked_at: Option<Timestamp>,
    /// Who revoked it.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub revoked_by: Option<UserRef>,
    /// Why it was revoked.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub revoke_reason: Option<RevokeReason>,
    /// The last time it was accepted.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub last_used_at: Option<Timestamp>,
    /// How it arrived then.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub last_used_via: Option<Via>,
    /// What program sent it then, as it calls itself.
    #[cfg_attr(feature = "openapi", schema(required, examples("claude-code/2.1.0")))]
    pub last_used_client: Option<String>,
    /// From which address it was sent then.
    #[cfg_attr(feature = "openapi", schema(required, examples("203.0.113.7")))]
    pub last_used_ip: Option<String>,
    /// The secrets that are or will be accepted, newest first: one, or two while a rotation overlaps.
    pub secrets: Vec<SecretInfo>,
    /// Counts the changes of the editable fields; the ETag is made of it.
    #[cfg_attr(feature = "openapi", schema(examples(1)))]
    pub version: i64,
}

/// `POST /projects/{project_id}/keys`.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateKeyRequest {
    /// What it is for: optional but recommended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(max_length = 200, examples("Production - Claude Integration"))
    )]
    pub description: Option<String>,
    /// What it is used in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Environment>,
    /// When it stops working by itself; never, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(examples("2099-01-31T12:00:00Z")))]
    pub expires_at: Option<Timestamp>,
}

/// `PATCH /projects/{project_id}/keys/{key_id}`: absent fields stay as they are, `null` clears.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UpdateKeyRequest {
    /// A new description; `null` empties it.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::patch::nullable"
    )]
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = Option<String>, max_length = 200,
            examples("Production - Claude Integration"))
    )]
    pub description: Option<Option<String>>,
    /// A new environment.
    #[serde(
        default,
        deserialize_with = "crate::patch::given",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Environment))]
    pub environment: Option<Environment>,
    /// A new expiry; `null` for never. An earlier one holds from the answer on.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::patch::nullable"
    )]
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = Option<Timestamp>, examples("2099-01-31T12:00:00Z"))
    )]
    pub expires_at: Option<Option<Timestamp>>,
    /// `true` switches the key off, `false` on again.
    #[serde(
        default,
        deserialize_with = "crate::patch::given",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = bool))]
    pub disabled: Option<bool>,
}

/// `POST /projects/{project_id}/keys/{key_id}/rotate`.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RotateKeyRequest {
    /// How long the old secret still works, in seconds: 0 (it ends now) to 604800 (7 days); 24 hours, if
    /// absent. Never longer than the key itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(minimum = 0, maximum = 604800, examples(86400))
    )]
    pub overlap_seconds: Option<i64>,
}

/// The answer to creating and rotating: the only one that holds the secret.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreatedKey {
    /// The key.
    pub key: Key,
    /// The secret, shown this once. It can't be retrieved again.
    #[cfg_attr(
        feature = "openapi",
        schema(examples("lk_EXAMPLEexampleEXAMPLEexample00000000"))
    )]
    pub secret: String,
    /// Where MCP clients connect.
    #[cfg_attr(
        feature = "openapi",
        schema(examples("https://keys.example.com/memorylake/mcp/v1"))
    )]
    pub endpoint_url: String,
    /// The same with `?apikey=` and the secret, for clients without headers; `null` where the project
    /// doesn't take keys in URLs.
    #[cfg_attr(
        feature = "openapi",
        schema(
            required,
            examples(
                "https://keys.example.com/memorylake/mcp/v1?apikey=lk_EXAMPLEexampleEXAMPLEexample00000000"
            )
        )
    )]
    pub endpoint_url_with_key: Option<String>,
    /// Advice on the description; never a refusal.
    pub guidance: Vec<Advice>,
}

/// `GET /keys/self`: what the holder of a key may know of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeySelf {
    /// The key's id.
    pub id: KeyId,
    /// The project it opens.
    pub project_id: ProjectId,
    /// What it is for.
    #[cfg_attr(
        feature = "openapi",
        schema(examples("Production - Claude Integration"))
    )]
    pub description: String,
    /// What it is used in.
    pub environment: Environment,
    /// When it stops working by itself.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub expires_at: Option<Timestamp>,
}
