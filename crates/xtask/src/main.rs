#![doc = include_str!("../README.md")]

mod bench;
mod check;
mod doors;
mod frontend;
mod licences;
mod openapi;
mod packages;
mod run;
mod shell;
mod soak;
mod steps;
mod test;

use std::env;
use std::process::ExitCode;

use shell::{Outcome, say};

const HELP: &str = "\
cargo xtask run [-- ARGS]      build the browser app and the server, and start it on SQLite in ./data
cargo xtask dev [-- ARGS]      the same unoptimised, with the browser app built anew when it changes
cargo xtask frontend           build the browser app alone, into frontend/dist
cargo xtask sizes              what the browser app weighs; fails beyond its budget
cargo xtask test               everything, on SQLite and PostgreSQL, with the browser
cargo xtask browser            the browser tests alone
cargo xtask screenshots        every page and dialog into test-output/screenshots, the README's and the guides'
                               pictures into docs/
cargo xtask check              formatting, clippy, docs, doors, licences, cargo-deny
cargo xtask fmt|clippy|doc|doors|licences|deny
                               one part of check
cargo xtask soak crash|api|fuzz [N]
                               the long runs: N kills, requests, or seconds for each parser
cargo xtask bench VERB         measure on this machine, beside alternatives: all, or one of verify, scale, start, create,
                               mcp, streams, revoke, spa; `all` writes docs/benchmarks.md
cargo xtask openapi [--check]  write openapi.yaml and openapi-3.0.json, or fail if one is stale";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("xtask: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// The one number that may follow.
fn number(rest: &[&str]) -> Outcome<Option<u32>> {
    match rest {
        [] => Ok(None),
        [one] => Ok(Some(one.parse().map_err(|_| {
            format!("`{one}` is no number: say how many, or nothing")
        })?)),
        _ => Err("too much is said: one number at most".into()),
    }
}

fn dispatch(arguments: &[&str]) -> Outcome {
    match arguments {
        ["run", "--", rest @ ..] | ["run", rest @ ..] => run::run(rest),
        ["dev", "--", rest @ ..] | ["dev", rest @ ..] => frontend::dev::dev(rest),
        ["frontend"] => frontend::frontend(),
        ["sizes"] => frontend::sizes::sizes(),
        ["test"] => test::test(),
        ["browser"] => test::browser(),
        ["screenshots"] => test::screenshots(),
        ["check"] => check::check(),
        ["fmt"] => check::fmt(),
        ["clippy"] => check::clippy(),
        ["doc"] => check::doc(),
        ["doors"] => doors::doors(),
        ["licences"] => licences::licences(),
        ["deny"] => check::deny(&["check"]),
        ["soak", "crash", rest @ ..] => soak::crash(number(rest)?),
        ["soak", "api", rest @ ..] => soak::api(number(rest)?),
        ["soak", "fuzz", rest @ ..] => soak::fuzz(number(rest)?),
        ["bench", rest @ ..] => bench::bench(rest),
        ["openapi"] => openapi::write(),
        ["openapi", "--check"] => openapi::check(),
        [] | ["help" | "--help" | "-h"] => {
            say(HELP);
            Ok(())
        }
        _ => Err(format!("no verb `{}`.\n{HELP}", arguments.join(" ")).into()),
    }
}
