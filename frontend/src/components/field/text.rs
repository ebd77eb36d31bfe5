//! Fields for text: one line or several.

use leptos::{html, prelude::*};

use super::{Frame, FrameProps, Ids};

/// A field for text, tied to a signal.
#[component]
pub fn TextField(
    /// What it is called.
    #[prop(into)]
    label: String,
    /// What is in it.
    value: RwSignal<String>,
    /// The input's type: `text`, `email`, `password`, `date`, `url`.
    #[prop(default = "text")]
    kind: &'static str,
    /// How many lines it has; more than one makes it a text area.
    #[prop(default = 1)]
    lines: u32,
    /// What helps to fill it in.
    #[prop(optional, into)]
    hint: Signal<String>,
    /// What is wrong with it; fragments such as "is empty" get the label before them.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// Whether it may stay empty, and says so.
    #[prop(optional)]
    optional: bool,
    /// What the browser may fill in: `email`, `current-password`, `new-password`, `one-time-code` (with digits first on
    /// the keys of a phone), `off`.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// The most characters that it takes.
    #[prop(optional, into)]
    max: Option<usize>,
    /// An example, shown while it is empty.
    #[prop(optional, into)]
    placeholder: Option<String>,
    /// Whether it gets the focus when its page or dialog opens.
    #[prop(optional)]
    autofocus: bool,
    /// Whether it is set in the type of code.
    #[prop(optional)]
    code: bool,
    /// Whether it can't be changed at the moment.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// The earliest date, for dates.
    #[prop(optional, into)]
    min: Option<String>,
    /// The element, for focus.
    #[prop(optional)]
    node: NodeRef<html::Input>,
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
    let is_invalid = move || error.with(Option::is_some).then_some("true");
    let is_free_text = kind == "text" && !code;
    let id = ids.control.clone();
    let control = if lines > 1 {
        view! {
            <textarea
                id=id
                rows=lines
                class:code=code
                dir=is_free_text.then_some("auto")
                maxlength=max
                placeholder=placeholder
                autofocus=autofocus
                disabled=disabled
                aria-invalid=is_invalid
                aria-describedby=described
                bind:value=value
            ></textarea>
        }
        .into_any()
    } else {
        view! {
            <input
                node_ref=node
                id=id
                type=kind
                class:code=code
                dir=is_free_text.then_some("auto")
                autocomplete=autocomplete
                inputmode=(autocomplete == "one-time-code").then_some("numeric")
                autocapitalize=(!is_free_text).then_some("none")
                spellcheck=(!is_free_text).then_some("false")
                maxlength=max
                min=min
                placeholder=placeholder
                autofocus=autofocus
                disabled=disabled
                required=!optional
                aria-invalid=is_invalid
                aria-describedby=described
                bind:value=value
            />
        }
        .into_any()
    };
    let frame = FrameProps {
        ids,
        label,
        is_optional: optional,
        hint,
        error,
        children: Box::new(move || control),
    };
    Frame(frame).into_any()
}
