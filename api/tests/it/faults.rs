//! A disk that is full, fails, can't sync or is slow, under the real program on SQLite: every change is whole or
//! refused, what was acknowledged stays, what was said of a key stays said, and the server goes on by itself.
//!
//! `faults/shim.c` is that disk. On PostgreSQL the disk is its server's, which answers for it.

use std::{
    cell::{Cell, RefCell},
    fs,
    path::PathBuf,
    process::Command,
};

use latchkey_store::{StoreError, audit};
use serde_json::{Value, json};

use crate::support::{
    Backend, backend, eventually,
    process::{Client, Home, Process, Reply, SETUP_TOKEN},
};

/// What a disk can do at once.
const FAULTS: [&str; 5] = [
    "enospc",
    "enospc-after 10",
    "enospc-after 5000",
    "eio",
    "eio-sync",
];

const REFUSED: &str = "Staging - Nightly Import";

/// What a key is asked to become.
#[derive(Clone, Copy)]
enum Asked {
    Revoke,
    Disable,
    Enable,
    RotateNow,
}

const ASKED: [Asked; 4] = [
    Asked::Revoke,
    Asked::Disable,
    Asked::Enable,
    Asked::RotateNow,
];

impl Asked {
    async fn of(self, client: &Client, path: &str) -> Reply {
        let rotate = format!("{path}/rotate");
        let (method, path, body) = match self {
            Self::Revoke => ("DELETE", path, Value::Null),
            Self::Disable => ("PATCH", path, json!({"disabled": true})),
            Self::Enable => ("PATCH", path, json!({"disabled": false})),
            Self::RotateNow => ("POST", rotate.as_str(), json!({"overlap_seconds": 0})),
        };
        client.ask(method, path, body).await
    }

    /// The verdict before and after.
    fn verdicts(self) -> (&'static str, &'static str) {
        match self {
            Self::Revoke => ("valid", "revoked"),
            Self::Disable => ("valid", "disabled"),
            Self::Enable => ("disabled", "valid"),
            Self::RotateNow => ("valid", "retired"),
        }
    }
}

/// A key whose creation was acknowledged.
struct Key {
    path: String,
    secret: String,
    /// What a check may say of it, beside that there is no verdict. Twice the same once anybody was told.
    may_be: Cell<[&'static str; 2]>,
}

impl Key {
    /// Checks it. Whether there is a verdict, which must be what was said before.
    async fn is_known(&self, client: &Client) -> bool {
        let verdict = client.verdict(&self.secret).await;
        if verdict == "unavailable" {
            return false;
        }
        let may_be = self.may_be.get();
        let said = may_be.into_iter().find(|word| *word == verdict);
        let said = said.unwrap_or_else(|| panic!("{verdict}, and none of {may_be:?}"));
        self.may_be.set([said, said]);
        true
    }

    fn id(&self) -> &str {
        self.path.rsplit_once('/').unwrap().1
    }

    /// How the list must show it.
    fn status(&self) -> &'static str {
        match self.may_be.get()[0] {
            "valid" | "retired" => "active",
            other => other,
        }
    }
}

/// The disk under a server.
struct Disk {
    shim: PathBuf,
    control: PathBuf,
    orders: Cell<usize>,
}

impl Disk {
    fn new(home: &Home) -> Self {
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/faults/shim.c");
        let shim = home.file("shim.so");
        let compiled = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(&shim)
            .args([source, "-ldl"])
            .status()
            .expect("a C compiler is on this machine, as SQLite is built with it");
        assert!(compiled.success(), "{source} doesn't compile");
        let disk = Self {
            shim,
            control: home.file("disk"),
            orders: Cell::new(0),
        };
        disk.order("none");
        disk
    }

    /// Behaves like this from now on. Bytes are counted anew.
    fn order(&self, fault: &str) {
        self.orders.set(self.orders.get() + 1);
        let fresh = self.control.with_extension("new");
        fs::write(&fresh, format!("{fault} {}", self.orders.get())).unwrap();
        // At once: nobody reads half an order.
        fs::rename(&fresh, &self.control).unwrap();
    }

    /// How many calls have felt it.
    fn hits(&self) -> u64 {
        fs::metadata(self.control.with_extension("hits")).map_or(0, |facts| facts.len())
    }

    fn put_under(&self, command: &mut Command) {
        command
            .env("LATCHKEY_SETUP_TOKEN", SETUP_TOKEN)
            .env("LD_PRELOAD", &self.shim)
            .env("FAULT_PATH", "latchkey.db")
            .env("FAULT_CONTROL", &self.control);
    }

