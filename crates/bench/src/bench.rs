//! What all suites share: how long, with what, on which cores, and where files go.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::{Outcome, args::Options, ground, machine};

/// The core that whatever is measured runs on.
pub const SERVER_CORE: &str = "0";
/// The core of wrk, and of the bench itself.
pub const LOAD_CORE: &str = "1";
/// Keys in a suite that doesn't say otherwise.
const KEYS: usize = 100_000;

/// A run of the bench.
pub struct Bench {
    options: Options,
    folder: TempDir,
}

impl Bench {
    /// Looks whether this machine and this build can be measured at all.
    ///
    /// # Errors
    /// A sentence that says what is missing.
    pub fn new(options: Options) -> Outcome<Self> {
        ground::check(&options.server)?;
        machine::pin_this_process(LOAD_CORE)?;
        // Not in the system's temporary folder, which is often in memory: there a durable write costs nothing.
        let folder = TempDir::with_prefix_in("bench-", target(&options.server))?;
        Ok(Self { options, folder })
    }

    /// Rounds in which each contender is timed once.
    pub fn rounds(&self) -> u32 {
        if self.options.quick {
            1
        } else {
            self.options.rounds
        }
    }

    /// Seconds that each is timed in a round.
    pub fn seconds(&self) -> u32 {
        if self.options.quick {
            1
        } else {
            self.options.seconds
        }
    }

    /// Whether this only shows that everything runs.
    pub fn is_quick(&self) -> bool {
        self.options.quick
    }

    /// `wanted`, or a twentieth of it if this is quick: for numbers of keys, calls and streams.
    pub fn many(&self, wanted: usize) -> usize {
        if self.options.quick {
            wanted.div_ceil(20)
        } else {
            wanted
        }
    }

    /// Keys in a suite that doesn't say otherwise.
    pub fn keys(&self) -> usize {
        self.many(KEYS)
    }

    /// The repository's top folder.
    pub fn root(&self) -> &Path {
        &self.options.root
    }

    /// The built server.
    pub fn server(&self) -> &Path {
        &self.options.server
    }

    /// The target directory, in which the Python environments of peers are.
    pub fn target(&self) -> PathBuf {
        target(&self.options.server).to_path_buf()
    }

    /// A new folder that goes with the bench.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn folder(&self, name: &str) -> Outcome<TempDir> {
        Ok(TempDir::with_prefix_in(
            format!("{name}-"),
            self.folder.path(),
        )?)
    }
}

/// The target directory that the server was built in.
fn target(server: &Path) -> &Path {
    let folder = server.parent().and_then(Path::parent);
    folder.unwrap_or_else(|| Path::new("target"))
}
