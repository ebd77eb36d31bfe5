//! The gate on a real database: what was committed is what it answers, also after a restart.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use latchkey_store::{
    DatabaseUrl, LockMode, OpenOptions, Store, StoreError,
    keys::{self, NewKey, NewSecret},
    members, new_id,
    projects::{self, NewProject},
    usage::{self, UsageOf},
    users::{self, NewUser},
};
use latchkey_types::{key::Via, receipt::RevokeReason};

use super::*;
use crate::Use;

struct Server {
    store: Store,
    gate: Arc<Gate>,
    ring: Arc<KeyRing>,
}

impl Server {
    fn start(folder: &Path) -> Self {
        let master = MasterKey::from_bytes([7; 32]);
        let url = format!("sqlite://{}/latchkey.db", folder.display());
        let store = Store::open(OpenOptions::new(
            DatabaseUrl::parse(&url).expect("a good URL"),
            &master.into(),
            LockMode::Serve,
        ))
        .expect("an empty folder");
        let ring = store.ring();
        let gate = Gate::new(Arc::clone(&ring));
        store.observe(gate.clone());
        gate.load(&store).expect("a good database");
        assert!(!gate.is_serving(), "not before the store says so");
        store.start_monitor();
        let begin = Instant::now();
        while !gate.is_serving() {
            assert!(begin.elapsed() < Duration::from_secs(10));
            std::thread::sleep(Duration::from_millis(5));
        }
        Self { store, gate, ring }
    }

    fn write<T>(&self, f: impl FnOnce(&mut latchkey_store::Tx<'_>) -> Result<T, StoreError>) -> T {
        self.store.write(f).expect("a good database")
    }

    /// Makes secret `n` the first one of a new key.
    fn create_key(&self, project_id: ProjectId, by: UserId, n: u32) -> KeyId {
        let id = new_id();
        let key = NewKey {
            id,
            project_id,
            description: "Production - Claude Integration".to_owned(),
            environment: Environment::Production,
            created_by: by,
            created_at: NOW,
            expires_at: None,
        };
        let text = secret(n);
        let secret = NewSecret {
            id: new_id(),
            digest: self
                .ring
                .secret_digest(&Presented::parse(&text).expect("it was just made")),
            pepper_version: self.ring.pepper_version,
            hint: "lk_…a1B2".to_owned(),
            created_at: NOW,
        };
        self.write(|tx| keys::create_key(tx, &key, &secret).map(drop));
        id
    }

    fn code(&self, n: u32) -> Option<VerifyCode> {
        code(
            &self
                .gate
                .verify(&secret(n), Wanted::Named("memorylake"), NOW),
        )
    }
}

#[test]
fn what_was_committed_is_what_the_gate_answers_also_after_a_restart() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = Server::start(folder.path());
    let (user, project): (UserId, ProjectId) = (new_id(), new_id());
    server.write(|tx| {
        users::create_user(
            tx,
            &NewUser {
                id: user,
                name: "Ada".to_owned(),
                email: "ada@example.com".to_owned(),
                password_hash: None,
                role: InstanceRole::Member,
                created_at: NOW,
            },
        )?;
        projects::create_project(
            tx,
            &NewProject {
                id: project,
                slug: "memorylake".parse().expect("a good slug"),
                name: "Memory Lake".to_owned(),
                description: String::new(),
                backend: r#"{"kind":"memory"}"#.to_owned(),
                allow_key_in_url: true,
                allowed_origins: Vec::new(),
                created_at: NOW,
            },
        )?;
        members::create_member(tx, project, user, Role::Owner, NOW)
    });
    assert_eq!(server.gate.role_in(user, project), Some(Role::Owner));

    let good = server.create_key(project, user, 1);
    let bad = server.create_key(project, user, 2);
    assert_eq!(server.code(1), Some(VerifyCode::Valid));
    server.write(|tx| keys::revoke_key(tx, bad, user, RevokeReason::Compromised, NOW).map(drop));
    assert_eq!(server.code(2), Some(VerifyCode::Revoked));

    let Verdict::Accepted(pass) = server.gate.verify(&secret(1), Wanted::Any, NOW) else {
        panic!("it was accepted before");
    };
    let used = Use {
        at: NOW,
        via: Via::Header,
        client: Some("curl/8"),
        ip: None,
    };
    server.gate.note(&pass, used);
    server.gate.note(&pass, used);
    assert_eq!(server.gate.flush(&server.store, NOW), Ok(1));
    assert_eq!(server.gate.flush(&server.store, NOW), Ok(0));
    let hours = server
        .store
        .read(|db| {
            usage::list_usage(
                db,
                UsageOf::Key(good),
                Timestamp::from_millis(0),
                Timestamp::MAX,
            )
        })
        .expect("a good database");
    assert_eq!(hours.iter().map(|hour| hour.accepted).sum::<i64>(), 2);

    let before = server.gate.counts();
    server.store.clone().close();
    assert_eq!(
        server.code(1),
        None,
        "a closed store is answered for no longer"
    );

    drop(server);
    let server = Server::start(folder.path());
    assert_eq!(server.gate.counts(), before);
    assert_eq!(server.code(1), Some(VerifyCode::Valid));
    assert_eq!(server.code(2), Some(VerifyCode::Revoked));
    assert_eq!(server.gate.role_in(user, project), Some(Role::Owner));
    server.store.close();
}