    async fn start(&self, home: &Home) -> Process {
        home.start_with(|command| self.put_under(command)).await
    }
}

/// How a process ends.
#[derive(Clone, Copy)]
enum End {
    Kill,
    Stop,
}

/// A server on such a disk.
struct Scene {
    home: Home,
    disk: Disk,
    server: Process,
    client: Client,
    token: String,
    /// The path of the project's keys.
    keys: String,
    /// What no log may hold.
    secrets: RefCell<Vec<String>>,
    acknowledged: Cell<usize>,
}

impl Scene {
    /// Nothing if this run is for PostgreSQL.
    async fn new() -> Option<Self> {
        if backend() != Backend::Sqlite {
            return None;
        }
        let home = Home::new();
        let disk = Disk::new(&home);
        let server = disk.start(&home).await;
        let token = server.set_up().await;
        let client = server.client(&token);
        let project = client.project("Faults").await;
        Some(Self {
            home,
            disk,
            server,
            client,
            keys: format!("/api/v1/projects/{project}/keys"),
            secrets: RefCell::new(vec![token.clone()]),
            token,
            acknowledged: Cell::new(0),
        })
    }

    /// Asks for a key. None when that was refused as it must be.
    async fn try_create(&self, description: &str) -> Option<Key> {
        let body = json!({"description": description});
        let answer = self.client.ask("POST", &self.keys, body).await;
        let body = self.body_of(answer)?;
        Some(Key {
            path: format!("{}/{}", self.keys, body["key"]["id"].as_str().unwrap()),
            secret: body["secret"].as_str().unwrap().to_owned(),
            may_be: Cell::new(["valid"; 2]),
        })
    }

    /// A key for whom this can be asked, while the disk works.
    async fn key_for(&self, asked: Asked) -> Key {
        let created = self.try_create("Production - Claude Integration").await;
        let key = created.expect("the disk works");
        if asked.verdicts().0 == "disabled" {
            assert!(self.change(&key, Asked::Disable).await);
        }
        key
    }

    /// Asks for a change. Whether it was acknowledged; otherwise it was refused as it must be.
    async fn change(&self, key: &Key, asked: Asked) -> bool {
        let (before, after) = asked.verdicts();
        let answer = asked.of(&self.client, &key.path).await;
        let is_acknowledged = self.body_of(answer).is_some();
        key.may_be.set(match is_acknowledged {
            true => [after, after],
            false => [before, after],
        });
        is_acknowledged
    }

    /// What was acknowledged, or nothing: then it is a 503 that says when to try again, without a secret.
    fn body_of(&self, answer: Reply) -> Option<Value> {
        if answer.is_unavailable() {
            assert!(
                !answer.json.to_string().contains("lk_"),
                "a secret in a 503"
            );
            return None;
        }
        let body = answer.ok();
        let secret = body["secret"].as_str().map(str::to_owned);
        self.secrets.borrow_mut().extend(secret);
        self.acknowledged.set(self.acknowledged.get() + 1);
        Some(body)
    }

    /// Mends the disk, and waits until everything works by itself.
    async fn recovers(&self) {
        self.disk.order("none");
        eventually("a key can be made again", async || {
            self.try_create("Recovered").await.is_some()
        })
        .await;
        eventually("it is ready again", async || {
            let answer = self.client.ask("GET", "/readyz", Value::Null).await;
            answer.status == 200
        })
        .await;
    }

    /// All of these have a verdict, the right one, and the list agrees.
    async fn check(&self, keys: &[Key]) {
        for key in keys {
            eventually("there is a verdict", async || {
                key.is_known(&self.client).await
            })
            .await;
        }
        let list = self.list().await;
        for key in keys {
            let row = list.iter().find(|row| row["id"] == key.id());
            let row = row.unwrap_or_else(|| panic!("{} isn't listed", key.id()));
            assert_eq!(row["status"], key.status(), "{}", key.id());
        }
    }

    async fn list(&self) -> Vec<Value> {
        let path = format!("{}?status=all&limit=200", self.keys);
        let page = self.client.ask("GET", &path, Value::Null).await.ok();
        assert!(page["next_cursor"].is_null(), "more than a page");
        page["items"].as_array().unwrap().clone()
    }

    /// How many keys are listed under this description.
    async fn count(&self, description: &str) -> usize {
        let list = self.list().await;
        let found = list.iter().filter(|key| key["description"] == description);
        found.count()
    }

