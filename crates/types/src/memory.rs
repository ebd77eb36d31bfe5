//! What the built-in memory server keeps.

use serde::{Deserialize, Serialize};

use crate::{MemoryId, Timestamp, key::KeyRef};

/// A memory of a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Memory {
    /// The memory's id.
    pub id: MemoryId,
    /// What is remembered.
    #[cfg_attr(
        feature = "openapi",
        schema(examples("Ada prefers release notes in plain words."))
    )]
    pub text: String,
    /// Words to find it by.
    #[cfg_attr(feature = "openapi", schema(examples("preferences")))]
    pub tags: Vec<String>,
    /// The key that it was written with.
    pub key: KeyRef,
    /// When it was written.
    pub created_at: Timestamp,
}
