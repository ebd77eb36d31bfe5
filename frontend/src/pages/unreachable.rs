//! The server does not answer.

use leptos::prelude::*;

use crate::{
    components::{Button, PageHead},
    core::session::use_session,
};

/// Stands in the place of every page until the server answers for the first time; then it goes by itself.
#[component]
pub fn Unreachable() -> impl IntoView {
    let session = use_session();
    view! {
        <main id="main" class="page narrow">
            <PageHead title="The server can't be reached" />
            <div class="panel stack">
                <p>
                    "Latchkey's server does not answer. It may be starting again, or your connection is gone."
                </p>
                <p role="status">"This page tries again by itself, and goes on as soon as there is an answer."</p>
                <div class="actions start">
                    <Button on_press=move |()| session.reload()>"Try now"</Button>
                </div>
            </div>
        </main>
    }
    .into_any()
}
