//! One thing that is read from the server: what is known of it, and reading it again.

use std::future::Future;

use latchkey_types::Timestamp;
use leptos::{ev, prelude::*, task::spawn_local};
use serde::de::DeserializeOwned;

use super::{
    api::{self, ApiFailure, ApiResult},
    time,
};

/// Coming back to the page reads again what is older than this, in milliseconds.
const STALE_AFTER: i64 = 2_000;

/// What is known of something on the server. Copy it freely; see [`crate::components::Loadable`].
pub struct Remote<T: Send + Sync + 'static> {
    /// The newest value that was read; it stays while another reading is under way or failed.
    pub value: RwSignal<Option<T>>,
    /// Why the last reading failed.
    pub failure: RwSignal<Option<ApiFailure>>,
    /// Whether a reading is under way.
    pub is_loading: RwSignal<bool>,
    /// Readings asked for, so that a slow early one never overwrites a later.
    asked: RwSignal<u64>,
    /// What `reload` counts up.
    again: RwSignal<u64>,
}

impl<T: Send + Sync + 'static> Clone for Remote<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Remote<T> {}

impl<T: Send + Sync + 'static> Remote<T> {
    /// Reads it again. What is shown stays until the answer.
    pub fn reload(self) {
        self.again.try_update(|again| *again += 1);
    }
}

/// Reads what stands at a path, and reads again when the path changes or the person comes back to the page.
/// An empty path reads nothing.
#[must_use]
pub fn use_remote<T>(path: impl Fn() -> String + 'static) -> Remote<T>
where
    T: DeserializeOwned + Send + Sync + 'static,
{
    use_remote_with(move || {
        let path = path();
        let read = async move |path: String| api::get::<T>(&path).await;
        (!path.is_empty()).then(|| read(path))
    })
}

/// The same for any way of reading. `read` is reactive; `None` reads nothing.
#[must_use]
pub fn use_remote_with<T, F>(read: impl Fn() -> Option<F> + 'static) -> Remote<T>
where
    T: Send + Sync + 'static,
    F: Future<Output = ApiResult<T>> + 'static,
{
    let remote = Remote {
        value: RwSignal::new(None),
        failure: RwSignal::new(None),
        is_loading: RwSignal::new(true),
        asked: RwSignal::new(0),
        again: RwSignal::new(0),
    };
    Effect::new(move |before: Option<u64>| {
        let again = remote.again.get();
        let reading = read();
        // Another path is another thing: what was shown of the old one would be a lie.
        if before == Some(again) {
            remote.value.set(None);
        }
        let turn = remote.asked.get_untracked() + 1;
        remote.asked.set(turn);
        remote.is_loading.set(reading.is_some());
        if let Some(reading) = reading {
            spawn_local(async move {
                let outcome = reading.await;
                // The page may be gone by now.
                if remote.asked.try_get_untracked() != Some(turn) {
                    return;
                }
                remote.is_loading.set(false);
                match outcome {
                    Ok(value) => {
                        remote.failure.set(None);
                        remote.value.set(Some(value));
                    }
                    Err(failure) => remote.failure.set(Some(failure)),
                }
            });
        }
        again
    });
    on_return(move || remote.reload());
    remote
}

/// Calls back when the person comes back to this tab after a while.
pub fn on_return(call: impl Fn() + 'static) {
    let left_at = StoredValue::new(None::<Timestamp>);
    let blur = window_event_listener(ev::blur, move |_| {
        left_at.try_set_value(Some(time::now()));
    });
    let focus = window_event_listener(ev::focus, move |_| {
        let was_away = left_at.try_get_value().flatten();
        if was_away.is_some_and(|at| time::now().as_millis() - at.as_millis() > STALE_AFTER) {
            call();
        }
    });
    on_cleanup(move || {
        blur.remove();
        focus.remove();
    });
}
