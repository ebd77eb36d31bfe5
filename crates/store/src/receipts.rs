//! Receipts: what a revoke, an overlap's end or an archive did.

use diesel::prelude::*;
use latchkey_types::{
    KeyId, ProjectId, ReceiptId, SecretId, Timestamp,
    receipt::{Nodes, Receipt, ReceiptKind, RevokeReason},
};

use crate::{
    Db, StoreError, Tx,
    columns::{AsMillis, AsText, OptText, Word},
    schema::receipts,
};

/// A receipt's row; also the insert.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = receipts)]
pub struct StoredReceipt {
    /// The receipt's id.
    #[diesel(deserialize_as = AsText<ReceiptId>)]
    pub id: ReceiptId,
    /// The key.
    #[diesel(deserialize_as = AsText<KeyId>)]
    pub key_id: KeyId,
    /// The key's project.
    #[diesel(deserialize_as = AsText<ProjectId>)]
    pub project_id: ProjectId,
    /// What ended.
    #[diesel(deserialize_as = AsText<ReceiptKind>)]
    pub kind: ReceiptKind,
    /// The secret whose overlap ended; `None` where the key was revoked.
    #[diesel(deserialize_as = OptText<SecretId>)]
    pub secret_id: Option<SecretId>,
    /// From when on it is not accepted.
    #[diesel(deserialize_as = AsMillis)]
    pub revoked_at: Timestamp,
    /// Why.
    #[diesel(deserialize_as = AsText<RevokeReason>)]
    pub reason: RevokeReason,
    /// How many nodes were serving.
    pub nodes_live: i32,
    /// How many of them have confirmed.
    pub nodes_acknowledged: i32,
    /// How many open connections were closed; `None` while that is not known.
    pub streams_closed: Option<i32>,
}

impl StoredReceipt {
    /// The receipt as it is shown.
    #[must_use]
    pub fn to_receipt(&self) -> Receipt {
        let count = |number: i32| u32::try_from(number).unwrap_or_default();
        Receipt {
            id: self.id,
            key_id: self.key_id,
            kind: self.kind,
            revoked_at: self.revoked_at,
            reason: self.reason,
            nodes: Nodes {
                live: count(self.nodes_live),
                acknowledged: count(self.nodes_acknowledged),
            },
            streams_closed: self.streams_closed.map(count),
        }
    }
}

/// Writes a receipt.
///
/// # Errors
/// `Taken(Other)` when this revoke or this overlap's end has one already; those of the database.
pub fn create_receipt(tx: &mut Tx<'_>, new: &StoredReceipt) -> Result<(), StoreError> {
    diesel::insert_into(receipts::table)
        .values((
            receipts::id.eq(new.id.to_string()),
            receipts::key_id.eq(new.key_id.to_string()),
            receipts::project_id.eq(new.project_id.to_string()),
            receipts::kind.eq(new.kind.word()),
            receipts::secret_id.eq(new.secret_id.map(|id| id.to_string())),
            receipts::revoked_at.eq(new.revoked_at.as_millis()),
            receipts::reason.eq(new.reason.word()),
            receipts::nodes_live.eq(new.nodes_live),
            receipts::nodes_acknowledged.eq(new.nodes_acknowledged),
            receipts::streams_closed.eq(new.streams_closed),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Writes several receipts.
///
/// # Errors
/// As [`create_receipt`].
pub fn create_receipts(tx: &mut Tx<'_>, new: &[StoredReceipt]) -> Result<(), StoreError> {
    new.iter()
        .try_for_each(|receipt| create_receipt(tx, receipt))
}

/// The receipt of a key's revoke, or of the end of the overlap of this secret (of the latest one, if no
/// secret is given).
///
/// # Errors
/// Those of the database.
pub fn find_receipt(
    db: &mut Db,
    key: KeyId,
    kind: ReceiptKind,
    secret: Option<SecretId>,
) -> Result<Option<StoredReceipt>, StoreError> {
    let mut query = receipts::table
        .filter(receipts::key_id.eq(key.to_string()))
        .filter(receipts::kind.eq(kind.word()))
        .order((receipts::revoked_at.desc(), receipts::id.desc()))
        .select(StoredReceipt::as_select())
        .into_boxed::<crate::db::MultiBackend>();
    if let Some(secret) = secret {
        query = query.filter(receipts::secret_id.eq(secret.to_string()));
    }
    Ok(query.first(db).optional()?)
}

/// The receipts of the keys that were revoked because their project was archived, in the keys' order.
///
/// # Errors
/// Those of the database.
pub fn list_archive_receipts(
    db: &mut Db,
    project: ProjectId,
) -> Result<Vec<StoredReceipt>, StoreError> {
    Ok(receipts::table
        .filter(receipts::project_id.eq(project.to_string()))
        .filter(receipts::reason.eq(RevokeReason::ProjectArchived.word()))
        .order(receipts::key_id.asc())
        .select(StoredReceipt::as_select())
        .load(db)?)
}

/// Notes how many streams were closed, where that was not known yet, and tells what stands in each of
/// these receipts now: the first number stays.
///
/// # Errors
/// Those of the database.
pub fn set_streams_closed(
    tx: &mut Tx<'_>,
    counted: &[(ReceiptId, u32)],
) -> Result<Vec<(ReceiptId, u32)>, StoreError> {
    let mut written = Vec::with_capacity(counted.len());
    for &(id, streams) in counted {
        let receipt = receipts::table.filter(receipts::id.eq(id.to_string()));
        diesel::update(receipt.clone().filter(receipts::streams_closed.is_null()))
            .set(receipts::streams_closed.eq(i32::try_from(streams).unwrap_or(i32::MAX)))
            .execute(&mut **tx)?;
        let number: Option<i32> = receipt
            .select(receipts::streams_closed)
            .first(&mut **tx)
            .optional()?
            .flatten();
        written.push((
            id,
            number
                .and_then(|n| u32::try_from(n).ok())
                .unwrap_or(streams),
        ));
    }
    Ok(written)
}
