//! What the slab and the table are made of. A model of both puts loom's in the place of these (`tests/model.rs`).

use std::sync::Arc;

use arc_swap::ArcSwap;

pub(crate) use parking_lot::Mutex;
pub(crate) use std::sync::{OnceLock, atomic};

/// One value that is replaced as a whole. Its readers wait for nobody.
pub(crate) struct Shared<T>(ArcSwap<T>);

impl<T> Shared<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(ArcSwap::from_pointee(value))
    }

    pub(crate) fn with<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        f(&self.0.load())
    }

    pub(crate) fn replace(&self, value: T) {
        self.0.store(Arc::new(value));
    }
}
