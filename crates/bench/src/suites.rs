//! What is measured: one file a verb.

pub mod create;
pub mod mcp;
pub mod revoke;
pub mod scale;
pub mod spa;
pub mod start;
pub mod streams;
pub mod verify;

use std::io::{self, Write as _};

use crate::{Outcome, bench::Bench, report::Report, say};

/// A verb of the bench.
pub struct Suite {
    /// The verb.
    pub name: &'static str,
    /// Its heading in the document.
    pub title: &'static str,
    measure: fn(&Bench) -> Outcome<Report>,
}

/// All of them, in the document's order.
pub const ALL: &[Suite] = &[
    Suite {
        name: "verify",
        title: "A check of a key",
        measure: verify::run,
    },
    Suite {
        name: "scale",
        title: "Many keys, and keys that come and go",
        measure: scale::run,
    },
    Suite {
        name: "start",
        title: "From the start to the first accepted request",
        measure: start::run,
    },
    Suite {
        name: "create",
        title: "Making keys",
        measure: create::run,
    },
    Suite {
        name: "mcp",
        title: "Calls through the MCP endpoint",
        measure: mcp::run,
    },
    Suite {
        name: "streams",
        title: "Open event streams",
        measure: streams::run,
    },
    Suite {
        name: "revoke",
        title: "Checks while keys are revoked",
        measure: revoke::run,
    },
    Suite {
        name: "spa",
        title: "The browser app's first page",
        measure: spa::run,
    },
];

/// The suite of this name.
pub fn find(name: &str) -> Option<&'static Suite> {
    ALL.iter().find(|suite| suite.name == name)
}

impl Suite {
    /// Measures, writes the JSON, and prints the tables.
    ///
    /// # Errors
    /// What stopped the suite.
    pub fn run(&self, bench: &Bench) -> Outcome<Report> {
        say(&format!("{}: {}", self.name, self.title));
        let report = (self.measure)(bench)?;
        let text = report.publish(bench, self.name)?;
        writeln!(io::stdout(), "\n{}: {}\n{text}", self.name, self.title)?;
        Ok(report)
    }
}
