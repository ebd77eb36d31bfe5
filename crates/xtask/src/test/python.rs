//! Python packages that tests use, each set in a virtual environment of its own in the target directory.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::shell::{self, Outcome, output, program, root, say, target, which};

/// The oldest Python that the packages and the tests run on.
const OLDEST: (u32, u32) = (3, 11);

/// A set of packages.
#[derive(Clone, Copy)]
pub struct Environment {
    /// The folder in the target directory.
    name: &'static str,
    /// What to install, each file known by its hash.
    requirements: &'static str,
}

/// The official Python SDK of MCP.
pub const MCP: Environment = Environment {
    name: "mcp-python",
    requirements: "e2e/mcp/requirements.txt",
};

/// Schemathesis, which holds the server against its description.
pub const CONTRACT: Environment = Environment {
    name: "contract-python",
    requirements: "e2e/contract/requirements.txt",
};

/// The generator of clients, a program in Java that PyPI has.
pub const CLIENTS: Environment = Environment {
    name: "clients-python",
    requirements: "e2e/clients/requirements.txt",
};

/// What of it is written into the environment when it is finished.
const INSTALLED: &str = "installed-requirements.txt";

/// Whether there is a Python that can make virtual environments; Debian has that in a package of its own.
pub fn can_make_environments() -> bool {
    which("python3").is_some_and(|python| {
        shell::succeeds(Command::new(python).args(["-c", "import venv, ensurepip"]))
    })
}

/// Installs every set, unless it is there already.
pub fn install() -> Outcome {
    let version = output(
        program("python3")?.args(["-c", "import sys; print('%d.%d' % sys.version_info[:2])"]),
    )?;
    if parse(&version).is_none_or(|version| version < OLDEST) {
        let (major, minor) = OLDEST;
        return Err(format!(
            "Python {} is too old; install {major}.{minor} or newer",
            version.trim()
        )
        .into());
    }
    [MCP, CONTRACT, CLIENTS]
        .iter()
        .try_for_each(|environment| environment.install(&version))
}

impl Environment {
    /// The Python with the packages.
    pub fn interpreter(self) -> Outcome<PathBuf> {
        Ok(self.folder()?.join("bin/python"))
    }

    fn install(self, version: &str) -> Outcome {
        let requirements = root()?.join(self.requirements);
        // The environment belongs to one Python: another one cannot use its packages.
        let wanted = format!("{version}{}", fs::read_to_string(&requirements)?);
        let folder = self.folder()?;
        let installed = folder.join(INSTALLED);
        if fs::read_to_string(&installed).is_ok_and(|installed| installed == wanted) {
            return Ok(());
        }
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        say(&format!(
            "installing the Python packages of {}",
            self.requirements
        ));
        shell::run(program("python3")?.args(["-m", "venv"]).arg(&folder))?;
        shell::run(&mut pip(&folder, &requirements)?)?;
        Ok(fs::write(installed, wanted)?)
    }

    fn folder(self) -> Outcome<PathBuf> {
        Ok(target()?.join(self.name))
    }
}

/// Installs files that are known by their hashes, and runs no code of theirs.
fn pip(folder: &Path, requirements: &Path) -> Outcome<Command> {
    let mut command = program(folder.join("bin/python"))?;
    command
        .args(["-m", "pip", "install", "--quiet", "--no-input"])
        .args(["--disable-pip-version-check", "--require-hashes"])
        .args(["--only-binary", ":all:", "-r"])
        .arg(requirements);
    Ok(command)
}

/// Major and minor of `3.11`.
fn parse(version: &str) -> Option<(u32, u32)> {
    let (major, minor) = version.trim().split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pythons_version_is_compared_by_number() {
        assert_eq!(parse("3.11\n"), Some((3, 11)));
        assert!(parse("3.9").is_some_and(|version| version < OLDEST));
        assert_eq!(parse("three"), None);
    }
}
