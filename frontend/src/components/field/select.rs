//! Fields for a choice of few.

use leptos::prelude::*;

use super::{Frame, FrameProps, Ids};

/// A choice of few, tied to a signal that holds the chosen value.
#[component]
pub fn SelectField(
    /// What it is called.
    #[prop(into)]
    label: String,
    /// The chosen value.
    value: RwSignal<String>,
    /// Values and their words, in order.
    options: Vec<(&'static str, &'static str)>,
    /// What helps to choose.
    #[prop(optional, into)]
    hint: Signal<String>,
    /// What is wrong with it.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// Whether it can't be changed at the moment.
    #[prop(optional, into)]
    disabled: Signal<bool>,
) -> impl IntoView {
    let ids = Ids::new();
    let described = {
        let ids = ids.clone();
        move || {
            ids.described_by(
                hint.with(|hint| !hint.is_empty()),
                error.with(Option::is_some),
            )
        }
    };
    let options = options
        .into_iter()
        .map(|(word, text)| {
            view! {
                <option value=word selected=move || value.with(|value| value == word)>
                    {text}
                </option>
            }
        })
        .collect_view();
    let control = view! {
        <select
            id=ids.control.clone()
            disabled=disabled
            aria-invalid=move || error.with(Option::is_some).then_some("true")
            aria-describedby=described
            on:change:target=move |event| value.set(event.target().value())
        >
            {options}
        </select>
    }
    .into_any();
    let frame = FrameProps {
        ids,
        label,
        is_optional: false,
        hint,
        error,
        children: Box::new(move || control),
    };
    Frame(frame).into_any()
}
