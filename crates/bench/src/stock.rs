//! Databases with many keys, made before the server starts.

mod fill;

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use latchkey_keys::{KeyRing, MasterKey, MasterKeys, Secret, SecretKind};
use latchkey_store::{
    LockMode, OpenOptions, Store, StoreError, keys, members, new_id, projects, tokens, users,
};
use latchkey_types::{
    KeyId, ProjectId, Slug, Timestamp, UserId, key::Environment, member::Role, token::Permission,
    user::InstanceRole,
};
use tempfile::TempDir;

use crate::Outcome;

/// The project's place in URLs.
pub const SLUG: &str = "load";
/// Its backend: the memory server.
const BACKEND: &str = r#"{"type":"memory"}"#;
/// Beside the live keys, so many revoked ones.
const REVOKED: usize = 1000;

/// A SQLite database with a project, Ada who owns it, her tokens, and keys; the secrets are here in memory alone.
pub struct Stock {
    folder: TempDir,
    /// The project that all keys are of.
    pub project_id: ProjectId,
    /// A management token that may do everything.
    pub manager: String,
    /// A management token that may check keys, and nothing else.
    pub verifier: String,
    /// The live keys.
    pub keys: Vec<LoadKey>,
    /// Secrets of keys that are revoked.
    pub revoked: Vec<String>,
}

/// A key in the database.
pub struct LoadKey {
    /// Its id.
    pub id: KeyId,
    /// Its secret.
    pub secret: String,
}

impl Stock {
    /// Makes one with so many live keys, in this folder.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn make(folder: TempDir, count: usize) -> Outcome<Self> {
        let master = MasterKey::generate(getrandom::fill)?;
        write_private(&folder.path().join("latchkey.key"), &master.to_text())?;
        let masters = MasterKeys::from(master);
        let file = folder.path().join("latchkey.db");
        let url = format!("sqlite://{}", file.display());
        let store = Store::open(OpenOptions::new(
            latchkey_store::DatabaseUrl::parse(&url).map_err(|error| error.to_string())?,
            &masters,
            LockMode::Cli,
        ))
        .map_err(|error| error.to_string())?;
        let ring = store.ring();
        let written = store.write(|tx| first(tx, &ring));
        store.close();
        let First {
            project_id,
            user_id,
            template,
            tokens: [manager, verifier],
        } = written.map_err(|error| error.to_string())?;
        let (keys, revoked) =
            fill::fill(&file, &ring, template, user_id, count, REVOKED.min(count))?;
        Ok(Self {
            folder,
            project_id,
            manager,
            verifier,
            keys,
            revoked,
        })
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.folder().join("latchkey.db")
    }

    /// The live keys' secrets.
    pub fn secrets(&self) -> Vec<String> {
        self.keys.iter().map(|key| key.secret.clone()).collect()
    }
}

/// Secrets in the right form that nobody was given.
///
/// # Errors
/// When the system gives no randomness.
pub fn unknown(count: usize) -> Outcome<Vec<String>> {
    (0..count)
        .map(|_| Ok(secret(SecretKind::Key)?.into_exposed()))
        .collect()
}

/// These with another last character, so that their checksum is wrong.
pub fn misspelt(secrets: &[&str]) -> Vec<String> {
    secrets
        .iter()
        .map(|secret| {
            let (start, last) = secret.split_at(secret.len().saturating_sub(1));
            format!("{start}{}", if last == "0" { "1" } else { "0" })
        })
        .collect()
}

fn secret(kind: SecretKind) -> Outcome<Secret> {
    Ok(Secret::generate(kind, getrandom::fill)?)
}

/// Now, as the server writes it.
pub fn now() -> Timestamp {
    let since: Duration = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// What is there before the keys.
struct First {
    project_id: ProjectId,
    user_id: UserId,
    /// A key that all others are copies of.
    template: KeyId,
    tokens: [String; 2],
}

fn first(tx: &mut latchkey_store::Tx<'_>, ring: &KeyRing) -> Result<First, StoreError> {
    let now = now();
    let failed = |error: Box<dyn std::error::Error>| StoreError::Internal(error.to_string());
    let user = users::create_user(
        tx,
        &users::NewUser {
            id: new_id(),
            name: "Ada".to_owned(),
            email: "ada@example.com".to_owned(),
            password_hash: None,
            role: InstanceRole::Admin,
            created_at: now,
        },
    )?;
    let slug: Slug = SLUG
        .parse()
        .map_err(|_| StoreError::Internal("the slug is none".to_owned()))?;
    let project = projects::create_project(
        tx,
        &projects::NewProject {
            id: new_id(),
            slug,
            name: "Load".to_owned(),
            description: String::new(),
            backend: BACKEND.to_owned(),
            allow_key_in_url: false,
            allowed_origins: Vec::new(),
            created_at: now,
        },
    )?;
    members::create_member(tx, project.id, user.id, Role::Owner, now)?;
    let mut token = |name: &str, permissions: Vec<Permission>| {
        let secret = secret(SecretKind::Token).map_err(failed)?;
        tokens::create_token(
            tx,
            &tokens::NewToken {
                id: new_id(),
                user_id: user.id,
                name: name.to_owned(),
                digest: ring.secret_digest(&secret),
                pepper_version: ring.pepper_version,
                hint: secret.hint(),
                permissions,
                created_at: now,
                expires_at: None,
            },
        )?;
        Ok::<_, StoreError>(secret.into_exposed())
    };
    let tokens = [
        token(
            "Manager",
            vec![Permission::Manage, Permission::Read, Permission::Verify],
        )?,
        token("Verifier", vec![Permission::Verify])?,
    ];
    let secret = secret(SecretKind::Key).map_err(failed)?;
    let key = keys::create_key(
        tx,
        &keys::NewKey {
            id: new_id(),
            project_id: project.id,
            description: "Load key".to_owned(),
            environment: Environment::Production,
            created_by: user.id,
            created_at: now,
            expires_at: None,
        },
        &keys::NewSecret {
            id: new_id(),
            digest: ring.secret_digest(&secret),
            pepper_version: ring.pepper_version,
            hint: secret.hint(),
            created_at: now,
        },
    )?;
    Ok(First {
        project_id: project.id,
        user_id: user.id,
        template: key.id,
        tokens,
    })
}

/// Readable by its owner only: the server refuses anything else.
fn write_private(file: &Path, text: &str) -> Outcome {
    use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};
    let mut file = fs::OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(file)?;
    Ok(file.write_all(text.as_bytes())?)
}

#[cfg(test)]
mod tests {
    use latchkey_keys::Presented;

    use super::*;

    #[test]
    fn an_unknown_key_has_the_form_of_one_and_a_misspelt_one_has_not() {
        let unknown = unknown(100).expect("there is randomness");
        let texts: Vec<&str> = unknown.iter().map(String::as_str).collect();
        assert!(texts.iter().all(|text| Presented::parse(text).is_some()));
        let misspelt = misspelt(&texts);
        assert!(
            misspelt
                .iter()
                .all(|text| Presented::parse(text).is_none() && text.len() == 39)
        );
    }
}
