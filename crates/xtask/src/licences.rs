//! Holds every dependency's licence against the allow-list in `deny.toml`, without cargo-deny: a GPL or AGPL
//! package, or one from elsewhere than the default registry, fails on every machine.

use std::fs;

use crate::shell::{Outcome, cargo, output, root, say};

mod spdx;

/// Fails on a package whose licence is not allowed, and on one from another source than the default registry.
pub fn licences() -> Outcome {
    let deny = fs::read_to_string(root()?.join("deny.toml"))?;
    let allowed = allowed(&deny).ok_or("deny.toml has no list `allow` under [licenses]")?;
    let mut command = cargo(&[
        "tree",
        "--quiet",
        "--workspace",
        "--all-features",
        "--target",
        "all",
    ])?;
    command.args(["--edges", "all", "--prefix", "none", "--format", "{p}|{l}|"]);
    let tree = output(&mut command)?;
    let mut packages: Vec<(&str, &str)> = tree.lines().filter_map(package).collect();
    packages.sort_unstable();
    packages.dedup();
    let mut wrong: Vec<String> = packages
        .iter()
        .filter_map(|(name, licence)| refusal(name, licence, &allowed))
        .collect();
    wrong.extend(foreign_sources(&fs::read_to_string(
        root()?.join("Cargo.lock"),
    )?));
    if wrong.is_empty() {
        say(&format!(
            "{} packages, every licence is on deny.toml's list",
            packages.len()
        ));
        return Ok(());
    }
    Err(wrong.join("\n").into())
}

/// The strings of the `allow` list under `[licenses]`. It is the only thing needed of that file, and reading it so
/// keeps a TOML parser out of the build's first seconds.
fn allowed(deny: &str) -> Option<Vec<&str>> {
    let (_, section) = deny.split_once("[licenses]\n")?;
    let (_, list) = section.split_once("\nallow = [")?;
    let (list, _) = list.split_once(']')?;
    let entries = list
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default());
    Some(
        entries
            .flat_map(|entry| entry.split('"').skip(1).step_by(2))
            .collect(),
    )
}

/// Name with version, and licence, of a line of the tree.
fn package(line: &str) -> Option<(&str, &str)> {
    let mut fields = line.split('|');
    Some((fields.next()?, fields.next()?))
}

fn refusal(name: &str, licence: &str, allowed: &[&str]) -> Option<String> {
    match spdx::is_satisfied(licence, |one| allowed.contains(&one)) {
        Some(true) => None,
        Some(false) => Some(format!(
            "{name} is under `{licence}`, which deny.toml does not allow"
        )),
        None => Some(format!(
            "{name} does not say its licence in a way that can be read: `{licence}`"
        )),
    }
}

fn foreign_sources(lock: &str) -> Vec<String> {
    let sources = lock
        .lines()
        .filter_map(|line| line.strip_prefix("source = "));
    let mut foreign: Vec<String> = sources
        .filter(|source| *source != r#""registry+https://github.com/rust-lang/crates.io-index""#)
        .map(|source| {
            format!(
                "Cargo.lock takes a package from {source}; only the default registry is allowed"
            )
        })
        .collect();
    foreign.dedup();
    foreign
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_allow_list_is_read_with_comments_in_it() {
        let deny = "[bans]\nallow = [\n  \"x\",\n]\n[licenses]\nversion = 2\nallow = [\n    \"MIT\", # the \"usual\" one\n    \"ISC\",\n]\n";
        assert_eq!(allowed(deny), Some(vec!["MIT", "ISC"]));
        assert_eq!(allowed("[licenses]\n"), None);
    }

    #[test]
    fn copyleft_and_silence_are_refused() {
        let refused = |licence| refusal("x v1.0.0", licence, &["MIT", "Apache-2.0"]);
        assert_eq!(refused("MIT OR GPL-3.0-only"), None);
        assert!(
            refused("GPL-3.0-or-later")
                .unwrap()
                .contains("does not allow")
        );
        assert!(
            refused("MIT AND AGPL-3.0-only")
                .unwrap()
                .contains("does not allow")
        );
        assert!(refused("").unwrap().contains("does not say"));
    }

    #[test]
    fn a_package_from_a_git_address_is_refused() {
        let registry = "source = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
        assert!(foreign_sources(registry).is_empty());
        let git = format!("{registry}source = \"git+https://example.com/x#1\"\n");
        assert_eq!(foreign_sources(&git).len(), 1);
    }
}
