//! `kill -9` in a storm: nothing that was acknowledged is lost, and nothing that ended comes back.

use std::{
    collections::BTreeSet,
    hash::{BuildHasher as _, RandomState},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use latchkey_store::{StoreError, audit};
use serde_json::json;

use crate::support::{
    eventually,
    process::{Client, Home, Process},
};

const KILLS: usize = 5;
const CLIENTS: usize = 4;

/// What was asked for and not answered: it may have happened or not.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Disable,
    Enable,
    Rotate,
    Revoke,
}

/// A key whose creation was acknowledged, as the acknowledgements tell it.
struct Entry {
    path: String,
    /// The present secret; `None` when a rotation was made whose answer never came.
    live: Option<String>,
    /// Those before it, whose end was acknowledged.
    retired: Vec<String>,
    is_disabled: bool,
    is_revoked: bool,
    asked: Option<Asked>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_before_a_kill_is_true_after_the_restart() {
    let home = Home::new();
    let mut server = home.start().await;
    let token = server.set_up().await;
    let project = server.client(&token).project("Storm").await;
    let mut entries: Vec<Entry> = Vec::new();
    let mut acknowledged = 0;
    for _ in 0..KILLS {
        let (storm, count) = storm(server, &token, &project, entries).await;
        entries = storm;
        acknowledged += count;
        check_chain(&home, acknowledged);
        server = home.start().await;
        settle(&server.client(&token), &mut entries).await;
        check_list(&server.client(&token), &project, &entries).await;
    }
    let kinds = [
        entries.iter().filter(|entry| entry.is_revoked).count(),
        entries.iter().filter(|entry| entry.is_disabled).count(),
        entries.iter().filter(|e| !e.retired.is_empty()).count(),
    ];
    assert!(
        kinds.iter().all(|count| *count > 0),
        "of {} keys: {kinds:?} revoked, disabled, rotated",
        entries.len()
    );
    server.stop().await;
    check_chain(&home, acknowledged);
}

/// Several clients at work until the server is killed; what they know then, and how many changes were
/// acknowledged.
async fn storm(
    server: Process,
    token: &str,
    project: &str,
    entries: Vec<Entry>,
) -> (Vec<Entry>, usize) {
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let mut shares: Vec<Vec<Entry>> = (0..CLIENTS).map(|_| Vec::new()).collect();
    for (at, entry) in entries.into_iter().enumerate() {
        shares[at % CLIENTS].push(entry);
    }
    let clients: Vec<_> = shares
        .into_iter()
        .map(|share| {
            let (client, project) = (server.client(token), project.to_owned());
            tokio::spawn(work(client, project, share, Arc::clone(&acknowledged)))
        })
        .collect();
    // The storm is under way, and the moment after that is left to chance.
    eventually("the storm gets going", async || {
        acknowledged.load(SeqCst) >= 20
    })
    .await;
    tokio::time::sleep(Duration::from_millis(random(400) as u64)).await;
    server.kill();
    let mut entries = Vec::new();
    for client in clients {
        entries.extend(client.await.unwrap());
    }
    (entries, acknowledged.load(SeqCst))
}

/// One client: creates keys and changes its own ones, until the server is gone.
async fn work(
    client: Client,
    project: String,
    mut entries: Vec<Entry>,
    acknowledged: Arc<AtomicUsize>,
) -> Vec<Entry> {
    let keys = format!("/api/v1/projects/{project}/keys");
    loop {
        let usable: Vec<usize> = (0..entries.len())
            .filter(|at| !entries[*at].is_revoked && entries[*at].live.is_some())
            .collect();
        if usable.len() < 3 || random(3) == 0 {
            let body = json!({"description": "Storm - a key of many"});
            let Ok(made) = client.send("POST", &keys, Some(&body)).await else {
                return entries;
            };
            assert_eq!(made.status, 201, "create: {}", made.code());
            entries.push(Entry {
                path: format!("{keys}/{}", made.json["key"]["id"].as_str().unwrap()),
                live: Some(made.json["secret"].as_str().unwrap().to_owned()),
                retired: Vec::new(),
                is_disabled: false,
                is_revoked: false,
                asked: None,
            });
        } else {
            let entry = &mut entries[usable[random(usable.len())]];
            if !change(&client, entry).await {
                return entries;
            }
        }
        acknowledged.fetch_add(1, SeqCst);
    }
}

/// Asks for one change of a key. Whether there was an answer.
async fn change(client: &Client, entry: &mut Entry) -> bool {
    let asked = match random(4) {
        0 | 1 if entry.is_disabled => Asked::Enable,
        0 => Asked::Disable,
        // A rotation without an answer shows in the verdict only while the key is enabled.
        1 | 2 if !entry.is_disabled => Asked::Rotate,
        _ => Asked::Revoke,
    };
    entry.asked = Some(asked);
    let rotate = format!("{}/rotate", entry.path);
    let (method, path, body) = match asked {
        Asked::Disable => ("PATCH", &entry.path, Some(json!({"disabled": true}))),
        Asked::Enable => ("PATCH", &entry.path, Some(json!({"disabled": false}))),
        Asked::Rotate => ("POST", &rotate, Some(json!({"overlap_seconds": 0}))),
        Asked::Revoke => ("DELETE", &entry.path, None),
    };
    let Ok(answer) = client.send(method, path, body.as_ref()).await else {
        return false;
    };
    assert!(
        (200..300).contains(&answer.status),
        "{method}: {} {}",
        answer.status,
        answer.code()
    );
    let fresh = answer.json["secret"].as_str().map(str::to_owned);
    entry.happened(fresh);
    true
}

impl Entry {
    /// What was asked for has happened; `fresh` is the secret of a rotation, if it is known.
    fn happened(&mut self, fresh: Option<String>) {
        match self.asked.take() {
            Some(Asked::Disable) => self.is_disabled = true,
            Some(Asked::Enable) => self.is_disabled = false,
            Some(Asked::Revoke) => self.is_revoked = true,
            Some(Asked::Rotate) => {
                self.retired.extend(self.live.take());
                self.live = fresh;
            }
            None => {}
        }
    }

