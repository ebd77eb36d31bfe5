//! Counting the calls of a secret, with atomics only.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{
            AtomicBool, AtomicU32, AtomicU64,
            Ordering::{Relaxed, SeqCst},
        },
    },
};

use arc_swap::ArcSwapOption;
use latchkey_keys::Digest;
use latchkey_store::usage::{StoredUse, UsageDelta};
use latchkey_types::{Timestamp, key::Via};

use crate::{Gate, Pass, secrets::Slot};

/// Longest name of a client that is remembered, in characters. User-Agents can be of any length.
const CLIENT_MAX: usize = 120;

/// One accepted call.
#[derive(Debug, Clone, Copy)]
pub struct Use<'a> {
    /// When.
    pub at: Timestamp,
    /// How the key arrived.
    pub via: Via,
    /// What program sent it, as it calls itself. Only the first 120 characters are remembered.
    pub client: Option<&'a str>,
    /// From which address.
    pub ip: Option<IpAddr>,
}

/// The last accepted call of a secret since the process started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastUse {
    /// When.
    pub at: Timestamp,
    /// How the key arrived.
    pub via: Via,
    /// What program sent it, as it calls itself.
    pub client: Option<String>,
    /// From which address.
    pub ip: Option<IpAddr>,
    /// The first one since the process started. The database may know an earlier one.
    pub first: FirstUse,
}

/// The first accepted call of a secret since the process started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstUse {
    /// When.
    pub at: Timestamp,
    /// How the key arrived.
    pub via: Via,
    /// What program sent it, as it calls itself.
    pub client: Option<String>,
}

/// The counters of one secret. Time, client and address of the last use are kept beside each other, not
/// as one: of two calls in the same instant the time of one may meet the client of the other, which saves
/// an allocation at every call.
#[derive(Default)]
pub(crate) struct Usage {
    /// Whether the secret waits in the queue of those with something to flush.
    dirty: AtomicBool,
    header: AtomicU32,
    url: AtomicU32,
    verify: AtomicU32,
    refused: AtomicU32,
    /// See [`pack`]; 0 stands for never.
    first: AtomicU64,
    /// See [`pack`]; 0 stands for never.
    last: AtomicU64,
    first_client: ArcSwapOption<Source>,
    last_source: ArcSwapOption<Source>,
}

/// Who sent it.
#[derive(PartialEq, Eq)]
struct Source {
    client: Option<Box<str>>,
    ip: Option<IpAddr>,
}

impl Gate {
    /// Counts an accepted call and remembers it as the last one. Only atomics; it allocates at a secret's
    /// first call and when the client or address changed.
    pub fn note(&self, pass: &Pass, used: Use<'_>) {
        if let Some(usage) = pass.slot.usage_or_new() {
            usage.note(used);
            self.mark(&pass.slot, usage);
        }
        self.watches.poke(pass.key_id());
    }

    /// Counts a call that was refused although its secret is or was one of ours. It is counted in the hour
    /// of the flush, a few seconds later at most, so that `_at` needs no room.
    pub fn note_refused(&self, known: &Pass, _at: Timestamp) {
        if let Some(usage) = known.slot.usage_or_new() {
            usage.refused.fetch_add(1, SeqCst);
            self.mark(&known.slot, usage);
        }
    }

    /// The last accepted call of this secret that memory knows of: newer than the database's, or the same.
    /// `None` when there was none since the process started.
    #[must_use]
    pub fn last_use(&self, digest: &Digest) -> Option<LastUse> {
        self.index.slot(digest)?.usage()?.last_use()
    }

    /// Puts the secret into the queue unless it is there already. A load that finds it there comes, in the
    /// one SeqCst order, before the flush clears it, and so the count before that load comes before the
    /// flush takes the counts: nothing is left behind.
    pub(crate) fn mark(&self, slot: &Slot, usage: &Usage) {
        if !usage.dirty.load(SeqCst) && !usage.dirty.swap(true, SeqCst) {
            self.dirty.push(slot.place());
        }
    }
}

impl Usage {
    fn note(&self, used: Use<'_>) {
        let now = pack(used.at, used.via);
        let source = Source::is_same(self.last_source.load().as_deref(), &used);
        if !source {
            self.last_source.store(Some(Arc::new(Source::of(&used))));
        }
        if self.first.load(Relaxed) == 0 {
            // The client before the time: who sees the time finds the client.
            if self.first_client.load().is_none() {
                self.first_client.store(Some(Arc::new(Source::of(&used))));
            }
            // Whoever loses this race was not the first.
            let _ = self.first.compare_exchange(0, now, SeqCst, SeqCst);
        }
        // The greatest counts: calls that overlap may arrive here in another order.
        self.last.fetch_max(now, SeqCst);
        match used.via {
            Via::Header => &self.header,
            Via::Url => &self.url,
            Via::Verify => &self.verify,
        }
        .fetch_add(1, SeqCst);
    }

