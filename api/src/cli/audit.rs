//! `latchkey audit verify`: whether the audit log is as it was written.

use clap::{Args, Subcommand};
use latchkey_store::{
    OpenError, StoreError,
    audit::{self, Chain, Head},
    read_beside,
};

use super::say;
use crate::{
    config::{ConfigError, DatabaseArgs},
    master_key,
};

#[derive(Subcommand)]
pub(super) enum AuditCommand {
    /// Walk along the log's chain of hashes, also while the server runs, and print its head.
    Verify(VerifyArgs),
}

#[derive(Args)]
pub(super) struct VerifyArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// A head that was printed before and kept elsewhere: shows events that were cut off at the end since.
    #[arg(long)]
    head: Option<Head>,
}

/// What a walk found.
enum Found {
    /// And the event whose seal stood for a part of it.
    Whole(Head, Option<i64>),
    Broken(i64),
    SealBroken {
        through: i64,
        by: i64,
    },
    /// The chain is whole, and the exported head is not in it.
    NotHeld(Head),
}

/// An error of either kind, as one sentence.
struct Failed(String);

impl From<OpenError> for Failed {
    fn from(error: OpenError) -> Self {
        Self(error.to_string())
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self(error.to_string())
    }
}

pub(super) fn audit(command: &AuditCommand) -> Result<(), ConfigError> {
    let AuditCommand::Verify(args) = command;
    let (url, source) = args.database.check()?;
    let masters = master_key::obtain(&source, false)?;
    let found = read_beside(&url, &masters, |db, ring| {
        let (head, sealed_by) = match audit::verify_chain(db, ring)? {
            Chain::Whole {
                events,
                head,
                sealed_by,
            } => {
                let sequence = events;
                (
                    Head {
                        sequence,
                        hash: head,
                    },
                    sealed_by,
                )
            }
            Chain::Broken { sequence } => return Ok(Found::Broken(sequence)),
            Chain::SealBroken { through, by } => return Ok(Found::SealBroken { through, by }),
        };
        match &args.head {
            Some(kept) if !audit::holds_head(db, kept)? => Ok(Found::NotHeld(head)),
            _ => Ok(Found::Whole(head, sealed_by)),
        }
    });
    match found.map_err(|Failed(sentence)| ConfigError(sentence))? {
        Found::Whole(head, sealed_by) => {
            let kept = if args.head.is_some() {
                ", and the given head is in it"
            } else {
                ""
            };
            say(format_args!(
                "The audit log is whole: {} events{kept}.",
                head.sequence
            ))?;
            if let Some(event) = sealed_by {
                say(format_args!(
                    "What a retired master key wrote is proven by the seal in event {event}."
                ))?;
            }
            say(format_args!("head {head}"))
        }
        Found::Broken(sequence) => Err(ConfigError(format!(
            "the audit log was tampered with: event {sequence} was changed, removed or put in; nothing from it on \
             is proven, everything before it is"
        ))),
        Found::SealBroken { through, by } => Err(ConfigError(format!(
            "the audit log was tampered with: the seal in event {by} doesn't fit what is before it, so one of the events 1 \
             to {through} was changed; with the retired master key, given behind the others, this command says which one"
        ))),
        Found::NotHeld(head) => Err(ConfigError(format!(
            "the audit log was tampered with, or an older database was restored: the given head is not in it, and \
             it ends at event {}",
            head.sequence
        ))),
    }
}