    /// The verdict on the present secret, if what was asked for has not happened.
    fn verdict(&self) -> &'static str {
        match (self.is_revoked, self.is_disabled) {
            (true, _) => "revoked",
            (_, true) => "disabled",
            _ => "valid",
        }
    }

    /// The verdict on the present secret, if it has.
    fn verdict_after(&self) -> &'static str {
        match self.asked {
            None => self.verdict(),
            Some(Asked::Disable) => "disabled",
            Some(Asked::Enable) => "valid",
            Some(Asked::Rotate) => "retired",
            Some(Asked::Revoke) => "revoked",
        }
    }
}

/// Compares every key with what was acknowledged, and learns what became of the rest.
async fn settle(client: &Client, entries: &mut [Entry]) {
    for entry in entries {
        if let Some(live) = &entry.live {
            let found = client.verdict(live).await;
            let (before, after) = (entry.verdict(), entry.verdict_after());
            assert!(
                found == before || found == after,
                "{}: {found}, and neither {before} nor {after}",
                entry.path
            );
            match found == after {
                true => entry.happened(None),
                false => entry.asked = None,
            }
        }
        for secret in &entry.retired {
            let expected = match entry.verdict() {
                "valid" => "retired",
                other => other,
            };
            assert_eq!(client.verdict(secret).await, expected, "{}", entry.path);
        }
    }
}

/// The list shows the same keys as the answers did, and those at most beside them whose answers were lost.
async fn check_list(client: &Client, project: &str, entries: &[Entry]) {
    let mut listed = BTreeSet::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/api/v1/projects/{project}/keys?status=all&limit=200{cursor}");
        let page = client.ask("GET", &path, json!(null)).await.ok();
        for key in page["items"].as_array().unwrap() {
            let id = key["id"].as_str().unwrap();
            listed.insert((id.to_owned(), key["status"] == "revoked"));
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    for entry in entries {
        let (_, id) = entry.path.rsplit_once('/').unwrap();
        let row = (id.to_owned(), entry.is_revoked);
        assert!(listed.contains(&row), "{id} is not listed as it must be");
    }
    let lost = listed.len() - entries.len();
    assert!(lost <= KILLS * CLIENTS, "{lost} keys that nobody asked for");
}

/// The audit chain is whole and tells every change that was acknowledged.
fn check_chain(home: &Home, acknowledged: usize) {
    let (store, ring) = home.place.open();
    let chain = store.read(|db| audit::verify_chain(db, &ring));
    store.close();
    match chain.unwrap_or_else(|error: StoreError| panic!("{error}")) {
        audit::Chain::Whole { events, .. } => {
            let events = usize::try_from(events).unwrap();
            assert!(
                events >= acknowledged,
                "{events} events, {acknowledged} changes"
            );
        }
        audit::Chain::Broken { sequence } => panic!("the chain breaks at {sequence}"),
    }
}

/// Anything below this number.
fn random(below: usize) -> usize {
    (RandomState::new().hash_one(0) % below as u64) as usize
}
