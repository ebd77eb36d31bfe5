//! The programs of the system that are run, and as whom.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::Outcome;

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
pub(crate) type User = Option<(u32, u32)>;

/// PostgreSQL refuses to run as root.
pub(crate) fn unprivileged_user() -> Outcome<User> {
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
pub(crate) fn command_as(user: User, program: &Path, folder: &Path) -> Command {
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

pub(crate) fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// Runs a program to its end and gives what it wrote to stdout.
pub(crate) fn output(command: &mut Command) -> Outcome<String> {
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
