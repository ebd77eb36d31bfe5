//! Shutting a person out, and deciding about the keys that they made.

use latchkey_types::{
    key::{Key, KeyStatus},
    user::{UpdateUserRequest, UpdatedUser, User},
};
use leptos::prelude::*;

use crate::{
    components::{
        Button, ButtonKind, CheckField, Confirm, Dialog, Failure, RelativeTime, StatusBadge,
        use_toasts,
    },
    core::{api, submission::use_submission},
};

/// Asks, disables, and then shows the keys that this person made.
#[component]
pub fn Disable(
    /// Who.
    user: User,
    /// Called with the user as they are now.
    #[prop(into)]
    on_done: Callback<User>,
    /// Closes the dialog.
    #[prop(into)]
    on_close: Callback<()>,
) -> impl IntoView {
    let toasts = use_toasts();
    let revoke_keys = RwSignal::new(false);
    let left = RwSignal::new(None::<Vec<Key>>);
    let name = StoredValue::new(user.name.clone());
    let disable = use_submission(
        move |revoke: bool| {
            let request = UpdateUserRequest {
                disabled: Some(true),
                revoke_keys: revoke.then_some(true),
                ..UpdateUserRequest::default()
            };
            api::patch(&format!("/users/{}", user.id)).json(&request)
        },
        move |answer: UpdatedUser| {
            on_done.run(answer.user);
            let revoked = answer.receipts.len();
            let live: Vec<Key> = answer
                .keys
                .into_iter()
                .filter(|key| key.status != KeyStatus::Revoked)
                .collect();
            let name = name.get_value();
            if revoked > 0 {
                let closed: u32 = answer
                    .receipts
                    .iter()
                    .filter_map(|receipt| receipt.streams_closed)
                    .sum();
                toasts.say(format!(
                    "{name} is disabled. {revoked} of their keys revoked, {closed} open connections closed."
                ));
            } else if live.is_empty() {
                toasts.say(format!("{name} is disabled. No key of theirs is in use."));
            }
            if live.is_empty() {
                on_close.run(());
            } else {
                left.set(Some(live));
            }
        },
    );
    let reason = disable.message(&[]);
    move || {
        match left.get() {
        None => view! {
            <Confirm
                title=format!("Disable {}?", name.get_value())
                action="Disable user"
                danger=true
                busy=disable.is_busy()
                error=reason
                on_confirm=move |()| disable.send(revoke_keys.get_untracked())
                on_close=on_close
            >
                <p>"Their sessions, tokens and sign-in links end at once, and they can't sign in any more."</p>
                <CheckField
                    label="Also revoke the API keys that they made"
                    value=revoke_keys
                    hint="Otherwise you see these keys next, and can decide then. A revoked key can't be brought back."
                />
            </Confirm>
        }
        .into_any(),
        Some(keys) => view! {
            <KeysLeft
                name=name.get_value()
                keys=keys
                busy=disable.is_busy()
                error=reason
                on_revoke=move |()| disable.send(true)
                on_close=on_close
            />
        }
        .into_any(),
    }
    }
}

/// The keys that still work though whoever made them is disabled.
#[component]
fn KeysLeft(
    name: String,
    keys: Vec<Key>,
    busy: Signal<bool>,
    error: Signal<Option<String>>,
    #[prop(into)] on_revoke: Callback<()>,
    on_close: Callback<()>,
) -> impl IntoView {
    let count = keys.len();
    let words = if count == 1 {
        "Revoke this key".to_owned()
    } else {
        format!("Revoke all {count} keys")
    };
    let rows = keys
        .into_iter()
        .map(|key| {
            let href = format!("/projects/{}/mcp-servers", key.project_id);
            let description = if key.description.is_empty() {
                "No description".to_owned()
            } else {
                key.description
            };
            view! {
                <li>
                    <a href=href dir="auto">
                        {description}
                    </a>
                    <code>{key.hint}</code>
                    <StatusBadge status=key.status />
                    <span class="faint">"Last used: " <RelativeTime at=key.last_used_at /></span>
                </li>
            }
        })
        .collect_view();
    view! {
        <Dialog title=format!("{name} is disabled") on_close=on_close>
            <div class="stack">
                <p>"These keys were made by them, and are still accepted:"</p>
                <ul class="key-list">{rows}</ul>
                <Failure text=error />
                <div class="actions">
                    <Button autofocus=true on_press=on_close>"Leave them"</Button>
                    <Button kind=ButtonKind::Danger busy=busy on_press=on_revoke>
                        {words}
                    </Button>
                </div>
            </div>
        </Dialog>
    }
    .into_any()
}
