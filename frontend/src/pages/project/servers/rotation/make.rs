//! Step 1: a new secret, and how long the old one still works.

use latchkey_types::{
    ProblemCode,
    key::{CreatedKey, Key, RotateKeyRequest},
};
use leptos::prelude::*;

use super::stage::Stage;
use crate::{
    components::{
        Button, ButtonKind, Failure, Form, Notice, RelativeTime, SelectField, Show, Tone,
    },
    core::{
        api::{self, ApiFailure},
        paged::Paged,
        reactive::watch,
        submission::{Attempt, use_submission},
        time,
    },
    pages::project::{
        one_time::Reveal,
        servers::{
            opened::Fresh,
            recency::{BUSY_SECONDS, is_within, origin},
            switch::replace,
        },
        use_project,
    },
};

const OVERLAPS: [(&str, &str); 6] = [
    ("0", "Not at all: it ends now"),
    ("900", "15 minutes"),
    ("3600", "1 hour"),
    ("21600", "6 hours"),
    ("86400", "24 hours"),
    ("604800", "7 days"),
];

/// The step's content.
#[component]
pub fn MakeNew(
    key: Fresh,
    keys: Paged<Key>,
    reveal: Reveal,
    was_rotating: RwSignal<bool>,
    receipt: RwSignal<Option<String>>,
    stage: Memo<Stage>,
) -> impl IntoView {
    let project = use_project();
    let value = key.value;
    let id = value.with_untracked(|key| key.id);
    let overlap = RwSignal::new("86400".to_owned());
    let attempt = Attempt::new();
    let rotating = use_submission(
        move |body: RotateKeyRequest| {
            let token = attempt.key_for(&body);

            api::post(&project.path_now(&format!("/keys/{id}/rotate")))
                .idempotent(token)
                .json(&body)
        },
        move |created: CreatedKey| {
            attempt.finish();
            was_rotating.set(true);
            if created.key.secrets.len() < 2 {
                receipt.set(Some(
                    "The old secret ended with the new one's making.".to_owned(),
                ));
            }
            replace(keys, created.key.clone());
            key.set(created.key.clone());
            reveal.show(created, true);
        },
    );
    let is_immediate = move || overlap.with(|overlap| overlap == "0");
    let is_busy_key = move || {
        is_within(
            value.with(|key| key.last_used_at),
            BUSY_SECONDS,
            time::now(),
        )
    };
    let is_cut_short = move || {
        let seconds: i64 = overlap.with(|overlap| overlap.parse().unwrap_or(0));
        value.with(|key| {
            key.expires_at
                .is_some_and(|at| seconds > 0 && at < time::now().plus_seconds(seconds))
        })
    };
    let hint = Signal::derive(move || {
        if is_cut_short() {
            "The key itself expires before that, and the old secret with it.".to_owned()
        } else {
            "Long enough to put the new secret everywhere.".to_owned()
        }
    });
    let message = Signal::derive(move || {
        let code = rotating
            .failure
            .with(|failure| failure.as_ref().and_then(ApiFailure::code));
        match code {
            Some(ProblemCode::SecretAlreadyShown) => Some(
                "The new secret was made, but the answer with it got lost. End the old secret or wait for the \
                 overlap's end, then rotate once more."
                    .to_owned(),
            ),
            _ => rotating.message(&["/overlap_seconds"]).get(),
        }
    });
    watch(move || {
        if message.get().is_some() {
            key.reload();
        }
    });
    let send = move |()| {
        rotating.send(RotateKeyRequest {
            overlap_seconds: overlap.get_untracked().parse().ok(),
        });
    };
    view! {
        <Show
            when=move || stage.get() == Stage::Make
            fallback=move || view! {
                <p class="hint">
                    {move || value.with(|key| key.secrets.first().map(|newest| view! {
                        <code dir="ltr">{newest.hint.clone()}</code> " was made "
                        <RelativeTime at=Some(newest.created_at) /> "."
                    }))}
                </p>
            }
        >
            <Form class="inline-form" on_send=send>
                <SelectField
                    label="How long the old secret still works"
                    value=overlap
                    options=OVERLAPS.to_vec()
                    hint=hint
                    error=rotating.field("/overlap_seconds")
                />
                <Button kind=ButtonKind::Primary submit=true busy=rotating.is_busy()>
                    "Make a new secret"
                </Button>
            </Form>
            <div aria-live="polite">
                <Show when=move || is_immediate() && is_busy_key()>
                    <Notice tone=Tone::Warning>
                        {move || value.with(|key| view! {
                            "The old secret was used " <RelativeTime at=key.last_used_at /> {origin(key)}
                            ". Without an overlap its callers get 401 until they have the new one."
                        })}
                    </Notice>
                </Show>
            </div>
        </Show>
        <Failure text=message />
    }
    .into_any()
}
