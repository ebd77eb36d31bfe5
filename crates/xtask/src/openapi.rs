//! `openapi.yaml` and `openapi-3.0.json` are what the code says: written by `latchkey openapi`, committed, and compared
//! by the tests.

use std::fs;

use crate::packages;
use crate::shell::{self, Outcome, cargo, finished, output, program, root, say};

/// The files, and the form of each as `latchkey openapi` knows it.
const FILES: [(&str, &str); 2] = [("openapi.yaml", "yaml"), ("openapi-3.0.json", "json-3.0")];

/// Builds the server and writes both.
pub fn write() -> Outcome {
    build()?;
    for (file, form) in FILES {
        fs::write(root()?.join(file), generated(form)?)?;
        say(&format!("wrote {file}"));
    }
    Ok(())
}

/// Builds the server and fails if one of them is not what it says.
pub fn check() -> Outcome {
    build()?;
    check_built()
}

/// The same with the server as it was built last.
pub fn check_built() -> Outcome {
    for (file, form) in FILES {
        let generated = generated(form)?;
        let committed = fs::read_to_string(root()?.join(file)).unwrap_or_default();
        if let Some(line) = first_difference(&committed, &generated) {
            return Err(
                format!("{file} is stale from line {line} on; run: cargo xtask openapi").into(),
            );
        }
    }
    Ok(())
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

fn generated(form: &str) -> Outcome<String> {
    output(program(finished("debug", "latchkey")?)?.args(["openapi", "--form", form]))
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
