#![doc = include_str!("../README.md")]

mod directory;
mod programs;

use std::{
    env,
    error::Error,
    fs::{self, File},
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, Stdio},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

pub use self::programs::programs;
use self::{
    directory::{Directory, private_file, remove_leftovers},
    programs::{User, command_as, output, succeeds, unprivileged_user},
};

/// What goes wrong is one sentence for a person.
pub type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// How long a server that was killed may need before it is up again.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server. Dropping it stops the server by its process id and removes its directory.
pub struct Cluster {
    server: Option<Child>,
    log: Option<JoinHandle<()>>,
    log_file: PathBuf,
    programs: PathBuf,
    user: User,
    settings: Vec<String>,
    url: String,
    /// After the server: dropped, and so removed, when that has ended.
    directory: Directory,
}

/// The certificate that a server shows, and its key, as PEM.
pub struct Identity<'a> {
    /// The certificate.
    pub cert: &'a str,
    /// Its private key.
    pub key: &'a str,
}

impl Cluster {
    /// Makes a cluster and waits until it answers. What the server logs goes into this file.
    ///
    /// # Errors
    /// When PostgreSQL isn't installed or doesn't start; with its own words.
    pub fn start(log_file: &Path) -> Outcome<Self> {
        Self::start_in(&env::temp_dir(), log_file)
    }

    /// The same with its directory in this folder, which may be one in memory.
    ///
    /// # Errors
    /// As [`Cluster::start`].
    pub fn start_in(folder: &Path, log_file: &Path) -> Outcome<Self> {
        Self::make(folder, log_file, None)
    }

    /// As [`Cluster::start`], with TLS for clients that ask for it.
    ///
    /// # Errors
    /// As [`Cluster::start`].
    pub fn start_with_tls(log_file: &Path, identity: &Identity<'_>) -> Outcome<Self> {
        Self::make(&env::temp_dir(), log_file, Some(identity))
    }

    /// The superuser's connection, with its password.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// SIGKILL: the server gets no chance to do anything more.
    ///
    /// # Errors
    /// When it runs no more.
    pub fn kill(&mut self) -> Outcome {
        let mut server = self.server.take().ok_or("the server does not run")?;
        server.kill()?;
        server.wait()?;
        self.end_log();
        Ok(())
    }

