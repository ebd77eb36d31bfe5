//! A dialog or panel about one key of the list, opened by its id in the address.

use latchkey_types::key::Key;
use leptos::prelude::*;

use crate::{
    components::use_toasts,
    core::{
        held::Shown,
        paged::Paged,
        query::{QueryState, encode},
        reactive::{memo, watch},
        remote::{Remote, use_remote},
    },
    pages::project::use_project,
};

/// A key as it is now, and reading it again. Copy it freely.
#[derive(Clone, Copy)]
pub struct Fresh {
    /// The newest that is known.
    pub value: Shown<Key>,
    remote: Remote<Key>,
}

impl Fresh {
    /// Reads it again.
    pub fn reload(self) {
        self.remote.reload();
    }

    /// Here is a newer one.
    pub fn set(self, key: Key) {
        self.remote.value.set(key);
    }
}

/// Shows the content as soon as the key is known: at once if it is in the list, and with its newest facts as soon
/// as they are there. An id of nothing is taken out of the address, with a word about it.
#[component]
pub fn Opened(
    /// Where the id stands.
    state: QueryState,
    /// The list.
    keys: Paged<Key>,
    /// Shows the key.
    #[prop(into)]
    show: Callback<Fresh, AnyView>,
) -> impl IntoView {
    let project = use_project();
    let toasts = use_toasts();
    let remote = use_remote::<Key>(move || {
        let id = state.get();
        if id.is_empty() {
            String::new()
        } else {
            project.path(&format!("/keys/{}", encode(&id)))
        }
    });
    let wanted = state.get_untracked();
    let known = untrack(|| {
        keys.rows.with(|rows| {
            rows.into_iter()
                .find(|key| key.id.to_string() == wanted)
                .cloned()
        })
    });
    if let Some(known) = known {
        remote.value.set(known);
    }
    let held = remote.value.held();
    watch(move || {
        let failure = remote.failure.get();
        if let (Some(failure), None) = (failure, held.get_untracked()) {
            toasts.fail(failure.sentence());
            state.set("");
        }
    });
    let is_there = memo(move || held.with(Option::is_some));
    let content = move || {
        let value = Shown::of(held)?;
        Some(show.run(Fresh { value, remote }))
    };
    move || is_there.get().then(&content).flatten()
}
