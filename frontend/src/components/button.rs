//! Buttons.

use leptos::{html, prelude::*};

use super::{Glyph, Icon};

/// How much a button asks for attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ButtonKind {
    /// The one thing to do here.
    Primary,
    /// Everything else.
    #[default]
    Quiet,
    /// What can't be undone.
    Danger,
    /// Without a frame: for rows and corners.
    Bare,
}

impl ButtonKind {
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Primary => "button primary",
            Self::Quiet => "button",
            Self::Danger => "button danger",
            Self::Bare => "button bare",
        }
    }
}

/// A button. While it is busy it keeps the focus, says so, and does nothing.
#[component]
pub fn Button(
    /// How much it asks for attention.
    #[prop(optional)]
    kind: ButtonKind,
    /// Whether what it began is under way.
    #[prop(optional, into)]
    busy: Signal<bool>,
    /// Whether it can't be used at the moment.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Whether it sends its form.
    #[prop(optional)]
    submit: bool,
    /// Whether the dialog that opens with it puts the focus here.
    #[prop(optional)]
    autofocus: bool,
    /// An icon before the words.
    #[prop(optional, into)]
    icon: Option<Glyph>,
    /// What screen readers say in place of the words; for buttons that are only an icon.
    #[prop(optional, into)]
    label: Option<String>,
    /// What happens.
    #[prop(optional, into)]
    on_press: Option<Callback<()>>,
    /// The element, for focus.
    #[prop(optional)]
    node: NodeRef<html::Button>,
    /// The words: what happens when one presses it.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let is_still = move || busy.get() || disabled.get();
    let press = move |event: web_sys::MouseEvent| {
        if is_still() {
            event.prevent_default();
        } else if let Some(on_press) = on_press {
            on_press.run(());
        }
    };
    let is_icon_only = children.is_none();
    view! {
        <button
            node_ref=node
            class=kind.class()
            class:icon-only=is_icon_only
            type=if submit { "submit" } else { "button" }
            autofocus=autofocus
            title=is_icon_only.then(|| label.clone()).flatten()
            aria-label=label
            aria-busy=move || busy.get().then_some("true")
            aria-disabled=move || is_still().then_some("true")
            on:click=press
        >
            {icon.map(|glyph| view! { <Icon glyph=glyph /> })}
            {children.map(|children| view! { <span>{children()}</span> })}
        </button>
    }
    .into_any()
}
