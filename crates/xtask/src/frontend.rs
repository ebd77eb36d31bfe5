//! The browser app: compiled to WebAssembly, then made into the files of `frontend/dist/`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::shell::{self, Outcome, cargo, finished, program, root, say};

pub mod dev;
pub mod sizes;
mod stamp;
mod wasm;

use stamp::Stamp;
pub use wasm::debian_can;

/// The package, and the name of its only program.
const PACKAGE: &str = "latchkey-frontend";

/// How the app is built.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Build {
    /// As it is shipped: small, and compressed beforehand.
    Small,
    /// As soon as possible, for somebody who waits for it.
    Quick,
}

impl Build {
    /// The profile's name in the workspace's Cargo.toml.
    fn profile(self) -> &'static str {
        match self {
            Build::Small => "wasm-release",
            Build::Quick => "wasm-dev",
        }
    }
}

/// Builds what is shipped, unless it is there already.
pub fn frontend() -> Outcome {
    match build(Build::Small)? {
        true => say("the browser app is in frontend/dist/"),
        false => say("the browser app is up to date"),
    }
    Ok(())
}

/// Builds the bundle, and says whether there was anything to do.
///
/// cargo knows by itself what is up to date, yet asking it takes seconds, and `run` and `test` ask each time.
pub fn build(build: Build) -> Outcome<bool> {
    let stamp = Stamp::now(build)?;
    if stamp.is_on(&dist()?) {
        return Ok(false);
    }
    say("building the browser app");
    let mut command = wasm::cargo_build(&target()?, build == Build::Small)?;
    shell::run(command.args(["--package", PACKAGE, "--profile", build.profile()]))?;
    bundle(build)?;
    stamp.put_on(&dist()?)?;
    Ok(true)
}

fn bundle(build: Build) -> Outcome {
    shell::run(&mut cargo(&["build", "--package", "latchkey-bundle"])?)?;
    let module = target()?
        .join(wasm::TARGET)
        .join(build.profile())
        .join(PACKAGE)
        .with_extension("wasm");
    let mut bundler = program(finished("debug", "latchkey-bundle")?)?;
    bundler.arg(module).arg("frontend");
    if build == Build::Quick {
        bundler.arg("--quick");
    }
    shell::run(&mut bundler)
}

/// Where the finished files are.
fn dist() -> Outcome<PathBuf> {
    Ok(root()?.join("frontend/dist"))
}

/// A target directory of its own: another compiler may build the app than the one that builds the server, and
/// neither has to wait for the other.
fn target() -> Outcome<PathBuf> {
    Ok(shell::target()?.join("wasm"))
}

/// Every file below a folder, or the file itself, in order; what is built there is left out.
fn files_below(path: &Path) -> Outcome<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_path_buf()]);
    }
    let mut entries: Vec<PathBuf> = fs::read_dir(path)
        .map_err(|error| format!("{}: {error}", path.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| !path.ends_with("frontend/dist"))
        .collect();
    entries.sort();
    let mut files = Vec::new();
    for entry in entries {
        files.extend(files_below(&entry)?);
    }
    Ok(files)
}
