//! The real program in a process of its own, which can be killed. A [`Home`] keeps the database from one
//! process to the next; a [`Process`] is a server on it, a [`Client`] speaks to that.

use std::{
    fs::{self, File},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use serde_json::json;
use tempfile::TempDir;

pub use super::client::{Client, Reply};
use super::place::Place;

/// The master key of every home that doesn't ask for a file.
pub const MASTER_KEY: &str = "5eed00000000000000000000000000000000000000000000000000000000c0de";
/// The setup token of every server that doesn't ask for a fresh one.
pub const SETUP_TOKEN: &str = "a-setup-token-that-tests-know";
/// The administrator that [`Process::set_up`] makes.
pub const EMAIL: &str = "ada@example.com";
/// Their password.
pub const PASSWORD: &str = "correct horse battery staple";

/// How long a process may take to start or to end. Only a broken one takes so long.
const PATIENCE: Duration = Duration::from_secs(30);

/// A folder and a database. Both are removed when it is dropped.
pub struct Home {
    pub place: Place,
    folder: TempDir,
}

/// A server that runs. It is killed when it is dropped.
pub struct Process {
    child: Child,
    base: String,
    stdout: PathBuf,
    stderr: PathBuf,
}

/// What a program that has ended leaves.
pub struct Ended {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

impl Home {
    /// With a fresh database of the backend that this run is for.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            place: Place::fresh(folder.path()),
            folder,
        }
    }

    /// With a fresh database on a server of the test's own; on a SQLite run too.
    pub fn on_server(admin: &str) -> Self {
        Self {
            place: Place::fresh_on(admin),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A file in the folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program, with this home's settings and none of the surroundings'.
    pub fn latchkey(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_latchkey"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("LATCHKEY_") {
                command.env_remove(name);
            }
        }
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_remove("RUST_BACKTRACE")
            .env("LATCHKEY_DATABASE_URL", self.place.url())
            .env("LATCHKEY_MASTER_KEY", MASTER_KEY)
            .env("LATCHKEY_LISTEN", "127.0.0.1:0")
            .env("LATCHKEY_SIGN_IN_ATTEMPTS", "1000")
            .env("LATCHKEY_CHANGES_PER_MINUTE", "0")
            .env("LATCHKEY_EXPORTS_PER_MINUTE", "0")
            .stdin(Stdio::null());
        command
    }

    /// A server with the known setup token, once it answers.
    pub async fn start(&self) -> Process {
        self.start_with(|command| {
            command.env("LATCHKEY_SETUP_TOKEN", SETUP_TOKEN);
        })
        .await
    }

    /// A server with further settings, once it answers.
    pub async fn start_with(&self, change: impl FnOnce(&mut Command)) -> Process {
        let mut command = self.latchkey(&["serve"]);
        change(&mut command);
        let (mut child, stdout, stderr) = self.spawn(command);
        let begin = Instant::now();
        loop {
            let said = fs::read_to_string(&stdout).unwrap();
            let listens = said
                .lines()
                .find_map(|line| line.strip_prefix("Latchkey listens on "));
            if let Some((address, _)) = listens.and_then(|line| line.split_once(": ")) {
                let base = format!("http://{address}");
                let process = Process {
                    child,
                    base,
                    stdout,
                    stderr,
                };
                process.wait_until_it_answers(begin).await;
                return process;
            }
            let has_ended = child.try_wait().unwrap().is_some();
            if has_ended || begin.elapsed() > PATIENCE {
                let _ = child.kill();
                let _ = child.wait();
                panic!("no server: {}", fs::read_to_string(&stderr).unwrap());
            }
            pause().await;
        }
    }

    /// Runs a command to its end.
    pub async fn run(&self, arguments: &[&str]) -> Ended {
        self.finish(self.latchkey(arguments)).await
    }

    /// Runs a program to its end; kills it when it does not come to one.
    pub async fn finish(&self, command: Command) -> Ended {
        let (mut child, stdout, stderr) = self.spawn(command);
        let status = wait(&mut child).await;
        let read = |path| String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
        let ended = Ended {
            status: status.unwrap_or_else(|| panic!("it did not end: {}", read(&stderr))),
            stdout: read(&stdout),
            stderr: read(&stderr),
        };
        let _ = (fs::remove_file(&stdout), fs::remove_file(&stderr));
        ended
    }

    /// Output goes to files: nobody has to empty a pipe, and what a killed process said stays.
    fn spawn(&self, mut command: Command) -> (Child, PathBuf, PathBuf) {
        let file = |kind: &str| {
            let file = tempfile::Builder::new()
                .prefix(kind)
                .tempfile_in(self.folder.path());
            file.unwrap().keep().unwrap()
        };
        let ((out, stdout), (err, stderr)): ((File, PathBuf), (File, PathBuf)) =
            (file("stdout-"), file("stderr-"));
        let child = command.stdout(out).stderr(err).spawn().unwrap();
        (child, stdout, stderr)
    }
}

