//! Projects: one MCP endpoint each, with its keys and members.

use serde::{Deserialize, Serialize};

use crate::{ProjectId, Slug, Timestamp, member::Role, receipt::Receipt};

/// What answers behind a project's endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Backend {
    /// The memory server that is built into Latchkey.
    Memory {},
}

/// A project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Project {
    /// The project's id.
    pub id: ProjectId,
    /// Its place in the endpoint URL; it never changes.
    pub slug: Slug,
    /// What people call it.
    #[cfg_attr(feature = "openapi", schema(examples("Memory Lake")))]
    pub name: String,
    /// What it is for.
    #[cfg_attr(
        feature = "openapi",
        schema(examples("Notes that our assistants share"))
    )]
    pub description: String,
    /// What answers behind the endpoint.
    pub backend: Backend,
    /// Where MCP clients connect.
    #[cfg_attr(
        feature = "openapi",
        schema(examples("https://keys.example.com/memorylake/mcp/v1"))
    )]
    pub endpoint_url: String,
    /// Whether `?apikey=` in the URL is taken. Headers are always.
    pub allow_key_in_url: bool,
    /// Web origins that may call the endpoint from a browser.
    #[cfg_attr(feature = "openapi", schema(examples("https://claude.ai")))]
    pub allowed_origins: Vec<String>,
    /// What the caller may do here.
    pub role: Role,
    /// When it was made.
    pub created_at: Timestamp,
    /// When a setting last changed.
    pub updated_at: Timestamp,
    /// Since when it is archived: none of its keys is accepted any more.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub archived_at: Option<Timestamp>,
    /// Counts the changes of the editable fields; the ETag is made of it.
    #[cfg_attr(feature = "openapi", schema(examples(1)))]
    pub version: i64,
}

/// `POST /projects`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateProjectRequest {
    /// What people call it.
    #[cfg_attr(feature = "openapi", schema(max_length = 100, examples("Memory Lake")))]
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(max_length = 1000, examples("Notes that our assistants share"))
    )]
    pub description: Option<String>,
    /// Its place in the endpoint URL; made of the name, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slug: Option<Slug>,
}

/// `PATCH /projects/{project_id}`: absent fields stay as they are.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UpdateProjectRequest {
    /// A new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 100, examples("Memory Lake")))]
    pub name: Option<String>,
    /// A new description; `null` empties it.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::patch::nullable"
    )]
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = Option<String>, max_length = 1000,
            examples("Notes that our assistants share"))
    )]
    pub description: Option<Option<String>>,
    /// What answers behind the endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backend: Option<Backend>,
    /// Whether `?apikey=` in the URL is taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_key_in_url: Option<bool>,
    /// Web origins that may call the endpoint from a browser, such as `https://claude.ai`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(max_items = 20, examples("https://claude.ai"))
    )]
    pub allowed_origins: Option<Vec<String>>,
}

/// The answer to `DELETE /projects/{project_id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ArchivedProject {
    /// The project as it is now.
    pub project: Project,
    /// One for each key that was revoked with it.
    pub receipts: Vec<Receipt>,
}
