//! A cluster's folder and the files in it, which nobody else may read.

use std::{
    fs,
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, chown},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use crate::{Outcome, programs::User};

/// The folder's name before the process id.
pub(crate) const PREFIX: &str = "latchkey-test-postgres-";
/// A directory that is removed when dropped.
pub(crate) struct Directory(pub(crate) PathBuf);

impl Directory {
    pub(crate) fn create(parent: &Path, user: User) -> Outcome<Directory> {
        // Several tests of one process may have one each.
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = parent.join(format!("{PREFIX}{}-{count}", std::process::id()));
        fs::DirBuilder::new().mode(0o700).create(&path)?;
        let directory = Directory(path);
        give(user, &directory.0)?;
        Ok(directory)
    }

    pub(crate) fn data(&self) -> PathBuf {
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
pub(crate) fn private_file(path: &Path, text: &str, user: User) -> Outcome {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options.open(path)?.write_all(text.as_bytes())?;
    give(user, path)
}

/// Removes what a run that was killed has left: its process no longer exists.
pub(crate) fn remove_leftovers(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else {
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
