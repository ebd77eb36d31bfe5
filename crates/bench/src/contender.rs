//! What is timed: a server that runs, what is sent to it, and what it must answer.
//!
//! A peer is started by one function of its own, `fn start(stage: &Stage<'_>) -> Outcome<Contender>`, in `peers/`. It
//! gets keys that it must accept, starts its processes with [`on_the_servers_core`](crate::process::on_the_servers_core)
//! on a [`free_address`](crate::process::free_address), waits until they serve, and gives the processes to the
//! contender, which ends them when it is dropped.

use std::{net::SocketAddr, path::PathBuf};

use tempfile::TempDir;

use crate::{Outcome, bench::Bench, load::Request, probe, process::Process};

/// Requests that are sent in turn: more than a branch predictor or a first-level cache keeps, and few enough for Lua.
const REQUESTS: usize = 1000;

/// What a peer is started with.
pub struct Stage<'a> {
    /// The run: where the repository, the target directory and folders are.
    pub bench: &'a Bench,
    /// The keys that it must accept.
    pub keys: &'a [String],
    /// One that it must refuse, in the same form.
    pub dead: &'a str,
}

/// A server with what is sent to it.
pub struct Contender {
    /// Its name in tables.
    pub name: String,
    /// Where it listens.
    pub address: SocketAddr,
    /// What is sent in turn while it is timed.
    pub requests: Vec<Vec<u8>>,
    /// Whether those are accepted or refused.
    pub answer: Answer,
    /// What is asked before it is timed.
    pub proofs: Vec<Proof>,
    /// What ends with it: processes, and then their folders.
    pub keeps: Vec<Kept>,
}

/// What answers to a contender's requests must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Below 400, all of them.
    Accepted,
    /// 400 or more, all of them.
    Refused,
}

/// A request that shows whether a contender answers rightly, and what is right.
#[derive(Clone)]
pub struct Proof {
    /// What is sent.
    pub request: Vec<u8>,
    /// The right status.
    pub status: u16,
    /// What the answer must contain; nothing where the status tells it all.
    pub says: &'static str,
}

/// Something that lives as long as a contender.
pub enum Kept {
    /// A process of it.
    Process(#[expect(dead_code, reason = "it is kept to be dropped")] Process),
    /// A folder of its processes.
    Folder(#[expect(dead_code, reason = "it is kept to be dropped")] TempDir),
}

impl Contender {
    /// One that takes a key in `X-API-Key` of `GET` on this path, accepts all of these, and refuses a dead one with this
    /// status.
    pub fn by_header(
        name: &str,
        address: SocketAddr,
        path: &str,
        stage: &Stage<'_>,
        refusal: u16,
    ) -> Self {
        let request = |key: &String| get(address, path, key);
        let live = stage.keys.first().map(request);
        let dead = get(address, path, stage.dead);
        Self {
            name: name.to_owned(),
            address,
            requests: spread(stage.keys, REQUESTS)
                .into_iter()
                .map(request)
                .collect(),
            answer: Answer::Accepted,
            proofs: live
                .map(|live| Proof::new(live, 200))
                .into_iter()
                .chain([Proof::new(dead, refusal)])
                .collect(),
            keeps: Vec::new(),
        }
    }

    /// The same with these, which end with it: processes first, then folders.
    #[must_use]
    pub fn keeping(mut self, keeps: impl IntoIterator<Item = Kept>) -> Self {
        self.keeps.extend(keeps);
        self
    }

    /// The same under another name.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// Asks what it is known to answer.
    ///
    /// # Errors
    /// When it answers something else: then it must not be timed.
    pub fn check(&self) -> Outcome {
        for Proof {
            request,
            status: wanted,
            says,
        } in &self.proofs
        {
            let (status, text) = probe::ask(self.address, request, says)
                .map_err(|error| format!("{} doesn't answer: {error}", self.name))?;
            if status != *wanted || !text.contains(says) {
                return Err(format!(
                    "{} answers {status} where {wanted} {says} is right, so it is not timed",
                    self.name
                )
                .into());
            }
        }
        Ok(())
    }
}

impl Proof {
    /// One of which the status tells it all.
    pub fn new(request: Vec<u8>, status: u16) -> Self {
        Self {
            request,
            status,
            says: "",
        }
    }

    /// One whose answer contains this.
    pub fn saying(request: Vec<u8>, status: u16, says: &'static str) -> Self {
        Self {
            request,
            status,
            says,
        }
    }
}

/// `GET` of this path with a key in `X-API-Key`.
pub fn get(address: SocketAddr, path: &str, key: &str) -> Vec<u8> {
    Request::new("GET", address, path)
        .header("X-API-Key", key)
        .bytes()
}

/// So many of them, from all over; all if there are fewer.
pub fn spread<T>(all: &[T], count: usize) -> Vec<&T> {
    all.iter()
        .step_by((all.len() / count.max(1)).max(1))
        .take(count)
        .collect()
}

/// So many requests are sent in turn.
pub const fn requests_in_turn() -> usize {
    REQUESTS
}

/// A file of a peer in the repository.
pub fn peer_file(bench: &Bench, name: &str) -> PathBuf {
    bench.root().join("crates/bench/peers").join(name)
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read as _, Write as _},
        net::{Ipv4Addr, TcpListener},
        thread,
    };

    use super::*;

    /// A server that answers so, each time.
    fn answering(status: &'static str, times: usize) -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming().take(times) {
                let mut stream = stream.unwrap();
                let mut bytes = [0; 1024];
                let _ = stream.read(&mut bytes).unwrap();
                stream
                    .write_all(format!("HTTP/1.1 {status}\r\n\r\n").as_bytes())
                    .unwrap();
            }
        });
        address
    }

    #[test]
    fn a_contender_that_answers_wrongly_is_refused() {
        let with = |status, proof: &[u16], says| {
            let address = answering(status, proof.len());
            let contender = Contender {
                name: "somebody".to_owned(),
                address,
                requests: Vec::new(),
                answer: Answer::Accepted,
                proofs: proof
                    .iter()
                    .map(|wanted| Proof::saying(get(address, "/", "k"), *wanted, says))
                    .collect(),
                keeps: Vec::new(),
            };
            contender.check().map_err(|error| error.to_string())
        };
        assert_eq!(with("200 OK", &[200], ""), Ok(()));
        assert_eq!(
            with("200 OK", &[200, 401], ""),
            Err("somebody answers 200 where 401  is right, so it is not timed".to_owned())
        );
        assert!(with("401 Unauthorized", &[200], "").is_err());
        assert!(with("200 OK", &[200], "\"valid\":true").is_err());
    }

    #[test]
    fn requests_are_taken_from_all_over() {
        let all: Vec<u32> = (0..10_000).collect();
        let some = spread(&all, 1000);
        assert_eq!(
            (some.len(), some.first(), some.last()),
            (1000, Some(&&0), Some(&&9990))
        );
        assert_eq!(spread(&all[..3], 1000), [&0, &1, &2]);
    }
}
