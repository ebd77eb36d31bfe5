//! Holds the running server against its own description, with thousands of requests made from it.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::shell::{self, Outcome, finished, program, root};

use super::python;

/// A run that goes on beside other steps: they wait for disks, and this for the server.
pub struct Contract {
    child: Child,
    log: PathBuf,
}

impl Contract {
    /// Starts it; what it says goes into a file of `test-output/`.
    pub fn start(examples: u32) -> Outcome<Contract> {
        let log = root()?.join("test-output/contract.log");
        if let Some(folder) = log.parent() {
            fs::create_dir_all(folder)?;
        }
        let file = File::create(&log)?;
        let child = command(examples)?
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()?;
        Ok(Contract { child, log })
    }

    /// Waits for its end and shows what it said: all of it when it failed, else its last line.
    pub fn finish(mut self) -> Outcome {
        let status = self.child.wait()?;
        let said = fs::read_to_string(&self.log)?;
        let shown = match status.success() {
            true => said.lines().last().unwrap_or_default(),
            false => said.as_str(),
        };
        writeln!(std::io::stdout(), "{shown}")?;
        match status.success() {
            true => Ok(()),
            false => Err(format!("it ended with {status}").into()),
        }
    }
}

/// The same with everything shown as it comes.
pub fn run(examples: u32) -> Outcome {
    shell::run(&mut command(examples)?)
}

fn command(examples: u32) -> Outcome<Command> {
    let mut command = program(python::CONTRACT.interpreter()?)?;
    command
        .arg("e2e/contract/run.py")
        .args(["--examples", &examples.to_string()])
        .env("LATCHKEY_BIN", finished("debug", "latchkey")?);
    Ok(command)
}