    /// Starts it again after [`Cluster::kill`], in the same place.
    ///
    /// # Errors
    /// When it doesn't come up.
    pub fn start_again(&mut self) -> Outcome {
        let begin = Instant::now();
        // The processes of connections end when they notice that the first one is gone; until then the server refuses
        // to start beside them.
        while let Err(error) = self.launch() {
            if begin.elapsed() > PATIENCE {
                return Err(error);
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    fn make(parent: &Path, log_file: &Path, identity: Option<&Identity<'_>>) -> Outcome<Self> {
        let programs = programs().ok_or("no PostgreSQL server is installed")?;
        let user = unprivileged_user()?;
        remove_leftovers(parent);
        let directory = Directory::create(parent, user)?;
        let password = initialise(&programs, user, &directory.0)?;
        // The port is free again until the server takes it. Losing it in between stops the run with the server's
        // own sentence.
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let mut settings = vec![
            "listen_addresses=127.0.0.1".to_owned(),
            format!("port={port}"),
            // A database per test, each with a pool of its own.
            "max_connections=400".to_owned(),
            "fsync=on".to_owned(),
            "full_page_writes=on".to_owned(),
            // The line that says it is ready is read below.
            "lc_messages=C".to_owned(),
        ];
        if let Some(identity) = identity {
            for (name, text) in [("server.crt", identity.cert), ("server.key", identity.key)] {
                private_file(&directory.data().join(name), text, user)?;
            }
            settings.push("ssl=on".to_owned());
        }
        if let Some(folder) = log_file.parent() {
            fs::create_dir_all(folder)?;
        }
        File::create(log_file)?;
        let mut cluster = Self {
            server: None,
            log: None,
            log_file: log_file.to_owned(),
            programs,
            user,
            settings,
            url: format!("postgres://latchkey:{password}@127.0.0.1:{port}/postgres"),
            directory,
        };
        cluster.launch()?;
        Ok(cluster)
    }

    fn launch(&mut self) -> Outcome {
        let folder = &self.directory.0;
        let mut command = command_as(self.user, &self.programs.join("postgres"), folder);
        command.arg("-D").arg(self.directory.data());
        command.arg("-k").arg(folder);
        for setting in &self.settings {
            command.args(["-c", setting]);
        }
        let mut server = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let stderr = server.stderr.take().ok_or("the server has no stderr")?;
        match wait_until_ready(stderr, &self.log_file) {
            Ok(log) => {
                (self.server, self.log) = (Some(server), Some(log));
                Ok(())
            }
            Err(error) => {
                let _ = server.wait();
                Err(error)
            }
        }
    }

    fn end_log(&mut self) {
        if let Some(log) = self.log.take() {
            let _ = log.join();
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            // SIGQUIT ends the server at once, within its own limit of five seconds, connected clients or not. Nobody
            // needs what it would still write.
            let pid = server.id().to_string();
            if !succeeds(Command::new("sh").args(["-c", "kill -QUIT \"$1\"", "kill", &pid])) {
                let _ = server.kill();
            }
            let _ = server.wait();
        }
        self.end_log();
    }
}

/// Makes the cluster and gives the superuser's password. Without one, every user of this machine could run
/// programs as the user that runs the tests.
fn initialise(programs: &Path, user: User, folder: &Path) -> Outcome<String> {
    let mut bytes = [0; 24];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    let password: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let file = folder.join("password");
    private_file(&file, &password, user)?;

    // Names sort by code point on every machine; upper and lower case are known beyond ASCII where libc knows them.
    let locale = if cfg!(target_os = "linux") {
        "C.UTF-8"
    } else {
        "C"
    };
    let mut initdb = command_as(user, &programs.join("initdb"), folder);
    initdb.args([
        "--username=latchkey",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--no-sync",
    ]);
    initdb
        .arg(format!("--locale={locale}"))
        .arg("--pwfile")
        .arg(&file)
        .arg("-D")
        .arg(folder.join("data"));
    output(&mut initdb)?;
    fs::remove_file(file)?;
    Ok(password)
}

/// Reads what the server says until it is ready, and leaves a thread that writes the rest to a file.
fn wait_until_ready(stderr: ChildStderr, log: &Path) -> Outcome<JoinHandle<()>> {
    let mut log = fs::OpenOptions::new().append(true).open(log)?;
    let mut lines = BufReader::new(stderr);
    let mut said = String::new();
    while !said.contains("database system is ready to accept connections") {
        if lines.read_line(&mut said)? == 0 {
            return Err(format!("PostgreSQL did not start: {}", said.trim()).into());
        }
    }
    log.write_all(said.as_bytes())?;
    Ok(thread::spawn(move || {
        // The pipe must be emptied even when the file cannot be written, or the server would stand still.
        for line in lines.split(b'\n').map_while(Result::ok) {
            let _ = log.write_all(&[line.as_slice(), b"\n"].concat());
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::{directory::PREFIX, *};

    #[test]
    fn a_server_comes_back_after_a_kill_and_is_gone_with_its_directory() {
        let log = env::temp_dir().join(format!("{PREFIX}{}.log", std::process::id()));
        let mut cluster = Cluster::start(&log).unwrap();
        let ask = |cluster: &Cluster, sql: &str| {
            output(Command::new("psql").arg(cluster.url()).args(["-Atc", sql])).unwrap()
        };
        assert_eq!(ask(&cluster, "SHOW fsync"), "on\n");
        ask(&cluster, "CREATE TABLE kept (n int)");
        cluster.kill().unwrap();
        let refused = Command::new("psql")
            .arg(cluster.url())
            .args(["-c", "SELECT 1"])
            .output();
        assert!(!refused.unwrap().status.success());
        cluster.start_again().unwrap();
        assert_eq!(ask(&cluster, "SELECT count(*) FROM kept"), "0\n");
        let directory = cluster.directory.0.clone();
        let pid = cluster.server.as_ref().unwrap().id();
        drop(cluster);
        assert!(!directory.exists());
        assert!(!Path::new(&format!("/proc/{pid}")).exists());
        fs::remove_file(log).unwrap();
    }
}
