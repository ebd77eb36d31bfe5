//! `kill -9` in a storm: nothing that was acknowledged is lost, and nothing that ended comes back.

use std::{
    collections::BTreeSet,
    hash::{BuildHasher as _, RandomState},
    io::Write as _,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use latchkey_cluster::Cluster;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::support::{
    Backend, backend, eventually,
    process::{Client, Home, Process},
    wire::Wire,
};

/// Kills in the test command; the soak asks for more.
const KILLS: usize = 25;
/// How many instead.
const KILLS_VARIABLE: &str = "LATCHKEY_CRASH_KILLS";
const CLIENTS: usize = 4;
/// How long a server may take to get its database back.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is killed in a round.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Victim {
    Latchkey,
    Database,
    Both,
}

impl Victim {
    /// In turn. SQLite has no process of its own to kill.
    fn of(round: usize, has_server: bool) -> Self {
        match round % 3 {
            1 if has_server => Self::Database,
            2 if has_server => Self::Both,
            _ => Self::Latchkey,
        }
    }
}

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
    let kills = std::env::var(KILLS_VARIABLE).map_or(KILLS, |text| text.parse().unwrap());
    let (folder, begin) = (tempfile::tempdir().unwrap(), Instant::now());
    let mut cluster = (backend() == Backend::Postgres)
        .then(|| Cluster::start(&folder.path().join("postgres.log")).unwrap());
    let home = match &cluster {
        Some(cluster) => Home::on_server(cluster.url()),
        None => Home::new(),
    };
    let mut server = home.start().await;
    let token = server.set_up().await;
    let project = server.client(&token).project("Storm").await;
    let mut entries: Vec<Entry> = Vec::new();
    let (mut acknowledged, mut checks) = (0, 0);
    for round in 0..kills {
        let victim = Victim::of(round, cluster.is_some());
        let (storm, count) = storm(server.client(&token), &project, entries, || {
            // The database first: what Latchkey then answers must not be a success.
            if victim != Victim::Latchkey
                && let Some(cluster) = &mut cluster
            {
                cluster.kill().unwrap();
            }
            if victim != Victim::Database {
                server.kill_now();
            }
        })
        .await;
        entries = storm;
        acknowledged += count;
        if victim != Victim::Latchkey
            && let Some(cluster) = &mut cluster
        {
            cluster.start_again().unwrap();
        }
        if victim != Victim::Database {
            server = home.start().await;
        }
        let client = server.client(&token);
        eventually("it is ready again", async || {
            let ready = client.send("GET", "/readyz", None).await;
            ready.is_ok_and(|answer| answer.status == 200)
        })
        .await;
        check_chain(&home, acknowledged).await;
        let asked = settle(&server, &token, entries).await;
        entries = asked.0;
        checks += asked.1;
        check_list(&client, &project, &entries, kills).await;
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
    check_chain(&home, acknowledged).await;
    // For docs/reliability.md; the test command shows nothing of it.
    let _ = writeln!(
        std::io::stdout(),
        "crash: {kills} kills on {:?}, {acknowledged} changes acknowledged, {} keys, {checks} verdicts compared, \
         {} s",
        backend(),
        entries.len(),
        begin.elapsed().as_secs()
    );
}

/// Several clients at work until the kill; what they know then, and how many changes were acknowledged.
async fn storm(
    client: Client,
    project: &str,
    entries: Vec<Entry>,
    kill: impl FnOnce(),
) -> (Vec<Entry>, usize) {
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let clients: Vec<_> = shares(entries)
        .into_iter()
        .map(|share| {
            let (client, project) = (client.clone(), project.to_owned());
            tokio::spawn(work(client, project, share, Arc::clone(&acknowledged)))
        })
        .collect();
    // The storm is under way, and the moment after that is left to chance. A client that met a 503 on a busy machine
    // has left already.
    eventually("the storm gets going", async || {
        acknowledged.load(SeqCst) >= 20 || clients.iter().all(JoinHandle::is_finished)
    })
    .await;
    tokio::time::sleep(Duration::from_millis(random(400) as u64)).await;
    kill();
    let mut entries = Vec::new();
    for client in clients {
        entries.extend(client.await.unwrap());
    }
    (entries, acknowledged.load(SeqCst))
}

