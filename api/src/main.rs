//! The `latchkey` binary.

use std::process::ExitCode;

use clap::Parser as _;
use latchkey_api::cli::Cli;

fn main() -> ExitCode {
    Cli::parse().run()
}
