//! Projects: one MCP endpoint each, with its keys and members.

use serde::{Deserialize, Serialize};

use crate::{ProjectId, Slug, Timestamp, member::Role, receipt::Receipt};

/// What answers behind a project's endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Backend {
    /// The memory server that is built into Latchkey.
    Memory {},
    /// An MCP server of the team's own, to which calls are passed on.
    Upstream {
        /// Its Streamable HTTP endpoint.
        #[cfg_attr(feature = "openapi", schema(examples("https://mcp.example.com/mcp")))]
        url: String,
        /// Headers that each call to it gets. Their values are never shown again.
        headers: Vec<UpstreamHeader>,
    },
}

/// A header that calls to the upstream get, without its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UpstreamHeader {
    /// The header's name.
    #[cfg_attr(feature = "openapi", schema(examples("Authorization")))]
    pub name: String,
    /// Whether a value is stored for it.
    #[cfg_attr(feature = "openapi", schema(examples(true)))]
    pub is_set: bool,
}

// No `Debug` here and where it is a part of: it may hold credentials of the upstream.
/// What shall answer behind a project's endpoint. It takes the place of the backend before as a whole.
#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum BackendRequest {
    /// The memory server that is built into Latchkey.
    Memory {},
    /// An MCP server of the team's own.
    Upstream {
        /// Its Streamable HTTP endpoint, `http` or `https`, without user name, password and fragment.
        #[cfg_attr(
            feature = "openapi",
            schema(max_length = 2048, examples("https://mcp.example.com/mcp"))
        )]
        url: String,
        /// All headers that each call to it gets.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", schema(max_items = 20))]
        headers: Vec<UpstreamHeaderRequest>,
    },
}

/// A header that calls to the upstream get.
#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UpstreamHeaderRequest {
    /// The header's name.
    #[cfg_attr(
        feature = "openapi",
        schema(max_length = 100, examples("Authorization"))
    )]
    pub name: String,
    /// Its value. Absent or `null` keeps the stored one, which only works while the URL's scheme, host and port
    /// stay as they are: a stored value never goes to a server that it wasn't given for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(max_length = 4096, write_only, examples("Bearer upstream-credential"))
    )]
    pub value: Option<String>,
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
#[derive(Clone, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UpdateProjectRequest {
    /// A new name.
    #[serde(
        default,
        deserialize_with = "crate::patch::given",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = String, max_length = 100, examples("Memory Lake")))]
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
    #[serde(
        default,
        deserialize_with = "crate::patch::given",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = BackendRequest))]
    pub backend: Option<BackendRequest>,
    /// Whether `?apikey=` in the URL is taken.
    #[serde(
        default,
        deserialize_with = "crate::patch::given",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = bool))]
    pub allow_key_in_url: Option<bool>,
    /// Web origins that may call the endpoint from a browser, such as `https://claude.ai`.
    #[serde(
        default,
        deserialize_with = "crate::patch::given",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = Vec<String>, max_items = 20, examples("https://claude.ai"))
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

/// The answer to `POST /projects/{project_id}/backend/test`: what the upstream says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BackendTest {
    /// Whether it answered as an MCP server does.
    #[cfg_attr(feature = "openapi", schema(examples(true)))]
    pub ok: bool,
    /// Its name.
    #[cfg_attr(feature = "openapi", schema(required, examples("Example MCP")))]
    pub server_name: Option<String>,
    /// Its version.
    #[cfg_attr(feature = "openapi", schema(required, examples("1.4.0")))]
    pub server_version: Option<String>,
    /// The protocol version that it speaks.
    #[cfg_attr(feature = "openapi", schema(required, examples("2026-07-28")))]
    pub protocol_version: Option<String>,
    /// How many tools it lists on its first page.
    #[cfg_attr(feature = "openapi", schema(examples(5)))]
    pub tools: u32,
    /// How long it took, in milliseconds.
    #[cfg_attr(feature = "openapi", schema(examples(48)))]
    pub duration_ms: i64,
    /// What went wrong, and what to do; `null` when it is ok.
    #[cfg_attr(
        feature = "openapi",
        schema(required, examples("The server refused the connection"))
    )]
    pub problem: Option<String>,
}
