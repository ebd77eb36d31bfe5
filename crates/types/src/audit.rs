//! The audit log: who did what, when, from where.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{EventId, ProjectId, Timestamp};

/// What kind of caller acted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// A signed-in person.
    User,
    /// A management token, on behalf of its user.
    Token,
    /// The command line on the server.
    Cli,
    /// Nobody yet: setting up, claiming a sign-in link.
    Anonymous,
}

/// Who acted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Actor {
    /// What kind of caller.
    pub kind: ActorKind,
    /// The user's or the token's id.
    #[cfg_attr(
        feature = "openapi",
        schema(required, examples("usr_019a1c5e0f7a7c3e8a4b5d6e7f801234"))
    )]
    pub id: Option<String>,
    /// The name they had then.
    #[cfg_attr(feature = "openapi", schema(examples("Ada")))]
    pub name: String,
}

/// One thing that was done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEvent {
    /// The event's id.
    pub id: EventId,
    /// Its place in the chain, from 1 on without gaps.
    #[cfg_attr(feature = "openapi", schema(examples(42)))]
    pub sequence: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What, such as `key.revoke`.
    #[cfg_attr(feature = "openapi", schema(examples("key.revoke")))]
    pub action: String,
    /// On what: an id.
    #[cfg_attr(
        feature = "openapi",
        schema(required, examples("key_019a1c5e0f7a7c3e8a4b5d6e7f801238"))
    )]
    pub target: Option<String>,
    /// In which project.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub project_id: Option<ProjectId>,
    /// What else is worth knowing, as names and texts. Never a secret.
    pub details: BTreeMap<String, String>,
    /// From which address.
    #[cfg_attr(feature = "openapi", schema(required, examples("203.0.113.7")))]
    pub ip: Option<String>,
}
