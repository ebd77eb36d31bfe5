//! What a committed transaction changed, as the room that answers from memory has to know it.

use latchkey_keys::Digest;
use latchkey_types::{
    KeyId, ProjectId, SecretId, Slug, Timestamp, TokenId, UserId, key::Environment, member::Role,
    token::Permission, user::InstanceRole,
};

/// Learns what was committed. Set once with [`Store::observe`](crate::Store::observe).
///
/// `changed` and `in_doubt` are called under the writer's lock, directly after COMMIT, so changes arrive
/// in commit order and each before the write that made it returns. They must not call the store.
pub trait Observer: Send + Sync {
    /// These rows are now like this. The same row may come several times: the last one counts.
    fn changed(&self, changes: &[Change]);
    /// These rows are like this or like before: nobody knows until they have been read again and come
    /// through `changed`. Until then nothing of them may be accepted.
    fn in_doubt(&self, changes: &[Change]);
    /// Whether this process may answer at all. `true` only while the database is proven to be ours.
    fn serving(&self, yes: bool);
    /// Everything is about to be sent through `changed` again, because another process may have written
    /// in the meantime. Memberships are the only rows that can vanish: forget them all.
    fn reloading(&self) {}
}

/// One row, or one row with what belongs to it, as it is after the commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A key with all its secrets.
    Key(KeyState),
    /// A project.
    Project(ProjectState),
    /// A person.
    User(UserState),
    /// A management token.
    Token(TokenState),
    /// A membership: `role` is `None` when it ended.
    Member {
        /// The project.
        project: ProjectId,
        /// The member.
        user: UserId,
        /// What they may do there.
        role: Option<Role>,
    },
}

/// A key as the verdict needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyState {
    /// The key.
    pub id: KeyId,
    /// The project it opens.
    pub project_id: ProjectId,
    /// What it is for.
    pub description: String,
    /// What it is used in.
    pub environment: Environment,
    /// From this moment on it is expired.
    pub expires_at: Option<Timestamp>,
    /// Whether it is switched off.
    pub disabled: bool,
    /// Whether it is revoked.
    pub revoked: bool,
    /// All secrets that it ever had, oldest first.
    pub secrets: Vec<SecretState>,
}

/// One secret of a key as the verdict needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretState {
    /// The secret.
    pub id: SecretId,
    /// Its keyed digest.
    pub digest: Digest,
    /// From this moment on it is retired: the planned end of the overlap or the real one, whichever
    /// comes first.
    pub retires_at: Option<Timestamp>,
    /// Whether no later secret of the key exists.
    pub is_newest: bool,
}

/// A project as the door needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectState {
    /// The project.
    pub id: ProjectId,
    /// Its place in URLs.
    pub slug: Slug,
    /// Its name.
    pub name: String,
    /// Whether it is archived: then none of its keys is accepted.
    pub archived: bool,
    /// Whether `?apikey=` is taken.
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

/// A person as the door needs them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserState {
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
}

/// A management token as the door needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenState {
    /// The token.
    pub id: TokenId,
    /// Whose it is.
    pub user_id: UserId,
    /// What it is for.
    pub name: String,
    /// Its keyed digest.
    pub digest: Digest,
    /// What it may do.
    pub permissions: Vec<Permission>,
    /// From this moment on it is expired.
    pub expires_at: Option<Timestamp>,
    /// Whether it is revoked.
    pub revoked: bool,
}
