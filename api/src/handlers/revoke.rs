//! Ending access: revoke a key, end a rotation's overlap. The order is commit → index → streams →
//! receipt, in a task that its caller can't cancel.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use actix_web::{HttpResponse, delete};
use futures_util::future::join_all;
use latchkey_gate::Ended;
use latchkey_store::{Tx, keys, keys::StoredKey, new_id, receipts, receipts::StoredReceipt};
use latchkey_types::{
    KeyId, ProblemCode, ProjectId, ReceiptId, SecretId, Timestamp, UserId,
    receipt::{GivenReason, Receipt, ReceiptKind, RevokeReason},
};
use parking_lot::Mutex;
use serde::Deserialize;
use tokio::sync::Notify;

use crate::{
    app::App,
    audit,
    error::{ApiError, ApiResult},
    http::{Caller, Guard, OnKey, Query, TakesAway, access::Editor, guard::Call},
};

/// How long an answer waits for the streams of a key to close. A reader that stalls is cut, and doesn't
/// delay the answer by more than this.
pub const PATIENCE: std::time::Duration = std::time::Duration::from_secs(1);

/// The query of a revoke.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokeQuery {
    reason: Option<GivenReason>,
}

/// Revoke a key: it is not accepted from this answer on
///
/// Asking again does it again and gives the same receipt.
#[utoipa::path(
    tag = "keys",
    operation_id = "revokeKey",
    params(
        ("project_id" = ProjectId, Path, description = "The project"),
        ("key_id" = KeyId, Path, description = "The key"),
        ("reason" = Option<GivenReason>, Query, description = "Why; `other` if absent"),
    ),
    responses((status = 200, description = "What the revoke did", body = Receipt))
)]
#[delete("/projects/{project_id}/keys/{key_id}")]
pub async fn revoke_key(
    guard: Guard<OnKey<Editor>, Query<RevokeQuery>, TakesAway>,
) -> ApiResult<HttpResponse> {
    let Guard {
        access,
        input: Query(query),
        call,
        ..
    } = guard;
    let reason = RevokeReason::from(query.reason.unwrap_or_default());
    App::finish(async move {
        let app = call.app.clone();
        let context = Context::of(&call, &access.caller);
        let (project_id, key_id) = (access.project.id, access.key.id);
        let receipt = app
            .write(move |tx| {
                let key =
                    keys::find_key(tx, project_id, key_id)?.ok_or_else(ApiError::not_found)?;
                revoke_in(tx, &context, &key, reason)
            })
            .await?;
        Ok(HttpResponse::Ok().json(close(&app, receipt, Ended::Key).await))
    })
    .await
}

/// End the overlap of a rotation: the old secret is not accepted from this answer on
#[utoipa::path(
    tag = "keys",
    operation_id = "endOverlap",
    params(
        ("project_id" = ProjectId, Path, description = "The project"),
        ("key_id" = KeyId, Path, description = "The key"),
    ),
    responses((status = 200, description = "What ending it did", body = Receipt))
)]
#[delete("/projects/{project_id}/keys/{key_id}/overlap")]
pub async fn end_overlap(guard: Guard<OnKey<Editor>, (), TakesAway>) -> ApiResult<HttpResponse> {
    let Guard { access, call, .. } = guard;
    App::finish(async move {
        let app = call.app.clone();
        let context = Context::of(&call, &access.caller);
        let (project_id, key_id, now) = (access.project.id, access.key.id, call.now);
        let receipt = app
            .write(move |tx| {
                let key =
                    keys::find_key(tx, project_id, key_id)?.ok_or_else(ApiError::not_found)?;
                end_overlap_in(tx, &context, &key, now)
            })
            .await?;
        let secret_id = receipt.secret_id();
        let receipt = close(&app, receipt, |key_id| match secret_id {
            Some(secret_id) => Ended::Secret(key_id, secret_id),
            None => Ended::Key(key_id),
        })
        .await;
        Ok(HttpResponse::Ok().json(receipt))
    })
    .await
}

/// Who revokes, for the rows that say so.
#[derive(Clone)]
pub struct Context {
    by: UserId,
    now: Timestamp,
    entry: audit::Entry,
    closing: Arc<Closing>,
}

/// The receipts whose streams are being counted. Two revokes of one key at once have one receipt, and the
/// second must not count what the first has closed already: it waits.
#[derive(Default)]
pub struct Closing {
    receipts: Mutex<HashSet<ReceiptId>>,
    finished: Notify,
}

/// Held by the one request that counts. However that request ends, and also when its commit failed, the
/// others go on.
struct Turn {
    closing: Arc<Closing>,
    receipt: ReceiptId,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.closing.receipts.lock().remove(&self.receipt);
        self.closing.finished.notify_waiters();
    }
}

impl Closing {
    /// Waits until nobody else counts the streams of this receipt.
    async fn wait(&self, id: ReceiptId) {
        loop {
            let mut finished = std::pin::pin!(self.finished.notified());
            finished.as_mut().enable();
            if !self.receipts.lock().contains(&id) {
                return;
            }
            finished.await;
        }
    }
}

/// A receipt on its way to an answer.
pub struct Pending {
    row: StoredReceipt,
    /// With this the request made it, so this request counts.
    turn: Option<Turn>,
}

impl Pending {
    /// The key whose access ended.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.row.key_id
    }

    /// The secret that ended, if it was only one.
    #[must_use]
    pub fn secret_id(&self) -> Option<SecretId> {
        self.row.secret_id
    }

    /// Made in this transaction.
    pub fn fresh(context: &Context, row: StoredReceipt) -> Self {
        // Still under the writer's lock: nobody can find the receipt before it stands here.
        context.closing.receipts.lock().insert(row.id);
        let turn = Turn {
            closing: Arc::clone(&context.closing),
            receipt: row.id,
        };
        Self {
            row,
            turn: Some(turn),
        }
    }

    /// Made by an earlier request.
    #[must_use]
    pub fn found(row: StoredReceipt) -> Self {
        Self { row, turn: None }
    }
}

