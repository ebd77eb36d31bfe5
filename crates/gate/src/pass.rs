//! What a caller holds after its secret was found.

use std::{fmt, sync::Arc};

use latchkey_keys::Digest;
use latchkey_types::{
    KeyId, ProjectId, SecretId, Timestamp, TokenId, key::Environment, token::Permission,
};

use crate::{
    record::{ProjectRecord, TokenRecord, UserRecord},
    secrets::Slot,
};

/// A secret that was found, accepted or not. Cheap to clone. What it tells about its key is always that of
/// the moment of asking.
#[derive(Clone)]
pub struct Pass {
    pub(crate) slot: Slot,
}

/// A management token that was accepted, with its user.
#[derive(Clone)]
pub struct TokenPass {
    pub(crate) token: Arc<TokenRecord>,
    pub(crate) user: Arc<UserRecord>,
}

impl Pass {
    /// The key.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.slot.key_id()
    }

    /// Which of the key's secrets it is.
    #[must_use]
    pub fn secret_id(&self) -> SecretId {
        self.slot.id()
    }

    /// The project that the key opens.
    #[must_use]
    pub fn project_id(&self) -> ProjectId {
        self.slot.project().id()
    }

    /// The same, with its slug and settings.
    #[must_use]
    pub fn project(&self) -> &Arc<ProjectRecord> {
        self.slot.project()
    }

    /// What the key is used in.
    #[must_use]
    pub fn environment(&self) -> Environment {
        self.slot.key_word().environment()
    }

    /// What the key is for.
    #[must_use]
    pub fn description(&self) -> String {
        self.slot.description()
    }

    /// From which moment on the key is expired.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.slot.key_word().expires_at()
    }

    /// From which moment on this secret is retired.
    #[must_use]
    pub fn retires_at(&self) -> Option<Timestamp> {
        self.slot.word().retires_at()
    }

    /// Whether no later secret of the key exists.
    #[must_use]
    pub fn is_newest_secret(&self) -> bool {
        self.slot.word().is_newest()
    }

    /// The secret's digest.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.slot.digest()
    }
}

impl TokenPass {
    /// The token.
    #[must_use]
    pub fn token_id(&self) -> TokenId {
        self.token.id
    }

    /// What the token is for.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.token.name
    }

    /// Whose it is. What this person may do bounds what the token may.
    #[must_use]
    pub fn user(&self) -> &Arc<UserRecord> {
        &self.user
    }

    /// What the token was given.
    #[must_use]
    pub fn permissions(&self) -> &[Permission] {
        &self.token.permissions
    }

    /// Whether the token may do this; `manage` includes `read`.
    #[must_use]
    pub fn allows(&self, wanted: Permission) -> bool {
        self.token.permissions.iter().any(|&given| {
            given == wanted || (given == Permission::Manage && wanted == Permission::Read)
        })
    }
}

impl fmt::Debug for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pass")
            .field("key", &self.key_id())
            .field("secret", &self.secret_id())
            .field("project", &self.project_id())
            .finish()
    }
}

impl fmt::Debug for TokenPass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenPass")
            .field("token", &self.token.id)
            .field("user", &self.user.id)
            .finish()
    }
}
