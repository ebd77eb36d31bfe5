//! `latchkey backup` and `latchkey restore`: a SQLite database into a file, and back.

use std::path::PathBuf;

use clap::Args;
use latchkey_store::backup;

use super::say;
use crate::{
    config::{ConfigError, DatabaseArgs, MasterKeySource},
    master_key,
};

#[derive(Args)]
pub(super) struct BackupArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// The file to write. It must not exist yet.
    #[arg(long)]
    to: PathBuf,
}

#[derive(Args)]
pub(super) struct RestoreArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// The file that `latchkey backup` wrote.
    #[arg(long)]
    from: PathBuf,
}

pub(super) fn back_up(args: &BackupArgs) -> Result<(), ConfigError> {
    let (url, source) = args.database.check()?;
    let copied = backup::back_up(&url, &args.to).map_err(|e| ConfigError(e.to_string()))?;
    let to = args.to.display();
    say(format_args!(
        "{to}: {} keys, {} audit events, {} bytes",
        copied.keys, copied.last_event, copied.bytes
    ))?;
    // What most people learn on the day that they need it.
    let whose = match source {
        MasterKeySource::File(file) => format!("{}", file.display()),
        MasterKeySource::Given(_) => "LATCHKEY_MASTER_KEY".to_owned(),
    };
    say(format_args!(
        "The master key is not in it, and without that no key in it verifies: keep a copy of {whose}, in another place."
    ))
}

pub(super) fn restore(args: &RestoreArgs) -> Result<(), ConfigError> {
    let (url, source) = args.database.check()?;
    // Never a fresh one: it would not be the one that the copy was made with.
    let masters = master_key::obtain(&source, false)?;
    let copied =
        backup::restore(&args.from, &url, &masters).map_err(|e| ConfigError(e.to_string()))?;
    say(format_args!(
        "{url}: {} keys, {} audit events, {} bytes",
        copied.keys, copied.last_event, copied.bytes
    ))?;
    say(
        "Everything is as it was when the copy was made. Keys, tokens and secrets that were revoked, disabled or rotated \
         away after that are accepted again. Revoke them again before you start the server for others.",
    )
}
