//! Switching a key off, after a question, and on again, without one.

use latchkey_types::key::{Key, UpdateKeyRequest};
use leptos::prelude::*;

use crate::{
    components::{Confirm, Show, use_toasts},
    core::{api, paged::Paged, reactive::watch, submission::use_submission},
    pages::project::use_project,
};

/// What switches this key, and the question that it may ask, to be put on the page.
pub fn use_switch(key: StoredValue<Key>, keys: Paged<Key>) -> (Callback<()>, AnyView) {
    let project = use_project();
    let toasts = use_toasts();
    let is_asking = RwSignal::new(false);
    let (id, version, is_disabled) =
        key.with_value(|key| (key.id, key.version, key.disabled_at.is_some()));
    let switching = use_submission(
        move |()| {
            api::patch(&project.path_now(&format!("/keys/{id}")))
                .if_version(version)
                .json(&UpdateKeyRequest {
                    disabled: Some(!is_disabled),
                    ..UpdateKeyRequest::default()
                })
        },
        move |changed: Key| {
            is_asking.set(false);
            toasts.say(if is_disabled {
                "Key enabled. It is accepted again."
            } else {
                "Key disabled. Callers get 401 until you enable it."
            });
            replace(keys, changed);
        },
    );
    watch(move || {
        // Without a question there is no better place to say it.
        if let (Some(failure), false) = (switching.failure.get(), is_asking.get_untracked()) {
            toasts.fail(failure.sentence());
            keys.reload();
        }
    });
    let switch = Callback::new(move |()| {
        if is_disabled {
            switching.send(());
        } else {
            switching.failure.set(None);
            is_asking.set(true);
        }
    });
    let question = view! {
        <Show when=is_asking>
            <Confirm
                title="Disable this key?"
                action="Disable key"
                busy=switching.is_busy()
                error=switching.message(&[])
                on_confirm=move |()| switching.send(())
                on_close=move |()| {
                    is_asking.set(false);
                    if switching.failure.with_untracked(Option::is_some) {
                        keys.reload();
                    }
                }
            >
                <p dir="auto">
                    <strong>{key.with_value(|key| key.description.clone())}</strong>
                </p>
                <p>"Callers get 401 from the moment this finishes, until you enable it again."</p>
            </Confirm>
        </Show>
    }
    .into_any();
    (switch, question)
}

/// Puts the key as it is now into the list.
pub fn replace(keys: Paged<Key>, changed: Key) {
    keys.update(|rows| {
        if let Some(row) = rows.iter_mut().find(|row| row.id == changed.id) {
            *row = changed;
        }
    });
}
