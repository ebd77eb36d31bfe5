//! What can happen between a COMMIT and the news of it, forced one by one: whatever comes in between, memory
//! ends up like the database, and nobody gets a 500.

use std::{
    future::Future,
    pin::pin,
    sync::{Mutex, mpsc},
    time::Duration,
};

use latchkey_gate::{OpenCall, Pass, Verdict, Wanted};
use latchkey_store::{Db, Store, StoreError, keys, projects, receipts};
use latchkey_types::{KeyId, ProjectId, receipt::ReceiptKind};
use serde_json::{Value, json};
use tokio::sync::mpsc as async_mpsc;

use crate::support::{Actor, Answer, CreatedKey, Project, TestServer, eventually, now, wire::Wire};

/// Holds the first commit after which a condition is true, between COMMIT and the news of it.
struct Pause {
    store: Store,
    reached: async_mpsc::UnboundedReceiver<()>,
    release: mpsc::Sender<()>,
}

impl Pause {
    fn after_commit(
        server: &TestServer,
        is_it: impl Fn(&mut Db) -> Result<bool, StoreError> + Send + Sync + 'static,
    ) -> Self {
        let store = server.shared().store.clone();
        let (reach, reached) = async_mpsc::unbounded_channel();
        let (release, released) = mpsc::channel();
        let (reader, released) = (store.clone(), Mutex::new(Some(released)));
        store.after_commit(move || {
            let mut released = released.lock().unwrap();
            if released.is_none() || !reader.read(&is_it).unwrap_or(false) {
                return;
            }
            let signal: mpsc::Receiver<()> = released.take().unwrap();
            // Commits that come in between are not held.
            drop(released);
            reach.send(()).unwrap();
            // A test that has failed doesn't hold the server for ever.
            let _ = signal.recv_timeout(Duration::from_secs(30));
        });
        Self {
            store,
            reached,
            release,
        }
    }

    async fn reached(&mut self) {
        let reached = tokio::time::timeout(Duration::from_secs(20), self.reached.recv()).await;
        assert!(reached.is_ok(), "the commit that was waited for never came");
    }

    fn release(self) {
        // The hook holds the store that holds the hook.
        self.store.after_commit(|| {});
        self.release.send(()).unwrap();
    }
}

/// Sends `first`, holds it after its COMMIT, sends `second`, which gets every chance to overtake, and lets
/// both end.
async fn cross<T>(
    pause: Pause,
    first: impl Future<Output = Answer>,
    second: impl Future<Output = T>,
) -> (Answer, T) {
    let crossing = async move {
        let mut pause = pause;
        pause.reached().await;
        let mut second = pin!(second);
        let overtaken = tokio::time::timeout(Duration::from_millis(300), &mut second).await;
        pause.release();
        match overtaken {
            Ok(answer) => answer,
            Err(_) => second.await,
        }
    };
    tokio::join!(first, crossing)
}

/// What the database says of a key.
fn db_key(db: &mut Db, id: KeyId) -> Result<keys::StoredKey, StoreError> {
    Ok(keys::find_key_anywhere(db, id)?.expect("the key is there"))
}

/// The number in the receipt of a revoke, once it is there.
fn db_streams_closed(server: &TestServer, key: KeyId) -> Option<i32> {
    let store = &server.shared().store;
    let receipt = store.read(|db| receipts::find_receipt(db, key, ReceiptKind::Revoke, None));
    receipt
        .map_err(|e: StoreError| e.to_string())
        .expect("the database reads")
        .expect("the key has a receipt")
        .streams_closed
}

fn id_of(key: &CreatedKey) -> KeyId {
    key.id.parse().unwrap()
}

fn pass_of(server: &TestServer, secret: &str) -> Pass {
    match server.shared().gate.verify(secret, Wanted::Any, now()) {
        Verdict::Accepted(pass) => pass,
        _ => panic!("the key is not accepted"),
    }
}

