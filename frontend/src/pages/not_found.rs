//! Nothing is here.

use leptos::prelude::*;

use crate::components::{Empty, Glyph, PageHead};

/// For addresses that lead nowhere, or to what the person may not see.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <PageHead title="Nothing here" />
        <Empty glyph=Glyph::Search title="There is nothing at this address">
            <p>"It may have been mistyped, or what it names does not exist or is not yours."</p>
            <a class="button" href="/projects">
                "Go to the projects"
            </a>
        </Empty>
    }
    .into_any()
}
