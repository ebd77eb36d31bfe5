//! Calls in progress: registered before they are admitted, so that a revoke finds and ends every one.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc,
        atomic::{
            AtomicBool, AtomicUsize,
            Ordering::{Relaxed, SeqCst},
        },
    },
    time::Duration,
};

use latchkey_types::{KeyId, ProjectId, SecretId, Timestamp};
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::{Gate, Pass, secrets::Slot, verify::Refusal};

/// Locks among which the keys with open calls are spread.
const SHARDS: usize = 64;

/// How long a call goes on at most before it looks again whether it may. Whoever takes a key's rights away
/// also ends its calls at once; this is for what nobody announces: a clock that jumped, an end that was
/// moved closer, a commit that was in doubt, a lost database.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// What lost its rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// A key with all its secrets.
    Key(KeyId),
    /// One secret of a key.
    Secret(KeyId, SecretId),
    /// A project with all its keys.
    Project(ProjectId),
}

/// A call in progress: a request that is being answered, or a stream. Dropping it says that no further
/// byte of it is handed out, and whoever ended it waits for just that.
pub struct OpenCall {
    call: Arc<Call>,
    calls: Arc<Calls>,
}

/// The registry. Keys without an open call are not in it.
pub(crate) struct Calls {
    shards: Vec<Mutex<HashMap<KeyId, Vec<Arc<Call>>>>>,
    open: AtomicUsize,
    pub(crate) serving: AtomicBool,
}

struct Call {
    slot: Slot,
    /// Whether it was let in, as opposed to registered only and then refused.
    admitted: AtomicBool,
    ended: Signal,
    closed: Signal,
}

/// Something that happens once.
#[derive(Default)]
struct Signal {
    happened: AtomicBool,
    waiting: Notify,
}

impl Gate {
    /// Lets a call in that has passed [`Gate::verify`], and keeps it where a revoke finds it. The record is
    /// read again after the call was registered, so a revoke in between refuses it.
    ///
    /// # Errors
    /// What is against the key by now.
    pub fn open(&self, pass: &Pass, now: Timestamp) -> Result<OpenCall, Refusal> {
        Self::admit(self.register(pass), now)
    }

    /// How many calls of a key are open.
    #[must_use]
    pub fn open_calls_of(&self, key: KeyId) -> usize {
        self.calls.shard(key).lock().get(&key).map_or(0, Vec::len)
    }

    /// The first half of [`Gate::open`].
    pub(crate) fn register(&self, pass: &Pass) -> OpenCall {
        let call = Arc::new(Call {
            slot: pass.slot.clone(),
            admitted: AtomicBool::new(false),
            ended: Signal::default(),
            closed: Signal::default(),
        });
        let mut shard = self.calls.shard(pass.key_id()).lock();
        shard
            .entry(pass.key_id())
            .or_default()
            .push(Arc::clone(&call));
        drop(shard);
        self.calls.open.fetch_add(1, Relaxed);
        OpenCall {
            call,
            calls: Arc::clone(&self.calls),
        }
    }

    /// The second half of [`Gate::open`]. Whoever takes rights away stores that in the record and then
    /// takes the shard's lock to walk it; we left that lock before reading the record. So if the walk came
    /// first and missed this call, the record that is read here is the new one.
    pub(crate) fn admit(open: OpenCall, now: Timestamp) -> Result<OpenCall, Refusal> {
        if !open.calls.serving.load(SeqCst) {
            return Err(Refusal::NotServing);
        }
        open.call.slot.judge(true, now)?;
        open.call.admitted.store(true, SeqCst);
        Ok(open)
    }

    /// Ends the open calls of what lost its rights, after the change was made, and waits until each has
    /// confirmed by being dropped, for `patience` at most (a second is usual). Answers how many were open.
    /// Calls that are late stay ended: they hand out nothing more than what was under way.
    ///
    /// Needs a tokio runtime with time. Dropping the future ends the wait and nothing else.
    pub async fn end_calls(&self, target: Ended, patience: Duration) -> u32 {
        let ended = self.calls.end(target);
        let all_closed = async {
            for call in &ended {
                call.closed.wait().await;
            }
        };
        if tokio::time::timeout(patience, all_closed).await.is_err() {
            tracing::warn!(?target, "open calls did not confirm their end in time");
        }
        // Only now is it settled for those that were just being let in.
        let admitted = ended.iter().filter(|call| call.admitted.load(SeqCst));
        u32::try_from(admitted.count()).unwrap_or(u32::MAX)
    }
}