/// A stream that this key has open. It never closes by itself.
fn open(server: &TestServer, key: &CreatedKey) -> OpenCall {
    let pass = pass_of(server, &key.secret);
    let opened = server.shared().gate.open(&pass, now());
    opened.expect("the stream is let in")
}

/// Waits until the stream is told to end.
async fn ends(stream: &OpenCall) {
    let ended = tokio::time::timeout(Duration::from_secs(20), stream.ended(now)).await;
    assert!(ended.is_ok(), "the stream goes on");
    assert!(stream.is_over(now()));
}

async fn start() -> (TestServer, Actor, Project, CreatedKey) {
    let server = TestServer::start().await;
    let ada = server.set_up().await;
    let project = ada.project("Crossing").await;
    let key = ada.key(&project, "Production - Claude Integration").await;
    (server, ada, project, key)
}

#[tokio::test]
async fn a_disable_and_an_enable_that_cross_leave_memory_like_the_database() {
    let (server, ada, project, key) = start().await;
    let (path, id) = (project.key(&key), id_of(&key));
    let switch = |disabled: bool| ada.patch(&path, json!({"disabled": disabled})).send();
    for first in [true, false, true, false] {
        let is_it = move |db: &mut Db| Ok(db_key(db, id)?.disabled_at.is_some() == first);
        let pause = Pause::after_commit(&server, is_it);
        let (one, two) = cross(pause, switch(first), switch(!first)).await;
        assert_eq!(
            one.ok()["status"],
            if first { "disabled" } else { "active" }
        );
        assert_eq!(
            two.ok()["status"],
            if first { "active" } else { "disabled" }
        );
        let expected = if first { "valid" } else { "disabled" };
        assert_eq!(ada.verify(&key.secret).await, expected);
        let is_disabled = ada.get(&path).send().await.ok()["status"] == "disabled";
        assert_eq!(is_disabled, !first);
        // The next round begins with the other state.
        switch(first).await.ok();
        switch(!first).await.ok();
    }
    server.stop().await;
}

