//! The slab and the table by themselves, and what a key weighs.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use crate::{
    slab::{CHUNK, CHUNKS, Slab},
    table::Table,
};

#[test]
fn places_are_given_once_and_keep_what_was_written() {
    let slab: Slab<AtomicU32> = Slab::new();
    for place in 0..CHUNK * 2 + 1 {
        assert_eq!(slab.give(), Some(place));
        slab.at(place).store(place, Relaxed);
    }
    assert_eq!(slab.len(), CHUNK as usize * 2 + 1);
    assert!((0..CHUNK * 2 + 1).all(|place| slab.at(place).load(Relaxed) == place));
}

#[test]
fn a_full_slab_says_so() {
    let slab: Slab<AtomicU32> = Slab::new();
    slab.given.store(CHUNK * CHUNKS - 1, Relaxed);
    assert_eq!(slab.give(), Some(CHUNK * CHUNKS - 1));
    assert_eq!((slab.give(), slab.give()), (None, None));
}

/// Hashes that meet in every way: alike below, above, altogether.
fn hash_of(place: u32) -> u64 {
    let place = u64::from(place);
    (place % 7) << 32 | (place % 5)
}

#[test]
fn everything_is_found_again_while_the_table_grows() {
    let table = Table::new();
    for place in 0..300 {
        assert_eq!(table.find(hash_of(place), |found| found == place), None);
        table.insert(hash_of(place), place, hash_of);
        for earlier in 0..=place {
            let found = table.find(hash_of(earlier), |found| found == earlier);
            assert_eq!(found, Some(earlier));
        }
    }
}

#[test]
fn a_digest_that_is_not_there_costs_no_look_at_a_record() {
    let table = Table::new();
    for place in 0..100 {
        table.insert(u64::from(place), place, u64::from);
    }
    let other_half = 1 << 32;
    for place in 0..100_u64 {
        let looked = |_| -> bool { panic!("a record was looked at") };
        assert_eq!(table.find(place | other_half, looked), None);
    }
}
