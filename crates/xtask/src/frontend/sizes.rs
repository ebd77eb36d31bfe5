//! What the bundle weighs, and the most that it may.

use std::fs;
use std::path::PathBuf;

use super::{Build, build, dist};
use crate::shell::{Outcome, say};

/// The most that a browser may have to load, in bytes as Brotli sends them.
const BUDGETS: [(&[&str], usize); 2] = [(&["wasm"], 200_000), (&["js", "css"], 20_000)];

/// Prints each file's size and fails beyond a budget.
pub fn sizes() -> Outcome {
    build(Build::Small)?;
    let files = files()?;
    say(&format!("{:>9} {:>9}", "raw", "brotli"));
    for file in &files {
        say(&format!("{:9} {:9}  {}", file.raw, file.sent, file.name));
    }
    let mut wrong = Vec::new();
    for (kinds, budget) in BUDGETS {
        let sent = total(&files, kinds);
        let kinds = kinds.join(" and ");
        say(&format!("{kinds}: {sent} of {budget} bytes"));
        if sent == 0 || sent > budget {
            wrong.push(format!("{kinds}: {sent} bytes, and the budget is {budget}"));
        }
    }
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(wrong.join("; ").into()),
    }
}

struct File {
    name: String,
    raw: usize,
    /// Brotli's size; the raw one where compressing gains nothing.
    sent: usize,
}

fn total(files: &[File], kinds: &[&str]) -> usize {
    let kind = |file: &File| {
        kinds
            .iter()
            .any(|kind| file.name.ends_with(&format!(".{kind}")))
    };
    files
        .iter()
        .filter(|file| kind(file))
        .map(|file| file.sent)
        .sum()
}

fn files() -> Outcome<Vec<File>> {
    let dist = dist()?;
    let mut paths: Vec<PathBuf> = fs::read_dir(dist.join("assets"))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    paths.push(dist.join("index.html"));
    paths.sort();
    let size = |path: String| Some(fs::metadata(path).ok()?.len() as usize);
    let file = |path: &PathBuf| {
        let raw = size(path.display().to_string())?;
        Some(File {
            name: path.file_name()?.to_string_lossy().into_owned(),
            raw,
            sent: size(format!("{}.br", path.display())).unwrap_or(raw),
        })
    };
    let is_compressed = |path: &&PathBuf| {
        path.extension()
            .is_some_and(|end| end == "br" || end == "gz")
    };
    Ok(paths
        .iter()
        .filter(|path| !is_compressed(path))
        .filter_map(file)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_added_up() {
        let file = |name: &str, sent| File {
            name: name.to_owned(),
            raw: 1000,
            sent,
        };
        let files = [
            file("a.js", 1),
            file("b.css", 2),
            file("c.wasm", 4),
            file("js", 8),
        ];
        assert_eq!(total(&files, &["js", "css"]), 3);
        assert_eq!(total(&files, &["wasm"]), 4);
    }
}
