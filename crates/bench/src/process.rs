//! Processes that are measured: started on their core, awaited, and ended by their id.

use std::{
    fs::File,
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::{Outcome, bench::SERVER_CORE};

/// How long a peer may take to be ready: better-auth and Django put 100,000 keys into their databases first.
const PATIENCE: Duration = Duration::from_secs(180);
/// How long a process may take to end.
const GRACE: Duration = Duration::from_secs(10);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(1);

/// A process that ends with this value.
pub struct Process {
    name: String,
    child: Child,
}

/// A program to start on the server's core. Its `current_dir`, `arg` and `env` can be set as usual.
///
/// It ends with the bench, however that ends: the system tells it. (That is tied to the thread that starts it, so
/// start processes on the main thread.)
pub fn on_the_servers_core(program: &Path) -> Command {
    on_core(SERVER_CORE, program)
}

/// The same on another core.
pub fn on_core(core: &str, program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command
        .args(["--pdeathsig", "TERM", "taskset", "-c", core])
        .arg(program);
    command
}

/// A port of this machine that is free now.
///
/// # Errors
/// When there is none.
pub fn free_address() -> Outcome<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

impl Process {
    /// Starts it; what it writes goes into this file.
    ///
    /// # Errors
    /// When it can't be started.
    pub fn start(name: &str, command: &mut Command, log: &Path) -> Outcome<Self> {
        let log = File::options().create(true).append(true).open(log)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .map_err(|error| format!("{name} can't be started: {error}"))?;
        Ok(Self {
            name: name.to_owned(),
            child,
        })
    }

    /// Its id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until `is_ready`.
    ///
    /// # Errors
    /// When it ends before that, or takes minutes.
    pub fn until(&mut self, mut is_ready: impl FnMut() -> bool) -> Outcome {
        let start = Instant::now();
        while !is_ready() {
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("{} ended with {status} instead of serving", self.name).into());
            }
            if start.elapsed() > PATIENCE {
                return Err(format!("{} doesn't serve after {PATIENCE:?}", self.name).into());
            }
            thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// Waits until somebody listens there.
    ///
    /// # Errors
    /// As [`Process::until`].
    pub fn until_it_listens(&mut self, address: SocketAddr) -> Outcome {
        self.until(|| TcpStream::connect(address).is_ok())
    }

    fn end(&mut self) -> io::Result<()> {
        if self.child.try_wait()?.is_some() {
            return Ok(());
        }
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            kill_process(pid, Signal::TERM)?;
        }
        let start = Instant::now();
        while self.child.try_wait()?.is_none() {
            if start.elapsed() > GRACE {
                self.child.kill()?;
                self.child.wait()?;
                return Ok(());
            }
            thread::sleep(PAUSE);
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            crate::say(&format!("{} could not be ended: {error}", self.name));
        }
    }
}