impl OpenCall {
    /// Resolves when the call must stop: somebody ended it, its key's or secret's time is over, the
    /// database was lost. `clock` gives the present time. Needs a tokio runtime with time.
    pub fn ended(
        &self,
        clock: impl Fn() -> Timestamp + Send + 'static,
    ) -> impl Future<Output = ()> + Send + 'static {
        let (call, calls) = (Arc::clone(&self.call), Arc::clone(&self.calls));
        async move {
            loop {
                let now = clock();
                if call.is_over(&calls, now) {
                    return;
                }
                let left = call.slot.deadline().map_or(LOOK_AGAIN, |end| {
                    let millis = end.as_millis().saturating_sub(now.as_millis());
                    Duration::from_millis(millis.unsigned_abs())
                });
                let nap = left.min(LOOK_AGAIN);
                if tokio::time::timeout(nap, call.ended.wait()).await.is_ok() {
                    return;
                }
            }
        }
    }

    /// Whether the call must stop. Ask before every byte that is handed out; it costs a few loads.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.call.is_over(&self.calls, now)
    }

    /// When the call must stop by itself, as things are now: a change of the key can move it.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        self.call.slot.deadline()
    }

    /// Whose call it is.
    #[must_use]
    pub fn pass(&self) -> Pass {
        Pass {
            slot: self.call.slot.clone(),
        }
    }
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        self.calls.close(&self.call);
    }
}

impl Calls {
    pub(crate) fn new() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            open: AtomicUsize::new(0),
            serving: AtomicBool::new(false),
        }
    }

    pub(crate) fn open(&self) -> usize {
        self.open.load(Relaxed)
    }

    fn end(&self, target: Ended) -> Vec<Arc<Call>> {
        let mut ended = Vec::new();
        match target {
            Ended::Key(key) | Ended::Secret(key, _) => {
                let shard = self.shard(key).lock();
                ended.extend(shard.get(&key).into_iter().flatten().cloned());
            }
            Ended::Project(_) => {
                for shard in &self.shards {
                    ended.extend(shard.lock().values().flatten().cloned());
                }
            }
        }
        ended.retain(|call| call.is_of(target));
        for call in &ended {
            call.ended.happen();
        }
        ended
    }

    fn close(&self, call: &Arc<Call>) {
        let key = call.slot.key_id();
        let mut shard = self.shard(key).lock();
        if let Some(open) = shard.get_mut(&key) {
            open.retain(|other| !Arc::ptr_eq(other, call));
            if open.is_empty() {
                shard.remove(&key);
            }
        }
        drop(shard);
        self.open.fetch_sub(1, Relaxed);
        call.closed.happen();
    }

    fn shard(&self, key: KeyId) -> &Mutex<HashMap<KeyId, Vec<Arc<Call>>>> {
        // The low bits of a UUIDv7 are random. The remainder is below the number of shards.
        let at = key.as_uuid().as_u128() % SHARDS as u128;
        &self.shards[at as usize]
    }
}

impl Call {
    fn is_of(&self, target: Ended) -> bool {
        match target {
            Ended::Key(key) => self.slot.key_id() == key,
            Ended::Secret(key, secret) => self.slot.key_id() == key && self.slot.id() == secret,
            Ended::Project(project) => self.slot.project().id() == project,
        }
    }

    fn is_over(&self, calls: &Calls, now: Timestamp) -> bool {
        self.ended.happened.load(SeqCst)
            || !calls.serving.load(SeqCst)
            || self.slot.judge(true, now).is_err()
    }
}

impl Signal {
    fn happen(&self) {
        self.happened.store(true, SeqCst);
        self.waiting.notify_waiters();
    }

    async fn wait(&self) {
        let waiting = self.waiting.notified();
        tokio::pin!(waiting);
        // Enlisted before looking: a signal between the two would be missed otherwise.
        waiting.as_mut().enable();
        if !self.happened.load(SeqCst) {
            waiting.await;
        }
    }
}

impl fmt::Debug for OpenCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OpenCall").field(&self.pass()).finish()
    }
}
