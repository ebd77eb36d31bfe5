//! One thing that is read from the server: what is known of it, and reading it again.

use std::{cell::Cell, rc::Rc};

use latchkey_types::Timestamp;
use leptos::{ev, prelude::*, task::spawn_local};
use serde::de::DeserializeOwned;

use super::{
    api::{self, ApiFailure, ApiResult},
    held::Known,
    reactive::watch,
    time,
};

/// Coming back to the page reads again what is older than this, in milliseconds.
const STALE_AFTER: i64 = 2_000;

/// What is known of something on the server. Copy it freely; see [`crate::components::Loadable`].
pub struct Remote<T: Send + Sync + 'static> {
    /// The newest value that was read; it stays while another reading is under way or failed.
    pub value: Known<T>,
    /// Why the last reading failed.
    pub failure: RwSignal<Option<ApiFailure>>,
    /// Whether a reading is under way.
    pub is_loading: RwSignal<bool>,
    reading: Reading,
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
        self.reading.again();
    }
}

/// Reads what stands at a path, and reads again when the path changes or the person comes back to the page.
/// An empty path reads nothing.
#[must_use]
pub fn use_remote<T>(path: impl Fn() -> String + 'static) -> Remote<T>
where
    T: DeserializeOwned + Send + Sync + 'static,
{
    let value = Known::new();
    let reading = Reading::new();
    reading.follow(
        Box::new(path),
        Box::new(move || value.held().set(None)),
        Rc::new(move |bytes| {
            value.set(api::parse(bytes)?);
            Ok(())
        }),
    );
    Remote {
        value,
        failure: reading.failure,
        is_loading: reading.is_loading,
        reading,
    }
}

/// What to do with an answer's bytes.
pub(super) type Take = Rc<dyn Fn(&[u8]) -> ApiResult<()>>;

/// Reading, whatever the type: compiled once.
#[derive(Clone, Copy)]
pub(super) struct Reading {
    pub failure: RwSignal<Option<ApiFailure>>,
    pub is_loading: RwSignal<bool>,
    /// How many readings were asked for: a slow early one never overwrites a later.
    asked: RwSignal<u64>,
    /// What `again` counts up.
    again: RwSignal<u64>,
}

impl Reading {
    pub fn new() -> Self {
        Self {
            failure: RwSignal::new(None),
            is_loading: RwSignal::new(true),
            asked: RwSignal::new(0),
            again: RwSignal::new(0),
        }
    }

    /// Reads the same path again.
    pub fn again(self) {
        self.again.try_update(|again| *again += 1);
    }

    /// Reads a path now, and when it changes; then what was shown is forgotten first, since another path is another
    /// thing. Reads the same path again after [`Reading::again`], and when the person comes back.
    pub fn follow(self, path: Box<dyn Fn() -> String>, forget: Box<dyn Fn()>, take: Take) {
        let mut before = None;
        watch(move || {
            let (again, path) = (self.again.get(), path());
            if before.is_some_and(|before| before == again) {
                forget();
            }
            before = Some(again);
            self.read(path, Rc::clone(&take));
        });
        on_return(move || self.again());
    }

    /// Reads a path; an empty one reads nothing.
    pub fn read(self, path: String, take: Take) {
        let turn = self.asked.get_untracked() + 1;
        self.asked.set(turn);
        self.is_loading.set(!path.is_empty());
        if path.is_empty() {
            return;
        }
        spawn_local(async move {
            let outcome = api::read(&path).exchange(None).await;
            // The page may be gone by now, or want something else.
            if self.asked.try_get_untracked() != Some(turn) {
                return;
            }
            self.is_loading.set(false);
            self.failure
                .set(outcome.and_then(|bytes| take(&bytes)).err());
        });
    }
}

/// Calls back when the person comes back to this tab after a while.
pub fn on_return(call: impl Fn() + 'static) {
    on_return_boxed(Box::new(call));
}

fn on_return_boxed(call: Box<dyn Fn()>) {
    // No signal and no stored value: nothing follows it, and those are compiled for each type.
    let left_at = Rc::new(Cell::new(None::<Timestamp>));
    let leaving = Rc::clone(&left_at);
    window_event_listener(ev::blur, move |_| {
        leaving.set(Some(time::now()));
    });
    window_event_listener(ev::focus, move |_| {
        let was_away = left_at.get();
        if was_away.is_some_and(|at| time::now().as_millis() - at.as_millis() > STALE_AFTER) {
            call();
        }
    });
}
