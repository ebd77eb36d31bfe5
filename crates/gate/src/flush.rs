//! Counters on their way to the database, every few seconds.

use latchkey_store::{
    Store, StoreError,
    usage::{self, UsageDelta},
};
use latchkey_types::Timestamp;

use crate::{Gate, secrets::Slot};

/// Secrets in one transaction: short enough that a revoke hardly waits for the writer behind it.
const BATCH: usize = 500;

impl Gate {
    /// Stores what was counted since the last time, in the hour of `now`, and tells for how many secrets.
    /// In small batches sorted by key, each a transaction of its own. It blocks: call it on a thread that
    /// may.
    ///
    /// # Errors
    /// When a batch could not be stored. What was not stored is counted on, and goes with the next flush.
    /// Only a commit of unknown outcome may be counted twice: losing counts would be no better.
    pub fn flush(&self, store: &Store, now: Timestamp) -> Result<usize, StoreError> {
        self.flush_with(now, |batch| store.write(|tx| usage::flush(tx, batch)))
    }

    pub(crate) fn flush_with<E>(
        &self,
        now: Timestamp,
        mut write: impl FnMut(&[UsageDelta]) -> Result<(), E>,
    ) -> Result<usize, E> {
        // One at a time: two could store a secret's uses in the wrong order.
        let _one_at_a_time = self.flushing.lock();
        let mut taken = self.take_dirty(now);
        taken.sort_by_key(|(slot, _)| (slot.key_id(), slot.id()));
        let (slots, deltas): (Vec<Slot>, Vec<UsageDelta>) = taken.into_iter().unzip();
        let mut stored = 0;
        for batch in deltas.chunks(BATCH) {
            if let Err(error) = write(batch) {
                self.put_back(&slots, &deltas, stored);
                return Err(error);
            }
            stored += batch.len();
        }
        Ok(stored)
    }

    fn take_dirty(&self, now: Timestamp) -> Vec<(Slot, UsageDelta)> {
        // As many as wait now: those that come meanwhile are for the next time, or this might never end.
        let waiting = self.dirty.len();
        let mut taken = Vec::with_capacity(waiting);
        for place in (0..waiting).map_while(|_| self.dirty.pop()) {
            let Some(slot) = self.index.slot_at(place) else {
                continue;
            };
            let delta = slot.usage().and_then(|usage| usage.take(&slot, now));
            if let Some(delta) = delta {
                taken.push((slot, delta));
            }
        }
        taken
    }

    fn put_back(&self, slots: &[Slot], deltas: &[UsageDelta], stored: usize) {
        for (slot, delta) in slots.iter().zip(deltas).skip(stored) {
            if let Some(usage) = slot.usage() {
                usage.put_back(delta);
                self.mark(slot, usage);
            }
        }
    }
}
