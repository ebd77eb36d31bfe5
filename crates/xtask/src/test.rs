//! Everything that must hold, from a bare machine: the README's test command, and what CI runs.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use latchkey_cluster::Cluster;

use crate::frontend::{self, Build};
use crate::packages::{self, CADDY, CHROMIUM, CURL, JAVA, LIBPQ, NGINX, NODE, POSTGRES, PYTHON};
use crate::shell::{self, Outcome, cargo, finished, succeeds};
use crate::steps::Steps;
use crate::{check, openapi};

use scratch::Scratch;

pub mod clients;
pub mod contract;
pub mod node;
pub mod python;
mod scratch;

/// What the tests read: the server to make their databases on, and which backend a run is for.
pub const SERVER: &str = "LATCHKEY_TEST_POSTGRES";
pub const BACKEND: &str = "LATCHKEY_TEST_BACKEND";

/// Requests that the contract's test makes; the soak makes more.
const EXAMPLES: u32 = 5000;

/// Runs every check and every test, then says what failed; the last line counts the tests.
pub fn test() -> Outcome {
    let mut steps = Steps::default();
    let scratch = Scratch::make()?;
    let ready = steps.run("system packages", || {
        packages::ensure(&[
            LIBPQ, POSTGRES, CHROMIUM, NODE, PYTHON, CURL, NGINX, CADDY, JAVA,
        ])
    }) && steps.run("npm packages", node::install)
        && steps.run("Python packages", python::install);
    if ready {
        // First, because the server is compiled with it inside.
        if steps.run("browser app", || frontend::build(Build::Small).map(drop)) {
            steps.run("sizes", frontend::sizes::sizes);
        }
        // What needs no network: the rest of cargo-deny is in `check`.
        check::every_part(&mut steps, &["check", "bans", "licenses", "sources"]);
        if steps.run("build", build) {
            steps.run("openapi.yaml", openapi::check_built);
            steps.run("redocly", node::lint);
            on_both_databases(&mut steps, &scratch);
            steps.run("doc tests", || {
                shell::run(&mut cargo(&["test", "--workspace", "--doc"])?)
            });
            steps.run("generated client in Rust", clients::build);
            let browser = finished("debug", "latchkey")
                .and_then(|server| node::browser_tests(&server))
                .map(|command| scratch.lend_to(command));
            steps.tests("browser", browser);
        }
    }
    steps.finish()
}

/// The browser tests alone.
pub fn browser() -> Outcome {
    shell::run(&mut node::browser_tests(&for_the_browser()?)?)
}

/// A picture of every page and dialog, and those in the README.
pub fn screenshots() -> Outcome {
    shell::run(&mut node::screenshots(&for_the_browser()?)?)
}

/// Makes what the browser needs, and says where the server is.
fn for_the_browser() -> Outcome<PathBuf> {
    packages::ensure(&[LIBPQ, CHROMIUM, NODE, PYTHON, CURL, NGINX, CADDY, JAVA])?;
    node::install()?;
    python::install()?;
    frontend::build(Build::Small)?;
    openapi::build()?;
    clients::build()?;
    finished("debug", "latchkey")
}

fn on_both_databases(steps: &mut Steps, scratch: &Scratch) {
    let mut server = None;
    let url = match env::var(SERVER) {
        Ok(url) => url,
        Err(_) => {
            let started = steps.run("PostgreSQL", || {
                let log = shell::root()?.join("test-output/postgres.log");
                let started =
                    Cluster::start_in(scratch.path(), &log).map_err(|error| error.to_string())?;
                server = Some(started);
                Ok(())
            });
            match &server {
                Some(server) if started => server.url().to_owned(),
                _ => return,
            }
        }
    };
    let on = |backend: &str, selection: Selection| -> Outcome<Command> {
        let mut command = scratch.lend_to(rust_tests(selection)?);
        command.env(SERVER, &url).env(BACKEND, backend);
        Ok(command)
    };
    steps.tests("every test, HTTP on SQLite", on("sqlite", Selection::All));
    // Beside it: those on PostgreSQL wait a good part of their time.
    let contract = contract::Contract::start(EXAMPLES);
    steps.tests(
        "HTTP on PostgreSQL",
        on("postgres", Selection::OverTheDatabase),
    );
    steps.run("API contract", || contract?.finish());
}

/// Compiles the tests and the server. Always for the whole workspace: cargo chooses the dependencies' features by
/// what is selected, and another selection would compile many of them again.
fn build() -> Outcome {
    shell::run(&mut cargo(&["test", "--workspace", "--no-run"])?)
}

/// Which tests run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Selection {
    All,
    /// Those whose answers may depend on the database: the packages' `tests/it`.
    OverTheDatabase,
}

/// Shows each failure and goes on after it. nextest runs the tests of all binaries side by side where it is
/// installed; cargo's own runner needs nothing.
fn rust_tests(selection: Selection) -> Outcome<Command> {
    let has_nextest = succeeds(&mut cargo(&["nextest", "--version"])?);
    let mut command = cargo(match has_nextest {
        true => &["nextest", "run", "--workspace", "--no-fail-fast"],
        false => &["test", "--workspace", "--no-fail-fast"],
    })?;
    command.args(match (has_nextest, selection) {
        (true, Selection::All) => &[][..],
        // Not by `--test`: cargo chooses the dependencies' features by that too, and would compile all of them again.
        (true, Selection::OverTheDatabase) => &["--filterset", "binary(it)"],
        (false, Selection::All) => &["--lib", "--bins", "--tests"],
        (false, Selection::OverTheDatabase) => &["--test", "it"],
    });
    Ok(command)
}
