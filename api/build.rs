//! Lists files that are compiled into the server: the browser app's for `src/handlers/assets.rs`, the user guide's for
//! `src/handlers/guides.rs`.
//!
//! No folder of the app's, no app: the server is built all the same, and says so at its root. This is all that a
//! package such as rust-embed would do here; that one would have to be told of new names by such a script, too.

use std::env;
use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let package = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    list_app(&package.join("../frontend"), &out.join("bundle.rs"))?;
    list_guides(&package.join("../docs/guides"), &out.join("guides.rs"))?;
    Ok(())
}

/// The browser app's files: those in `dist/` and in `dist/assets/`.
fn list_app(frontend: &Path, list: &Path) -> io::Result<()> {
    let dist = frontend.join("dist");
    // A name that is not there counts as changed each time, so until these are there their parent is watched.
    let watched: &[&str] = match dist.join("index.html").is_file() {
        true => &["dist/index.html", "dist/assets"],
        false => &[""],
    };
    for name in watched {
        watch(&frontend.join(name))?;
    }
    let mut names = Vec::new();
    for folder in ["", "assets/"] {
        collect(&dist, folder, &mut names)?;
    }
    write(list, &dist, names)
}

/// The guides, their pictures and the files that they offer. A new one needs no word anywhere but in a guide.
fn list_guides(guides: &Path, list: &Path) -> io::Result<()> {
    // With all that is below it.
    watch(guides)?;
    let mut names = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        folders.extend(collect(guides, &folder, &mut names)?);
    }
    write(list, guides, names)
}

fn watch(path: &Path) -> io::Result<()> {
    writeln!(io::stdout(), "cargo::rerun-if-changed={}", path.display())
}

/// Takes the files directly in a folder, and gives the folders in it. Names that begin with a dot are of no use to the
/// server: a build's own, or an editor's.
fn collect(root: &Path, folder: &str, names: &mut Vec<String>) -> io::Result<Vec<String>> {
    let mut folders = Vec::new();
    let entries = match fs::read_dir(root.join(folder)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(folders),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type()?;
        if name.starts_with('.') {
            continue;
        }
        if kind.is_file() {
            names.push(format!("{folder}{name}"));
        } else if kind.is_dir() {
            folders.push(format!("{folder}{name}/"));
        }
    }
    Ok(folders)
}

/// Writes the names in order, each with what it holds, as an array for `include!`.
fn write(list: &Path, root: &Path, mut names: Vec<String>) -> io::Result<()> {
    names.sort();
    let mut text = String::from("[\n");
    for name in names {
        let path = root.join(&name);
        text += &format!("    ({name:?}, include_bytes!({path:?}).as_slice()),\n");
    }
    text += "]\n";
    fs::write(list, text)
}
