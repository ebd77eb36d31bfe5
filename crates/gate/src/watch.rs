//! Waiting for something to happen to a key: the dialog's "waiting for the first call", and key events.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use latchkey_types::KeyId;
use papaya::HashMap;
use parking_lot::Mutex;
use tokio::sync::watch;

/// Tells when something happened to one key. Dropping it ends the watch.
pub struct Watch {
    key: KeyId,
    watches: Arc<Watches>,
    /// `Some` until it is dropped.
    events: Option<watch::Receiver<()>>,
}

/// Who watches which key. Nothing is kept of keys that nobody watches.
pub(crate) struct Watches {
    by_key: HashMap<KeyId, watch::Sender<()>>,
    /// Read at every call, so that a call costs one load while nobody watches anything.
    count: AtomicUsize,
    /// Taken by those who begin and end a watch, never by a call.
    changing: Mutex<()>,
}

impl Watch {
    /// Waits until the key was used or changed since this was last called, or since the watch began;
    /// several events may come as one. Read the key's state after beginning to watch and after each
    /// event, and nothing is missed. Dropping the future loses nothing.
    pub async fn changed(&mut self) {
        let happened = match &mut self.events {
            Some(events) => events.changed().await.is_ok(),
            None => false,
        };
        if !happened {
            // Not reached: the sender lives as long as there is a receiver.
            std::future::pending::<()>().await;
        }
    }
}

impl Watches {
    pub(crate) fn new() -> Self {
        Self {
            by_key: HashMap::new(),
            count: AtomicUsize::new(0),
            changing: Mutex::new(()),
        }
    }

    pub(crate) fn watch(self: &Arc<Self>, key: KeyId) -> Watch {
        let _changing = self.changing.lock();
        let by_key = self.by_key.pin();
        let sender = by_key.get_or_insert_with(key, || watch::channel(()).0);
        let events = sender.subscribe();
        // Counted before the caller reads the key's state, as a call is noted before the count is read: in
        // the one SeqCst order either the caller reads the call or the call finds the watch.
        self.count.fetch_add(1, SeqCst);
        Watch {
            key,
            watches: Arc::clone(self),
            events: Some(events),
        }
    }

    /// Something happened to this key.
    pub(crate) fn poke(&self, key: KeyId) {
        if self.count.load(SeqCst) == 0 {
            return;
        }
        if let Some(sender) = self.by_key.pin().get(&key) {
            sender.send_replace(());
        }
    }

    /// Something happened that may concern every key.
    pub(crate) fn poke_all(&self) {
        if self.count.load(SeqCst) == 0 {
            return;
        }
        for sender in self.by_key.pin().values() {
            sender.send_replace(());
        }
    }

    #[cfg(test)]
    pub(crate) fn watched_keys(&self) -> usize {
        self.by_key.len()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _changing = self.watches.changing.lock();
        self.events = None;
        let by_key = self.watches.by_key.pin();
        if by_key
            .get(&self.key)
            .is_some_and(|sender| sender.receiver_count() == 0)
        {
            by_key.remove(&self.key);
        }
        self.watches.count.fetch_sub(1, SeqCst);
    }
}
