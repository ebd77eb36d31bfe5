//! From a digest to the place of its secret: a hash table that readers never wait for.
//!
//! Open addressing over 8-byte words, half a digest's worth of which is compared before the record itself is looked at:
//! so a hit costs one line of the table and one of the slab, and a miss almost always one of the table. Nothing is ever
//! removed. A table that gets full is copied into one of twice its size, which then takes its place; a reader that still
//! holds the old one began before whatever only the new one has.
//!
//! Rejected: papaya, which allocates each entry for itself (32 bytes each) and keeps readers' guards for a removal that
//! never comes; dashmap and sharded locks, where readers wait for a writer.

use super::sync::{
    Mutex, Shared,
    atomic::{
        AtomicU64,
        Ordering::{Acquire, Release},
    },
};

/// Words of the first table.
#[cfg(not(test))]
const FIRST: usize = 1024;
/// Small, so that tests see it grow.
#[cfg(test)]
const FIRST: usize = 2;

/// The table. What its words mean is known to [`word`] alone.
pub(crate) struct Table {
    words: Shared<Words>,
    /// How many words are taken; whoever writes holds it.
    taken: Mutex<usize>,
}

/// As many words as a power of two. 0 is a free one.
struct Words(Box<[AtomicU64]>);

impl Table {
    pub(crate) fn new() -> Self {
        Self {
            words: Shared::new(Words::free(FIRST)),
            taken: Mutex::new(0),
        }
    }

    /// The place that was put in with this hash and that `is` it. Waits for nobody.
    pub(crate) fn find(&self, hash: u64, is: impl Fn(u32) -> bool) -> Option<u32> {
        self.words.with(|words| words.find(hash, is))
    }

    /// Puts a place in, which must not be there yet. Whatever was written at the place before is seen by whoever finds
    /// it. `hash_of` tells the hash of a place that was put in earlier.
    pub(crate) fn insert(&self, hash: u64, place: u32, hash_of: impl Fn(u32) -> u64) {
        let mut taken = self.taken.lock();
        let is_full = self.words.with(|words| {
            // Three quarters: a search that finds nothing then reads some nine words that lie side by side.
            let is_full = (*taken + 1) * 4 > words.0.len() * 3;
            if !is_full {
                words.put(hash, place);
            }
            is_full
        });
        if is_full {
            let larger = self.words.with(|words| {
                let larger = Words::free(words.0.len() * 2);
                for old in &words.0 {
                    if let Some(place) = place_of(old.load(Acquire)) {
                        larger.put(hash_of(place), place);
                    }
                }
                larger
            });
            larger.put(hash, place);
            self.words.replace(larger);
        }
        *taken += 1;
    }
}

impl Words {
    fn free(count: usize) -> Self {
        Self((0..count).map(|_| AtomicU64::new(0)).collect())
    }

    fn find(&self, hash: u64, is: impl Fn(u32) -> bool) -> Option<u32> {
        let mask = self.0.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let word = self.0[at].load(Acquire);
            // A quarter of the words is free, so the search ends.
            let place = place_of(word)?;
            if half(word) == half(hash) && is(place) {
                return Some(place);
            }
            at = (at + 1) & mask;
        }
    }

    /// One writer at a time, who has left a word free.
    fn put(&self, hash: u64, place: u32) {
        let mask = self.0.len() - 1;
        let mut at = hash as usize & mask;
        while self.0[at].load(Acquire) != 0 {
            at = (at + 1) & mask;
        }
        self.0[at].store(word(hash, place), Release);
    }
}

/// The upper half of the hash, which has no part in where the search begins, above the place. Places are counted from 1
/// here, because 0 is free.
fn word(hash: u64, place: u32) -> u64 {
    half(hash) << 32 | (u64::from(place) + 1)
}

fn half(word: u64) -> u64 {
    word >> 32
}

fn place_of(word: u64) -> Option<u32> {
    (word as u32).checked_sub(1)
}
