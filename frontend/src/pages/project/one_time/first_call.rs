//! Waiting for the first call with a new secret.

use latchkey_types::insight::{KeyEvent, KeyUse};
use leptos::prelude::*;

use crate::{
    components::{Glyph, Icon, RelativeTime},
    core::{held::Known, sse::follow, words},
};

/// Says that nobody has called yet, and who did as soon as somebody does.
#[component]
pub fn FirstCall(
    /// The path of the key's events.
    path: String,
    /// The new secret's hint: calls with another one don't count.
    hint: String,
) -> impl IntoView {
    let first = Known::<KeyUse>::new();
    let is_revoked = RwSignal::new(false);
    // It ends with this component.
    follow::<KeyEvent>(
        &path,
        &["first_call", "used", "revoked"],
        move |event| match event {
            KeyEvent::FirstCall(used) | KeyEvent::Used(used) => {
                if used.secret_hint == hint && untrack(|| first.with(|known| known.is_none())) {
                    first.set(used);
                }
            }
            KeyEvent::Revoked { .. } => is_revoked.set(true),
        },
    );
    view! {
        <div class="first-call" class:done=move || first.with(|used| used.is_some()) role="status">
            {move || match (first.get(), is_revoked.get()) {
                (_, true) => view! {
                    <Icon glyph=Glyph::Warning />
                    <span>"This key was deleted meanwhile. Nothing is accepted with it."</span>
                }
                .into_any(),
                (Some(used), _) => view! { <Called used /> }.into_any(),
                (None, _) => view! {
                    <span class="pulse" aria-hidden="true"></span>
                    <span>"Waiting for the first call …"</span>
                }
                .into_any(),
            }}
        </div>
    }
    .into_any()
}

/// Who called: “First call from claude-code/2.1.0, 3 s ago, in a header”.
#[component]
pub fn Called(used: KeyUse) -> impl IntoView {
    let from = match used.client {
        Some(client) => format!("First call from {client}, "),
        None => "First call, ".to_owned(),
    };
    view! {
        <Icon glyph=Glyph::Check />
        <span>
            {from} <RelativeTime at=Some(used.at) /> {format!(", {}", words::via(used.via))}
        </span>
    }
}
