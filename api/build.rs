//! Lists the browser app's files for `src/handlers/assets.rs`, which compiles them into the server.
//!
//! No folder, no app: the server is built all the same, and says so at its root. This is all that a package such as
//! rust-embed would do here; that one would have to be told of new names by such a script, too.

use std::env;
use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let package = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let dist = package.join("../frontend/dist");
    // A name that is not there counts as changed each time, so until these are there their parent is watched.
    let watched: &[&str] = match dist.join("index.html").is_file() {
        true => &["dist/index.html", "dist/assets"],
        false => &[""],
    };
    for name in watched {
        let path = package.join("../frontend").join(name);
        writeln!(io::stdout(), "cargo::rerun-if-changed={}", path.display())?;
    }
    let mut names = Vec::new();
    for folder in ["", "assets/"] {
        collect(&dist, folder, &mut names)?;
    }
    names.sort();
    let mut list = String::from("[\n");
    for name in names {
        let path = dist.join(&name);
        list += &format!("    ({name:?}, include_bytes!({path:?}).as_slice()),\n");
    }
    list += "]\n";
    let out = Path::new(&env::var("OUT_DIR")?).join("bundle.rs");
    Ok(fs::write(out, list)?)
}

/// The files directly in a folder of the bundle; names that begin with a dot are the build's own.
fn collect(dist: &Path, folder: &str, names: &mut Vec<String>) -> io::Result<()> {
    let entries = match fs::read_dir(dist.join(folder)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_file() && !name.starts_with('.') {
            names.push(format!("{folder}{name}"));
        }
    }
    Ok(())
}
