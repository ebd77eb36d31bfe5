//! Search and filters above a list. What they hold stands in the page's address.

use std::time::Duration;

use leptos::prelude::*;

use super::{Glyph, Icon, unique_id};
use crate::core::{query::QueryState, reactive::watch};

/// How long typing must pause before the list is asked for.
const PAUSE: Duration = Duration::from_millis(250);

/// A field that searches as one types.
#[component]
pub fn SearchField(
    /// What is searched, such as "Search keys"; seen only by screen readers and as the placeholder.
    #[prop(into)]
    label: String,
    /// Where the text stands.
    state: QueryState,
) -> impl IntoView {
    let id = unique_id("search");
    let text = RwSignal::new(state.get_untracked());
    // Back and links change the address; the field follows.
    watch(move || {
        let now = state.get();
        if text.with_untracked(|text| text.trim() != now) {
            text.set(now);
        }
    });
    let waiting = StoredValue::new(None::<TimeoutHandle>);
    let typed = move |new: String| {
        text.set(new.clone());
        if let Some(handle) = waiting.get_value() {
            handle.clear();
        }
        let handle = set_timeout_with_handle(move || state.set(new.trim()), PAUSE);
        waiting.set_value(handle.ok());
    };
    on_cleanup(move || {
        if let Some(handle) = waiting.try_get_value().flatten() {
            handle.clear();
        }
    });
    view! {
        <div class="search" role="search">
            <label class="spoken" for=id.clone()>
                {label.clone()}
            </label>
            <Icon glyph=Glyph::Search />
            <input
                id=id
                type="search"
                dir="auto"
                autocomplete="off"
                spellcheck="false"
                maxlength=latchkey_types::limits::QUERY_MAX
                placeholder=label
                prop:value=text
                on:input:target=move |event| typed(event.target().value())
            />
        </div>
    }
    .into_any()
}

/// A choice that narrows a list. The first option is usually `("", "All …")`.
#[component]
pub fn FilterField(
    /// What it narrows by.
    #[prop(into)]
    label: String,
    /// Where the choice stands.
    state: QueryState,
    /// Values and their words, in order.
    options: Vec<(&'static str, &'static str)>,
) -> impl IntoView {
    let id = unique_id("filter");
    let options = options
        .into_iter()
        .map(|(word, text)| {
            view! {
                <option value=word selected=move || state.get() == word>
                    {text}
                </option>
            }
        })
        .collect_view();
    view! {
        <div class="filter">
            <label class="spoken" for=id.clone()>
                {label}
            </label>
            <select id=id on:change:target=move |event| state.set(event.target().value())>
                {options}
            </select>
        </div>
    }
    .into_any()
}
