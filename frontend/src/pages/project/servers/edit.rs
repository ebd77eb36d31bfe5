//! Edit: what a key is for, its environment and expiry.

use latchkey_types::{
    ProblemCode,
    key::{Key, UpdateKeyRequest},
};
use leptos::prelude::*;

use super::{
    form::{Draft, KeyFields},
    opened::Fresh,
    switch::replace,
};
use crate::{
    components::{Button, ButtonKind, Dialog, Form, Notice, Show, Tone, use_toasts},
    core::{
        api::{self, ApiFailure},
        paged::Paged,
        reactive::watch,
        submission::use_submission,
        time,
    },
    pages::project::use_project,
};

/// The dialog.
#[component]
pub fn EditKey(
    /// The key.
    key: Fresh,
    /// The list, for duplicates and for the changed row.
    keys: Paged<Key>,
    /// Closes the dialog.
    #[prop(into)]
    on_close: Callback<()>,
) -> impl IntoView {
    let project = use_project();
    let toasts = use_toasts();
    let value = key.value;
    let id = value.with_untracked(|key| key.id);
    let draft = value.with_untracked(Draft::of);
    // What was in the list may be older than what is read now: until one types, the form follows.
    let seen_version = RwSignal::new(0);
    let seen_description = RwSignal::new(String::new());
    let present_expiry = RwSignal::new(String::new());
    let see = move |key: &Key| {
        seen_version.set(key.version);
        seen_description.set(key.description.clone());
        present_expiry.set(match key.expires_at {
            Some(at) => format!("Now: {}.", time::full(at)),
            None => "Now: never.".to_owned(),
        });
    };
    value.with_untracked(see);
    watch(move || {
        let newest = value.get();
        let is_untouched = seen_version.get_untracked() != newest.version
            && draft.description.get_untracked() == seen_description.get_untracked();
        if is_untouched {
            draft.take(&newest);
            see(&newest);
        }
    });
    let saving = use_submission(
        move |body: UpdateKeyRequest| {
            api::patch(&project.path_now(&format!("/keys/{id}")))
                .if_version(seen_version.get_untracked())
                .json(&body)
        },
        move |changed: Key| {
            toasts.say("Key changed.");
            replace(keys, changed);
            on_close.run(());
        },
    );
    let others = Callback::new(move |()| {
        keys.rows.with(|rows| {
            rows.iter()
                .filter(|key| key.id != id && key.revoked_at.is_none())
                .map(|key| key.description.clone())
                .collect::<Vec<_>>()
        })
    });
    let is_stale = move || {
        saving.failure.with(|failure| {
            failure.as_ref().and_then(ApiFailure::code) == Some(ProblemCode::VersionMismatch)
        })
    };
    // Loads what somebody else saved, and shows it in the place of what was typed.
    let load = move |()| {
        leptos::task::spawn_local(async move {
            match api::get::<Key>(&project.path_now(&format!("/keys/{id}"))).await {
                Ok(newest) => {
                    saving.failure.set(None);
                    draft.take(&newest);
                    see(&newest);
                    key.set(newest.clone());
                    replace(keys, newest);
                }
                Err(failure) => saving.failure.set(Some(failure)),
            }
        });
    };
    let send = move |()| {
        let Ok(expires_at) = draft.expiry() else {
            return;
        };
        if !draft.is_describable() {
            return;
        }
        saving.send(UpdateKeyRequest {
            description: Some(Some(draft.text())),
            environment: Some(draft.environment()),
            expires_at,
            disabled: None,
        });
    };
    let message = saving.message(&["/description", "/expires_at"]);
    view! {
        <Dialog title="Edit key" on_close=on_close>
            <Form on_send=send>
                <KeyFields
                    draft
                    others
                    exists=true
                    present_expiry=present_expiry
                    description_error=saving.field("/description")
                    server_expiry_error=saving.field("/expires_at")
                />
                {move || message.get().map(|text| view! {
                    <Notice tone=Tone::Danger live=true>
                        <p>{text}</p>
                        <Show when=is_stale>
                            <Button on_press=load>"Load their version"</Button>
                        </Show>
                    </Notice>
                })}
                <div class="actions">
                    <Button on_press=move |()| on_close.run(())>"Cancel"</Button>
                    <Button kind=ButtonKind::Primary submit=true busy=saving.is_busy()>
                        "Save"
                    </Button>
                </div>
            </Form>
        </Dialog>
    }
    .into_any()
}
