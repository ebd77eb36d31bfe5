//! The master key's file: created once, readable by its owner only, on the disk before the first answer; written anew
//! when the key is replaced.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown},
    path::{Path, PathBuf},
};

use latchkey_keys::{MasterKey, MasterKeys};
use latchkey_store::{OpenError, master_keys::Spare};
use zeroize::Zeroizing;

use crate::config::{ConfigError, MasterKeySource};

/// The master keys, from their setting or their file, the newest first. With `create`, a missing file is made.
///
/// # Errors
/// A sentence that names the file and says what to do; never the key.
pub fn obtain(source: &MasterKeySource, create: bool) -> Result<MasterKeys, ConfigError> {
    match source {
        MasterKeySource::Given(text) => {
            MasterKeys::parse(text).map_err(|e| ConfigError(format!("master_key: {e}")))
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

/// Says which of the given keys have no use.
pub fn warn_of_spare(spare: Spare) {
    if spare.is_pending {
        tracing::warn!(
            "the first master key is not in use yet: the server goes on with the one before it; \
             to finish the replacement, stop it and run `latchkey master-key replace`"
        );
    }
    if spare.retired > 0 {
        tracing::warn!(
            keys = spare.retired,
            "retired master keys are still given to the server: it does without them, so take them out"
        );
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

/// Writes a file of keys anew: beside it, on the disk, and then in its place, so that it is always whole. It stays its
/// owner's, and is readable by nobody else. Where there is none, it is made.
///
/// # Errors
/// A sentence that names the file; then it is as it was.
pub fn replace(path: &Path, keys: &MasterKeys) -> Result<(), ConfigError> {
    // A link stays a link: what it leads to is written.
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let aside = aside(path);
    let owner = fs::metadata(path).ok();
    let written = write_aside(&aside, &keys.to_text())
        .and_then(|file| keep_owner(&file, owner.as_ref()))
        .and_then(|()| fs::rename(&aside, path));
    if written.is_err() {
        let _ = fs::remove_file(&aside);
    }
    written
        .and_then(|()| File::open(folder_of(path))?.sync_all())
        .map_err(|e| {
            ConfigError(format!(
                "master_key_file: {}: can't be written anew ({e})",
                path.display()
            ))
        })
}

/// Whoever writes it may be root, and then the server could not read it any more.
fn keep_owner(file: &File, before: Option<&fs::Metadata>) -> io::Result<()> {
    let Some(before) = before else {
        return Ok(());
    };
    let made = file.metadata()?;
    if (made.uid(), made.gid()) == (before.uid(), before.gid()) {
        return Ok(());
    }
    fchown(file, Some(before.uid()), Some(before.gid()))
}

fn from_file(path: &Path, create: bool) -> Result<MasterKeys, String> {
    match File::open(path) {
        Ok(file) => read(file),
        Err(e) if e.kind() == io::ErrorKind::NotFound && create => make(path),
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            Err("is missing; put it back, or start the server once to create it".to_owned())
        }
        Err(e) => Err(format!("can't be opened ({e}); let this user read it")),
    }
}

fn read(mut file: File) -> Result<MasterKeys, String> {
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
    MasterKeys::parse(&text).map_err(|e| e.to_string())
}

fn make(path: &Path) -> Result<MasterKeys, String> {
    let key = MasterKey::generate(getrandom::fill).map_err(|e| format!("no randomness ({e})"))?;
    let keys = MasterKeys::from(key);
    write(path, &keys).map_err(|e| format!("can't be created ({e})"))?;
    Ok(keys)
}

/// Written aside and then linked into place: a crash half-way never leaves a short key behind, and two
/// first starts at once agree on one key or fail.
fn write(path: &Path, keys: &MasterKeys) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    let folder = folder_of(path);
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    let aside = aside(path);
    let written = write_aside(&aside, &keys.to_text()).and_then(|_| fs::hard_link(&aside, path));
    fs::remove_file(&aside)?;
    written?;
    File::open(folder)?.sync_all()
}

fn write_aside(aside: &Path, text: &str) -> io::Result<File> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(aside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(file)
}

fn aside(path: &Path) -> PathBuf {
    path.with_extension(format!("{}.new", std::process::id()))
}

fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
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
        assert_eq!(first.check_values(), again.check_values());
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
    fn a_file_is_written_anew_where_it_is_and_stays_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("latchkey.key");
        let link = folder.path().join("link.key");
        let source = MasterKeySource::File(path.clone());
        let first = obtain(&source, true).unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let newer = MasterKey::from_bytes([7; 32]);
        let wanted = [newer.check_value(), first.check_values()[0]];
        replace(&link, &first.succeeded_by(newer)).unwrap();
        assert_eq!(obtain(&source, false).unwrap().check_values(), wanted);
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        let nowhere = folder.path().join("missing/latchkey.key");
        let refused = replace(&nowhere, &obtain(&source, false).unwrap());
        assert!(refused.err().unwrap().0.contains("missing/latchkey.key"));
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
