//! A temporary PostgreSQL server for one test run: a directory of its own, a free port of this machine only.

use std::env;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::thread::{self, JoinHandle};

use crate::shell::{self, Outcome, output, root, which};

/// The folder's name before the process id.
const PREFIX: &str = "latchkey-test-postgres-";

/// A running server. Dropping it stops the server by its process id and removes its directory.
pub struct Postgres {
    server: Child,
    log: Option<JoinHandle<()>>,
    url: String,
    /// After the server: dropped, and so removed, when that has ended.
    _directory: Directory,
}

impl Postgres {
    /// Makes a cluster and waits until it answers.
    ///
    /// Everything that makes a commit durable stays on, since Latchkey refuses a server where it is off. What the
    /// server logs is kept in the file `log` of `test-output/`.
    pub fn start(log: &str) -> Outcome<Postgres> {
        let programs = programs().ok_or("no PostgreSQL server is installed")?;
        let user = unprivileged_user()?;
        remove_leftovers();
        let directory = Directory::create(user)?;
        let password = initialise(&programs, user, &directory.0)?;
        // The port is free again until the server takes it. Losing it in between stops the run with the server's
        // own sentence.
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();

        let mut command = command_as(user, &programs.join("postgres"), &directory.0);
        command
            .arg("-D")
            .arg(directory.data())
            .arg("-k")
            .arg(&directory.0);
        let settings = [
            "listen_addresses=127.0.0.1",
            &format!("port={port}"),
            // A database per test, each with a pool of its own.
            "max_connections=400",
            "fsync=on",
            "full_page_writes=on",
            // The line that says it is ready is read below.
            "lc_messages=C",
        ];
        for setting in settings {
            command.args(["-c", setting]);
        }
        let mut server = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let stderr = server.stderr.take().ok_or("the server has no stderr")?;
        let url = format!("postgres://latchkey:{password}@127.0.0.1:{port}/postgres");
        let mut postgres = Postgres {
            server,
            log: None,
            url,
            _directory: directory,
        };
        postgres.log = Some(wait_until_ready(stderr, log)?);
        Ok(postgres)
    }

    /// The superuser's connection, with its password.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // SIGQUIT ends the server at once, within its own limit of five seconds, connected clients or not. Nobody
        // needs what it would still write.
        let pid = self.server.id().to_string();
        if !shell::succeeds(Command::new("sh").args(["-c", "kill -QUIT \"$1\"", "kill", &pid])) {
            let _ = self.server.kill();
        }
        let _ = self.server.wait();
        if let Some(log) = self.log.take() {
            let _ = log.join();
        }
    }
}

/// The folder that holds `initdb` and `postgres`: on PATH, or where Debian keeps the newest version.
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
    if !shell::is_root() {
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
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&file)?
        .write_all(password.as_bytes())?;
    give(user, &file)?;

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
fn wait_until_ready(stderr: ChildStderr, log: &str) -> Outcome<JoinHandle<()>> {
    let folder = root()?.join("test-output");
    fs::create_dir_all(&folder)?;
    let mut log = File::create(folder.join(log))?;
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
        let path = env::temp_dir().join(format!("{PREFIX}{}", std::process::id()));
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

/// Removes what a run that was killed has left: its process no longer exists.
fn remove_leftovers() {
    let Ok(entries) = fs::read_dir(env::temp_dir()) else {
        return;
    };
    for entry in entries.filter_map(Result::ok) {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
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
    fn a_server_starts_answers_and_is_gone_with_its_directory() {
        let postgres = Postgres::start("postgres-of-its-own-test.log").unwrap();
        let (directory, pid) = (postgres._directory.0.clone(), postgres.server.id());
        let answer = output(
            Command::new("psql")
                .arg(postgres.url())
                .args(["-Atc", "SHOW fsync"]),
        )
        .unwrap();
        assert_eq!(answer, "on\n");
        drop(postgres);
        assert!(!directory.exists());
        assert!(!Path::new(&format!("/proc/{pid}")).exists());
    }
}
