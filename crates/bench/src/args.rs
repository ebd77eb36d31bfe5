//! The command line.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{Outcome, bench::Bench, document, peers, say, suites};

/// Measures Latchkey and its alternatives in turns on this machine.
#[derive(Parser)]
#[command(name = "cargo xtask bench", disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// A check of a key, beside a hello and what else checks keys.
    Verify(Options),
    /// A thousand keys and a million; a check while keys come and go.
    Scale(Options),
    /// From the start to the first accepted request.
    Start(Options),
    /// Making keys, beside a bare transaction.
    Create(Options),
    /// Calls through the MCP endpoint.
    Mcp(Options),
    /// Event streams that are open, and how soon they end.
    Streams(Options),
    /// Checks sent while keys are revoked.
    Revoke(Options),
    /// The browser app's first page.
    Spa(Options),
    /// All of these; writes docs/benchmarks.md.
    All(Options),
    /// One of the contenders, for the bench itself.
    #[command(hide = true)]
    Peer { peer: Peer, address: SocketAddr },
}

/// How long, and where.
#[derive(Args, Clone)]
pub struct Options {
    /// Rounds in which each contender is timed once.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub rounds: u32,
    /// Seconds that each is timed in a round.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=60))]
    pub seconds: u32,
    /// One round of a second with fewer keys: shows that everything runs, and no figure worth keeping.
    #[arg(long)]
    pub quick: bool,
    /// The repository's top folder.
    #[arg(long, hide = true, env = "LATCHKEY_BENCH_ROOT")]
    pub root: PathBuf,
    /// The server to measure.
    #[arg(long, hide = true, env = "LATCHKEY_BENCH_SERVER")]
    pub server: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum Peer {
    Hello,
    Echo,
}

impl Cli {
    /// Does what was asked for.
    ///
    /// # Errors
    /// One sentence that says what is missing or wrong.
    pub fn run(self) -> Outcome {
        let (name, options) = match self.command {
            Command::Peer { peer, address } => {
                match peer {
                    Peer::Hello => peers::hello::serve(address)?,
                    Peer::Echo => peers::echo::serve(address)?,
                }
                return Ok(());
            }
            Command::All(options) => return all(options),
            Command::Verify(options) => ("verify", options),
            Command::Scale(options) => ("scale", options),
            Command::Start(options) => ("start", options),
            Command::Create(options) => ("create", options),
            Command::Mcp(options) => ("mcp", options),
            Command::Streams(options) => ("streams", options),
            Command::Revoke(options) => ("revoke", options),
            Command::Spa(options) => ("spa", options),
        };
        let bench = Bench::new(options)?;
        suites::find(name)
            .ok_or_else(|| format!("no suite is called {name}"))?
            .run(&bench)
            .map(drop)
    }
}

/// Every suite, also after one that failed; the document says which did.
fn all(options: Options) -> Outcome {
    let bench = Bench::new(options)?;
    let mut results = Vec::new();
    let mut failed = Vec::new();
    for suite in suites::ALL {
        let result = suite.run(&bench).map_err(|error| error.to_string());
        if let Err(error) = &result {
            say(&format!("{}: {error}", suite.name));
            failed.push(suite.name);
        }
        results.push((suite, result));
    }
    document::write(&bench, &results)?;
    if failed.is_empty() {
        return Ok(());
    }
    Err(format!("not measured: {}", failed.join(", ")).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_but_all_and_peer_is_a_suite() {
        let places = ["--root", "/r", "--server", "/s"];
        for suite in suites::ALL {
            let words = ["bench", suite.name, "--rounds", "7"]
                .into_iter()
                .chain(places);
            assert!(Cli::try_parse_from(words).is_ok(), "{}", suite.name);
        }
        for wrong in [
            ["bench", "verfy"].as_slice(),
            &["bench", "verify", "--rounds", "0"],
            &["bench", "verify", "--seconds", "x"],
        ] {
            let words = wrong.iter().copied().chain(places);
            assert!(Cli::try_parse_from(words).is_err(), "{wrong:?}");
        }
    }
}
