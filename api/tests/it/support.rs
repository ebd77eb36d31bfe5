//! The harness: a real server in this process on a port of its own with a database of its own, and people
//! who call it over HTTP.
//!
//! What holds a secret has no `Debug`, so that no failing test can print one; assertions name the status and
//! the problem's code. Helpers that reach round HTTP begin with `db_`.

mod actor;
mod answer;
pub mod authenticator;
mod backend;
mod call;
mod client;
pub mod place;
pub mod process;
mod server;
mod shortcut;
pub mod upstream;
pub mod wire;

use std::{
    future::Future,
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

pub use actor::{Actor, CreatedKey, PASSWORD, Project};
pub use answer::{Answer, is_problem};
pub use authenticator::Authenticator;
pub use backend::{Backend, backend};
pub use call::{Call, Events};
pub use server::{SETUP_TOKEN, TestServer};
pub use shortcut::{after, before, now};

/// How long a condition may take to become true. Only a broken server takes so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until a condition holds, and fails with `what` if it never does.
pub async fn eventually<F, Fut>(what: &str, mut holds: F)
where
    F: FnMut() -> Fut,
    Fut: Future<Output = bool>,
{
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < PATIENCE, "never happened: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A word that no other test of this process has, beginning with this one.
pub fn unique(word: &str) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    format!("{word}-{}", NUMBER.fetch_add(1, Ordering::Relaxed))
}
