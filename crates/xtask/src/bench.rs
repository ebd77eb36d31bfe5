//! Measures: builds a release server and the bench, and becomes the latter.

use std::os::unix::process::CommandExt;

use crate::frontend::{self, Build};
use crate::packages::{self, CHROMIUM, HAPROXY, LIBPQ, NGINX, NODE, PYTHON, WRK};
use crate::shell::{self, Outcome, cargo, finished, program, root, say};
use crate::test::node;

/// Builds and starts `latchkey-bench` with these arguments. Its contenders from npm and PyPI it installs itself, when a
/// verb wants them.
pub fn bench(arguments: &[&str]) -> Outcome {
    packages::ensure(&[LIBPQ, WRK, NGINX, HAPROXY, NODE, PYTHON])?;
    if matches!(arguments, ["spa" | "all", ..]) {
        packages::ensure(&[CHROMIUM])?;
        node::install()?;
    }
    // First, because the server is compiled with it inside.
    frontend::build(Build::Small)?;
    say("building the server and the bench with --release (the first time takes some minutes)");
    // One after the other: built together, the server would get features that only the bench asks for.
    for (package, name) in [
        ("latchkey-api", "latchkey"),
        ("latchkey-bench", "latchkey-bench"),
    ] {
        shell::run(&mut cargo(&[
            "build",
            "--release",
            "--package",
            package,
            "--bin",
            name,
        ])?)?;
    }
    let mut bench = program(finished("release", "latchkey-bench")?)?;
    bench
        .args(arguments)
        .env("LATCHKEY_BENCH_ROOT", root()?)
        .env("LATCHKEY_BENCH_SERVER", finished("release", "latchkey")?);
    Err(format!("cannot start the bench: {}", bench.exec()).into())
}