    async fn restart(mut self, end: End) -> Self {
        match end {
            End::Kill => self.server.kill(),
            End::Stop => self.server.stop().await,
        }
        self.server = self.disk.start(&self.home).await;
        self.client = self.server.client(&self.token);
        self
    }

    /// Stops it, and looks at what it leaves: the audit log is whole and complete, no output holds a secret. Gives
    /// what all its processes have logged.
    async fn end(self) -> String {
        self.server.stop().await;
        let (store, ring) = self.home.place.open();
        let chain = store.read(|db| audit::verify_chain(db, &ring));
        store.close();
        match chain.unwrap_or_else(|error: StoreError| panic!("{error}")) {
            audit::Chain::Whole { events, .. } => {
                let (events, acknowledged) =
                    (usize::try_from(events).unwrap(), self.acknowledged.get());
                assert!(
                    events >= acknowledged,
                    "{events} events, {acknowledged} changes"
                );
            }
            audit::Chain::SealBroken { .. } => panic!("the seal is broken"),
            audit::Chain::Broken { sequence } => panic!("the chain breaks at {sequence}"),
        }
        let mut output = String::new();
        for file in fs::read_dir(self.home.file("")).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name.starts_with("stdout-") || name.starts_with("stderr-") {
                output.push_str(&String::from_utf8_lossy(&fs::read(&path).unwrap()));
            }
        }
        for secret in self.secrets.borrow().iter() {
            assert!(!output.contains(secret), "a secret is in the output");
        }
        output
    }
}

#[tokio::test]
async fn a_disk_that_fails_refuses_every_change_and_the_server_goes_on_when_it_is_mended() {
    let Some(mut scene) = Scene::new().await else {
        return;
    };
    let mut keys = Vec::new();
    for fault in FAULTS {
        let first = keys.len();
        for asked in ASKED {
            keys.push(scene.key_for(asked).await);
        }
        let bystander = scene.try_create("Production - Billing").await.unwrap();
        let hits = scene.disk.hits();
        for (key, asked) in keys[first..].iter().zip(ASKED) {
            scene.disk.order(fault);
            let is_acknowledged = scene.change(key, asked).await;
            assert!(!is_acknowledged, "{fault}: {:?}", asked.verdicts());
            key.is_known(&scene.client).await;
            bystander.is_known(&scene.client).await;
        }
        assert!(scene.disk.hits() > hits, "{fault} was not met");
        scene.disk.order(fault);
        assert!(scene.try_create(REFUSED).await.is_none(), "{fault}");
        bystander.is_known(&scene.client).await;

        scene.recovers().await;
        keys.push(bystander);
        scene.check(&keys).await;
        assert_eq!(scene.count(REFUSED).await, 0, "{fault}: a half-made key");
        // Asking again makes one half of them so, whatever had happened.
        for (key, asked) in keys[first..].iter().zip(ASKED).step_by(2) {
            assert!(scene.change(key, asked).await, "{fault}");
        }
        scene.check(&keys).await;
    }
    for end in [End::Kill, End::Stop] {
        scene = scene.restart(end).await;
        scene.check(&keys).await;
        assert_eq!(scene.count(REFUSED).await, 0, "a half-made key");
    }
    let log = scene.end().await;
    for reason in ["database or disk is full", "disk I/O error"] {
        assert!(log.contains(reason), "nothing in the log about: {reason}");
    }
}

#[tokio::test]
async fn a_disk_that_fills_up_in_the_middle_of_a_change_leaves_it_whole_or_undone() {
    let Some(mut scene) = Scene::new().await else {
        return;
    };
    let (mut keys, mut created, mut refused) = (Vec::new(), 0, 0);
    // From less than one frame of the log up to more than the largest of these changes.
    for space in [
        0, 30, 4_130, 12_000, 20_000, 28_000, 36_000, 44_000, 60_000, 500_000,
    ] {
        for asked in ASKED {
            let key = scene.key_for(asked).await;
            scene.disk.order(&format!("enospc-after {space}"));
            refused += usize::from(!scene.change(&key, asked).await);
            key.is_known(&scene.client).await;
            keys.push(key);
            scene.recovers().await;
        }
        scene.disk.order(&format!("enospc-after {space}"));
        match scene.try_create(REFUSED).await {
            Some(key) => {
                keys.push(key);
                created += 1;
            }
            None => refused += 1,
        }
        scene.recovers().await;
    }
    assert!(created > 0, "the last one had space enough");
    assert!(refused > 10, "{refused} refused: the disk was hardly full");
    scene.check(&keys).await;
    assert_eq!(scene.count(REFUSED).await, created);
    scene = scene.restart(End::Kill).await;
    scene.check(&keys).await;
    assert_eq!(scene.count(REFUSED).await, created);
    scene.end().await;
}

