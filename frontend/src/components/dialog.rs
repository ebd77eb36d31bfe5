//! Dialogs: the browser's own `<dialog>`, with a gate before it closes, and the focus back where it was.

use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast as _;
use web_sys::HtmlElement;

use super::{Button, ButtonKind, Glyph, Notice, Show, Tone, dynamic, unique_id};
use crate::core::{
    reactive::{memo, watch},
    session::use_session,
};

/// A dialog that holds the page at the session's end has a secret: see [`crate::core::session::Session::hold`].
const LEAVING: &str = "You are signed out. This secret leaves the page in 5 minutes: copy it now.";
const GONE: &str = "You are signed out, and the secret has left the page. If you have not saved it, sign in and rotate \
                    or delete its key, or make the token anew.";

/// A modal dialog, open for as long as it exists: put it into a `<Show>`, and end that in `on_close`.
///
/// What has the attribute `autofocus` inside gets the focus; afterwards the focus goes back to where it was.
#[component]
pub fn Dialog(
    /// What it is about.
    #[prop(into)]
    title: Signal<String>,
    /// Asked before Esc, X or a click beside it close the dialog: `false` keeps it open.
    #[prop(optional, into)]
    gate: Option<Callback<(), bool>>,
    /// Called to close it: must make it go away.
    #[prop(into)]
    on_close: Callback<()>,
    /// Whether it is as wide as a page of text.
    #[prop(optional)]
    wide: bool,
    /// Its content; forms and buttons are part of it.
    children: Children,
) -> impl IntoView {
    let session = use_session();
    let ask_to_close = move || {
        // Nothing is left then that the gate could protect.
        if untrack(|| session.is_wiped()) || gate.is_none_or(|gate| gate.run(())) {
            on_close.run(());
        }
    };
    let title_id = unique_id("dialog");
    let labelled_by = title_id.clone();
    let node = NodeRef::<html::Dialog>::new();
    let before = document()
        .active_element()
        .and_then(|element| element.dyn_into::<HtmlElement>().ok());
    let before = StoredValue::new_local(before);

    watch(move || {
        if let Some(dialog) = node.get()
            && !dialog.open()
        {
            // Fails only for an element outside the document.
            let _ = dialog.show_modal();
        }
    });
    on_cleanup(move || {
        if let Some(element) = before.try_update_value(Option::take).flatten() {
            // After this turn, when the dialog is gone and the rest of the page takes focus again.
            request_animation_frame(move || {
                let _ = element.focus();
            });
        }
    });

    // The key itself and not only `cancel`: browsers let a second Esc through, whatever `cancel` says.
    let keyed = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" {
            event.prevent_default();
            event.stop_propagation();
            ask_to_close();
        }
    };
    let cancelled = move |event: ev::Event| {
        event.prevent_default();
        ask_to_close();
    };
    // Only a click that began outside: one that began in a field, to select its text, may end anywhere.
    let began_outside = RwSignal::new(false);
    let is_outside = move |event: &ev::MouseEvent| {
        // The element itself is what lies round the box inside it. A dialog within this one is another element.
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let own = node.get_untracked();
        target.is_some_and(|target| own.is_some_and(|own| *target == ***own))
    };
    let pressed = move |event: ev::MouseEvent| began_outside.set(is_outside(&event));
    let clicked = move |event: ev::MouseEvent| {
        if began_outside.get_untracked() && is_outside(&event) {
            ask_to_close();
        }
    };
    // Should a browser close it in a way of its own, it is opened again: closing is `on_close`'s alone.
    let closed = move |_| {
        if let Some(dialog) = node.get_untracked().filter(|dialog| dialog.is_connected()) {
            let _ = dialog.show_modal();
            ask_to_close();
        }
    };
    // Made once. When it is wiped, its elements go, and with them the texts that the browser was given.
    let children = StoredValue::new_local(Some(children));
    let is_wiped = memo(move || session.is_wiped());
    let content = dynamic(move || {
        if is_wiped.get() {
            return ().into_any();
        }
        let children = children.try_update_value(Option::take).flatten();
        children.map(|children| untrack(children)).into_any()
    });
    view! {
        <dialog
            node_ref=node
            class="dialog"
            class:wide=wide
            aria-labelledby=labelled_by
            on:keydown=keyed
            on:cancel=cancelled
            on:mousedown=pressed
            on:click=clicked
            on:close=closed
        >
            <div class="dialog-box">
                <header class="dialog-head">
                    <h2 id=title_id>{title}</h2>
                    <Button
                        kind=ButtonKind::Bare
                        icon=Glyph::Close
                        label="Close"
                        on_press=move |()| ask_to_close()
                    />
                </header>
                <Show when=move || session.is_ended()>
                    <Notice tone=Tone::Warning live=true>
                        {move || if session.is_wiped() { GONE } else { LEAVING }}
                    </Notice>
                </Show>
                {content}
            </div>
        </dialog>
    }
    .into_any()
}
