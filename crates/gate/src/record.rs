//! What is kept in memory of projects, people and management tokens. Keys are in `secrets.rs`.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::SeqCst},
};

use arc_swap::ArcSwap;
use latchkey_store::{ProjectState, TokenState, UserState};
use latchkey_types::{
    ProjectId, Slug, Timestamp, TokenId, UserId, token::Permission, user::InstanceRole,
};

use crate::word::ProjectWord;

/// A project, as it is at the moment of asking.
pub struct ProjectRecord {
    id: ProjectId,
    /// Where its keys find it.
    pub(crate) place: u32,
    slug: Slug,
    word: AtomicU64,
    settings: ArcSwap<ProjectSettings>,
}

/// What of a project can be changed. All of it changes together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectSettings {
    /// What people call it.
    pub name: String,
    /// Whether `?apikey=` in the URL is taken.
    pub allow_key_in_url: bool,
    /// Web origins that may call the endpoint from a browser.
    pub allowed_origins: Vec<String>,
    /// What answers behind the endpoint: the JSON text of `types::project::Backend`.
    pub backend: String,
    /// The values of the upstream's headers, sealed.
    pub upstream_headers: Option<Vec<u8>>,
    /// Counts the changes of the editable fields.
    pub version: i64,
}

/// A person, as they were at the moment of asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRecord {
    /// The person.
    pub id: UserId,
    /// Their name.
    pub name: String,
    /// Their e-mail address, as typed.
    pub email: String,
    /// What they may do on the whole instance.
    pub role: InstanceRole,
    /// Whether they are kept out.
    pub disabled: bool,
    pub(crate) in_doubt: bool,
}

/// A management token, as it was at the moment of asking.
#[derive(Debug, Clone)]
pub(crate) struct TokenRecord {
    pub(crate) id: TokenId,
    pub(crate) user_id: UserId,
    pub(crate) name: String,
    pub(crate) permissions: Vec<Permission>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) revoked: bool,
    pub(crate) in_doubt: bool,
}

impl ProjectRecord {
    pub(crate) fn new(state: &ProjectState, place: u32) -> Self {
        Self {
            id: state.id,
            place,
            slug: state.slug.clone(),
            word: AtomicU64::new(ProjectWord::new(state.archived).0),
            settings: ArcSwap::from_pointee(settings_of(state)),
        }
    }

    /// Also ends the doubt, if there was one.
    pub(crate) fn set(&self, state: &ProjectState) {
        // Archiving first: it takes rights away.
        self.word.store(ProjectWord::new(state.archived).0, SeqCst);
        self.settings.store(Arc::new(settings_of(state)));
    }

    pub(crate) fn doubt(&self) {
        self.word.fetch_or(ProjectWord::IN_DOUBT, SeqCst);
    }

    pub(crate) fn word(&self) -> ProjectWord {
        ProjectWord(self.word.load(SeqCst))
    }

    /// The project's id.
    #[must_use]
    pub const fn id(&self) -> ProjectId {
        self.id
    }

    /// Its place in URLs; it never changes.
    #[must_use]
    pub const fn slug(&self) -> &Slug {
        &self.slug
    }

    /// Whether it is archived at this moment: then none of its keys is accepted.
    #[must_use]
    pub fn is_archived(&self) -> bool {
        self.word().is_archived()
    }

    /// Whether nobody knows at this moment what became of the last change; its keys are not answered for.
    #[must_use]
    pub fn is_in_doubt(&self) -> bool {
        self.word().is_in_doubt()
    }

    /// The settings of this moment.
    #[must_use]
    pub fn settings(&self) -> Arc<ProjectSettings> {
        self.settings.load_full()
    }
}

impl From<&UserState> for UserRecord {
    fn from(state: &UserState) -> Self {
        Self {
            id: state.id,
            name: state.name.clone(),
            email: state.email.clone(),
            role: state.role,
            disabled: state.disabled,
            in_doubt: false,
        }
    }
}

impl From<&TokenState> for TokenRecord {
    fn from(state: &TokenState) -> Self {
        Self {
            id: state.id,
            user_id: state.user_id,
            name: state.name.clone(),
            permissions: state.permissions.clone(),
            expires_at: state.expires_at,
            revoked: state.revoked,
            in_doubt: false,
        }
    }
}

fn settings_of(state: &ProjectState) -> ProjectSettings {
    ProjectSettings {
        name: state.name.clone(),
        allow_key_in_url: state.allow_key_in_url,
        allowed_origins: state.allowed_origins.clone(),
        backend: state.backend.clone(),
        upstream_headers: state.upstream_headers.clone(),
        version: state.version,
    }
}
