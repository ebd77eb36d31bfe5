//! Everything that is in memory, and how a committed change gets there.

use std::{
    borrow::Borrow,
    hash::{BuildHasher, Hash, Hasher},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use latchkey_keys::Digest;
use latchkey_store::{Change, KeyState, ProjectState};
use latchkey_types::{ProjectId, UserId, member::Role};
use papaya::{HashMap, HashSet};

use crate::record::{KeyRecord, ProjectRecord, Slot, TokenRecord, UserRecord};

/// The maps. Their readers take no lock. They are written only by [`Index::apply`] and [`Index::doubt`],
/// which the store calls one at a time, under its writer's lock.
///
/// There is no map from key ids to keys: whatever arrives about a key brings the digests of its secrets,
/// and these lead to it.
pub(crate) struct Index {
    secrets: HashSet<BySecret, Prefixed>,
    tokens: HashMap<Digest, Arc<TokenRecord>, Prefixed>,
    projects: HashMap<ProjectId, Arc<ProjectRecord>>,
    slugs: HashMap<Box<str>, Arc<ProjectRecord>>,
    users: HashMap<UserId, Arc<UserRecord>>,
    roles: HashMap<(ProjectId, UserId), Role>,
    keys: AtomicUsize,
}

/// A slot, found by its digest. The table holds pointers to these 8 bytes, so its empty places cost
/// little: a table of a million secrets has up to a million of them.
struct BySecret(Arc<Slot>);

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
            secrets: HashSet::with_hasher(Prefixed),
            tokens: HashMap::with_hasher(Prefixed),
            projects: HashMap::new(),
            slugs: HashMap::new(),
            users: HashMap::new(),
            roles: HashMap::new(),
            keys: AtomicUsize::new(0),
        }
    }

    pub(crate) fn slot(&self, digest: &Digest) -> Option<Arc<Slot>> {
        self.secrets
            .pin()
            .get(digest)
            .map(|found| Arc::clone(&found.0))
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
        self.keys.load(Relaxed)
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
            Change::Key(state) => {
                if let Some(key) = self.known_key(state) {
                    key.doubt();
                }
            }
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
        let key = match self.known_key(state) {
            Some(key) => {
                key.set(state);
                key
            }
            None => {
                let Some(project) = self.project(state.project_id) else {
                    // The store sends a project before its keys. Unknown keys are refused, which is the
                    // safe side.
                    tracing::error!(key.id = %state.id, project.id = %state.project_id,
                        "a key's project is not in memory; the key is refused");
                    return;
                };
                self.keys.fetch_add(1, Relaxed);
                Arc::new(KeyRecord::new(state, project))
            }
        };
        let secrets = self.secrets.pin();
        for secret in &state.secrets {
            match secrets.get(&secret.digest) {
                Some(known) => known.0.set(secret),
                None => {
                    secrets.insert(BySecret(Arc::new(Slot::new(secret, Arc::clone(&key)))));
                }
            }
        }
    }

    fn known_key(&self, state: &KeyState) -> Option<Arc<KeyRecord>> {
        let secrets = self.secrets.pin();
        let mut known = state
            .secrets
            .iter()
            .filter_map(|secret| secrets.get(&secret.digest));
        known.next().map(|slot| Arc::clone(&slot.0.key))
    }

    fn apply_project(&self, state: &ProjectState) {
        if let Some(known) = self.projects.pin().get(&state.id) {
            known.set(state);
            return;
        }
        let record = Arc::new(ProjectRecord::new(state));
        let slug = state.slug.as_str().into();
        self.slugs.pin().insert(slug, Arc::clone(&record));
        self.projects.pin().insert(state.id, record);
    }
}

impl PartialEq for BySecret {
    fn eq(&self, other: &Self) -> bool {
        self.0.digest == other.0.digest
    }
}

impl Eq for BySecret {}

impl Hash for BySecret {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.digest.hash(state);
    }
}

impl Borrow<Digest> for BySecret {
    fn borrow(&self) -> &Digest {
        &self.0.digest
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
