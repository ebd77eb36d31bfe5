//! What is remembered of a call once it has ended: whose it was, what it asked for by name, and what became of it.

use std::{sync::Arc, time::Instant};

use latchkey_gate::Pass;
use latchkey_mcp::{Era, Message};
use latchkey_types::{
    Timestamp,
    insight::{Call as EndedCall, CallEra, CallOutcome},
    key::Via,
};

use super::recent::Recent;

/// Longest method and name that are kept, in characters.
const TEXT_MAX: usize = 200;

/// A call under way. When it is dropped it is kept among the recent ones; dropped before its answer was whole, it counts
/// as cancelled.
pub struct Record {
    recent: Arc<Recent>,
    pass: Pass,
    at: Timestamp,
    started: Instant,
    via: Via,
    era: Option<CallEra>,
    method: String,
    name: Option<String>,
    client: Option<String>,
    outcome: CallOutcome,
    /// What it will have been once the answer is whole, where the status doesn't tell.
    whole: Option<CallOutcome>,
    status: u16,
    request_bytes: usize,
    response_bytes: usize,
}

impl Record {
    /// Of a call that was let in.
    pub fn new(
        recent: Arc<Recent>,
        pass: Pass,
        at: Timestamp,
        via: Via,
        method: &str,
        client: Option<&str>,
    ) -> Self {
        Self {
            recent,
            pass,
            at,
            started: Instant::now(),
            via,
            era: None,
            method: short(method),
            name: None,
            client: client.map(short),
            outcome: CallOutcome::Cancelled,
            whole: None,
            status: 0,
            request_bytes: 0,
            response_bytes: 0,
        }
    }

    /// How the key arrived.
    pub fn via(&self) -> Via {
        self.via
    }

    /// What it asks for.
    pub fn asks(&mut self, message: &Message, bytes: usize) {
        self.request_bytes = bytes;
        if !message.method.is_empty() {
            self.method = short(&message.method);
        }
        self.name = message.name.as_deref().map(short);
    }

    /// Who the client says it is, where that is known better than by its User-Agent.
    pub fn is_from(&mut self, client: &str) {
        self.client = Some(short(client));
    }

    /// Of which era it is.
    pub fn is_of(&mut self, era: Era) {
        self.era = Some(match era {
            Era::Modern => CallEra::Modern,
            Era::Legacy => CallEra::Legacy,
        });
    }

    /// The answer's status is known.
    pub fn answers(&mut self, status: u16) {
        self.status = status;
    }

    /// So many bytes of the answer went out.
    pub fn sent(&mut self, bytes: usize) {
        self.response_bytes += bytes;
    }

    /// How it will have ended, once the answer is whole.
    pub fn will_end(&mut self, outcome: CallOutcome) {
        self.whole = Some(outcome);
    }

    /// The answer is whole.
    pub fn is_whole(&mut self) {
        self.outcome = self.whole.unwrap_or(match self.status {
            ..400 => CallOutcome::Ok,
            _ => CallOutcome::Error,
        });
    }

    /// How it ended.
    pub fn ends(&mut self, outcome: CallOutcome) {
        self.outcome = outcome;
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        let count = |bytes: usize| i64::try_from(bytes).unwrap_or(i64::MAX);
        let call = EndedCall {
            at: self.at,
            key_id: self.pass.key_id(),
            key_description: self.pass.description(),
            via: self.via,
            era: self.era,
            method: std::mem::take(&mut self.method),
            name: self.name.take(),
            outcome: self.outcome,
            status: self.status,
            duration_ms: i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX),
            request_bytes: count(self.request_bytes),
            response_bytes: count(self.response_bytes),
            client: self.client.take(),
        };
        self.recent.add(self.pass.project_id(), call);
    }
}

fn short(text: &str) -> String {
    text.chars().take(TEXT_MAX).collect()
}
