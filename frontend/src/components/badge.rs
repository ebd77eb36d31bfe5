//! Badges: one word on a coloured ground. The word alone says it; the colour only helps.

use latchkey_types::key::KeyStatus;
use leptos::prelude::*;

use crate::core::words;

/// What a colour means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// Nothing in particular.
    #[default]
    Neutral,
    /// As it should be.
    Good,
    /// Look here some time.
    Warning,
    /// Look here now.
    Danger,
    /// Worth knowing.
    Info,
}

impl Tone {
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Danger => "danger",
            Self::Info => "info",
        }
    }
}

/// One word that stands out.
#[component]
pub fn Badge(
    /// What its colour means.
    #[prop(optional)]
    tone: Tone,
    /// More about it, on hover and for screen readers.
    #[prop(optional, into)]
    title: Option<String>,
    /// The word.
    #[prop(into)]
    text: Signal<String>,
) -> impl IntoView {
    view! {
        <span class=format!("badge {}", tone.class()) title=title>
            {text}
        </span>
    }
}

/// A key's status.
#[component]
pub fn StatusBadge(
    /// The status.
    status: KeyStatus,
) -> impl IntoView {
    let tone = match status {
        KeyStatus::Active => Tone::Good,
        KeyStatus::Expired | KeyStatus::Disabled => Tone::Warning,
        KeyStatus::Revoked => Tone::Danger,
    };
    view! { <Badge tone=tone text=words::status(status).to_owned() /> }
}
