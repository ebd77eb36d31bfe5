//! Toasts: what came of something, said in passing. Never a secret.

use std::time::Duration;

use leptos::prelude::*;

use super::{Button, ButtonKind, Glyph, Icon, Tone, rows};
use crate::core::held::Rows;

/// How long one stays, unless the person closes it.
const STAY: Duration = Duration::from_secs(7);
/// How many are shown at a time: the newest.
const MOST: usize = 3;

/// The app's toasts. Copy it freely.
#[derive(Clone, Copy)]
pub struct Toaster {
    shown: Rows<Toast>,
    next: RwSignal<u32>,
}

#[derive(Clone)]
struct Toast {
    number: u32,
    tone: Tone,
    text: String,
}

/// Makes the app's toasts.
pub fn provide_toasts() -> Toaster {
    let toaster = Toaster {
        shown: Rows::of(Vec::new()),
        next: RwSignal::new(0),
    };
    provide_context(toaster);
    toaster
}

/// The app's toasts.
#[must_use]
pub fn use_toasts() -> Toaster {
    use_context::<Toaster>().unwrap_or_else(provide_toasts)
}

impl Toaster {
    /// Something is done.
    pub fn say(self, text: impl Into<String>) {
        self.show(Tone::Good, text.into());
    }

    /// Something did not work, and no place on the page is closer to it.
    pub fn fail(self, text: impl Into<String>) {
        self.show(Tone::Danger, text.into());
    }

    fn show(self, tone: Tone, text: String) {
        let number = self.next.get_untracked();
        self.next.set(number.wrapping_add(1));
        self.shown.update(|shown| {
            if shown.len() == MOST {
                shown.remove(0);
            }
            shown.push(Toast { number, tone, text });
        });
        set_timeout(move || self.drop(number), STAY);
    }

    fn drop(self, number: u32) {
        self.shown
            .update(|shown| shown.retain(|toast| toast.number != number));
    }
}

/// Where toasts appear. Once in the app.
#[component]
pub fn Toasts() -> impl IntoView {
    let toaster = use_toasts();
    view! {
        <div class="toasts" role="status" aria-live="polite">
            {rows(
                toaster.shown,
                |toast| toast.number.to_string(),
                move |toast| view! {
                <div class=format!("toast {}", toast.tone.class())>
                    <Icon glyph=if toast.tone == Tone::Good { Glyph::Check } else { Glyph::Warning } />
                    <span>{toast.text}</span>
                    <Button
                        kind=ButtonKind::Bare
                        icon=Glyph::Close
                        label="Dismiss"
                        on_press=move |()| toaster.drop(toast.number)
                    />
                </div>
                }
                .into_any(),
            )}
        </div>
    }
    .into_any()
}
