//! The long runs, whose figures are in docs/reliability.md: the same tests as `cargo xtask test` has, for longer.

use std::process::Command;

use latchkey_cluster::Cluster;

use crate::openapi;
use crate::packages::{self, LIBPQ, POSTGRES, PYTHON};
use crate::shell::{self, Outcome, cargo, root};
use crate::test::{BACKEND, SERVER, contract, python};

const KILLS: u32 = 500;
const EXAMPLES: u32 = 100_000;
const SECONDS: u32 = 600;

/// `kill -9` in a storm, so many times on each database.
pub fn crash(kills: Option<u32>) -> Outcome {
    packages::ensure(&[LIBPQ, POSTGRES])?;
    let log = root()?.join("test-output/postgres.log");
    let server = Cluster::start(&log).map_err(|error| error.to_string())?;
    for backend in ["sqlite", "postgres"] {
        let mut command = tests(&["--test", "it"], "crash::")?;
        command
            .env(BACKEND, backend)
            .env(SERVER, server.url())
            .env("LATCHKEY_CRASH_KILLS", kills.unwrap_or(KILLS).to_string());
        shell::run(&mut command)?;
    }
    Ok(())
}

/// Requests made from the API's description.
pub fn api(examples: Option<u32>) -> Outcome {
    packages::ensure(&[LIBPQ, PYTHON])?;
    python::install()?;
    openapi::build()?;
    contract::run(examples.unwrap_or(EXAMPLES))
}

/// Damaged inputs to every parser, so many seconds each.
pub fn fuzz(seconds: Option<u32>) -> Outcome {
    packages::ensure(&[LIBPQ])?;
    let mut command = tests(&["--lib"], "fuzz::")?;
    command.env(
        "LATCHKEY_FUZZ_SECONDS",
        seconds.unwrap_or(SECONDS).to_string(),
    );
    shell::run(&mut command)
}

/// Tests by cargo's own runner, which sets no limit of time.
fn tests(which: &[&str], filter: &str) -> Outcome<Command> {
    let mut command = cargo(&["test", "--workspace"])?;
    command.args(which).args([filter, "--", "--nocapture"]);
    Ok(command)
}