    fn last_use(&self) -> Option<LastUse> {
        let (at, via) = unpack(self.last.load(SeqCst))?;
        let (first_at, first_via) = unpack(self.first.load(SeqCst))?;
        let source = self.last_source.load();
        Some(LastUse {
            at,
            via,
            client: source.as_deref().and_then(Source::client),
            ip: source.as_deref().and_then(|source| source.ip),
            first: FirstUse {
                at: first_at,
                via: first_via,
                client: self.first_client.load().as_deref().and_then(Source::client),
            },
        })
    }

    /// Takes the counts since the last time. `None` if there is nothing to tell.
    pub(crate) fn take(&self, slot: &Slot, now: Timestamp) -> Option<UsageDelta> {
        // Cleared first: what is counted from here on puts the secret into the queue again.
        self.dirty.store(false, SeqCst);
        let delta = UsageDelta {
            key: slot.key_id(),
            project: slot.project().id(),
            secret: slot.id(),
            hour: now,
            via_header: self.header.swap(0, SeqCst),
            via_url: self.url.swap(0, SeqCst),
            via_verify: self.verify.swap(0, SeqCst),
            refused: self.refused.swap(0, SeqCst),
            first_use: None,
            last_use: None,
        };
        let accepted = delta.via_header | delta.via_url | delta.via_verify;
        if accepted == 0 {
            return (delta.refused > 0).then_some(delta);
        }
        let last = self.last_use();
        Some(UsageDelta {
            first_use: last.as_ref().map(|last| StoredUse {
                at: last.first.at,
                via: last.first.via,
                client: last.first.client.clone(),
                ip: None,
            }),
            last_use: last.map(|last| StoredUse {
                at: last.at,
                via: last.via,
                client: last.client,
                ip: last.ip.map(|ip| ip.to_string()),
            }),
            ..delta
        })
    }

    /// Adds counts again that could not be stored.
    pub(crate) fn put_back(&self, delta: &UsageDelta) {
        self.header.fetch_add(delta.via_header, SeqCst);
        self.url.fetch_add(delta.via_url, SeqCst);
        self.verify.fetch_add(delta.via_verify, SeqCst);
        self.refused.fetch_add(delta.refused, SeqCst);
    }
}

impl Source {
    fn of(used: &Use<'_>) -> Self {
        Self {
            client: used.client.map(|client| clip(client).into()),
            ip: used.ip,
        }
    }

    fn is_same(known: Option<&Self>, used: &Use<'_>) -> bool {
        known.is_some_and(|known| {
            known.ip == used.ip && known.client.as_deref() == used.client.map(clip)
        })
    }

    fn client(&self) -> Option<String> {
        self.client.as_deref().map(str::to_owned)
    }
}

fn clip(client: &str) -> &str {
    let end = client.char_indices().nth(CLIENT_MAX);
    end.and_then(|(end, _)| client.get(..end)).unwrap_or(client)
}

/// A time above two bits for the way: packed like this, the greater is the later.
fn pack(at: Timestamp, via: Via) -> u64 {
    let via = match via {
        Via::Header => 1,
        Via::Url => 2,
        Via::Verify => 3,
    };
    at.as_millis().cast_unsigned() << 2 | via
}

fn unpack(packed: u64) -> Option<(Timestamp, Via)> {
    let via = match packed & 3 {
        1 => Via::Header,
        2 => Via::Url,
        3 => Via::Verify,
        _ => return None,
    };
    Some((Timestamp::from_millis((packed >> 2).cast_signed()), via))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_ways_read_back_and_sort_by_time() {
        for at in [0, 1_700_000_000_123, Timestamp::MAX.as_millis()] {
            let at = Timestamp::from_millis(at);
            for via in [Via::Header, Via::Url, Via::Verify] {
                assert_eq!(unpack(pack(at, via)), Some((at, via)));
            }
            assert!(
                pack(at, Via::Verify) < pack(at.plus_millis(1), Via::Header)
                    || at == Timestamp::MAX
            );
        }
        assert_eq!(unpack(0), None);
    }

    #[test]
    fn long_names_of_clients_are_clipped_between_characters() {
        assert_eq!(clip("curl/8"), "curl/8");
        assert_eq!(clip(&"é".repeat(500)), "é".repeat(120));
        assert_eq!(clip(&"é".repeat(120)), "é".repeat(120));
    }
}
