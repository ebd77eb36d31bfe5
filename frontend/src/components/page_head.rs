//! The head of a page: its name, and what can be done on it.

use leptos::{html, prelude::*};

use crate::core::reactive::watch;

/// A page's heading. It names the browser's tab too, and takes the focus when the person comes from another page,
/// so that screen readers say where they are.
#[component]
pub fn PageHead(
    /// The page's name.
    #[prop(into)]
    title: Signal<String>,
    /// A sentence below.
    #[prop(optional, into)]
    lead: Option<String>,
    /// Buttons beside it.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let node = NodeRef::<html::H1>::new();
    let mut is_new = true;
    watch(move || {
        let text = title.get();
        if text.is_empty() {
            document().set_title("Latchkey");
        } else {
            document().set_title(&format!("{text} · Latchkey"));
        }
        if let (true, Some(heading)) = (is_new, node.get_untracked()) {
            is_new = false;
            take_focus(&heading);
        }
    });
    view! {
        <header class="page-head">
            <div class="page-title">
                <h1 node_ref=node tabindex="-1" dir="auto">
                    {title}
                </h1>
                {lead.map(|text| view! { <p class="lead" dir="auto">{text}</p> })}
            </div>
            {children.map(|children| view! { <div class="page-actions">{children()}</div> })}
        </header>
    }
    .into_any()
}

/// Takes the focus, unless a field of the new page has it already, or the app has only just been opened.
fn take_focus(heading: &web_sys::HtmlElement) {
    let is_free = document().active_element().is_none_or(|active| {
        !matches!(active.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
    });
    let is_first = document()
        .active_element()
        .is_none_or(|active| active.tag_name() == "BODY");
    if is_free && !is_first {
        let _ = heading.focus();
    }
}