fn shares(entries: Vec<Entry>) -> Vec<Vec<Entry>> {
    let mut shares: Vec<Vec<Entry>> = (0..CLIENTS).map(|_| Vec::new()).collect();
    for (at, entry) in entries.into_iter().enumerate() {
        shares[at % CLIENTS].push(entry);
    }
    shares
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
        if usable.len() < 3 || random(4) == 0 {
            let body = json!({"description": "Storm - a key of many"});
            let Ok(made) = client.send("POST", &keys, Some(&body)).await else {
                return entries;
            };
            // Without its database, it must not say more than that.
            if made.status == 503 {
                return entries;
            }
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
    if answer.status == 503 {
        return false;
    }
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

/// Compares every key with what was acknowledged, and learns what became of the rest; how often it asked.
async fn settle(server: &Process, token: &str, entries: Vec<Entry>) -> (Vec<Entry>, usize) {
    let shares = shares(entries).into_iter().map(|share| {
        // By hand, on one connection: the more keys there have been, the more there is to ask.
        let (address, token) = (server.address().to_owned(), token.to_owned());
        tokio::task::spawn_blocking(move || settle_share(&address, &token, share))
    });
    let (mut entries, mut asked) = (Vec::new(), 0);
    for share in shares.collect::<Vec<_>>() {
        let (share, count) = share.await.unwrap_or_else(|error| {
            let log = server.log();
            let lines: Vec<&str> = log.lines().collect();
            let last = &lines[lines.len().saturating_sub(30)..];
            panic!("{error}; the server's log ends:\n{}", last.join("\n"))
        });
        entries.extend(share);
        asked += count;
    }
    (entries, asked)
}

fn settle_share(address: &str, token: &str, mut entries: Vec<Entry>) -> (Vec<Entry>, usize) {
    let (mut wire, mut asked) = (Wire::open(address), 0);
    let mut verdict = |secret: &str| -> String {
        asked += 1;
        let body = json!({"key": secret}).to_string();
        let begin = Instant::now();
        let answer = loop {
            let (status, answer) = wire.ask("POST", "/api/v1/keys/verify", token, &body);
            // No verdict: a server that outlived its database may notice that only now.
            if status == 503 && begin.elapsed() < PATIENCE {
                std::thread::sleep(Duration::from_millis(20));
                // It was answered before its body was read, and with that the connection ended.
                wire = Wire::open(address);
                continue;
            }
            assert_eq!(status, 200, "{answer}");
            break answer;
        };
        let answer: Value = serde_json::from_str(&answer).unwrap();
        answer["code"].as_str().unwrap().to_owned()
    };
    for entry in &mut entries {
        if let Some(live) = &entry.live {
            let found = verdict(live);
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
            assert_eq!(verdict(secret), expected, "{}", entry.path);
        }
    }
    (entries, asked)
}

/// The list shows the same keys as the answers did, and those at most beside them whose answers were lost.
async fn check_list(client: &Client, project: &str, entries: &[Entry], kills: usize) {
    let mut listed = BTreeSet::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/api/v1/projects/{project}/keys?status=all&limit=200{cursor}");
        let page = client.ask("GET", &path, Value::Null).await.ok();
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
    assert!(lost <= kills * CLIENTS, "{lost} keys that nobody asked for");
}

/// The audit chain is whole and tells every change that was acknowledged. Asked beside the server.
async fn check_chain(home: &Home, acknowledged: usize) {
    let said = home.run(&["audit", "verify"]).await.ok();
    let events = said.split_whitespace().find_map(|word| word.parse().ok());
    let events: usize = events.unwrap_or_else(|| panic!("{said}"));
    assert!(
        events >= acknowledged,
        "{events} events, {acknowledged} changes"
    );
}

/// Anything below this number.
fn random(below: usize) -> usize {
    (RandomState::new().hash_one(0) % below as u64) as usize
}
