//! Where the tests keep their databases and browser profiles for as long as they run.

use std::env;
use std::fs;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::{self, Command};

use crate::shell::{Outcome, output, program};

const PREFIX: &str = "latchkey-test-run-";
/// PostgreSQL's log of changes grows to 1 GiB, each of its databases has 8 MiB, and a browser's profile has 10.
const ROOM: u64 = 4 << 30;

/// A folder for temporary files that is removed when this is dropped. In memory where that has room for it: a server on a
/// disk waits a good part of its time for it, and tests that kill one end a process, which loses nothing that was written.
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes it, and removes those of runs that were killed.
    pub fn make() -> Outcome<Self> {
        let memory = Path::new("/dev/shm");
        let parent = match free(memory) {
            Ok(ROOM..) => memory.to_path_buf(),
            _ => env::temp_dir(),
        };
        remove_leftovers(&parent);
        let path = parent.join(format!("{PREFIX}{}", process::id()));
        // Others may pass through, since PostgreSQL's server runs as somebody else if we are root.
        fs::DirBuilder::new().mode(0o711).create(&path)?;
        Ok(Self(path))
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The command, which will put its temporary files there.
    pub fn lend_to(&self, mut command: Command) -> Command {
        command.env("TMPDIR", &self.0);
        command
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What stays is removed by the next run.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn free(folder: &Path) -> Outcome<u64> {
    let said = output(
        program("df")?
            .args(["--output=avail", "--block-size=1"])
            .arg(folder),
    )?;
    let number = said.lines().nth(1).unwrap_or_default().trim();
    Ok(number.parse().map_err(|_| format!("df said {said:?}"))?)
}

fn remove_leftovers(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else {
        return;
    };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_over = name
            .strip_prefix(PREFIX)
            .is_some_and(|pid| !Path::new("/proc").join(pid).exists());
        // Everybody may make such a name in these folders: only our own is removed.
        let is_ours = fs::symlink_metadata(&path).and_then(|theirs| {
            Ok(theirs.is_dir() && theirs.uid() == fs::metadata("/proc/self")?.uid())
        });
        if is_over && is_ours.unwrap_or_default() {
            let _ = fs::remove_dir_all(path);
        }
    }
}