impl Process {
    /// An address of this server.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Where it listens.
    pub fn address(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has printed.
    pub fn stdout(&self) -> String {
        fs::read_to_string(&self.stdout).unwrap()
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.stderr).unwrap()).into_owned()
    }

    /// Somebody without a credential.
    pub fn anonymous(&self) -> Client {
        Client::new(&self.base, None)
    }

    /// Somebody with this bearer.
    pub fn client(&self, bearer: &str) -> Client {
        Client::new(&self.base, Some(bearer))
    }

    /// Sets the instance up as Ada and gives a token of hers for everything.
    pub async fn set_up(&self) -> String {
        let body = json!({
            "setup_token": SETUP_TOKEN, "name": "Ada", "email": EMAIL, "password": PASSWORD,
        });
        let answer = self
            .anonymous()
            .send("POST", "/api/v1/setup", Some(&body))
            .await
            .unwrap();
        assert_eq!(answer.status, 201, "setup: {}", answer.code());
        self.make_token(&answer).await
    }

    /// A token for everything, made in the session that this answer began.
    pub async fn make_token(&self, signed_in: &Reply) -> String {
        let cookie = signed_in.headers["set-cookie"].to_str().unwrap();
        let body = json!({"name": "tests", "permissions": ["manage", "verify"]});
        let cookie = cookie.split(';').next().unwrap();
        let client = self.anonymous().with_cookie(cookie);
        let made = client.ask("POST", "/api/v1/me/tokens", body).await.ok();
        made["secret"].as_str().unwrap().to_owned()
    }

    /// SIGKILL, and out of the way for the next one.
    pub fn kill(mut self) {
        self.kill_now();
    }

    /// SIGKILL: it gets no chance to do anything more.
    pub fn kill_now(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and a graceful end.
    pub async fn stop(mut self) {
        let pid = self.child.id().to_string();
        let asked = Command::new("sh")
            .args(["-c", "kill -TERM \"$1\"", "kill", &pid])
            .status();
        assert!(asked.unwrap().success());
        let status = wait(&mut self.child).await;
        assert!(
            status.is_some_and(|status| status.success()),
            "it ended with {status:?}: {}",
            self.log()
        );
    }

    async fn wait_until_it_answers(&self, begin: Instant) {
        loop {
            let health = self.anonymous().send("GET", "/healthz", None).await;
            if health.is_ok_and(|answer| answer.status == 200) {
                return;
            }
            assert!(begin.elapsed() < PATIENCE, "no answer: {}", self.log());
            pause().await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ended {
    /// What it printed, if it succeeded.
    pub fn ok(self) -> String {
        assert!(self.status.success(), "{}", self.stderr);
        self.stdout
    }

    /// The one sentence with which it failed.
    pub fn sentence(&self) -> &str {
        assert_eq!(self.status.code(), Some(1), "{}", self.stderr);
        assert_eq!(self.stdout, "", "it printed something before it failed");
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        let sentence = self
            .stderr
            .strip_suffix('\n')
            .and_then(|line| line.strip_prefix("latchkey: "))
            .unwrap_or_else(|| panic!("no sentence: {:?}", self.stderr));
        assert!(!sentence.contains('\n'), "several lines: {sentence}");
        sentence
    }
}

async fn wait(child: &mut Child) -> Option<ExitStatus> {
    let begin = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        if begin.elapsed() > PATIENCE {
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        pause().await;
    }
}

async fn pause() {
    tokio::time::sleep(Duration::from_millis(10)).await;
}
