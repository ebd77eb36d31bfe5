//! A moment as people say it, with the exact time behind it.

use std::time::Duration;

use latchkey_types::Timestamp;
use leptos::prelude::*;

use crate::core::time;

/// How often the words are renewed.
const PACE: Duration = Duration::from_secs(10);

/// A moment: "3 min ago", with the full time on hover and for screen readers. `None` shows `never`.
#[component]
pub fn RelativeTime(
    /// When.
    #[prop(into)]
    at: Signal<Option<Timestamp>>,
    /// What to say where there is no moment.
    #[prop(default = "Never")]
    never: &'static str,
) -> impl IntoView {
    let now = time::use_now(PACE);
    move || match at.get() {
        Some(at) => view! {
            <time datetime=at.to_string() title=time::full(at)>
                {move || time::relative(at, now.get())}
                <span class="spoken">{format!(", {}", time::full(at))}</span>
            </time>
        }
        .into_any(),
        None => view! { <span class="faint">{never}</span> }.into_any(),
    }
}
