//! `latchkey master-key retire`: the end of the older master keys, and perhaps of what still needs them.

use std::collections::BTreeSet;

use clap::{Args, ValueEnum};
use latchkey_store::{
    Store, Tx, keys, keys::StoredKey, master_keys, master_keys::Needing, new_id, receipts,
    receipts::StoredReceipt, tokens,
};
use latchkey_types::{
    KeyId, SecretId, Timestamp,
    receipt::{ReceiptKind, RevokeReason},
};

use super::Stop;
use crate::{
    audit,
    cli::{Opened, open_with, say},
    clock,
    config::{ConfigError, DatabaseArgs, MasterKeySource},
    error::ApiError,
    master_key,
};

/// So many ids are named in one sentence.
const NAMED: usize = 20;

#[derive(Args)]
pub(in crate::cli) struct RetireArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// Revoke the keys and tokens that still need an older master key, and end such overlaps.
    #[arg(long)]
    revoke_remaining: bool,
    /// Why they are revoked.
    #[arg(long, value_enum, default_value_t = Reason::Other, requires = "revoke_remaining")]
    reason: Reason,
}

#[derive(Clone, Copy, ValueEnum)]
enum Reason {
    /// Somebody else may know the secrets.
    Compromised,
    /// Others took their place.
    Rotated,
    /// Nobody needs them.
    Unused,
    /// Not said.
    Other,
}

/// What was retired.
struct Done {
    versions: Vec<i32>,
    ended: usize,
    broken_at: Option<i64>,
}

/// The database comes first: once nothing in it needs a key any more, that key in the file does no harm.
pub(super) fn retire(args: &RetireArgs) -> Result<(), ConfigError> {
    let Opened {
        store,
        masters,
        source,
    } = open_with(&args.database, false)?;
    let done = retire_in(&store, args);
    let has_older = masters.iter().nth(1).is_some();
    store.close();
    let done = done?;
    if done.versions.is_empty() {
        say("There is no older master key in use.")?;
    } else {
        let versions: Vec<String> = done.versions.iter().map(ToString::to_string).collect();
        say(format_args!(
            "Retired: master key version {}. Keys and tokens that were revoked for it: {}.",
            versions.join(", "),
            done.ended
        ))?;
    }
    if let Some(sequence) = done.broken_at {
        say(format_args!(
            "The audit log was tampered with before: event {sequence} was changed, removed or put in. It stays broken."
        ))?;
    }
    match source {
        MasterKeySource::File(path) if has_older => {
            master_key::replace(&path, &masters.newest_alone())?;
            say(format_args!(
                "{} holds the newest key alone. Keep a copy of the older ones for as long as you keep backups that were \
                 made before the replacement.",
                path.display()
            ))
        }
        MasterKeySource::Given(_) if has_older => {
            say("Take the older keys out of LATCHKEY_MASTER_KEY; only the first is needed.")
        }
        _ => Ok(()),
    }
}

fn retire_in(store: &Store, args: &RetireArgs) -> Result<Done, ConfigError> {
    if store.spare().is_pending {
        return Err(ConfigError(
            "a replacement of the master key was begun and is not finished: run `latchkey master-key replace` first"
                .to_owned(),
        ));
    }
    let now = clock::now();
    let newest = store.ring().pepper_version;
    let done = store.write(|tx| {
        let needing = master_keys::list_needing(tx, newest, now)?;
        if !needing.is_empty() && !args.revoke_remaining {
            return Err(Stop(still_needed(&needing)));
        }
        end(tx, &needing, args.reason.into(), now)?;
        let (versions, broken_at) = master_keys::retire(tx, now, |versions, sealing| {
            let versions: Vec<String> = versions.iter().map(ToString::to_string).collect();
            let mut entry = audit::by_cli(now, "master_key.retire")
                .with("versions", versions.join(", "))
                .with("revoked", needing.len());
            for (name, value) in sealing.details() {
                entry = entry.with(name, value);
            }
            entry.done()
        })?;
        Ok(Done {
            versions,
            ended: needing.len(),
            broken_at,
        })
    });
    Ok(done?)
}

