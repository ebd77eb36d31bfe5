//! `latchkey master-key …`: another master key in the place of the one that is in use, and the end of the old one.

mod retire;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use latchkey_keys::{KeyRing, MasterKey, MasterKeys};
use latchkey_store::{OpenError, Store, StoreError, master_keys, master_keys::Replaced};

use super::{Opened, open_with, say, sentence};
use crate::{
    audit, clock,
    config::{ConfigError, DatabaseArgs, MasterKeySource},
    error::ApiError,
    master_key,
    sealed::{self, Again},
};

#[derive(Subcommand)]
pub(super) enum MasterKeyCommand {
    /// Make a new master key and seal again what the old one sealed. Keys and tokens go on being accepted, people sign
    /// in again.
    Replace(ReplaceArgs),
    /// Do without the older master keys, once no key and no token needs them.
    Retire(retire::RetireArgs),
}

#[derive(Args)]
pub(super) struct ReplaceArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// The file to write the keys to, where the master key is in LATCHKEY_MASTER_KEY, which can't be written.
    #[arg(long)]
    to: Option<PathBuf>,
}

/// Why a command stops, as one sentence.
struct Stop(String);

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self(error.to_string())
    }
}

impl From<ApiError> for Stop {
    fn from(error: ApiError) -> Self {
        Self(sentence(error).0)
    }
}

impl From<Stop> for ConfigError {
    fn from(Stop(sentence): Stop) -> Self {
        Self(sentence)
    }
}

pub(super) fn master_key(command: MasterKeyCommand) -> Result<(), ConfigError> {
    match command {
        MasterKeyCommand::Replace(args) => replace(args),
        MasterKeyCommand::Retire(args) => retire::retire(&args),
    }
}

/// The file comes first: a key that sealed something and is nowhere would be lost with all of it. What stops behind that
/// leaves a key in the file that the database doesn't know, which is not used, and with which the next run goes on.
fn replace(args: ReplaceArgs) -> Result<(), ConfigError> {
    let Opened {
        store,
        masters,
        source,
    } = open_with(&args.database, false)?;
    let done = replace_in(&store, masters, &source, args.to.as_deref());
    store.close();
    tell(&done?, &source, args.to.as_deref())
}