#[tokio::test]
async fn a_change_whose_client_hangs_up_after_the_commit_takes_effect() {
    let (server, ada, project, _) = start().await;
    let token = ada.token(&["manage"]).await;
    let archived = ada.project("Archived").await;
    let rotate = json!({"overlap_seconds": 0}).to_string();
    let disable = json!({"disabled": true}).to_string();
    for (project, method, tail, body, verdict) in [
        (&project, "DELETE", "", "", "revoked"),
        (&project, "POST", "/rotate", rotate.as_str(), "retired"),
        (&project, "PATCH", "", disable.as_str(), "disabled"),
        (&archived, "ARCHIVE", "", "", "revoked"),
    ] {
        let key = ada.key(project, "Production - Claude Integration").await;
        let id = id_of(&key);
        // Kept until the end: a stream that closes by itself is not counted.
        let stream = open(&server, &key);
        let mut pause = Pause::after_commit(&server, move |db| {
            let key = db_key(db, id)?;
            let is_over = key.revoked_at.is_some() || key.disabled_at.is_some();
            Ok(is_over || key.secrets.len() > 1)
        });
        let address = server.url("/");
        let address = address.trim_start_matches("http://").trim_end_matches('/');
        let mut wire = Wire::open(address);
        let (method, path) = match method {
            "ARCHIVE" => ("DELETE", project.this()),
            other => (other, project.key(&key)),
        };
        let path = format!("/api/v1/{path}{tail}");
        wire.send(method, &path, token.credential(), body);
        pause.reached().await;
        drop(wire);
        // Long enough that a server which drops what a client left behind has done so.
        tokio::time::sleep(Duration::from_millis(200)).await;
        pause.release();
        eventually(verdict, async || ada.verify(&key.secret).await == verdict).await;
        ends(&stream).await;
        if verdict == "revoked" {
            eventually(
                "the receipt is completed, though nobody reads it",
                async || db_streams_closed(&server, id) == Some(1),
            )
            .await;
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn a_revoke_between_verify_and_open_refuses_the_stream() {
    let (server, ada, project, key) = start().await;
    let pass = pass_of(&server, &key.secret);
    let receipt = ada.delete(&project.key(&key)).send().await.ok();
    assert_eq!(receipt["streams_closed"], 0);
    assert!(server.shared().gate.open(&pass, now()).is_err());
    server.stop().await;
}

#[tokio::test]
async fn a_stream_that_opens_before_memory_knows_of_the_revoke_is_ended_and_counted() {
    let (server, ada, project, key) = start().await;
    let (path, id) = (project.key(&key), id_of(&key));
    let pause = Pause::after_commit(&server, move |db| Ok(db_key(db, id)?.revoked_at.is_some()));
    let opening = async {
        let mut pause = pause;
        pause.reached().await;
        // Committed, and no answer yet: memory may still let it in.
        let stream = open(&server, &key);
        pause.release();
        stream
    };
    let (receipt, stream) = tokio::join!(ada.delete(&path).send(), opening);
    assert_eq!(receipt.ok()["streams_closed"], 1);
    ends(&stream).await;
    server.stop().await;
}

#[tokio::test]
async fn several_revokes_at_once_have_one_receipt() {
    let (server, ada, project, _) = start().await;
    // A stream that stalls keeps the first revoke counting while the others come. One that closes at once
    // is gone when they do.
    for stalls in [true, false, false, false, false, false] {
        let key = ada.key(&project, "Production - Claude Integration").await;
        let path = project.key(&key);
        let stream = open(&server, &key);
        let ended = stream.ended(now);
        let closing = tokio::spawn(async move {
            ended.await;
            if stalls {
                tokio::time::sleep(Duration::from_secs(5)).await;
            }
            drop(stream);
        });
        // It waits for its end from now on.
        tokio::task::yield_now().await;
        let revokes = (0..8).map(|_| ada.delete(&path).send());
        let receipts: Vec<Value> = futures_util::future::join_all(revokes)
            .await
            .into_iter()
            .map(Answer::ok)
            .collect();
        assert!(
            receipts.iter().all(|receipt| receipt == &receipts[0]),
            "several receipts: {receipts:?}"
        );
        assert_eq!(receipts[0]["streams_closed"], 1, "stalls: {stalls}");
        assert_eq!(ada.verify(&key.secret).await, "revoked");
        closing.abort();
    }
    assert_eq!(events(&ada, &project, "key.revoke").await, 6);
    server.stop().await;
}

#[tokio::test]
async fn of_several_rotations_at_once_one_is_made() {
    let (server, ada, project, key) = start().await;
    let path = format!("{}/rotate", project.key(&key));
    let rotations = (0..8).map(|_| ada.post(&path, json!({})).send());
    let answers = futures_util::future::join_all(rotations).await;
    let (made, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|a| a.status == 201);
    assert_eq!((made.len(), refused.len()), (1, 7));
    for answer in refused {
        answer.problem(409, "rotation_in_progress");
    }
    let fresh = made.into_iter().next().unwrap().ok();
    assert_eq!(fresh["key"]["secrets"].as_array().unwrap().len(), 2);
    assert_eq!(ada.verify(fresh["secret"].as_str().unwrap()).await, "valid");
    assert_eq!(ada.verify(&key.secret).await, "valid");
    assert_eq!(events(&ada, &project, "key.rotate").await, 1);
    server.stop().await;
}

#[tokio::test]
async fn a_key_that_is_revoked_while_its_creation_is_being_answered_is_never_accepted_again() {
    let (server, ada, project, _) = start().await;
    let description = "Development - VS Code Extension";
    let pause = held_creation(&server, &project, description);
    let create = ada.post(&project.keys(), json!({"description": description}));
    let revoke = async {
        // Another window lists the keys and revokes the one that has just appeared there.
        let list = ada.get(&project.keys()).send().await.ok();
        let items = list["items"].as_array().unwrap();
        let row = items
            .iter()
            .find(|key| key["description"] == description)
            .unwrap();
        let path = project.path(&format!("keys/{}", row["id"].as_str().unwrap()));
        ada.delete(&path).send().await
    };
    let (created, receipt) = cross(pause, create.send(), revoke).await;
    let secret = created.status(201)["secret"].clone();
    assert_eq!(receipt.ok()["reason"], "other");
    assert_eq!(ada.verify(secret.as_str().unwrap()).await, "revoked");
    server.stop().await;
}

#[tokio::test]
async fn archiving_during_a_create_ends_the_new_key_too() {
    let (server, ada, project, old) = start().await;
    let description = "Staging - Nightly Import";
    let pause = held_creation(&server, &project, description);
    let create = ada.post(&project.keys(), json!({"description": description}));
    let archive = ada.delete(&project.this());
    let (created, archived) = cross(pause, create.send(), archive.send()).await;
    let secret = created.status(201)["secret"].clone();
    assert_eq!(archived.ok()["receipts"].as_array().unwrap().len(), 2);
    assert_eq!(ada.verify(secret.as_str().unwrap()).await, "revoked");
    assert_eq!(ada.verify(&old.secret).await, "revoked");
    server.stop().await;
}

#[tokio::test]
async fn archiving_during_a_rotation_ends_both_secrets() {
    let (server, ada, project, key) = start().await;
    let id = id_of(&key);
    let pause = Pause::after_commit(&server, move |db| Ok(db_key(db, id)?.secrets.len() == 2));
    let rotate = ada.post(&format!("{}/rotate", project.key(&key)), json!({}));
    let archive = ada.delete(&project.this());
    let (rotated, archived) = cross(pause, rotate.send(), archive.send()).await;
    let fresh = rotated.status(201)["secret"].clone();
    assert_eq!(archived.ok()["receipts"].as_array().unwrap().len(), 1);
    assert_eq!(ada.verify(fresh.as_str().unwrap()).await, "revoked");
    assert_eq!(ada.verify(&key.secret).await, "revoked");
    server.stop().await;
}

#[tokio::test]
async fn what_comes_after_an_archive_is_refused_with_409() {
    let (server, ada, project, key) = start().await;
    let id: ProjectId = project.id.parse().unwrap();
    let pause = Pause::after_commit(&server, move |db| {
        let row = projects::find_project(db, id)?.expect("the project is there");
        Ok(row.archived_at.is_some())
    });
    let archive = ada.delete(&project.this());
    let rotate = ada.post(&format!("{}/rotate", project.key(&key)), json!({}));
    let create = ada.post(&project.keys(), json!({"description": "Too late"}));
    let late = async { tokio::join!(rotate.send(), create.send()) };
    let (answer, (rotated, created)) = cross(pause, archive.send(), late).await;
    answer.ok();
    // The rotation finds its key revoked or its project archived, whichever it looks at first.
    assert_eq!(rotated.status, 409, "{}", rotated.summary());
    created.problem(409, "project_archived");
    assert_eq!(ada.verify(&key.secret).await, "revoked");
    server.stop().await;
}

/// Holds the creation of the key with this description.
fn held_creation(server: &TestServer, project: &Project, description: &str) -> Pause {
    let project: ProjectId = project.id.parse().unwrap();
    let normal = latchkey_types::guidance::normal_description(description);
    Pause::after_commit(server, move |db| {
        keys::description_exists(db, project, &normal, None)
    })
}

/// How many events of this action the project's log has.
async fn events(ada: &Actor, project: &Project, action: &str) -> usize {
    let path = project.path(&format!("audit?action={action}"));
    let page = ada.get(&path).send().await.ok();
    page["items"].as_array().unwrap().len()
}
