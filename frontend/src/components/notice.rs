//! Notices: a sentence that belongs to the place where it stands.

use leptos::prelude::*;

use super::{Glyph, Icon, Tone, dynamic};

/// A sentence with an icon. With `live`, screen readers say it when it appears.
#[component]
pub fn Notice(
    /// What it means.
    #[prop(optional)]
    tone: Tone,
    /// Whether it is read out when it appears; for what follows from something the person did.
    #[prop(optional)]
    live: bool,
    /// What it says, and links or buttons for the next step.
    children: Children,
) -> impl IntoView {
    let glyph = match tone {
        Tone::Good => Glyph::Check,
        Tone::Warning | Tone::Danger => Glyph::Warning,
        Tone::Neutral | Tone::Info => Glyph::Info,
    };
    view! {
        <div class=format!("notice {}", tone.class()) role=live.then_some("alert")>
            <Icon glyph=glyph />
            <div class="notice-text">{children()}</div>
        </div>
    }
    .into_any()
}

/// Why something did not work, said where it was asked for; nothing while it did.
#[component]
pub fn Failure(
    /// Why, in whole sentences.
    #[prop(into)]
    text: Signal<Option<String>>,
) -> impl IntoView {
    dynamic(move || match text.get() {
        None => ().into_any(),
        Some(text) => view! {
            <Notice tone=Tone::Danger live=true>
                {text}
            </Notice>
        }
        .into_any(),
    })
}
