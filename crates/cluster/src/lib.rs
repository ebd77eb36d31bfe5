#![doc = include_str!("../README.md")]

use std::{
    env,
    error::Error,
    fs::{self, File},
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, chown},
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// What goes wrong is one sentence for a person.
pub type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// The folder's name before the process id.
const PREFIX: &str = "latchkey-test-postgres-";
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
        Self::make(log_file, None)
    }

    /// The same with TLS, for clients that ask for it.
    ///
    /// # Errors
    /// As [`Cluster::start`].
    pub fn start_with_tls(log_file: &Path, identity: &Identity<'_>) -> Outcome<Self> {
        Self::make(log_file, Some(identity))
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

    fn make(log_file: &Path, identity: Option<&Identity<'_>>) -> Outcome<Self> {
        let programs = programs().ok_or("no PostgreSQL server is installed")?;
        let user = unprivileged_user()?;
        remove_leftovers();
        let directory = Directory::create(user)?;
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

/// The folder that holds `initdb` and `postgres`: on PATH, or where Debian keeps the newest version.
#[must_use]
pub fn programs() -> Option<PathBuf> {
    let has_both =
        |folder: &PathBuf| folder.join("initdb").is_file() && folder.join("postgres").is_file();
    let on_path = which("initdb").and_then(|initdb| Some(initdb.parent()?.to_path_buf()));
    on_path.filter(has_both).or_else(|| {
        let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
        versions
            .filter_map(|version| Some(version.ok()?.path().join("bin")))
            .filter(has_both)
            .max_by_key(|folder| {
                let version = folder
                    .parent()
                    .and_then(Path::file_name)
                    .and_then(|name| name.to_str());
                version.and_then(|version| version.parse::<u32>().ok())
            })
    })
}

/// The user and group to run as; nobody else than root has to change.
type User = Option<(u32, u32)>;

/// PostgreSQL refuses to run as root.
fn unprivileged_user() -> Outcome<User> {
    if !is_root() {
        return Ok(None);
    }
    let id = |option: &str, name: &str| -> Outcome<u32> {
        Ok(output(
            Command::new("id")
                .args([option, name])
                .stderr(Stdio::null()),
        )?
        .trim()
        .parse()?)
    };
    let name = match id("-u", "postgres") {
        Ok(_) => "postgres",
        Err(_) => "nobody",
    };
    Ok(Some((id("-u", name)?, id("-g", name)?)))
}

/// A command as that user, which is told to end when xtask does, however that ends.
fn command_as(user: User, program: &Path, folder: &Path) -> Command {
    let mut command = match (user, which("setpriv")) {
        (None, None) => Command::new(program),
        (user, _) => {
            let mut command = Command::new("setpriv");
            if let Some((uid, gid)) = user {
                command.args([
                    format!("--reuid={uid}"),
                    format!("--regid={gid}"),
                    "--clear-groups".to_owned(),
                ]);
            }
            command.args(["--pdeathsig", "QUIT"]).arg(program);
            command
        }
    };
    // Variables such as PGDATA and PGPORT of the caller's must not steer it.
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PG")) {
        command.env_remove(name);
    }
    command.current_dir(folder);
    command
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

/// A directory that is removed when dropped.
struct Directory(PathBuf);

impl Directory {
    fn create(user: User) -> Outcome<Directory> {
        // Several tests of one process may have one each.
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("{PREFIX}{}-{count}", std::process::id()));
        fs::DirBuilder::new().mode(0o700).create(&path)?;
        let directory = Directory(path);
        give(user, &directory.0)?;
        Ok(directory)
    }

    fn data(&self) -> PathBuf {
        self.0.join("data")
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn give(user: User, path: &Path) -> Outcome {
    match user {
        Some((uid, gid)) => Ok(chown(path, Some(uid), Some(gid))?),
        None => Ok(()),
    }
}

/// A file that its owner alone may read.
fn private_file(path: &Path, text: &str, user: User) -> Outcome {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options.open(path)?.write_all(text.as_bytes())?;
    give(user, path)
}

/// Where a program is found on PATH.
fn which(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|candidate| candidate.is_file())
}

/// Whether this process may change to another user.
fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|id| id.stdout.trim_ascii() == b"0")
}

fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// Runs a program to its end and gives what it wrote to stdout.
fn output(command: &mut Command) -> Outcome<String> {
    let output = command.stdin(Stdio::null()).output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(format!(
            "{:?} ended with {}: {said}",
            command.get_program(),
            output.status
        )
        .into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Removes what a run that was killed has left: its process no longer exists.
fn remove_leftovers() {
    let Ok(entries) = fs::read_dir(env::temp_dir()) else {
        return;
    };
    for entry in entries.filter_map(Result::ok) {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        let pid = pid.and_then(|rest| rest.split('-').next());
        let Some(pid) = pid.and_then(|pid| pid.parse::<u32>().ok()) else {
            continue;
        };
        if Path::new("/proc/self").exists() && !Path::new(&format!("/proc/{pid}")).exists() {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