fn still_needed(needing: &[Needing]) -> String {
    let names: Vec<String> = needing
        .iter()
        .take(NAMED)
        .map(|needing| match needing {
            Needing::Key(key) => key.to_string(),
            Needing::Overlap(key, _) => format!("{key} (its old secret)"),
            Needing::Token(_, token) => token.to_string(),
        })
        .collect();
    let more = match needing.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let tokens = needing
        .iter()
        .filter(|needing| matches!(needing, Needing::Token(..)))
        .count();
    format!(
        "{} secrets of keys and {tokens} management tokens still need an older master key: rotate or revoke the keys and \
         replace the tokens, wait for overlaps to end, or run this with --revoke-remaining: {}{more}",
        needing.len() - tokens,
        names.join(", ")
    )
}

fn end(
    tx: &mut Tx<'_>,
    needing: &[Needing],
    reason: RevokeReason,
    now: Timestamp,
) -> Result<(), Stop> {
    let revoked: BTreeSet<KeyId> = needing
        .iter()
        .filter_map(|needing| match needing {
            Needing::Key(key) => Some(*key),
            _ => None,
        })
        .collect();
    for needing in needing {
        match *needing {
            Needing::Key(id) => {
                let key = key(tx, id)?;
                keys::revoke_key(tx, id, None, reason, now)?;
                receipts::create_receipt(tx, &receipt(&key, None, reason, now))?;
                let entry = entry(now, "key.revoke").on(id).within(key.project_id);
                let entry = entry.with("description", &key.description);
                tx.audit(&entry.with("reason", reason.as_str()).done())?;
            }
            // Ended with the key itself.
            Needing::Overlap(id, _) if revoked.contains(&id) => {}
            Needing::Overlap(id, secret) => {
                let key = key(tx, id)?;
                keys::retire_old_secrets(tx, id, now)?;
                let reason = RevokeReason::Rotated;
                receipts::create_receipt(tx, &receipt(&key, Some(secret), reason, now))?;
                let entry = entry(now, "key.end_overlap").on(id).within(key.project_id);
                tx.audit(&entry.with("description", &key.description).done())?;
            }
            Needing::Token(user, id) => {
                let Some(token) = tokens::revoke_token(tx, user, id, now)? else {
                    continue;
                };
                let entry = entry(now, "token.revoke").on(id);
                let entry = entry.with("name", &token.name).with("hint", &token.hint);
                tx.audit(&entry.with("reason", reason.as_str()).done())?;
            }
        }
    }
    Ok(())
}

fn entry(now: Timestamp, action: &'static str) -> audit::Entry {
    audit::by_cli(now, action).with("for", "master_key.retire")
}

fn key(tx: &mut Tx<'_>, id: KeyId) -> Result<StoredKey, Stop> {
    let found = keys::find_key_anywhere(tx, id)?;
    Ok(found.ok_or_else(ApiError::not_found)?)
}

/// As a running server would write it; no streams are open while none runs.
fn receipt(
    key: &StoredKey,
    secret_id: Option<SecretId>,
    reason: RevokeReason,
    now: Timestamp,
) -> StoredReceipt {
    StoredReceipt {
        id: new_id(),
        key_id: key.id,
        project_id: key.project_id,
        kind: match secret_id {
            None => ReceiptKind::Revoke,
            Some(_) => ReceiptKind::OverlapEnd,
        },
        secret_id,
        reason,
        revoked_at: now,
        nodes_live: 1,
        nodes_acknowledged: 1,
        streams_closed: Some(0),
    }
}

impl From<Reason> for RevokeReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Compromised => Self::Compromised,
            Reason::Rotated => Self::Rotated,
            Reason::Unused => Self::Unused,
            Reason::Other => Self::Other,
        }
    }
}