/// What a replacement did.
struct Done {
    version: i32,
    replaced: Replaced,
    again: Vec<(&'static str, Again)>,
}

fn replace_in(
    store: &Store,
    masters: MasterKeys,
    source: &MasterKeySource,
    to: Option<&Path>,
) -> Result<Done, ConfigError> {
    let (masters, ring) = prepared(store, masters, source, to)?;
    let old = store.ring();
    let now = clock::now();
    let done = store.write(|tx| {
        let mut again = Vec::new();
        for column in &sealed::COLUMNS {
            again.push((column.what, column.seal_again(tx, &old, &ring)?));
        }
        let sealed: usize = again.iter().map(|(_, again)| again.sealed).sum();
        let replaced = master_keys::replace(tx, &ring, &masters, now, |replaced| {
            audit::by_cli(now, "master_key.replace")
                .with("version", ring.pepper_version)
                .with("sealed_again", sealed)
                .with("sessions_ended", replaced.sessions)
                .with("sign_in_links_ended", replaced.sign_in_links)
                .done()
        })?;
        Ok::<_, Stop>(Done {
            version: ring.pepper_version,
            replaced,
            again,
        })
    });
    Ok(done?)
}

/// The keys with a new one in front, which are where the server will look for them, and what is made of them.
fn prepared(
    store: &Store,
    masters: MasterKeys,
    source: &MasterKeySource,
    to: Option<&Path>,
) -> Result<(MasterKeys, KeyRing), ConfigError> {
    if let (MasterKeySource::File(path), Some(_)) = (source, to) {
        return Err(ConfigError(format!(
            "--to is for a master key in LATCHKEY_MASTER_KEY: {} is written anew without it",
            path.display()
        )));
    }
    if let Some(ring) = successor(store, &masters)? {
        return Ok((masters, ring));
    }
    let target = written_to(source, to).ok_or_else(not_writable)?;
    let is_beside = matches!(source, MasterKeySource::Given(_));
    if is_beside && target.exists() {
        return gone_on_with(store, target);
    }
    let newest = MasterKey::generate(getrandom::fill)
        .map_err(|e| ConfigError(format!("the system gave no randomness: {e}")))?;
    let masters = masters.succeeded_by(newest);
    master_key::replace(target, &masters)?;
    let ring = successor(store, &masters)?;
    let ring = ring.ok_or_else(|| ConfigError("the new master key is not new".to_owned()))?;
    Ok((masters, ring))
}

/// The file that the keys go to; `None` for a variable without `--to`.
fn written_to<'a>(source: &'a MasterKeySource, to: Option<&'a Path>) -> Option<&'a Path> {
    match source {
        MasterKeySource::File(path) => Some(path),
        MasterKeySource::Given(_) => to,
    }
}

/// A file that an earlier run with `--to` wrote before it was stopped.
fn gone_on_with(store: &Store, file: &Path) -> Result<(MasterKeys, KeyRing), ConfigError> {
    let masters = master_key::obtain(&MasterKeySource::File(file.to_owned()), false)?;
    let ring = store.read(|db| master_keys::successor(db, &masters));
    match ring {
        Ok(Some(ring)) => Ok((masters, ring)),
        Ok(None) | Err(_) => Err(ConfigError(format!(
            "--to: {} is there already, and is not what a replacement of this key left; name a new file",
            file.display()
        ))),
    }
}

fn successor(store: &Store, masters: &MasterKeys) -> Result<Option<KeyRing>, ConfigError> {
    store
        .read(|db| master_keys::successor(db, masters))
        .map_err(|e: OpenError| ConfigError(e.to_string()))
}

fn not_writable() -> ConfigError {
    ConfigError(
        "master_key: it comes from LATCHKEY_MASTER_KEY, which this command can't write. Run it with --to and a new file \
         for the keys, and then give the server that file (LATCHKEY_MASTER_KEY_FILE) in the variable's place; or put a \
         new key of 64 random hex digits in front of the old one in the variable, a comma between them, and run this \
         again with it"
            .to_owned(),
    )
}

fn tell(done: &Done, source: &MasterKeySource, to: Option<&Path>) -> Result<(), ConfigError> {
    say(format_args!(
        "The master key was replaced: version {} is in use from the next start on.",
        done.version
    ))?;
    for (what, again) in &done.again {
        say(format_args!("Sealed again: {} {what}.", again.sealed))?;
        if !again.left.is_empty() {
            say(format_args!(
                "The old key didn't open the {what} of {}: they are as they were, and have to be set again.",
                again.left.join(", ")
            ))?;
        }
    }
    let ended = &done.replaced;
    say(format_args!(
        "Ended, because it was bound to the old key: {} browser sessions, {} sign-in links, {} remembered \
         Idempotency-Keys, the sessions of MCP clients, and all recovery codes of second factors. People sign in again, \
         and who wants new recovery codes turns the second factor off and on.",
        ended.sessions, ended.sign_in_links, ended.outcomes
    ))?;
    let place = written_to(source, to).map_or_else(
        || "LATCHKEY_MASTER_KEY".to_owned(),
        |path| path.display().to_string(),
    );
    say(format_args!(
        "Keys and tokens go on being accepted. For those that there are, the old key stays in {place}, behind the new \
         one, until `latchkey master-key retire`. Keep a copy of both, apart from the database: backups that were made \
         before need the old one."
    ))?;
    if let (MasterKeySource::Given(_), Some(path)) = (source, to) {
        say(format_args!(
            "Start the server with LATCHKEY_MASTER_KEY_FILE={} and without LATCHKEY_MASTER_KEY.",
            path.display()
        ))?;
    }
    Ok(())
}
