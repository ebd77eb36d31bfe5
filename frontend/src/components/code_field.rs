//! The field for a code of the second factor, and where signing in turns out to need one.

use latchkey_types::ProblemCode;
use leptos::{html, prelude::*};

use super::{Show, TextField};
use crate::core::{api::ApiFailure, reactive::watch};

/// What is typed for the second factor, once the server has asked for it. Copy it freely.
#[derive(Clone, Copy)]
pub struct Code {
    text: RwSignal<String>,
    is_asked: RwSignal<bool>,
}

impl Code {
    /// For a fresh form, of which nobody knows yet whether it needs one.
    #[must_use]
    pub fn new() -> Self {
        Self {
            text: RwSignal::new(String::new()),
            is_asked: RwSignal::new(false),
        }
    }

    /// The code to send.
    #[must_use]
    pub fn given(self) -> Option<String> {
        let is_asked = self.is_asked.get_untracked();
        is_asked.then(|| self.text.get_untracked())
    }
}

/// The field.
#[component]
pub fn CodeField(
    /// What is typed.
    value: RwSignal<String>,
    /// Whose code it is.
    hint: &'static str,
    /// What is wrong with it.
    error: Signal<Option<String>>,
    /// Whether it gets the focus when its dialog opens.
    #[prop(optional)]
    autofocus: bool,
    /// The element, for focus.
    #[prop(optional)]
    node: NodeRef<html::Input>,
) -> impl IntoView {
    view! {
        <TextField
            label="Code"
            value=value
            autocomplete="one-time-code"
            code=true
            autofocus=autofocus
            hint=hint.to_owned()
            error=error
            node=node
        />
    }
    .into_any()
}

/// The field, as soon as the server has asked a form for a code; then it has the focus.
#[component]
pub fn CodeStep(
    /// What is typed.
    code: Code,
    /// Why the form was refused.
    failure: RwSignal<Option<ApiFailure>>,
    /// What is wrong with the code.
    error: Signal<Option<String>>,
) -> impl IntoView {
    let node = NodeRef::<html::Input>::new();
    watch(move || {
        let asked = Some(ProblemCode::SecondFactorRequired);
        if failure.with(|failure| failure.as_ref().and_then(ApiFailure::code)) == asked {
            code.is_asked.set(true);
        }
    });
    watch(move || {
        if let Some(field) = node.get() {
            let _ = field.focus();
        }
    });
    view! {
        <Show when=code.is_asked>
            <CodeField
                value=code.text
                hint="The six digits that your authenticator app shows now, or a recovery code."
                error=error
                node=node
            />
        </Show>
    }
    .into_any()
}
