//! Notices: a sentence that belongs to the place where it stands.

use leptos::prelude::*;

use super::{Glyph, Icon, Tone};

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
