#![doc = include_str!("../README.md")]

mod args;
mod bench;
mod contender;
mod document;
mod figures;
mod ground;
mod load;
mod machine;
mod peers;
mod probe;
mod process;
mod report;
mod server;
mod stock;
mod suites;
mod timing;
mod wrk;

use std::{
    error::Error,
    io::{self, Write as _},
    process::ExitCode,
};

use clap::Parser as _;

/// What a part of the bench ends with; an error is one sentence for a person.
pub type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    match args::Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("bench: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Says what is happening, on stderr: stdout is for the tables.
pub fn say(text: &str) {
    // Nobody is left to be told when stderr itself is gone.
    let _ = writeln!(io::stderr(), "{text}");
}
