//! The finished files, and the folder that they are in.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::{Outcome, compress};

/// The page, written after everything that it names.
const PAGE: &str = "index.html";

/// Every file of the bundle, by its path inside the folder.
#[derive(Default)]
pub struct Dist {
    files: BTreeMap<String, Vec<u8>>,
}

impl Dist {
    /// Takes a file that is named by its content, and gives the address under which a page finds it.
    pub fn add_asset(&mut self, stem: &str, extension: &str, content: Vec<u8>) -> String {
        let mut hash = String::new();
        for byte in Sha256::digest(&content).iter().take(8) {
            // Writing to a string cannot fail.
            let _ = write!(hash, "{byte:02x}");
        }
        let path = format!("assets/{stem}-{hash}.{extension}");
        let address = format!("/{path}");
        self.files.insert(path, content);
        address
    }

    /// Takes a file under this path.
    pub fn add(&mut self, path: &str, content: Vec<u8>) {
        self.files.insert(path.to_owned(), content);
    }

    /// Adds a `.br` and a `.gz` to each file, where that is smaller.
    pub fn compress(&mut self) -> Outcome {
        let mut more = BTreeMap::new();
        for (path, content) in &self.files {
            let all = [
                ("br", compress::brotli(content)?),
                ("gz", compress::gzip(content)?),
            ];
            for (extension, compressed) in all {
                if compressed.len() < content.len() {
                    more.insert(format!("{path}.{extension}"), compressed);
                }
            }
        }
        self.files.append(&mut more);
        Ok(())
    }

    /// Makes the folder hold these files and no others; names that begin with a dot are left alone.
    pub fn write(&self, folder: &Path) -> Outcome {
        fs::create_dir_all(folder.join("assets"))?;
        let is_page = |path: &str| path.starts_with(PAGE);
        let (pages, assets): (Vec<_>, Vec<_>) =
            self.files.iter().partition(|(path, _)| is_page(path));
        for (path, content) in assets.into_iter().chain(pages) {
            put(&folder.join(path), content)?;
        }
        for path in present(folder)?
            .into_iter()
            .chain(present(&folder.join("assets"))?)
        {
            let inside = path.strip_prefix(folder)?.to_string_lossy().into_owned();
            if !self.files.contains_key(&inside) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }
}

/// Writes a file as a whole: a reader finds the old one or the new one. The same bytes are not written again.
fn put(path: &Path, content: &[u8]) -> Outcome {
    if fs::read(path).is_ok_and(|present| present == content) {
        return Ok(());
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let unfinished = path.with_file_name(format!(".{name}"));
    fs::write(&unfinished, content)?;
    Ok(fs::rename(unfinished, path)?)
}

/// The files directly in a folder, but for those whose names begin with a dot.
fn present(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_file() && !entry.file_name().to_string_lossy().starts_with('.') {
            files.push(entry.path());
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_follows_the_content() {
        let mut dist = Dist::default();
        let one = dist.add_asset("a", "css", b"one".to_vec());
        let two = dist.add_asset("a", "css", b"two".to_vec());
        assert_ne!(one, two);
        assert_eq!(one, "/assets/a-7692c3ad3540bb80.css");
    }

    #[test]
    fn the_folder_holds_the_last_bundle_only() {
        let folder = std::env::temp_dir().join(format!("latchkey-bundle-{}", std::process::id()));
        let mut first = Dist::default();
        first.add_asset("a", "css", vec![b'a'; 100]);
        first.compress().unwrap();
        first.write(&folder).unwrap();
        fs::write(folder.join(".stamp"), "kept").unwrap();
        let mut second = Dist::default();
        let kept = second.add_asset("b", "css", b"b".to_vec());
        second.add(PAGE, b"page".to_vec());
        second.write(&folder).unwrap();
        let mut names: Vec<_> = [folder.clone(), folder.join("assets")]
            .iter()
            .flat_map(|inside| present(inside).unwrap())
            .map(|path| format!("/{}", path.strip_prefix(&folder).unwrap().display()))
            .collect();
        names.sort();
        assert_eq!(names, [kept, format!("/{PAGE}")]);
        assert!(folder.join(".stamp").exists());
        fs::remove_dir_all(folder).unwrap();
    }
}
