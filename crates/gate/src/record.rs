//! What is kept in memory of each row.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU64, Ordering::SeqCst},
};

use arc_swap::ArcSwap;
use latchkey_keys::{Digest, Standing, judge};
use latchkey_store::{KeyState, ProjectState, SecretState, TokenState, UserState};
use latchkey_types::{
    KeyId, ProjectId, SecretId, Slug, Timestamp, TokenId, UserId, token::Permission,
    user::InstanceRole, verify::VerifyCode,
};

use crate::{
    usage::Usage,
    verify::Refusal,
    word::{KeyWord, ProjectWord, SecretWord},
};

// Every word is written and read SeqCst. A writer's store is then in one order with the loads of every
// reader, and with the registration of open calls and watches, whose correctness needs just that ("store
// mine, then load yours" on both sides). On x86 and ARMv8 such a load costs no more than an Acquire one.

/// One secret: what the index finds by its digest.
pub(crate) struct Slot {
    pub(crate) digest: Digest,
    pub(crate) id: SecretId,
    pub(crate) key: Arc<KeyRecord>,
    word: AtomicU64,
    /// Made at the first use, so that a key nobody uses pays 16 bytes for it.
    pub(crate) usage: OnceLock<Box<Usage>>,
}

/// A key.
pub(crate) struct KeyRecord {
    pub(crate) id: KeyId,
    pub(crate) project: Arc<ProjectRecord>,
    word: AtomicU64,
    description: ArcSwap<Box<str>>,
}

/// A project, as it is at the moment of asking.
pub struct ProjectRecord {
    id: ProjectId,
    slug: Slug,
    word: AtomicU64,
    settings: ArcSwap<ProjectSettings>,
}

/// What of a project can be changed. All of it changes together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectSettings {
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

impl Slot {
    pub(crate) fn new(state: &SecretState, key: Arc<KeyRecord>) -> Self {
        Self {
            digest: state.digest,
            id: state.id,
            key,
            word: AtomicU64::new(SecretWord::new(state.retires_at, state.is_newest).0),
            usage: OnceLock::new(),
        }
    }

    pub(crate) fn set(&self, state: &SecretState) {
        let word = SecretWord::new(state.retires_at, state.is_newest);
        self.word.store(word.0, SeqCst);
    }

    pub(crate) fn word(&self) -> SecretWord {
        SecretWord(self.word.load(SeqCst))
    }

    /// The verdict at this moment.
    ///
    /// # Errors
    /// The reason against the secret, or that there can't be a verdict now.
    pub(crate) fn judge(&self, project_matches: bool, now: Timestamp) -> Result<(), Refusal> {
        let (key, secret, project) = self.words();
        if key.is_in_doubt() || project.is_in_doubt() {
            return Err(Refusal::NotServing);
        }
        let standing = Standing {
            revoked: key.is_revoked(),
            disabled: key.is_disabled(),
            expires_at: key.expires_at(),
            project_archived: project.is_archived(),
            retires_at: secret.retires_at(),
            project_matches,
        };
        match judge(&standing, now) {
            VerifyCode::Valid => Ok(()),
            code => Err(Refusal::Code(code)),
        }
    }

    /// When this secret stops being accepted by itself: when it retires or its key expires.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        let ends = [self.key.word().expires_at(), self.word().retires_at()];
        ends.into_iter().flatten().min()
    }

    /// The three words as they were together. Read one after the other they could show a mixture that never
    /// was: retired is read before a retire, disabled after the enable that followed it. Two equal readings
    /// in a row rule that out. After a few tries the last reading counts: a reader must not wait for a
    /// writer, and whatever began after a change was answered reads that change at the first try.
    fn words(&self) -> (KeyWord, SecretWord, ProjectWord) {
        let read = || (self.key.word(), self.word(), self.key.project.word());
        let mut words = read();
        for _ in 0..3 {
            let again = read();
            if again == words {
                break;
            }
            words = again;
        }
        words
    }
}

impl KeyRecord {
    pub(crate) fn new(state: &KeyState, project: Arc<ProjectRecord>) -> Self {
        Self {
            id: state.id,
            project,
            word: AtomicU64::new(word_of(state).0),
            description: ArcSwap::from_pointee(state.description.as_str().into()),
        }
    }

    /// Also ends the doubt, if there was one.
    pub(crate) fn set(&self, state: &KeyState) {
        self.word.store(word_of(state).0, SeqCst);
        if ***self.description.load() != *state.description {
            self.description
                .store(Arc::new(state.description.as_str().into()));
        }
    }

    pub(crate) fn doubt(&self) {
        self.word.fetch_or(KeyWord::IN_DOUBT, SeqCst);
    }

    pub(crate) fn word(&self) -> KeyWord {
        KeyWord(self.word.load(SeqCst))
    }

    pub(crate) fn description(&self) -> Arc<Box<str>> {
        self.description.load_full()
    }
}

impl ProjectRecord {
    pub(crate) fn new(state: &ProjectState) -> Self {
        Self {
            id: state.id,
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

fn word_of(state: &KeyState) -> KeyWord {
    KeyWord::new(
        state.expires_at,
        state.revoked,
        state.disabled,
        state.environment,
    )
}

fn settings_of(state: &ProjectState) -> ProjectSettings {
    ProjectSettings {
        allow_key_in_url: state.allow_key_in_url,
        allowed_origins: state.allowed_origins.clone(),
        backend: state.backend.clone(),
        upstream_headers: state.upstream_headers.clone(),
        version: state.version,
    }
}
