//! Places for records, given out one after the other and never taken back.
//!
//! What is kept here is never forgotten: a revoked secret stays known for good. So a record needs no pointer of its own,
//! no count of who holds it and none of the allocator's bookkeeping; its place is a `u32`, and it is reached without a
//! lock. Rejected: `Arc`s, which cost 16 bytes and a share of the allocator's each, some 100 MB for a million keys; and
//! the crates boxcar and sharded-slab, which add a flag or a generation to each record for a removal that never comes.

use super::sync::{
    OnceLock,
    atomic::{AtomicU32, Ordering::Relaxed},
};

/// Records that are made at once: 512 KiB of secrets.
#[cfg(not(test))]
pub(crate) const CHUNK: u32 = 8192;
/// Small, so that every test crosses from one to the next.
#[cfg(test)]
pub(crate) const CHUNK: u32 = 4;
/// So many chunks at most: 134 million records.
pub(crate) const CHUNKS: u32 = 16_384;

/// Records of one kind. A record is whatever its `Default` is until somebody writes into it.
pub(crate) struct Slab<T> {
    chunks: Box<[OnceLock<Box<[T]>>]>,
    pub(crate) given: AtomicU32,
}

impl<T: Default> Slab<T> {
    pub(crate) fn new() -> Self {
        Self {
            chunks: (0..CHUNKS).map(|_| OnceLock::new()).collect(),
            given: AtomicU32::new(0),
        }
    }

    /// The next place; `None` when there is none left.
    pub(crate) fn give(&self) -> Option<u32> {
        self.given
            .fetch_update(Relaxed, Relaxed, |given| {
                (given < CHUNK * CHUNKS).then(|| given + 1)
            })
            .ok()
    }

    /// The record at a place that was given.
    pub(crate) fn at(&self, place: u32) -> &T {
        let chunk = self.chunks[(place / CHUNK) as usize]
            .get_or_init(|| (0..CHUNK).map(|_| T::default()).collect());
        &chunk[(place % CHUNK) as usize]
    }

    pub(crate) fn len(&self) -> usize {
        self.given.load(Relaxed) as usize
    }
}
