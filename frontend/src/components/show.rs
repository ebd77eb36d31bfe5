//! What is there only under a condition.

use leptos::prelude::*;

use crate::core::reactive::memo;

/// Shows its content while the condition holds, and makes it anew when it holds again.
///
/// Leptos' own is compiled for each condition and each content; this one once for all.
#[component]
pub fn Show(
    /// The condition.
    #[prop(into)]
    when: Signal<bool>,
    /// What stands there otherwise.
    #[prop(optional, into)]
    fallback: ViewFn,
    /// The content.
    children: ChildrenFn,
) -> impl IntoView {
    let is_shown = memo(move || when.get());
    dynamic(move || {
        if is_shown.get() {
            children()
        } else {
            fallback.run()
        }
    })
}

/// What is made anew whenever a signal that it reads changes. Compiled once for all closures.
pub fn dynamic(make: impl Fn() -> AnyView + Send + Sync + 'static) -> AnyView {
    dynamic_boxed(std::sync::Arc::new(make))
}

fn dynamic_boxed(make: ChildrenFn) -> AnyView {
    (move || make()).into_any()
}
