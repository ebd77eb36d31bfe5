//! What older master keys are still needed for.

use diesel::prelude::*;
use latchkey_types::{KeyId, SecretId, Timestamp, TokenId, UserId};

use crate::{
    Db, StoreError,
    columns::{AsText, OptMillis},
    schema::{key_secrets as secrets, keys, management_tokens as tokens},
};

/// Something that is accepted, or can be again, and whose digest an older master key made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needing {
    /// The present secret of a key.
    Key(KeyId),
    /// The secret that a key had before, in the overlap of a rotation.
    Overlap(KeyId, SecretId),
    /// A management token.
    Token(UserId, TokenId),
}

/// All of them whose digest a master key of a version before `newest` made: not revoked, expired or retired at this
/// moment. A disabled key counts, because it can be enabled again.
///
/// # Errors
/// Those of the database.
pub fn list_needing(db: &mut Db, newest: i32, now: Timestamp) -> Result<Vec<Needing>, StoreError> {
    let at = now.as_millis();
    let of_keys: Vec<(AsText<KeyId>, AsText<SecretId>, OptMillis)> = secrets::table
        .inner_join(keys::table)
        .filter(secrets::pepper_version.lt(newest))
        .filter(secrets::retired_at.is_null())
        .filter(secrets::retires_at.is_null().or(secrets::retires_at.gt(at)))
        .filter(keys::revoked_at.is_null())
        .filter(keys::expires_at.is_null().or(keys::expires_at.gt(at)))
        .order((keys::id.asc(), secrets::id.asc()))
        .select((keys::id, secrets::id, secrets::retires_at))
        .load(db)?;
    let of_tokens: Vec<(AsText<UserId>, AsText<TokenId>)> = tokens::table
        .filter(tokens::pepper_version.lt(newest))
        .filter(tokens::revoked_at.is_null())
        .filter(tokens::expires_at.is_null().or(tokens::expires_at.gt(at)))
        .order(tokens::id.asc())
        .select((tokens::user_id, tokens::id))
        .load(db)?;
    let of_keys = of_keys
        .into_iter()
        .map(|(key, secret, retires_at)| match retires_at.0 {
            // Without a planned end it is the key's present one.
            None => Needing::Key(key.0),
            Some(_) => Needing::Overlap(key.0, secret.0),
        });
    let of_tokens = of_tokens
        .into_iter()
        .map(|(user, token)| Needing::Token(user.0, token.0));
    Ok(of_keys.chain(of_tokens).collect())
}
