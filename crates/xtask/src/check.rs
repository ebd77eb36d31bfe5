//! What can be checked without a database: formatting, lints, docs, doors, licences.

use crate::shell::{Outcome, cargo, run, say, succeeds};
use crate::steps::Steps;
use crate::{doors, licences, packages};

/// All of it, one line per step.
pub fn check() -> Outcome {
    packages::ensure(&[packages::LIBPQ])?;
    let mut steps = Steps::default();
    // Advisories too, which `test` leaves out: a new one must not fail yesterday's commit.
    every_part(&mut steps, &["check"]);
    steps.finish()
}

/// The same as a part of a longer run; `deny_arguments` say what cargo-deny looks at.
pub fn every_part(steps: &mut Steps, deny_arguments: &[&str]) {
    steps.run("fmt", fmt);
    steps.run("doors", doors::doors);
    steps.run("licences", licences::licences);
    steps.run("deny", || deny(deny_arguments));
    steps.run("clippy", clippy);
    steps.run("doc", doc);
}

/// Every file as rustfmt writes it.
pub fn fmt() -> Outcome {
    run(&mut cargo(&["fmt", "--all", "--check"])?)
        .map_err(|_| "not formatted; run: cargo fmt --all".into())
}

/// No warning of rustc or clippy, tests included.
pub fn clippy() -> Outcome {
    run(&mut cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ])?)
}

/// No public item without docs, no dead link in them.
pub fn doc() -> Outcome {
    run(cargo(&["doc", "--workspace", "--no-deps"])?.env("RUSTDOCFLAGS", "-D warnings"))
}

/// cargo-deny where it is installed. It is no condition: compiling it takes longer than compiling Latchkey, and
/// `licences` already holds the rule that must never break.
pub fn deny(arguments: &[&str]) -> Outcome {
    if !succeeds(&mut cargo(&["deny", "--version"])?) {
        say(
            "cargo-deny is not installed (cargo install cargo-deny): advisories and bans were not checked; licences and sources were",
        );
        return Ok(());
    }
    run(cargo(&["deny"])?.args(arguments))
}
