//! What stands where a list has no rows.

use leptos::prelude::*;

use super::{Glyph, Icon};

/// Says that there is nothing, and what the next step is.
#[component]
pub fn Empty(
    /// The icon above.
    #[prop(default = Glyph::Key)]
    glyph: Glyph,
    /// That there is nothing, and of what.
    #[prop(into)]
    title: String,
    /// What to do next.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <Icon glyph=glyph />
            <h2>{title}</h2>
            {children.map(|children| view! { <div class="empty-next">{children()}</div> })}
        </div>
    }
    .into_any()
}
