//! The gate from outside, and from inside where an interleaving has to be forced.

mod allocations;
mod calls;
mod memory;
mod model;
mod people;
mod store;
mod stress;
mod usage;
mod verify;
mod watch;

use std::sync::Arc;

use latchkey_keys::{Digest, KeyRing, MasterKey, Presented, Secret, SecretKind};
use latchkey_store::{
    Change, KeyState, Observer as _, ProjectState, SecretState, TokenState, UserState,
};
use latchkey_types::{
    KeyId, ProjectId, SecretId, Timestamp, TokenId, UserId, key::Environment, member::Role,
    token::Permission, user::InstanceRole, verify::VerifyCode,
};

use crate::{Gate, Pass, Verdict, Wanted};

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// A serving gate with the projects 1 `memorylake` and 2 `other-lake`, the admin 1 and the member 2 (an
/// editor of project 1), and no key.
pub(crate) struct Scene {
    pub(crate) gate: Arc<Gate>,
    ring: Arc<KeyRing>,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let ring = Arc::new(KeyRing::derive(&MasterKey::from_bytes([7; 32])));
        let gate = Gate::new(Arc::clone(&ring));
        let scene = Self { gate, ring };
        scene.gate.changed(&[
            Change::User(user(1, InstanceRole::Admin)),
            Change::User(user(2, InstanceRole::Member)),
            Change::Project(project(1, "memorylake")),
            Change::Project(project(2, "other-lake")),
            member(1, 2, Some(Role::Editor)),
        ]);
        scene.gate.serving(true);
        scene
    }

    /// The state of key `n` of project 1 with the one secret `n`.
    pub(crate) fn key(&self, n: u32) -> KeyState {
        KeyState {
            id: key_id(n),
            project_id: project_id(1),
            description: format!("Production - Client {n}"),
            environment: Environment::Production,
            expires_at: None,
            disabled: false,
            revoked: false,
            secrets: vec![self.secret(n)],
        }
    }

    /// The state of secret `n`.
    pub(crate) fn secret(&self, n: u32) -> SecretState {
        SecretState {
            id: id("sec", n),
            digest: self.digest(&secret(n)),
            retires_at: None,
            is_newest: true,
        }
    }

    /// The state of token `n` of user `owner`.
    pub(crate) fn token(&self, n: u32, owner: u32) -> TokenState {
        TokenState {
            id: id::<TokenId>("tok", n),
            user_id: user_id(owner),
            name: "Deploy script".to_owned(),
            digest: self.digest(&token(n)),
            permissions: vec![Permission::Manage],
            expires_at: None,
            revoked: false,
        }
    }

    pub(crate) fn apply(&self, key: &KeyState) {
        self.gate.changed(&[Change::Key(key.clone())]);
    }

    pub(crate) fn verify(&self, text: &str) -> Verdict {
        self.gate.verify(text, Wanted::Any, NOW)
    }

    /// What is against the secret `n` now; `Valid` when it is accepted, `None` when there is no answer.
    pub(crate) fn code(&self, n: u32) -> Option<VerifyCode> {
        code(&self.verify(&secret(n)))
    }

    /// The pass of secret `n`, which must be accepted.
    pub(crate) fn pass(&self, n: u32) -> Pass {
        match self.verify(&secret(n)) {
            Verdict::Accepted(pass) => pass,
            other => panic!("secret {n} was not accepted: {other:?}"),
        }
    }

    fn digest(&self, text: &str) -> Digest {
        self.ring
            .secret_digest(&Presented::parse(text).expect("it was just made"))
    }
}

pub(crate) fn code(verdict: &Verdict) -> Option<VerifyCode> {
    match verdict {
        Verdict::Accepted(_) => Some(VerifyCode::Valid),
        Verdict::Refused { code, .. } => Some(*code),
        Verdict::NotServing => None,
    }
}

/// The text of secret `n`.
pub(crate) fn secret(n: u32) -> String {
    text(SecretKind::Key, n)
}

/// The text of token `n`.
pub(crate) fn token(n: u32) -> String {
    text(SecretKind::Token, n)
}

pub(crate) fn key_id(n: u32) -> KeyId {
    id("key", n)
}

pub(crate) fn secret_id(n: u32) -> SecretId {
    id("sec", n)
}

pub(crate) fn project_id(n: u32) -> ProjectId {
    id("proj", n)
}

pub(crate) fn user_id(n: u32) -> UserId {
    id("usr", n)
}

pub(crate) fn project(n: u32, slug: &str) -> ProjectState {
    ProjectState {
        id: project_id(n),
        slug: slug.parse().expect("a good slug"),
        name: slug.to_owned(),
        archived: false,
        allow_key_in_url: true,
        allowed_origins: Vec::new(),
        backend: r#"{"kind":"memory"}"#.to_owned(),
        upstream_headers: None,
        version: 1,
    }
}

pub(crate) fn user(n: u32, role: InstanceRole) -> UserState {
    UserState {
        id: user_id(n),
        name: "Ada".to_owned(),
        email: "ada@example.com".to_owned(),
        role,
        disabled: false,
    }
}

pub(crate) fn member(project: u32, user: u32, role: Option<Role>) -> Change {
    Change::Member {
        project: project_id(project),
        user: user_id(user),
        role,
    }
}

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(prefix: &str, n: u32) -> T {
    format!("{prefix}_{n:032x}").parse().expect("a good id")
}

fn text(kind: SecretKind, n: u32) -> String {
    let mut seed = u64::from(n);
    let made = Secret::generate::<()>(kind, |bytes| {
        for byte in bytes {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            *byte = (seed >> 33) as u8;
        }
        Ok(())
    });
    made.map(Secret::into_exposed)
        .expect("the filler never fails")
}
