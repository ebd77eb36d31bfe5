//! Every interleaving of a reader with the writer, as loom finds them, in the slab and the table themselves: the same
//! files as the gate's, over loom's atomics.

use loom::{
    sync::{
        Arc,
        atomic::{
            AtomicBool, AtomicU64,
            Ordering::{Acquire, Relaxed, Release, SeqCst},
        },
    },
    thread,
};

#[expect(
    clippy::duplicate_mod,
    dead_code,
    reason = "the same text over other atomics is what is modelled; nothing here asks for a length"
)]
#[path = "../slab.rs"]
mod slab;
#[expect(clippy::duplicate_mod, reason = "as above")]
#[path = "../table.rs"]
mod table;

/// What `crate::sync` is to the gate.
mod sync {
    pub(crate) use loom::sync::atomic;
    /// Loom switches between threads at its own types only, so this one is never seen half-way.
    pub(crate) use std::sync::OnceLock;

    use loom::sync::{Arc, MutexGuard};

    pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(loom::sync::Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().expect("nobody panics under it")
        }
    }

    /// Like arc-swap: whoever reads goes on with what it was when they began.
    pub(crate) struct Shared<T>(loom::sync::RwLock<Arc<T>>);

    impl<T> Shared<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(loom::sync::RwLock::new(Arc::new(value)))
        }

        pub(crate) fn with<R>(&self, f: impl FnOnce(&T) -> R) -> R {
            let value = Arc::clone(&self.0.read().expect("nobody panics under it"));
            f(&value)
        }

        pub(crate) fn replace(&self, value: T) {
            *self.0.write().expect("nobody panics under it") = Arc::new(value);
        }
    }
}

/// What a secret's record is made of, as far as the order of things goes.
#[derive(Default)]
struct Record {
    digest: AtomicU64,
    word: AtomicU64,
}

const LIVE: u64 = 1;
const REVOKED: u64 = 2;

struct Index {
    table: table::Table,
    records: slab::Slab<Record>,
    answered: AtomicBool,
}

impl Index {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            table: table::Table::new(),
            records: slab::Slab::new(),
            answered: AtomicBool::new(false),
        })
    }

    fn create(&self, digest: u64) {
        let place = self.records.give().expect("there is room");
        let record = self.records.at(place);
        record.digest.store(digest, Relaxed);
        record.word.store(LIVE, SeqCst);
        let hash_of = |place| self.records.at(place).digest.load(Relaxed);
        self.table.insert(digest, place, hash_of);
    }

    fn find(&self, digest: u64) -> Option<&Record> {
        let is = |place| self.records.at(place).digest.load(Relaxed) == digest;
        let place = self.table.find(digest, is)?;
        Some(self.records.at(place))
    }
}

#[test]
fn a_secret_is_found_whole_or_not_at_all() {
    loom::model(|| {
        let index = Index::new();
        let writer = {
            let index = Arc::clone(&index);
            thread::spawn(move || {
                index.create(7);
                // The second one makes the table grow, and begins where the first one does.
                index.create(7 | 1 << 40);
            })
        };
        for digest in [7, 7 | 1 << 40] {
            if let Some(record) = index.find(digest) {
                assert_eq!(record.digest.load(Relaxed), digest);
                assert_eq!(record.word.load(SeqCst), LIVE);
            }
        }
        writer.join().expect("the writer ends");
        assert!(index.find(7).is_some() && index.find(7 | 1 << 40).is_some());
    });
}

#[test]
fn what_was_answered_is_found_while_the_table_grows() {
    loom::model(|| {
        let index = Index::new();
        let writer = {
            let index = Arc::clone(&index);
            thread::spawn(move || {
                index.create(7);
                index.answered.store(true, Release);
                index.create(8);
            })
        };
        if index.answered.load(Acquire) {
            assert!(index.find(7).is_some(), "an answered creation is unknown");
        }
        writer.join().expect("the writer ends");
    });
}

#[test]
fn a_revoke_that_was_answered_is_read() {
    loom::model(|| {
        let index = Index::new();
        index.create(7);
        let writer = {
            let index = Arc::clone(&index);
            thread::spawn(move || {
                let record = index.find(7).expect("it was created");
                record.word.store(REVOKED, SeqCst);
                index.answered.store(true, Release);
                index.create(8);
            })
        };
        if index.answered.load(Acquire) {
            let record = index.find(7).expect("nothing is forgotten");
            assert_eq!(record.word.load(SeqCst), REVOKED);
        }
        writer.join().expect("the writer ends");
    });
}
