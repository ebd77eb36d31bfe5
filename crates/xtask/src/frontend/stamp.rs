//! Remembers what the bundle was made from.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use super::{Build, files_below};
use crate::shell::{Outcome, root};

/// Whatever changes the bundle's bytes.
const SOURCES: &[&str] = &[
    "frontend",
    "crates/types",
    "crates/bundle",
    "Cargo.toml",
    "Cargo.lock",
];

/// Its file in the bundle's folder. The server leaves out names that begin with a dot.
const FILE: &str = ".stamp";

/// The sources as one number: their paths and contents, since times change with every checkout.
#[derive(Clone, PartialEq, Eq)]
pub struct Stamp(String);

impl Stamp {
    /// That of the sources as they are.
    pub fn now(build: Build) -> Outcome<Stamp> {
        let root = root()?;
        let mut hasher = DefaultHasher::new();
        for source in SOURCES {
            for path in files_below(&root.join(source))? {
                path.strip_prefix(&root)?.hash(&mut hasher);
                // A file that goes away meanwhile, as an editor's do, changes the next stamp.
                fs::read(&path).unwrap_or_default().hash(&mut hasher);
            }
        }
        Ok(Stamp(format!(
            "{} {:016x}",
            build.profile(),
            hasher.finish()
        )))
    }

    /// Whether this folder's bundle was made from these sources.
    pub fn is_on(&self, dist: &Path) -> bool {
        let present = fs::read_to_string(dist.join(FILE));
        present.is_ok_and(|present| present == self.0) && dist.join("index.html").is_file()
    }

    /// Says so of this folder.
    pub fn put_on(&self, dist: &Path) -> Outcome {
        Ok(fs::write(dist.join(FILE), &self.0)?)
    }
}
