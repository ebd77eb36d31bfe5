//! Delete: names the key and its last use, asks, and shows the receipt.

use latchkey_types::{key::Key, receipt::Receipt};
use leptos::prelude::*;

use super::{
    list::KeyName,
    opened::Fresh,
    recency::{RECENT_SECONDS, is_within, origin},
};
use crate::{
    components::{
        Button, ButtonKind, Dialog, Failure, Form, Notice, RelativeTime, SelectField, Show, Tone,
        use_toasts,
    },
    core::{api, paged::Paged, query::Query, submission::use_submission, time, words},
    pages::project::use_project,
};

const REASONS: [(&str, &str); 4] = [
    ("other", "Not said"),
    ("unused", "Nobody needs it"),
    ("rotated", "Another key took its place"),
    ("compromised", "Somebody else may know the secret"),
];

/// The dialog.
#[component]
pub fn DeleteKey(
    /// The key.
    key: Fresh,
    /// The list: the row leaves it after the answer, not before.
    keys: Paged<Key>,
    /// Closes the dialog.
    #[prop(into)]
    on_close: Callback<()>,
) -> impl IntoView {
    let project = use_project();
    let toasts = use_toasts();
    let value = key.value;
    let id = value.with_untracked(|key| key.id);
    let reason = RwSignal::new("other".to_owned());
    let is_asked_again = RwSignal::new(false);
    let deleting = use_submission(
        move |reason: String| {
            let path = Query::new()
                .with("reason", &reason)
                .on(&project.path_now(&format!("/keys/{id}")));

            api::delete(&path)
        },
        move |receipt: Receipt| {
            toasts.say(words::receipt(&receipt));
            keys.update(|rows| rows.retain(|row| row.id != id));
            on_close.run(());
        },
    );
    // Going away in the middle undoes nothing: the list shows what became of it.
    let leave = Callback::new(move |()| {
        if deleting.is_busy().get_untracked() {
            deleting.cancel();
            keys.reload();
        }
        on_close.run(());
    });
    let was_used_recently = move || {
        is_within(
            value.with(|key| key.last_used_at),
            RECENT_SECONDS,
            time::now(),
        )
    };
    let send = move |()| {
        if untrack(was_used_recently) && !is_asked_again.get_untracked() {
            is_asked_again.set(true);
        } else {
            deleting.send(reason.get_untracked());
        }
    };
    let message = deleting.message(&[]);
    view! {
        <Dialog title="Delete this key?" on_close=leave>
            <Form on_send=send>
                <p>
                    {move || value.with(|key| view! {
                        <KeyName description=key.description.clone() hint=key.hint.clone() />
                    })}
                </p>
                <p>
                    <strong>
                        {move || value.with(|key| match key.last_used_at {
                            Some(at) => view! {
                                "Last used " <RelativeTime at=Some(at) /> {origin(key)} "."
                            }
                            .into_any(),
                            None => "Never used.".into_any(),
                        })}
                    </strong>
                    " Callers get 401 from the moment this finishes. A deleted key can't be brought back."
                </p>
                <SelectField label="Why" value=reason options=REASONS.to_vec() />
                // Always there, so that screen readers notice when it gets a text.
                <div aria-live="assertive">
                    <Show when=is_asked_again>
                        <Notice tone=Tone::Warning>
                            "This key is in use: it was called within the last 24 hours. \
                             Press “End access now” if that shall stop."
                        </Notice>
                    </Show>
                </div>
                <Failure text=message />
                <div class="actions">
                    <Button autofocus=true on_press=leave>"Cancel"</Button>
                    <Button kind=ButtonKind::Danger submit=true busy=deleting.is_busy()>
                        {move || if is_asked_again.get() { "End access now" } else { "Delete key" }}
                    </Button>
                </div>
            </Form>
        </Dialog>
    }
    .into_any()
}
