//! Fields for yes or no.

use leptos::prelude::*;

use super::Ids;
use crate::components::Show;

/// Yes or no, tied to a signal.
#[component]
pub fn CheckField(
    /// What yes means.
    #[prop(into)]
    label: String,
    /// Whether it is yes.
    value: RwSignal<bool>,
    /// What follows from it.
    #[prop(optional, into)]
    hint: Signal<String>,
    /// Whether it can't be changed at the moment.
    #[prop(optional, into)]
    disabled: Signal<bool>,
) -> impl IntoView {
    let ids = Ids::new();
    let hint_id = ids.hint.clone();
    let described = {
        let ids = ids.clone();
        move || ids.described_by(hint.with(|hint| !hint.is_empty()), false)
    };
    view! {
        <div class="field check">
            <input
                id=ids.control.clone()
                type="checkbox"
                disabled=disabled
                aria-describedby=described
                bind:checked=value
            />
            <div>
                <label for=ids.control>{label}</label>
                <Show when=move || hint.with(|hint| !hint.is_empty())>
                    <p class="hint" id=hint_id.clone()>
                        {hint}
                    </p>
                </Show>
            </div>
        </div>
    }
    .into_any()
}
