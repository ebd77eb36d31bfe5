//! Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-06): a repeated creation has one outcome.
//!
//! The outcome is written in the transaction of the creation itself, so there is no moment in which one
//! exists without the other. An answer that showed a secret is not kept: its repetition is told the id.

use std::collections::HashSet;

use actix_web::{HttpResponse, web};
use latchkey_keys::Digest;
use latchkey_store::{Tx, idempotency as rows};
use latchkey_types::{ProblemCode, Timestamp};
use parking_lot::Mutex;
use serde::Serialize;

use super::{caller::Caller, etag, guard::Call};
use crate::error::{ApiError, ApiResult};

/// How long an outcome is remembered.
const KEPT_SECONDS: i64 = 24 * 3600;

/// What a creation answers, and what its repetition is told.
pub struct Made<T> {
    /// The body of the answer.
    pub body: T,
    /// The version for its ETag, if it has one.
    pub version: Option<i64>,
    /// With a secret in the body: the id that a repetition is told instead.
    pub shown: Option<String>,
}

impl<T> Made<T> {
    /// An answer without a secret: a repetition gets it again.
    pub fn plain(body: T, version: Option<i64>) -> Self {
        Self {
            body,
            version,
            shown: None,
        }
    }

    /// An answer with a secret of the thing with this id.
    pub fn with_secret(body: T, version: Option<i64>, id: impl ToString) -> Self {
        Self {
            body,
            version,
            shown: Some(id.to_string()),
        }
    }
}

/// The creations that are under way in this process.
#[derive(Default)]
pub struct InFlight(Mutex<HashSet<(String, String)>>);

struct Ticket {
    app: web::Data<crate::app::App>,
    entry: (String, String),
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.app.in_flight.0.lock().remove(&self.entry);
    }
}

enum Outcome<T> {
    Made(Made<T>),
    Again(String),
}

/// Runs a creation in one write, once for each Idempotency-Key of this caller, and answers 201.
///
/// # Errors
/// Those of `work`; 400 for an unreadable key; 409 while the first is under way or if it showed a secret;
/// 422 if the key was used for another request.
pub async fn create<T, F>(
    call: &Call,
    caller: &Caller,
    bytes: &web::Bytes,
    work: F,
) -> ApiResult<HttpResponse>
where
    T: Serialize + Send + 'static,
    F: FnOnce(&mut Tx<'_>) -> ApiResult<Made<T>> + Send + 'static,
{
    let Some(key) = header(call)? else {
        let made = call.app.write(work).await?;
        return Ok(created(call, &made));
    };
    let principal = caller.principal();
    let ticket = ticket(call, &principal, &key)?;
    let request_digest = request_digest(call, bytes);
    let now = call.now;
    let outcome = call
        .app
        .write(move |tx| {
            // The ticket lives as long as the write, also when the caller hangs up.
            let _ticket = ticket;
            if let Some(earlier) = rows::find_outcome(tx, &principal, &key, now)? {
                return again(earlier, &request_digest);
            }
            let made = work(tx)?;
            let body = match made.shown {
                None => Some(serde_json::to_string(&made.body).map_err(ApiError::internal)?),
                Some(_) => None,
            };
            let outcome = rows::StoredOutcome {
                principal,
                key,
                request_digest,
                status: 201,
                body,
                shown_id: made.shown.clone(),
                expires_at: now.plus_seconds(KEPT_SECONDS),
            };
            rows::create_outcome(tx, &outcome, now)?;
            Ok(Outcome::Made(made))
        })
        .await?;
    Ok(match outcome {
        Outcome::Made(made) => created(call, &made),
        // Without an ETag: it may have been changed since.
        Outcome::Again(body) => HttpResponse::Created()
            .insert_header(("idempotency-replayed", "true"))
            .content_type("application/json")
            .body(body),
    })
}

/// Throws remembered outcomes away once their time is over.
///
/// # Errors
/// When the database can't be written.
pub fn forget_expired(tx: &mut Tx<'_>, now: Timestamp) -> ApiResult<()> {
    rows::delete_expired_outcomes(tx, now)?;
    Ok(())
}

fn created<T: Serialize>(_: &Call, made: &Made<T>) -> HttpResponse {
    let mut response = HttpResponse::Created();
    if let Some(version) = made.version {
        response.insert_header(("etag", etag::etag(version)));
    }
    response.json(&made.body)
}

fn again<T>(earlier: rows::StoredOutcome, request_digest: &Digest) -> ApiResult<Outcome<T>> {
    if earlier.request_digest != *request_digest {
        return Err(ApiError::new(
            ProblemCode::IdempotencyMismatch,
            "This Idempotency-Key was used for another request within the last 24 hours.",
        ));
    }
    match (earlier.body, earlier.shown_id) {
        (Some(body), _) => Ok(Outcome::Again(body)),
        (None, shown) => Err(ApiError::new(
            ProblemCode::SecretAlreadyShown,
            "The first request with this Idempotency-Key was answered with a secret. It isn't shown twice.",
        )
        .id(shown.unwrap_or_default())),
    }
}

fn header(call: &Call) -> ApiResult<Option<String>> {
    let mut values = call.request.headers().get_all("idempotency-key");
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default().trim();
    // The draft writes a quoted string; most clients send it bare. Both name the same key.
    let text = text
        .strip_prefix('"')
        .and_then(|t| t.strip_suffix('"'))
        .unwrap_or(text);
    let readable =
        (1..=255).contains(&text.len()) && text.bytes().all(|b| (0x20..0x7f).contains(&b));
    if !readable || values.next().is_some() {
        return Err(ApiError::request(
            "#header/Idempotency-Key",
            "must be one value of 1 to 255 visible ASCII characters, such as a UUID",
        ));
    }
    Ok(Some(text.to_owned()))
}

fn ticket(call: &Call, principal: &str, key: &str) -> ApiResult<Ticket> {
    let entry = (principal.to_owned(), key.to_owned());
    if !call.app.in_flight.0.lock().insert(entry.clone()) {
        return Err(ApiError::new(
            ProblemCode::IdempotencyInProgress,
            "The first request with this Idempotency-Key has no answer yet.",
        )
        .retry_after(1));
    }
    Ok(Ticket {
        app: call.app.clone(),
        entry,
    })
}

/// Keyed, because a body may hold a password that a plain digest would let one guess.
fn request_digest(call: &Call, bytes: &web::Bytes) -> Digest {
    call.app.ring.idempotency.digest_parts(&[
        call.request.method().as_str().as_bytes(),
        call.request.path().as_bytes(),
        bytes,
    ])
}
