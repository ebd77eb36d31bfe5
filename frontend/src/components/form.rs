//! Forms.

use leptos::prelude::*;

/// A form whose fields stand one below the other.
#[component]
pub fn Form(
    /// Its looks: `stack` alone, or with `panel`.
    #[prop(default = "stack")]
    class: &'static str,
    /// Called in the place of the browser's own sending.
    #[prop(into)]
    on_send: Callback<()>,
    /// Fields, messages and buttons.
    children: Children,
) -> impl IntoView {
    let send = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        on_send.run(());
    };
    view! {
        <form class=class on:submit=send>
            {children()}
        </form>
    }
    .into_any()
}
