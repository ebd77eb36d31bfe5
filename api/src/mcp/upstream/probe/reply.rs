//! Reads the one message that answers a question, from JSON or from an event stream.

use actix_web::http::header::CONTENT_TYPE;
use futures_util::StreamExt as _;
use serde_json::Value;

use super::{Stop, not_mcp, shown};
use crate::mcp::upstream::{Incoming, UpstreamBody};

/// The id of every question: each waits for its answer before the next.
pub(super) const ID: u32 = 1;
/// The longest answer that is read, in bytes. Tool lists of a few hundred tools are shorter.
const LONGEST: usize = 4 * 1024 * 1024;

/// An answer to a question.
pub(super) struct Reply {
    /// The session that it began, if it did.
    pub session_id: Option<String>,
    status: u16,
    message: Option<Value>,
}

/// Reads the answer; only a fault of the connection is an error here.
pub(super) async fn read(answer: Incoming) -> Result<Reply, Stop> {
    let kind = answer
        .headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .and_then(|kind| kind.split(';').next())
        .map(|kind| kind.trim().to_ascii_lowercase());
    let message = match kind.as_deref() {
        Some("application/json") => json(answer.body).await?,
        Some("text/event-stream") => events(answer.body).await?,
        _ => None,
    };
    Ok(Reply {
        session_id: answer.session_id,
        status: answer.status.as_u16(),
        message,
    })
}

impl Reply {
    /// The result in it.
    pub(super) fn result(self) -> Result<Value, Stop> {
        let Some(mut message) = self.message else {
            return Err(Stop::No(no_message(self.status)));
        };
        if let Some(error) = message.get("error") {
            let code = error
                .get("code")
                .and_then(Value::as_i64)
                .unwrap_or_default();
            let text = error.get("message").and_then(Value::as_str).and_then(shown);
            return Err(Stop::No(format!(
                "The server answers with the error {code} (status {}): {}",
                self.status,
                text.unwrap_or_else(|| "it says no more".to_owned())
            )));
        }
        match message.get_mut("result").map(Value::take) {
            Some(result @ Value::Object(_)) => Ok(result),
            _ => Err(Stop::No(not_mcp("this call"))),
        }
    }
}

fn no_message(status: u16) -> String {
    let advice = match status {
        403 => {
            "It refuses this server or the headers it gets: check the upstream's headers, and what the server allows."
        }
        404 | 405 | 410 => {
            "Check the URL: nothing for MCP is at its path. Many servers have theirs at /mcp."
        }
        429 => "It has had too many calls: try again later.",
        500.. => "The fault is at the server: its log may say more.",
        _ => "Check the URL: it must be the server's Streamable HTTP endpoint, path included.",
    };
    format!("The server answers with the status {status} and no message of MCP. {advice}")
}

async fn json(mut body: UpstreamBody) -> Result<Option<Value>, Stop> {
    let mut text = Vec::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(Stop::Fault)?;
        if text.len() + chunk.len() > LONGEST {
            return Ok(None);
        }
        text.extend_from_slice(&chunk);
    }
    Ok(serde_json::from_slice(&text).ok().filter(is_message))
}

/// Reads events until one is our answer, and leaves.
async fn events(mut body: UpstreamBody) -> Result<Option<Value>, Stop> {
    let mut events = Events::default();
    let mut read = 0;
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(Stop::Fault)?;
        read += chunk.len();
        if read > LONGEST {
            return Ok(None);
        }
        for event in events.push(&chunk) {
            let message = serde_json::from_slice(&event).ok().filter(is_message);
            if let Some(message) = message.filter(|message: &Value| message.get("method").is_none())
            {
                return Ok(Some(message));
            }
        }
    }
    Ok(None)
}

/// An answer to our question, or an error that doesn't say to which (as the modern era sends them).
fn is_message(message: &Value) -> bool {
    match message.get("id") {
        Some(id) if !id.is_null() => id == ID,
        _ => message.get("error").is_some(),
    }
}

/// The data of server-sent events, chunk by chunk (HTML, §9.2.6). Fields but `data` are of no interest.
#[derive(Default)]
struct Events {
    line: Vec<u8>,
    data: Option<Vec<u8>>,
    after_cr: bool,
}

impl Events {
    /// The events that are complete with this chunk.
    fn push(&mut self, chunk: &[u8]) -> Vec<Vec<u8>> {
        let mut complete = Vec::new();
        for &byte in chunk {
            let second_half = std::mem::replace(&mut self.after_cr, byte == b'\r') && byte == b'\n';
            match byte {
                _ if second_half => {}
                b'\r' | b'\n' => complete.extend(self.end_line()),
                _ => self.line.push(byte),
            }
        }
        complete
    }

    fn end_line(&mut self) -> Option<Vec<u8>> {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            return self.data.take();
        }
        let value = line.strip_prefix(b"data:")?;
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match &mut self.data {
            Some(data) => {
                data.push(b'\n');
                data.extend_from_slice(value);
            }
            None => self.data = Some(value.to_vec()),
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_the_same_however_they_are_cut_and_whatever_ends_their_lines() {
        let text = b": hello\r\nevent: message\r\ndata: {\"a\":\r\ndata:1}\r\n\r\nid: 7\n\ndata\n\ndata: x\r\rdata: cut off";
        let wanted = [b"{\"a\":\n1}".to_vec(), b"x".to_vec()];
        for size in 1..text.len() {
            let mut events = Events::default();
            let found: Vec<_> = text
                .chunks(size)
                .flat_map(|chunk| events.push(chunk))
                .collect();
            assert_eq!(found, wanted, "in chunks of {size}");
        }
    }
}
