//! Runs the build's steps one after the other, tells the seconds of each, and sums up at the end.

use std::io::{self, Write};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::shell::{Outcome, say, tee};

mod tally;

use tally::Tally;

/// The steps so far. A failed one does not stop those after it: one run tells everything that is wrong.
#[derive(Default)]
pub struct Steps {
    done: Vec<Step>,
}

struct Step {
    name: String,
    took: Duration,
    failure: Option<String>,
    counted: Counted,
}

/// What a test runner counted, and the lines in which it said so.
#[derive(Default)]
struct Counted {
    tally: Tally,
    closing: Vec<String>,
}

impl Steps {
    /// Runs one step and says whether it succeeded.
    pub fn run(&mut self, name: &str, work: impl FnOnce() -> Outcome) -> bool {
        self.timed(name, || work().map(|()| (Counted::default(), None)))
    }

    /// Runs a test runner and reads its closing lines. No test, a skipped and an ignored one are failures too.
    pub fn tests(&mut self, name: &str, command: Outcome<Command>) -> bool {
        self.timed(name, || {
            let (mut closing, succeeded) = tee(&mut command?)?;
            closing.retain(|line| Tally::of(line).is_some_and(|tally| tally != Tally::default()));
            let tally = closing.iter().filter_map(|line| Tally::of(line)).sum();
            Ok((Counted { tally, closing }, failure(tally, succeeded)))
        })
    }

    /// Says what ran, then how many tests passed and failed, as the last line of all; fails if anything did.
    pub fn finish(self) -> Outcome {
        let mut total: Tally = self.done.iter().map(|step| step.counted.tally).sum();
        let mut text = String::from("\n");
        for step in &self.done {
            let verdict = if step.failure.is_some() {
                "FAILED"
            } else {
                "ok"
            };
            text += &format!(
                "{verdict:>6} {:7.1} s  {}\n",
                step.took.as_secs_f64(),
                step.name
            );
            if let Some(failure) = &step.failure {
                text += &format!("{:18}{failure}\n", "");
                // So that a failed step without a failed test cannot hide behind "0 failed".
                total.failed += u32::from(step.counted.tally.failed == 0);
            }
        }
        for line in self.done.iter().flat_map(|step| &step.counted.closing) {
            text += &format!("{line}\n");
        }
        if total != Tally::default() {
            text += &format!("{total}\n");
        }
        io::stdout().write_all(text.as_bytes())?;
        match self
            .done
            .iter()
            .filter(|step| step.failure.is_some())
            .count()
        {
            0 => Ok(()),
            1 => Err("a step failed".into()),
            some => Err(format!("{some} steps failed").into()),
        }
    }

    fn timed(
        &mut self,
        name: &str,
        work: impl FnOnce() -> Outcome<(Counted, Option<String>)>,
    ) -> bool {
        say(&format!("---- {name}"));
        let start = Instant::now();
        let (counted, failure) =
            work().unwrap_or_else(|error| (Counted::default(), Some(error.to_string())));
        let took = start.elapsed();
        let verdict = failure.as_deref().unwrap_or("ok");
        say(&format!(
            "---- {name}: {verdict} ({:.1} s)",
            took.as_secs_f64()
        ));
        let succeeded = failure.is_none();
        self.done.push(Step {
            name: name.to_owned(),
            took,
            failure,
            counted,
        });
        succeeded
    }
}

fn failure(tally: Tally, succeeded: bool) -> Option<String> {
    match tally {
        Tally { failed: 1.., .. } => Some(format!("{tally}")),
        _ if !succeeded => Some("the test runner ended with an error".to_owned()),
        Tally { skipped: 1.., .. } => Some(format!("{tally}; a skipped test proves nothing")),
        Tally { passed: 0, .. } => Some("no test ran".to_owned()),
        _ => None,
    }
}
