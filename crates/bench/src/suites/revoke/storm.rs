//! Checks on all connections at once, while one connection revokes key after key.

use std::{
    cell::{Cell, RefCell},
    io,
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::{sync::Notify, task::JoinSet};

use super::ledger::{Finding, Ledger};
use crate::load::{Connection, Request};

/// What is checked, and how often.
pub struct Storm {
    /// Where Latchkey listens.
    pub address: SocketAddr,
    /// What a check asks for.
    pub check: String,
    /// The keys to end, one after another.
    pub doomed: Vec<Doomed>,
    /// A secret that stays good.
    pub spared: String,
    /// Of a token that may revoke.
    pub token: String,
    /// How many connections send checks.
    pub connections: usize,
    /// How many checks there are at least, in all.
    pub checks: u64,
}

/// A key that will be revoked.
pub struct Doomed {
    /// The path of the request that revokes it.
    pub path: String,
    /// Its secret.
    pub secret: String,
}

/// What was seen.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Seen {
    /// Checks in all.
    pub checks: u64,
    /// Checks of a key that began after the answer to its revoke was read.
    pub late: u64,
    /// Of these, how many were accepted: there must be none.
    pub accepted_late: u64,
    /// Checks that were refused before anybody asked for the key's end: there must be none.
    pub refused_early: u64,
    /// How long each revoke took, from its first byte to its answer.
    pub revokes: Vec<Duration>,
    /// From the first check to the last.
    pub time: Duration,
}

struct Shared {
    /// The checks of the doomed keys, ready to be sent.
    checks: Vec<Vec<u8>>,
    /// That of the spared one.
    spared: Vec<u8>,
    storm: Storm,
    ledger: Ledger,
    seen: RefCell<Seen>,
    /// How many keys have ended.
    revoked: Cell<usize>,
    /// So many checks must be done before the next key is revoked.
    next: Cell<u64>,
    due: Notify,
}

/// Runs it to its end.
///
/// # Errors
/// When an answer is neither 200 nor 401, a revoke isn't answered with 200, or a connection ends.
pub async fn run(storm: Storm) -> io::Result<Seen> {
    let request = |secret: &str| {
        Request::new("GET", storm.address, &storm.check)
            .header("X-API-Key", secret)
            .bytes()
    };
    let shared = Rc::new(Shared {
        checks: storm
            .doomed
            .iter()
            .map(|key| request(&key.secret))
            .collect(),
        spared: request(&storm.spared),
        ledger: Ledger::new(storm.doomed.len()),
        seen: RefCell::default(),
        revoked: Cell::new(0),
        next: Cell::new(0),
        due: Notify::new(),
        storm,
    });
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for number in 0..shared.storm.connections {
        tasks.spawn_local(check(Rc::clone(&shared), number));
    }
    tasks.spawn_local(revoke(Rc::clone(&shared)));
    // The first that fails ends them all: they go with the set.
    while let Some(task) = tasks.join_next().await {
        task.map_err(io::Error::other)??;
    }
    let mut seen = shared.seen.take();
    seen.time = start.elapsed();
    Ok(seen)
}

/// Sends checks until there were enough and every key has ended.
async fn check(shared: Rc<Shared>, number: usize) -> io::Result<()> {
    let mut connection = Connection::open(shared.storm.address).await?;
    let mut turn = number;
    while !shared.is_over() {
        turn += 1;
        let key = pick(turn, shared.revoked.get(), shared.checks.len());
        let bytes = key
            .and_then(|key| shared.checks.get(key))
            .unwrap_or(&shared.spared);
        let started = Instant::now();
        let is_accepted = match connection.ask(bytes).await?.status {
            200 => true,
            401 => false,
            other => {
                return Err(io::Error::other(format!(
                    "a check was answered with {other}"
                )));
            }
        };
        // The spared key has no line in the ledger, and so is early for ever.
        let finding = shared
            .ledger
            .judge(key.unwrap_or(usize::MAX), started, is_accepted);
        shared.note(finding);
    }
    Ok(())
}

/// Which key is checked next; `None` is the spared one. Half of the checks are of keys that have ended, with the last one
/// as often as all of them together, and a quarter of the key that ends next, so that its end falls among them.
fn pick(turn: usize, revoked: usize, keys: usize) -> Option<usize> {
    match turn % 4 {
        0 if revoked < keys => Some(revoked),
        1 if revoked > 0 => Some(revoked - 1),
        // Any of them, in an order that has nothing to do with that of their ends.
        2 if revoked > 0 => Some(turn.wrapping_mul(7919) % revoked),
        _ => None,
    }
}

/// Revokes one key after the other, evenly spread over the checks.
async fn revoke(shared: Rc<Shared>) -> io::Result<()> {
    let storm = &shared.storm;
    let mut connection = Connection::open(storm.address).await?;
    let bearer = format!("Bearer {}", storm.token);
    let pace = storm.checks / storm.doomed.len().max(1) as u64;
    for (number, key) in storm.doomed.iter().enumerate() {
        let request = Request::new("DELETE", storm.address, &key.path)
            .header("Authorization", &bearer)
            .bytes();
        shared.due.notified().await;
        let asked = Instant::now();
        shared.ledger.ask(number, asked);
        let status = connection.ask(&request).await?.status;
        let answered = Instant::now();
        if status != 200 {
            return Err(io::Error::other(format!(
                "a revoke was answered with {status}"
            )));
        }
        shared.ledger.answered(number, answered);
        shared.seen.borrow_mut().revokes.push(answered - asked);
        shared.revoked.set(number + 1);
        shared.next.set(pace * (number as u64 + 1));
    }
    Ok(())
}

impl Shared {
    fn is_over(&self) -> bool {
        self.revoked.get() == self.storm.doomed.len()
            && self.seen.borrow().checks >= self.storm.checks
    }

    fn note(&self, finding: Finding) {
        let mut seen = self.seen.borrow_mut();
        seen.checks += 1;
        match finding {
            Finding::Late => seen.late += 1,
            Finding::AcceptedLate => {
                seen.late += 1;
                seen.accepted_late += 1;
            }
            Finding::RefusedEarly => seen.refused_early += 1,
            Finding::Early => {}
        }
        if seen.checks >= self.next.get() {
            self.due.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_checks_are_of_keys_that_have_ended() {
        let (revoked, keys) = (40, 100);
        let picked: Vec<Option<usize>> = (0..400).map(|turn| pick(turn, revoked, keys)).collect();
        let count =
            |wanted: fn(&Option<usize>) -> bool| picked.iter().filter(|key| wanted(key)).count();
        assert_eq!(count(|key| key.is_some_and(|key| key < 40)), 200);
        assert_eq!(count(|key| *key == Some(40)), 100, "the next one to end");
        assert_eq!(count(Option::is_none), 100);
    }

    #[test]
    fn at_the_beginning_and_the_end_there_is_always_a_key_to_check() {
        assert_eq!(pick(0, 0, 1), Some(0));
        assert_eq!(pick(1, 0, 1), None);
        assert_eq!(pick(0, 1, 1), None);
        assert_eq!(pick(2, 1, 1), Some(0));
    }
}
