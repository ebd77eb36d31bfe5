//! Step 4: the old secret ends, now or with the overlap.

use latchkey_types::{Timestamp, key::Key, receipt::Receipt};
use leptos::prelude::*;

use super::{old_secret, shown_of, stage::Stage};
use crate::{
    components::{Button, ButtonKind, Confirm, Notice, RelativeTime, Show, Tone, use_toasts},
    core::{
        api,
        paged::Paged,
        reactive::{memo, watch},
        submission::use_submission,
        time, words,
    },
    pages::project::{
        servers::{
            opened::Fresh,
            recency::{BUSY_SECONDS, is_within},
        },
        use_project,
    },
};

/// The step's content.
#[component]
pub fn EndOld(
    key: Fresh,
    keys: Paged<Key>,
    now: Signal<Timestamp>,
    receipt: RwSignal<Option<String>>,
    stage: Memo<Stage>,
) -> impl IntoView {
    let project = use_project();
    let toasts = use_toasts();
    let value = key.value;
    let id = value.with_untracked(|key| key.id);
    let is_asking = RwSignal::new(false);
    let old = memo(move || value.with(|key| old_secret(key).map(shown_of)));
    let ending = use_submission(
        move |()| api::delete(&project.path_now(&format!("/keys/{id}/overlap"))),
        move |done: Receipt| {
            let text = words::receipt(&done);
            toasts.say(text.clone());
            receipt.set(Some(text));
            is_asking.set(false);
            key.reload();
            keys.reload();
        },
    );
    watch(move || {
        // Somebody else was faster, or the overlap is over: what is shown is old.
        if ending.failure.with(Option::is_some) {
            key.reload();
        }
    });
    let last_use = move || old.with(|old| old.as_ref().and_then(|(.., last_use)| *last_use));
    let is_busy_secret = move || is_within(last_use(), BUSY_SECONDS, now.get());
    let is_unverified = move || stage.get() < Stage::End;
    let warning = move || {
        view! {
            <Show when=is_busy_secret>
                <Notice tone=Tone::Warning>
                    "The old secret was used " <RelativeTime at=Signal::derive(last_use) />
                    ". Whoever still uses it gets 401 when it ends."
                </Notice>
            </Show>
        }
    };
    view! {
        {move || match old.get() {
            Some((hint, retires_at, _)) => view! {
                <p class="hint">
                    <code dir="ltr">{hint}</code>
                    {retires_at.map(|at| view! {
                        " ends by itself in "
                        <span class="countdown">{move || time::countdown(at, now.get())}</span>
                        " (" {time::full(at)} ")"
                    })}
                    "."
                </p>
                {warning()}
                <Button
                    kind=ButtonKind::Danger
                    on_press=move |()| {
                        ending.failure.set(None);
                        is_asking.set(true);
                    }
                >
                    "End the old secret now"
                </Button>
            }
            .into_any(),
            None if stage.get() > Stage::Make => view! {
                <p role="status">
                    {move || receipt.get().unwrap_or_else(|| "The old secret has ended.".to_owned())}
                </p>
            }
            .into_any(),
            None => ().into_any(),
        }}
        <Show when=is_asking>
            <Confirm
                title="End the old secret?"
                action="End the old secret"
                danger=true
                busy=ending.is_busy()
                error=ending.message(&[])
                on_confirm=move |()| ending.send(())
                on_close=move |()| is_asking.set(false)
            >
                <p>
                    {move || old.get().map(|(hint, ..)| view! { <code dir="ltr">{hint}</code> })}
                    " is refused with 401 from the moment this finishes."
                </p>
                <Show when=is_unverified>
                    <p>
                        <strong>"The new secret has not been used yet."</strong>
                        " Verify it first, if you can."
                    </p>
                </Show>
                {warning()}
            </Confirm>
        </Show>
    }
    .into_any()
}
