//! The server, and the browser app built anew whenever a source of it changes; open pages load themselves anew.

use std::process::{Child, Command};
use std::thread;
use std::time::Duration;

use super::stamp::Stamp;
use super::{Build, build, dist};
use crate::openapi;
use crate::run;
use crate::shell::{Outcome, finished, program, say};

/// How often the sources are looked at; reading all of them takes some milliseconds.
const LOOK_EVERY: Duration = Duration::from_millis(400);

/// Runs until the server ends. ARGS go to `latchkey serve`; a change of the server itself needs a new start.
pub fn dev(arguments: &[&str]) -> Outcome {
    build(Build::Quick)?;
    openapi::build()?;
    let mut server = program(finished("debug", "latchkey")?)?;
    server
        .arg("serve")
        .args(arguments)
        .env("LATCHKEY_ASSETS", dist()?);
    run::allow_this_machine(&mut server);
    let mut server = Server::start(&mut server)?;
    let mut seen = Stamp::now(Build::Quick)?;
    loop {
        if let Some(status) = server.0.try_wait()? {
            return match status.success() {
                true => Ok(()),
                false => Err(format!("the server ended with {status}").into()),
            };
        }
        thread::sleep(LOOK_EVERY);
        // A folder may be gone between being listed and being looked into.
        let Ok(now) = Stamp::now(Build::Quick) else {
            continue;
        };
        if now == seen {
            continue;
        }
        seen = now;
        // What is wrong has been said; the next change may put it right, and the server shows the last good one.
        match build(Build::Quick) {
            Ok(_) => say("built"),
            Err(error) => say(&format!("not built: {error}")),
        }
    }
}

/// Ends with xtask, also when that ends by an error. Ctrl-C reaches both.
struct Server(Child);

impl Server {
    fn start(command: &mut Command) -> Outcome<Server> {
        Ok(Server(command.spawn()?))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
