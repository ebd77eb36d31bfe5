//! A call's body: read chunk by chunk, looked through as it comes, held without being copied.

use std::time::Duration;

use actix_web::{
    HttpRequest,
    http::header,
    web::{Bytes, Payload},
};
use futures_util::StreamExt as _;
use latchkey_mcp::{Message, Refusal, Scan, headers::is_json};

/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(30);

/// A whole body, and what it says.
pub struct Body {
    /// As it came.
    pub chunks: Vec<Bytes>,
    /// All of it, in bytes.
    pub length: usize,
    /// What the gate has to know of it.
    pub message: Message,
}

impl Body {
    /// Reads a body of at most `limit` bytes.
    ///
    /// # Errors
    /// What is wrong with it; then nothing of it goes anywhere.
    pub async fn read(
        request: &HttpRequest,
        payload: Payload,
        limit: usize,
    ) -> Result<Self, Refusal> {
        check_headers(request, limit)?;
        let reading = collect(payload, limit);
        match tokio::time::timeout(PATIENCE, reading).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Refusal::too_slow()),
        }
    }

    /// All of it in one piece.
    pub fn joined(self) -> Bytes {
        match <[Bytes; 1]>::try_from(self.chunks) {
            Ok([only]) => only,
            Err(chunks) => chunks.concat().into(),
        }
    }
}

async fn collect(mut payload: Payload, limit: usize) -> Result<Body, Refusal> {
    let (mut chunks, mut length, mut scan) = (Vec::new(), 0, Scan::new());
    while let Some(chunk) = payload.next().await {
        // The client left, or sent what HTTP does not allow: what there is of the body is not whole.
        let Ok(chunk) = chunk else { break };
        length += chunk.len();
        if length > limit {
            return Err(Refusal::body_too_large(limit as u64));
        }
        scan.push(&chunk).map_err(|fault| fault.refusal())?;
        chunks.push(chunk);
    }
    let message = scan.finish().map_err(|fault| fault.refusal())?;
    Ok(Body {
        chunks,
        length,
        message,
    })
}

fn check_headers(request: &HttpRequest, limit: usize) -> Result<(), Refusal> {
    let headers = request.headers();
    let text = |name| Some(headers.get(name)?.to_str().unwrap_or_default());
    let is_plain = text(header::CONTENT_ENCODING)
        .is_none_or(|coding| coding.trim().eq_ignore_ascii_case("identity"));
    if !is_json(text(header::CONTENT_TYPE)) || !is_plain {
        return Err(Refusal::unsupported_media_type());
    }
    let announced = text(header::CONTENT_LENGTH).and_then(|length| length.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(Refusal::body_too_large(limit as u64));
    }
    Ok(())
}
