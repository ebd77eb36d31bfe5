//! `openapi.yaml` is what the code says: written by `latchkey openapi`, committed, and compared by the tests.

use std::fs;
use std::path::PathBuf;

use crate::packages;
use crate::shell::{self, Outcome, cargo, finished, output, program, root, say};

/// Builds the server and writes `openapi.yaml`.
pub fn write() -> Outcome {
    build()?;
    fs::write(file()?, generated()?)?;
    say("wrote openapi.yaml");
    Ok(())
}

/// Builds the server and fails if `openapi.yaml` is not what it says.
pub fn check() -> Outcome {
    build()?;
    check_built()
}

/// The same with the server as it was built last.
pub fn check_built() -> Outcome {
    let generated = generated()?;
    let committed = fs::read_to_string(file()?).unwrap_or_default();
    match first_difference(&committed, &generated) {
        None => Ok(()),
        Some(line) => Err(format!(
            "openapi.yaml is stale from line {line} on; run: cargo xtask openapi"
        )
        .into()),
    }
}

/// Builds the server, as quickly as it can be: nothing here depends on its speed.
pub fn build() -> Outcome {
    packages::ensure(&[packages::LIBPQ])?;
    shell::run(&mut cargo(&[
        "build",
        "--package",
        "latchkey-api",
        "--bin",
        "latchkey",
    ])?)
}

fn generated() -> Outcome<String> {
    output(program(finished("debug", "latchkey")?)?.arg("openapi"))
}

fn file() -> Outcome<PathBuf> {
    Ok(root()?.join("openapi.yaml"))
}

/// The number of the first line that differs, counted from 1.
fn first_difference(committed: &str, generated: &str) -> Option<usize> {
    if committed == generated {
        return None;
    }
    let same = committed
        .lines()
        .zip(generated.lines())
        .take_while(|(left, right)| left == right);
    Some(same.count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_stale_line_is_named() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some(2));
        assert_eq!(first_difference("", "a\n"), Some(1));
        assert_eq!(first_difference("a\n", "a\nb\n"), Some(2));
    }
}
