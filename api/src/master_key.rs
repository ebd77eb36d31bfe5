//! The master key's file: created once, readable by its owner only, on the disk before the first answer.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

use latchkey_keys::MasterKey;
use latchkey_store::OpenError;
use zeroize::Zeroizing;

use crate::config::{ConfigError, MasterKeySource};

/// The master key, from its setting or its file. With `create`, a missing file is made.
///
/// # Errors
/// A sentence that names the file and says what to do; never the key.
pub fn obtain(source: &MasterKeySource, create: bool) -> Result<MasterKey, ConfigError> {
    match source {
        MasterKeySource::Given(text) => {
            MasterKey::parse(text).map_err(|e| ConfigError(format!("master_key: {e}")))
        }
        MasterKeySource::File(path) => from_file(path, create)
            .map_err(|e| ConfigError(format!("master_key_file: {}: {e}", path.display()))),
    }
}

/// What a failed start says. A key that was made a moment ago can't be that of a database that has been used: it is taken
/// away again, so that nobody takes it for the good one.
#[must_use]
pub fn refusal(error: &OpenError, source: &MasterKeySource, was_there: bool) -> ConfigError {
    match source {
        MasterKeySource::File(path) if !was_there && *error == OpenError::WrongMasterKey => {
            let removed = fs::remove_file(path);
            ConfigError(format!(
                "master_key_file: {} is missing, and the database was made with one: put it back{}",
                path.display(),
                match removed {
                    Ok(()) => "",
                    Err(_) => " (and remove the file that was just made there)",
                }
            ))
        }
        _ => ConfigError(error.to_string()),
    }
}

/// Whether the key is there already, so that [`obtain`] would make none.
#[must_use]
pub fn is_there(source: &MasterKeySource) -> bool {
    match source {
        MasterKeySource::Given(_) => true,
        MasterKeySource::File(path) => path.exists(),
    }
}

fn from_file(path: &Path, create: bool) -> Result<MasterKey, String> {
    match File::open(path) {
        Ok(file) => read(file),
        Err(e) if e.kind() == io::ErrorKind::NotFound && create => make(path),
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            Err("is missing; put it back, or start the server once to create it".to_owned())
        }
        Err(e) => Err(format!("can't be opened ({e}); let this user read it")),
    }
}

fn read(mut file: File) -> Result<MasterKey, String> {
    let mode = file
        .metadata()
        .map_err(|e| e.to_string())?
        .permissions()
        .mode();
    if mode & 0o077 != 0 {
        return Err("can be read by others; run chmod 600 on it".to_owned());
    }
    let mut text = Zeroizing::new(String::new());
    file.read_to_string(&mut text)
        .map_err(|e| format!("can't be read ({e})"))?;
    MasterKey::parse(text.trim()).map_err(|e| e.to_string())
}

fn make(path: &Path) -> Result<MasterKey, String> {
    let key = MasterKey::generate(getrandom::fill).map_err(|e| format!("no randomness ({e})"))?;
    let folder = path
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    write(path, folder, &key).map_err(|e| format!("can't be created ({e})"))?;
    Ok(key)
}

/// Written aside and then linked into place: a crash half-way never leaves a short key behind, and two
/// first starts at once agree on one key or fail.
fn write(path: &Path, folder: &Path, key: &MasterKey) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    let aside = path.with_extension(format!("{}.new", std::process::id()));
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&aside)?;
    let text = key.to_text();
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| file.write_all(b"\n"))
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::hard_link(&aside, path));
    fs::remove_file(&aside)?;
    written?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_made_once_and_kept_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/latchkey.key");
        let source = MasterKeySource::File(path.clone());
        assert!(obtain(&source, false).is_err());
        let first = obtain(&source, true).unwrap();
        let again = obtain(&source, true).unwrap();
        assert_eq!(first.check_value(), again.check_value());
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(
            fs::read_dir(path.parent().unwrap()).unwrap().count(),
            1,
            "nothing is left aside"
        );
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("latchkey.key");
        let source = MasterKeySource::File(path.clone());
        obtain(&source, true).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(obtain(&source, true).err().unwrap().0.contains("chmod 600"));
    }

    #[test]
    fn a_short_file_is_named_and_its_content_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("latchkey.key");
        fs::write(&path, "deadbeef").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let message = obtain(&MasterKeySource::File(path), true).err().unwrap().0;
        assert!(
            message.contains("latchkey.key") && !message.contains("deadbeef"),
            "{message}"
        );
    }
}
