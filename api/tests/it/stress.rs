//! Tens of thousands of checks from eight threads, while keys are changed under them: no check that begins
//! after the answer that ended a secret is accepted, and none is refused that nobody ended.

use std::{
    sync::{
        Arc, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use latchkey_api::clock;
use serde_json::{Value, json};

use crate::support::{process::Home, wire::Wire};

const THREADS: usize = 8;
const CHECKS: u64 = 30_000;
/// Of each kind of change, whatever the number of checks. A change waits for the disk and a check doesn't, so
/// more of them would take long where the disk is busy.
const ROUNDS_MIN: u64 = 3;
/// Only a server that hardly answers needs so many.
const ROUNDS_MAX: u64 = 2_000;
/// How often a change is asked for while the server doesn't serve.
const TRIES: u32 = 600;
/// So many secrets are checked at a time, the newest ones.
const IN_SIGHT: usize = 12;

/// What the answers so far say of a secret.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// It was allowed, and nobody has asked for its end.
    Live = 0,
    /// A change is asked for and not answered.
    Changing = 1,
    /// Its end was answered.
    Dead = 2,
}

/// A secret, and its state together with a number that grows with each change of it: a check that finds the
/// same word before it begins and after its answer ran wholly within that one state.
struct Target {
    secret: String,
    word: AtomicU64,
}

#[derive(Default)]
struct Field {
    targets: RwLock<Vec<Arc<Target>>>,
    stop: AtomicBool,
    accepted: AtomicU64,
    refused: AtomicU64,
    /// Checks that no verdict came to: the server did not serve.
    unanswered: AtomicU64,
    violations: RwLock<Vec<String>>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_check_that_begins_after_the_answer_is_accepted() {
    let home = Home::new();
    let server = home.start().await;
    let token = server.set_up().await;
    let (address, field) = (server.address().to_owned(), Arc::new(Field::default()));
    let shared = Arc::clone(&field);
    let rounds = tokio::task::spawn_blocking(move || storm(&address, &token, &shared)).await;
    let rounds = rounds.unwrap();
    let violations = field.violations.read().unwrap().clone();
    assert!(violations.is_empty(), "{violations:?}");
    let [accepted, refused, unanswered] =
        [&field.accepted, &field.refused, &field.unanswered].map(|count| count.load(SeqCst));
    let counts =
        format!("{rounds} rounds, {accepted} accepted, {refused} refused, {unanswered} not");
    assert!(accepted + refused >= CHECKS, "too few checks: {counts}");
    assert!(
        accepted > CHECKS / 20 && refused > CHECKS / 20,
        "lopsided: {counts}"
    );
    server.stop().await;
}

/// Runs it all; how many rounds of changes there were.
fn storm(address: &str, token: &str, field: &Field) -> u64 {
    let mut operator = Operator {
        wire: Wire::open(address),
        token,
        field,
    };
    let project = operator.project("Standing");
    let mut rounds = 0;
    thread::scope(|scope| {
        for seed in 0..THREADS {
            scope.spawn(move || hammer(address, token, field, seed));
        }
        // However the rounds end, the threads must end too.
        let _stop = Stop(&field.stop);
        while rounds < ROUNDS_MAX && (rounds < ROUNDS_MIN || field.checks() < CHECKS) {
            rounds += 1;
            operator.round(&project);
        }
    });
    rounds
}

/// Checks without a pause, by turns in both ways.
fn hammer(address: &str, token: &str, field: &Field, seed: usize) {
    let mut wire = Wire::open(address);
    let mut turn = seed;
    while !field.stop.load(SeqCst) {
        turn += 1;
        let target = {
            let targets = field.targets.read().unwrap();
            let begin = targets.len().saturating_sub(IN_SIGHT);
            let in_sight = &targets[begin..];
            // Not all threads in step.
            in_sight
                .get((turn * 7 + turn / 13) % in_sight.len().max(1))
                .cloned()
        };
        let Some(target) = target else {
            thread::sleep(Duration::from_millis(1));
            continue;
        };
        let before = target.word.load(SeqCst);
        let verdict = match turn % 2 {
            0 => ask_verify(&mut wire, token, &target.secret),
            _ => ask_forward_auth(&mut wire, &target.secret),
        };
        let after = target.word.load(SeqCst);
        field.count(verdict);
        let is_wrong = match (verdict, before & 3) {
            _ if before != after => false,
            (Some(true), word) => word == State::Dead as u64,
            (Some(false), word) => word == State::Live as u64,
            (None, _) => false,
        };
        if is_wrong {
            let way = if turn.is_multiple_of(2) {
                "verify"
            } else {
                "forward-auth"
            };
            let wrong = format!("{way} said {verdict:?} of word {before}");
            field.violations.write().unwrap().push(wrong);
            return;
        }
    }
}

/// Whether the key is accepted; `None` when the server doesn't serve.
fn ask_verify(wire: &mut Wire, token: &str, secret: &str) -> Option<bool> {
    let body = format!("{{\"key\":\"{secret}\"}}");
    let (status, body) = wire.ask("POST", "/api/v1/keys/verify", token, &body);
    match status {
        200 => Some(body.contains("\"valid\":true")),
        503 => None,
        other => panic!("verify answered {other}"),
    }
}

fn ask_forward_auth(wire: &mut Wire, secret: &str) -> Option<bool> {
    let (status, _) = wire.ask("GET", "/api/v1/forward-auth", secret, "");
    match status {
        200 => Some(true),
        401 => Some(false),
        503 => None,
        other => panic!("forward-auth answered {other}"),
    }
}

impl Field {
    fn checks(&self) -> u64 {
        self.accepted.load(SeqCst) + self.refused.load(SeqCst)
    }

    fn count(&self, verdict: Option<bool>) {
        let counter = match verdict {
            Some(true) => &self.accepted,
            Some(false) => &self.refused,
            None => &self.unanswered,
        };
        counter.fetch_add(1, SeqCst);
    }

    /// A secret that is accepted from now on.
    fn add(&self, secret: &Value) -> Arc<Target> {
        let target = Arc::new(Target {
            secret: secret.as_str().unwrap().to_owned(),
            word: AtomicU64::new(State::Live as u64),
        });
        self.targets.write().unwrap().push(Arc::clone(&target));
        target
    }
}

impl Target {
    fn is(&self, state: State) {
        let before = self.word.load(SeqCst);
        self.word
            .store(((before >> 2) + 1) << 2 | state as u64, SeqCst);
    }
}

/// The one who changes keys.
struct Operator<'a> {
    wire: Wire,
    token: &'a str,
    field: &'a Field,
}

impl Operator<'_> {
    /// Each kind of change once.
    fn round(&mut self, project: &str) {
        let (switched, target) = self.key(project);
        for _ in 0..2 {
            self.end(&target, "PATCH", &switched, json!({"disabled": true}));
            target.is(State::Changing);
            self.done("PATCH", &switched, json!({"disabled": false}));
            target.is(State::Live);
        }

        let (revoked, target) = self.key(project);
        self.end(&target, "DELETE", &revoked, Value::Null);

        let (rotated, old) = self.key(project);
        let rotate = format!("{rotated}/rotate");
        let new = self.done("POST", &rotate, json!({"overlap_seconds": 3600}));
        let new = self.field.add(&new["secret"]);
        self.end(&old, "DELETE", &format!("{rotated}/overlap"), Value::Null);
        let newest = self.end(&new, "POST", &rotate, json!({"overlap_seconds": 0}));
        self.field.add(&newest["secret"]);

        self.expire(project);

        let archived = self.project("Passing");
        let targets = [self.key(&archived).1, self.key(&archived).1];
        targets.iter().for_each(|target| target.is(State::Changing));
        self.done(
            "DELETE",
            &format!("/api/v1/projects/{archived}"),
            Value::Null,
        );
        targets.iter().for_each(|target| target.is(State::Dead));
    }

    /// Moves a key's end close, and waits for it.
    fn expire(&mut self, project: &str) {
        let (path, target) = self.key(project);
        target.is(State::Changing);
        let mut ahead = 200;
        let end = loop {
            let end = clock::now().plus_millis(ahead);
            let body = json!({"expires_at": end.to_string()}).to_string();
            // A server under load may come to it only when the moment is past.
            match self.wire.ask("PATCH", &path, self.token, &body).0 {
                200 => break end,
                422 if ahead < 60_000 => ahead *= 2,
                503 => thread::sleep(Duration::from_millis(100)),
                other => panic!("PATCH answered {other}"),
            }
        };
        while clock::now() < end {
            thread::sleep(Duration::from_millis(1));
        }
        target.is(State::Dead);
    }

    /// Ends a secret.
    fn end(&mut self, target: &Target, method: &str, path: &str, body: Value) -> Value {
        target.is(State::Changing);
        let answer = self.done(method, path, body);
        target.is(State::Dead);
        answer
    }

    fn project(&mut self, name: &str) -> String {
        let made = self.done("POST", "/api/v1/projects", json!({"name": name}));
        made["id"].as_str().unwrap().to_owned()
    }

    /// A new key: its path, and its secret among the targets.
    fn key(&mut self, project: &str) -> (String, Arc<Target>) {
        let keys = format!("/api/v1/projects/{project}/keys");
        let made = self.done(
            "POST",
            &keys,
            json!({"description": "Stress - a key of many"}),
        );
        let path = format!("{keys}/{}", made["key"]["id"].as_str().unwrap());
        (path, self.field.add(&made["secret"]))
    }

    /// Does what must succeed.
    fn done(&mut self, method: &str, path: &str, body: Value) -> Value {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        for _ in 0..TRIES {
            match self.wire.ask(method, path, self.token, &body) {
                (200..300, answer) => return serde_json::from_str(&answer).unwrap(),
                // So busy that it doesn't hear from its database in time. Whether the change is made is open until it is
                // asked for again.
                (503, _) => thread::sleep(Duration::from_millis(100)),
                (other, _) => panic!("{method} answered {other}"),
            }
        }
        panic!("{method} answered 503 {TRIES} times");
    }
}

/// Lets the threads end, whatever happened.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, SeqCst);
    }
}
