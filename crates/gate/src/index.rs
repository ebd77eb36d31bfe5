//! Everything that is in memory, and how a committed change gets there.

use std::{
    hash::{BuildHasher, Hasher},
    sync::Arc,
};

use latchkey_keys::Digest;
use latchkey_store::{Change, KeyState, ProjectState};
use latchkey_types::{ProjectId, UserId, member::Role};
use papaya::HashMap;

use crate::{
    record::{ProjectRecord, TokenRecord, UserRecord},
    secrets::{Secrets, Slot},
};

/// The maps. Their readers take no lock. They are written only by [`Index::apply`] and [`Index::doubt`],
/// which the store calls one at a time, under its writer's lock.
///
/// There is no map from key ids to keys: whatever arrives about a key brings the digests of its secrets,
/// and these lead to it.
pub(crate) struct Index {
    secrets: Arc<Secrets>,
    tokens: HashMap<Digest, Arc<TokenRecord>, Prefixed>,
    projects: HashMap<ProjectId, Arc<ProjectRecord>>,
    slugs: HashMap<Box<str>, Arc<ProjectRecord>>,
    users: HashMap<UserId, Arc<UserRecord>>,
    roles: HashMap<(ProjectId, UserId), Role>,
}

/// Takes a digest's first 8 bytes as its hash. They are an HMAC's under a key that nobody outside has, so
/// nobody can choose secrets whose digests collide.
#[derive(Clone, Copy, Default)]
struct Prefixed;

/// See [`Prefixed`].
#[derive(Clone, Copy, Default)]
struct Prefix(u64);

impl Index {
    pub(crate) fn new() -> Self {
        Self {
            secrets: Arc::new(Secrets::new()),
            tokens: HashMap::with_hasher(Prefixed),
            projects: HashMap::new(),
            slugs: HashMap::new(),
            users: HashMap::new(),
            roles: HashMap::new(),
        }
    }

    pub(crate) fn slot(&self, digest: &Digest) -> Option<Slot> {
        self.secrets.find(digest)
    }

    /// The secret at a place that [`Slot::place`] told.
    pub(crate) fn slot_at(&self, place: u32) -> Option<Slot> {
        self.secrets.slot(place)
    }

    pub(crate) fn token(&self, digest: &Digest) -> Option<Arc<TokenRecord>> {
        self.tokens.pin().get(digest).cloned()
    }

    pub(crate) fn project(&self, id: ProjectId) -> Option<Arc<ProjectRecord>> {
        self.projects.pin().get(&id).cloned()
    }

    pub(crate) fn project_by_slug(&self, slug: &str) -> Option<Arc<ProjectRecord>> {
        self.slugs.pin().get(slug).cloned()
    }

    pub(crate) fn user(&self, id: UserId) -> Option<Arc<UserRecord>> {
        self.users.pin().get(&id).cloned()
    }

    /// The membership alone: whether the person is an admin or disabled is not looked at.
    pub(crate) fn member(&self, project: ProjectId, user: UserId) -> Option<Role> {
        self.roles.pin().get(&(project, user)).copied()
    }

    pub(crate) fn keys(&self) -> usize {
        self.secrets.keys()
    }

    pub(crate) fn secrets(&self) -> usize {
        self.secrets.len()
    }

    pub(crate) fn tokens(&self) -> usize {
        self.tokens.len()
    }

    /// From now on this row is like this.
    pub(crate) fn apply(&self, change: &Change) {
        match change {
            Change::Key(state) => self.apply_key(state),
            Change::Project(state) => self.apply_project(state),
            Change::User(state) => {
                self.users.pin().insert(state.id, Arc::new(state.into()));
            }
            Change::Token(state) => {
                self.tokens
                    .pin()
                    .insert(state.digest, Arc::new(state.into()));
            }
            Change::Member {
                project,
                user,
                role,
            } => {
                let roles = self.roles.pin();
                match role {
                    Some(role) => roles.insert((*project, *user), *role),
                    None => roles.remove(&(*project, *user)),
                };
            }
        }
    }

    /// From now on nobody knows what this row is like. What was never known stays unknown: nobody holds a
    /// secret whose creation was not answered.
    pub(crate) fn doubt(&self, change: &Change) {
        match change {
            Change::Key(state) => self.secrets.doubt(state),
            Change::Project(state) => {
                if let Some(project) = self.project(state.id) {
                    project.doubt();
                }
            }
            Change::User(state) => {
                self.users.pin().update(state.id, |user| {
                    let mut user = UserRecord::clone(user);
                    user.in_doubt = true;
                    Arc::new(user)
                });
            }
            Change::Token(state) => {
                self.tokens.pin().update(state.digest, |token| {
                    let mut token = TokenRecord::clone(token);
                    token.in_doubt = true;
                    Arc::new(token)
                });
            }
            // Without a membership the answer is that of a stranger. That is wrong for a moment, and on
            // the safe side.
            Change::Member { project, user, .. } => {
                self.roles.pin().remove(&(*project, *user));
            }
        }
    }

    /// Memberships are the only rows that vanish, so before everything is read again they go.
    pub(crate) fn forget_members(&self) {
        self.roles.pin().clear();
    }

    fn apply_key(&self, state: &KeyState) {
        let project = || Some(self.project(state.project_id)?.place);
        if !self.secrets.set(state, project) {
            // The store sends a project before its keys, and there is room for more keys than a database of ours has
            // ever held. Unknown keys are refused, which is the safe side.
            tracing::error!(key.id = %state.id, project.id = %state.project_id,
                "a key's project is not in memory, or there is no room; the key is refused");
        }
    }

    fn apply_project(&self, state: &ProjectState) {
        if let Some(known) = self.projects.pin().get(&state.id) {
            known.set(state);
            return;
        }
        let Some(record) = self
            .secrets
            .add_project(|place| ProjectRecord::new(state, place))
        else {
            tracing::error!(project.id = %state.id, "there is no room for the project; its keys are refused");
            return;
        };
        let slug = state.slug.as_str().into();
        self.slugs.pin().insert(slug, Arc::clone(&record));
        self.projects.pin().insert(state.id, record);
    }
}

impl BuildHasher for Prefixed {
    type Hasher = Prefix;

    fn build_hasher(&self) -> Prefix {
        Prefix::default()
    }
}

impl Hasher for Prefix {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write_u64(&mut self, prefix: u64) {
        self.0 = prefix;
    }

    /// Not reached: a digest hashes itself by one `write_u64`. Right all the same.
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
}
