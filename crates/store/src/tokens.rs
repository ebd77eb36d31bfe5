//! Management tokens.

use diesel::prelude::*;
use latchkey_keys::Digest;
use latchkey_types::{
    Timestamp, TokenId, UserId,
    token::{Permission, Token},
};

use crate::{
    Change, Db, StoreError, TokenState, Tx,
    columns::{AsDigest, AsJson, AsMillis, AsText, OptMillis, json, millis},
    db::MultiBackend,
    page::{PageQuery, Paged, paged},
    schema::management_tokens as tokens,
};

/// A token's row; also the insert.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = tokens)]
pub struct StoredToken {
    /// The token's id.
    #[diesel(deserialize_as = AsText<TokenId>)]
    pub id: TokenId,
    /// Whose it is.
    #[diesel(deserialize_as = AsText<UserId>)]
    pub user_id: UserId,
    /// What it is for.
    pub name: String,
    /// The keyed digest of its secret.
    #[diesel(deserialize_as = AsDigest)]
    pub digest: Digest,
    /// Which pepper made the digest.
    pub pepper_version: i32,
    /// The beginning and the last four characters of the secret.
    pub hint: String,
    /// What it may do.
    #[diesel(deserialize_as = AsJson<Vec<Permission>>)]
    pub permissions: Vec<Permission>,
    /// When it was made.
    #[diesel(deserialize_as = AsMillis)]
    pub created_at: Timestamp,
    /// From this moment on it is expired.
    #[diesel(deserialize_as = OptMillis)]
    pub expires_at: Option<Timestamp>,
    /// Since when it is revoked.
    #[diesel(deserialize_as = OptMillis)]
    pub revoked_at: Option<Timestamp>,
}

/// A token to make.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// The token's id.
    pub id: TokenId,
    /// Whose it is.
    pub user_id: UserId,
    /// What it is for.
    pub name: String,
    /// The keyed digest of its secret.
    pub digest: Digest,
    /// Which pepper made the digest.
    pub pepper_version: i32,
    /// The beginning and the last four characters of the secret.
    pub hint: String,
    /// What it may do.
    pub permissions: Vec<Permission>,
    /// Now.
    pub created_at: Timestamp,
    /// From this moment on it is expired.
    pub expires_at: Option<Timestamp>,
}

impl StoredToken {
    /// The token as it is shown.
    #[must_use]
    pub fn to_token(&self) -> Token {
        Token {
            id: self.id,
            name: self.name.clone(),
            hint: self.hint.clone(),
            permissions: self.permissions.clone(),
            created_at: self.created_at,
            expires_at: self.expires_at,
            revoked_at: self.revoked_at,
        }
    }

    pub(crate) fn state(&self) -> TokenState {
        TokenState {
            id: self.id,
            user_id: self.user_id,
            name: self.name.clone(),
            digest: self.digest,
            permissions: self.permissions.clone(),
            expires_at: self.expires_at,
            revoked: self.revoked_at.is_some(),
        }
    }
}

/// Makes a token.
///
/// # Errors
/// Those of the database.
pub fn create_token(tx: &mut Tx<'_>, new: &NewToken) -> Result<StoredToken, StoreError> {
    diesel::insert_into(tokens::table)
        .values((
            tokens::id.eq(new.id.to_string()),
            tokens::user_id.eq(new.user_id.to_string()),
            tokens::name.eq(&new.name),
            tokens::digest.eq(new.digest.as_bytes().as_slice()),
            tokens::pepper_version.eq(new.pepper_version),
            tokens::hint.eq(&new.hint),
            tokens::permissions.eq(json(&new.permissions)?),
            tokens::created_at.eq(new.created_at.as_millis()),
            tokens::expires_at.eq(millis(new.expires_at)),
        ))
        .execute(&mut **tx)?;
    let token = find_token(tx, new.user_id, new.id)?.ok_or(diesel::result::Error::NotFound)?;
    tx.push(Change::Token(token.state()));
    Ok(token)
}

/// This person's token with this id.
///
/// # Errors
/// Those of the database.
pub fn find_token(
    db: &mut Db,
    user: UserId,
    id: TokenId,
) -> Result<Option<StoredToken>, StoreError> {
    Ok(tokens::table
        .filter(tokens::id.eq(id.to_string()))
        .filter(tokens::user_id.eq(user.to_string()))
        .select(StoredToken::as_select())
        .first(db)
        .optional()?)
}

/// This person's tokens, revoked ones too, newest first.
///
/// # Errors
/// Those of the database.
pub fn list_tokens(
    db: &mut Db,
    user: UserId,
    page: &PageQuery,
) -> Result<Paged<StoredToken>, StoreError> {
    let query = tokens::table
        .filter(tokens::user_id.eq(user.to_string()))
        .select(StoredToken::as_select())
        .into_boxed::<MultiBackend>();
    let rows = paged!(query, tokens::created_at, tokens::id, page).load(db)?;
    Ok(page.cut(rows, |token: &StoredToken| {
        (token.created_at.as_millis(), token.id.to_string())
    }))
}

/// Revokes this person's token; again changes nothing. `None` when there is no such token.
///
/// # Errors
/// Those of the database.
pub fn revoke_token(
    tx: &mut Tx<'_>,
    user: UserId,
    id: TokenId,
    now: Timestamp,
) -> Result<Option<StoredToken>, StoreError> {
    diesel::update(
        tokens::table
            .filter(tokens::id.eq(id.to_string()))
            .filter(tokens::user_id.eq(user.to_string()))
            .filter(tokens::revoked_at.is_null()),
    )
    .set(tokens::revoked_at.eq(now.as_millis()))
    .execute(&mut **tx)?;
    let token = find_token(tx, user, id)?;
    if let Some(token) = &token {
        tx.push(Change::Token(token.state()));
    }
    Ok(token)
}

/// Revokes all tokens of this person that are not; which they were.
///
/// # Errors
/// Those of the database.
pub fn revoke_tokens_of(
    tx: &mut Tx<'_>,
    user: UserId,
    now: Timestamp,
) -> Result<Vec<TokenId>, StoreError> {
    let live: Vec<AsText<TokenId>> = tokens::table
        .filter(tokens::user_id.eq(user.to_string()))
        .filter(tokens::revoked_at.is_null())
        .select(tokens::id)
        .load(&mut **tx)?;
    let live: Vec<TokenId> = live.into_iter().map(|id| id.0).collect();
    for id in &live {
        revoke_token(tx, user, *id, now)?;
    }
    Ok(live)
}
