//! Builds the browser app and the server, and becomes that.

use std::env;
use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::frontend::{self, Build};
use crate::packages;
use crate::shell::{self, Outcome, cargo, finished, program, say};

/// As it is meant to be run: password hashing alone is many times faster than unoptimised.
const PROFILE: &str = "release";

/// Builds both and starts `latchkey serve`, in the repository's top folder, so that the default database
/// is `./data/latchkey.db`.
///
/// xtask is replaced by the server instead of waiting for it: Ctrl-C and a service manager's signals then reach
/// the server itself, and its exit status is this command's. (`cargo run` hands over to xtask in the same way.)
pub fn run(arguments: &[&str]) -> Outcome {
    packages::ensure(&[packages::LIBPQ])?;
    // First, because the server is compiled with it inside.
    frontend::build(Build::Small)?;
    say("building the server (the first time takes some minutes)");
    shell::run(&mut cargo(&[
        "build",
        "--package",
        "latchkey-api",
        "--bin",
        "latchkey",
        "--profile",
        PROFILE,
    ])?)?;
    let mut server = program(finished(PROFILE, "latchkey")?)?;
    server.arg("serve").args(arguments);
    allow_this_machine(&mut server);
    Err(format!("cannot start the server: {}", server.exec()).into())
}

/// Whoever tries Latchkey out has their own MCP server on the same machine, where it is refused by default. The
/// variable wins over this, and the flag over both.
pub fn allow_this_machine(server: &mut Command) {
    const ALLOW: &str = "LATCHKEY_UPSTREAM_ALLOW";
    if env::var_os(ALLOW).is_none() {
        server.env(ALLOW, "127.0.0.0/8,::1");
    }
}
