//! How the build's parts start programs, find them and speak.

use std::env;
use std::error::Error;
use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

/// What a part of the build ends with; an error is one sentence for a person.
pub type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Writes one line about the build to stderr, which leaves stdout to the programs that it starts.
pub fn say(text: &str) {
    // Nobody is left to be told when stderr itself is gone.
    let _ = writeln!(io::stderr(), "{text}");
}

/// The repository's top folder. Asked at run time: a target directory may serve several clones.
pub fn root() -> Outcome<PathBuf> {
    env::var_os("CARGO_MANIFEST_DIR")
        .and_then(|folder| Some(Path::new(&folder).parent()?.parent()?.to_path_buf()))
        .ok_or_else(|| "start this as `cargo xtask`".into())
}

/// Where cargo puts a finished program of a profile: in a sibling of the folder that xtask runs from, wherever CARGO_TARGET_DIR or cargo's configuration have put that.
pub fn finished(profile: &str, program: &str) -> Outcome<PathBuf> {
    Ok(target()?.join(profile).join(program))
}

/// The target directory that xtask was built in.
pub fn target() -> Outcome<PathBuf> {
    let own = env::current_exe()?;
    let target = own.parent().and_then(Path::parent);
    let target = target.ok_or("xtask runs from outside a target directory")?;
    Ok(target.to_path_buf())
}

/// A program started in the repository's top folder.
pub fn program(name: impl AsRef<OsStr>) -> Outcome<Command> {
    let mut command = Command::new(name);
    command.current_dir(root()?);
    Ok(command)
}

/// A cargo command of the toolchain that runs xtask.
pub fn cargo(arguments: &[&str]) -> Outcome<Command> {
    let mut command = program(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))?;
    // What cargo has told us of our own package. Build scripts see it too, and one of them (ring's) would run again, with
    // all that depends on it, whenever cargo was called by hand in between.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command.args(arguments);
    Ok(command)
}

/// Runs a command to its end; anything but success is an error that names the command.
pub fn run(command: &mut Command) -> Outcome {
    let status = command.status().map_err(|error| cannot(command, &error))?;
    if status.success() {
        return Ok(());
    }
    Err(format!("`{}` ended with {status}", spoken(command)).into())
}

/// Runs a command and gives what it wrote to stdout; its stderr stays visible.
pub fn output(command: &mut Command) -> Outcome<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| cannot(command, &error))?;
    if !output.status.success() {
        return Err(format!("`{}` ended with {}", spoken(command), output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Whether a command succeeds, whatever it prints.
pub fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// Runs a command, passes its output on as it comes, and gives its lines and whether it succeeded.
pub fn tee(command: &mut Command) -> Outcome<(Vec<String>, bool)> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| cannot(command, &error))?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let (mut lines, more) = thread::scope(|scope| {
        let errors = scope.spawn(|| pass_on(err, io::stderr()));
        (pass_on(out, io::stdout()), errors.join())
    });
    lines.extend(more.unwrap_or_default());
    Ok((lines, child.wait()?.success()))
}

/// Where a program is found on PATH.
pub fn which(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|candidate| candidate.is_file())
}

/// Whether this process may install packages and change to another user.
pub fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|id| id.stdout.trim_ascii() == b"0")
}

fn pass_on(from: Option<impl Read>, mut to: impl Write) -> Vec<String> {
    let mut lines = Vec::new();
    let Some(from) = from else { return lines };
    for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line).into_owned();
        // A reader that went away (`| head`) must not stop the tests half-way.
        let _ = writeln!(to, "{line}");
        lines.push(line);
    }
    lines
}

fn cannot(command: &Command, error: &io::Error) -> String {
    format!("cannot start `{}`: {error}", spoken(command))
}

fn spoken(command: &Command) -> String {
    let name = Path::new(command.get_program()).file_name();
    let name = name.unwrap_or(command.get_program());
    let words = std::iter::once(name).chain(command.get_args());
    words
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}