impl Context {
    /// The caller of this request.
    #[must_use]
    pub fn of(call: &Call, caller: &Caller) -> Self {
        Self {
            by: caller.user_id,
            now: call.now,
            entry: audit::by(call, caller, "key.revoke"),
            closing: Arc::clone(&call.app.closing),
        }
    }
}

/// Revokes a key in this transaction, or finds the receipt of when it was.
///
/// # Errors
/// When the database can't be written.
pub fn revoke_in(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &StoredKey,
    reason: RevokeReason,
) -> ApiResult<Pending> {
    if key.revoked_at.is_some() {
        // Again changes nothing in the row, but the index is told once more.
        keys::revoke_key(tx, key.id, context.by, reason, context.now)?;
        return receipts::find_receipt(tx, key.id, ReceiptKind::Revoke, None)?
            .map(Pending::found)
            .ok_or_else(|| ApiError::internal("a revoked key has no receipt"));
    }
    keys::revoke_key(tx, key.id, context.by, reason, context.now)?;
    let receipt = StoredReceipt {
        id: new_id(),
        key_id: key.id,
        project_id: key.project_id,
        secret_id: None,
        kind: ReceiptKind::Revoke,
        reason,
        revoked_at: context.now,
        // The fence will say how many there are; until then one process serves a database.
        nodes_live: 1,
        nodes_acknowledged: 1,
        streams_closed: None,
    };
    receipts::create_receipt(tx, &receipt)?;
    let entry = context.entry.clone().on(key.id).within(key.project_id);
    tx.audit(
        &entry
            .with("description", &key.description)
            .with("reason", reason.as_str())
            .done(),
    )?;
    Ok(Pending::fresh(context, receipt))
}

/// Closes what the ended access has open, and notes how much that was in its receipt. The access is over
/// already: whatever fails from here on is only the number.
pub async fn close(app: &App, pending: Pending, target: impl FnOnce(KeyId) -> Ended) -> Receipt {
    let target = target(pending.row.key_id);
    close_all(app, vec![(pending, target)]).await.remove(0)
}

/// The same for several keys at once: all streams get their signal together, so that one stalled reader
/// doesn't make the others wait, and the numbers are written in one transaction.
pub async fn close_all(app: &App, pending: Vec<(Pending, Ended)>) -> Vec<Receipt> {
    let started = std::time::Instant::now();
    let counted = join_all(
        pending
            .into_iter()
            .map(|(Pending { row, turn }, target)| async move {
                if turn.is_none() {
                    app.closing.wait(row.id).await;
                }
                let closed = app.gate.end_calls(target, PATIENCE).await;
                (row, closed, turn)
            }),
    )
    .await;
    let open: Vec<(ReceiptId, u32)> = counted
        .iter()
        .filter(|(row, ..)| row.streams_closed.is_none())
        .map(|(row, closed, _)| (row.id, *closed))
        .collect();
    let mut numbers = HashMap::new();
    if !open.is_empty() {
        // Set once: whoever comes second gets the number of the first.
        let noted = app
            .write(move |tx| Ok(receipts::set_streams_closed(tx, &open)?))
            .await;
        match noted {
            Ok(written) => numbers.extend(written),
            Err(error) => tracing::warn!(%error, "receipts could not be completed"),
        }
    }
    app.metrics
        .revoked(i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX));
    counted
        .into_iter()
        .map(|(mut row, closed, _turn)| {
            if row.streams_closed.is_none() {
                let number = numbers.get(&row.id).copied().unwrap_or(closed);
                row.streams_closed = Some(i32::try_from(number).unwrap_or(i32::MAX));
            }
            row.to_receipt()
        })
        .collect()
}

fn end_overlap_in(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &StoredKey,
    now: Timestamp,
) -> ApiResult<Pending> {
    if key.revoked_at.is_some() {
        return Err(ApiError::new(
            ProblemCode::KeyRevoked,
            "Both secrets ended with the key.",
        ));
    }
    // The store gives the present secret first, then the one before it.
    let old = key
        .secrets
        .get(1)
        .ok_or_else(|| ApiError::new(ProblemCode::NoOverlap, "This key was never rotated."))?;
    if let Some(receipt) =
        receipts::find_receipt(tx, key.id, ReceiptKind::OverlapEnd, Some(old.id))?
    {
        keys::retire_old_secrets(tx, key.id, now)?;
        return Ok(Pending::found(receipt));
    }
    if old.ends_at().is_some_and(|ends| ends <= now) {
        return Err(ApiError::new(
            ProblemCode::NoOverlap,
            "The old secret has retired already, at the end of its overlap.",
        ));
    }
    keys::retire_old_secrets(tx, key.id, now)?;
    let receipt = StoredReceipt {
        id: new_id(),
        key_id: key.id,
        project_id: key.project_id,
        secret_id: Some(old.id),
        kind: ReceiptKind::OverlapEnd,
        reason: RevokeReason::Rotated,
        revoked_at: now,
        nodes_live: 1,
        nodes_acknowledged: 1,
        streams_closed: None,
    };
    receipts::create_receipt(tx, &receipt)?;
    let entry = context
        .entry
        .clone()
        .renamed("key.end_overlap")
        .on(key.id)
        .within(key.project_id);
    tx.audit(
        &entry
            .with("description", &key.description)
            .with("secret", &old.hint)
            .done(),
    )?;
    Ok(Pending::fresh(context, receipt))
}
