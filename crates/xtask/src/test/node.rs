//! The tools that npm installs in `e2e/`: the API description's linter, the browser tests and the MCP clients.

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use super::{clients, python};
use crate::packages;
use crate::shell::{self, Outcome, output, program, root, which};

/// The oldest Node.js that both packages run on.
const OLDEST: (u32, u32) = (20, 19);

/// Installs what the lock file names, unless that is there already.
pub fn install() -> Outcome {
    let version = output(program("node")?.arg("--version"))?;
    if parse(&version).is_none_or(|version| version < OLDEST) {
        let (major, minor) = OLDEST;
        return Err(format!(
            "Node.js {} is too old; install {major}.{minor} or newer",
            version.trim()
        )
        .into());
    }
    let folder = folder()?;
    let wanted = fs::read(folder.join("package-lock.json"))?;
    // npm ci deletes node_modules first, so a half-finished one has no such copy.
    let installed = folder.join("node_modules/.installed-lock.json");
    if fs::read(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let npm = which("npm").ok_or("npm is not installed")?;
    shell::run(program(npm)?.arg("ci").current_dir(&folder))?;
    Ok(fs::write(installed, wanted)?)
}

/// Lints `openapi.yaml`; an error fails, a warning is shown.
pub fn lint() -> Outcome {
    let redocly = folder()?.join("node_modules/@redocly/cli/bin/cli.js");
    let mut command = program("node")?;
    command
        .arg(redocly)
        .args(["lint", "openapi.yaml", "--config", "e2e/redocly.yaml"]);
    // Both would call out of the machine.
    command
        .env("REDOCLY_TELEMETRY", "off")
        .env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true");
    shell::run(&mut command)
}

/// The tests with browsers and MCP clients against a built server.
pub fn browser_tests(server: &Path) -> Outcome<Command> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder()?.join("tests"))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.to_string_lossy().ends_with(".test.mjs"))
        .collect();
    files.sort();
    let mut command = with_a_browser(server)?;
    command.args(["--test", "--test-reporter=spec"]);
    // Its own choice leaves one core idle.
    let at_once = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    command.arg(format!("--test-concurrency={at_once}"));
    command.args(files);
    Ok(command)
}

/// Takes the pictures.
pub fn screenshots(server: &Path) -> Outcome<Command> {
    let mut command = with_a_browser(server)?;
    command.arg(folder()?.join("screenshots.mjs"));
    Ok(command)
}

/// Node.js, with what the scripts in `e2e/` read.
fn with_a_browser(server: &Path) -> Outcome<Command> {
    let chromium = packages::chromium().ok_or("Chromium is not installed")?;
    let mut command = program("node")?;
    command
        .env("LATCHKEY_BIN", server)
        .env("CHROMIUM", chromium)
        .env("MCP_PYTHON", python::MCP.interpreter()?)
        .env("LATCHKEY_RUST_CLIENT", clients::rust()?)
        .env("OPENAPI_GENERATOR_JAR", clients::generator()?);
    Ok(command)
}

fn folder() -> Outcome<PathBuf> {
    Ok(root()?.join("e2e"))
}

/// Major and minor of `v20.20.2`.
fn parse(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version
        .trim()
        .trim_start_matches('v')
        .split('.')
        .map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_version_is_compared_by_number() {
        assert_eq!(parse("v20.20.2\n"), Some((20, 20)));
        assert!(parse("v9.99.0").is_some_and(|version| version < OLDEST));
        assert_eq!(parse("twenty"), None);
    }
}