#[tokio::test]
async fn what_was_said_of_a_key_after_a_failed_sync_is_true_after_a_crash() {
    let Some(mut scene) = Scene::new().await else {
        return;
    };
    // What could not be synced stands in the log all the same. It must not come to life in the next process when
    // this one has said that it didn't happen.
    let mut keys = Vec::new();
    for asked in ASKED {
        let key = scene.key_for(asked).await;
        scene.disk.order("eio-sync");
        assert!(!scene.change(&key, asked).await);
        scene.disk.order("none");
        eventually("there is a verdict", async || {
            key.is_known(&scene.client).await
        })
        .await;
        // Nothing else is written: the crash comes right behind the verdict.
        scene = scene.restart(End::Kill).await;
        keys.push(key);
        scene.check(&keys).await;
    }
    scene.end().await;
}

#[tokio::test]
async fn checks_are_answered_while_a_write_waits_for_the_disk() {
    let Some(scene) = Scene::new().await else {
        return;
    };
    let key = scene.key_for(Asked::Revoke).await;
    let holder = scene.server.client(&key.secret);
    let hits = scene.disk.hits();
    scene.disk.order("hold");
    let (client, path) = (scene.client.clone(), scene.keys.clone());
    let create = tokio::spawn(async move {
        let body = json!({"description": "Production - Slowly"});
        client.ask("POST", &path, body).await
    });
    eventually("a write waits", async || scene.disk.hits() > hits).await;
    for _ in 0..20 {
        assert!(key.is_known(&scene.client).await);
        for path in ["/api/v1/keys/self", "/api/v1/forward-auth"] {
            let answer = holder.ask("GET", path, Value::Null).await;
            assert_eq!(answer.status, 200, "{path}");
        }
        assert_eq!(scene.list().await.len(), 1);
        let ready = scene.client.ask("GET", "/readyz", Value::Null).await;
        assert_eq!(ready.status, 200);
    }
    assert!(!create.is_finished(), "it was to wait");
    // Another change waits its turn for some seconds, and is refused then: nothing has happened to the key.
    assert!(!scene.change(&key, Asked::Revoke).await);
    key.may_be.set(["valid"; 2]);
    assert!(key.is_known(&scene.client).await);
    assert!(!create.is_finished(), "it was to wait");
    scene.disk.order("none");
    let created = scene.body_of(create.await.unwrap()).unwrap();
    let secret = created["secret"].as_str().unwrap();
    assert_eq!(scene.client.verdict(secret).await, "valid");
    assert!(scene.change(&key, Asked::Revoke).await);
    scene.check(&[key]).await;
    scene.end().await;
}

#[tokio::test]
async fn a_slow_disk_makes_changes_slow_and_no_less_true() {
    let Some(mut scene) = Scene::new().await else {
        return;
    };
    let hits = scene.disk.hits();
    scene.disk.order("slow 20");
    let mut keys = Vec::new();
    for asked in ASKED {
        let key = scene.key_for(asked).await;
        assert!(scene.change(&key, asked).await);
        assert!(key.is_known(&scene.client).await);
        keys.push(key);
    }
    assert!(scene.disk.hits() > hits + 100, "the disk was not slow");
    scene.disk.order("none");
    scene = scene.restart(End::Kill).await;
    scene.check(&keys).await;
    scene.end().await;
}

#[tokio::test]
async fn a_server_ends_on_a_failing_disk_and_starts_again_only_when_it_is_mended() {
    let Some(mut scene) = Scene::new().await else {
        return;
    };
    for fault in ["enospc", "eio"] {
        let (revoked, refused) = (
            scene.key_for(Asked::Revoke).await,
            scene.key_for(Asked::Revoke).await,
        );
        assert!(scene.change(&revoked, Asked::Revoke).await);
        scene.disk.order(fault);
        assert!(!scene.change(&refused, Asked::Revoke).await);
        scene.server.stop().await;

        let mut command = scene.home.latchkey(&["serve"]);
        scene.disk.put_under(&mut command);
        let ended = scene.home.finish(command).await;
        for word in ["database file", "can't be opened", "disk"] {
            assert!(ended.sentence().contains(word), "{}", ended.sentence());
        }
        scene.disk.order("none");
        scene.server = scene.disk.start(&scene.home).await;
        scene.client = scene.server.client(&scene.token);
        scene.check(&[revoked, refused]).await;
    }
    scene.end().await;
}
