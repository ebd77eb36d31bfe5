//! A button that opens a menu.

use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement};

use super::{Glyph, Icon, Show, unique_id};
use crate::core::reactive::watch;

/// Lets an item close its menu.
#[derive(Clone, Copy)]
struct MenuHandle {
    is_open: RwSignal<bool>,
    button: NodeRef<html::Button>,
}

/// A button, and [`MenuItem`]s that it opens. Arrow keys, Home and End walk through them; Esc closes.
#[component]
pub fn Menu(
    /// What the button says to screen readers, and on it if `text` is set.
    #[prop(into)]
    label: String,
    /// Words on the button; without them it is an icon.
    #[prop(optional, into)]
    text: Option<Signal<String>>,
    /// The icon on the button.
    #[prop(default = Glyph::More)]
    glyph: Glyph,
    /// [`MenuItem`]s, and other things that belong there.
    children: ChildrenFn,
) -> impl IntoView {
    let id = unique_id("menu");
    let is_open = RwSignal::new(false);
    let button = NodeRef::<html::Button>::new();
    let list = NodeRef::<html::Div>::new();
    let frame = NodeRef::<html::Div>::new();
    provide_context(MenuHandle { is_open, button });

    watch(move || {
        if let (true, Some(list)) = (is_open.get(), list.get()) {
            move_focus(&list, Step::First);
        }
    });
    let keyed = move |event: ev::KeyboardEvent| {
        let step = match event.key().as_str() {
            "ArrowDown" => Step::Next,
            "ArrowUp" => Step::Before,
            "Home" => Step::First,
            "End" => Step::Last,
            "Escape" if is_open.get_untracked() => {
                event.stop_propagation();
                event.prevent_default();
                is_open.set(false);
                focus(button);
                return;
            }
            "Tab" => {
                is_open.set(false);
                return;
            }
            _ => return,
        };
        event.prevent_default();
        if !is_open.get_untracked() {
            is_open.set(true);
        } else if let Some(list) = list.get_untracked() {
            move_focus(&list, step);
        }
    };
    let left = move |event: ev::FocusEvent| {
        let to: Option<Element> = event.related_target().and_then(|to| to.dyn_into().ok());
        // The focus also leaves when the menu is taken away, and its signals with it.
        let is_inside = frame
            .get_untracked()
            .is_some_and(|frame| to.is_some_and(|to| frame.contains(Some(&to))));
        if !is_inside {
            is_open.try_set(false);
        }
    };
    let (menu_id, menu_label) = (id.clone(), label.clone());
    view! {
        <div class="menu" node_ref=frame on:keydown=keyed on:focusout=left>
            <button
                node_ref=button
                type="button"
                class="button bare"
                class:icon-only=text.is_none()
                aria-label=text.is_none().then(|| label.clone())
                title=text.is_none().then(|| label.clone())
                aria-haspopup="menu"
                aria-expanded=move || if is_open.get() { "true" } else { "false" }
                aria-controls=id
                on:click=move |_| is_open.update(|is_open| *is_open = !*is_open)
            >
                <Icon glyph=glyph />
                {text.map(|text| view! {
                    <span class="menu-text" dir="auto">{text}</span>
                    // What it opens, for whom the name alone says nothing.
                    <span class="spoken">{format!(", {}", label.to_ascii_lowercase())}</span>
                })}
            </button>
            <Show when=is_open>
                <div
                    node_ref=list
                    class="menu-list"
                    role="menu"
                    id=menu_id.clone()
                    aria-label=menu_label.clone()
                    // A press beside the items, such as on a heading, must not take the focus out of the menu.
                    tabindex="-1"
                >
                    {children()}
                </div>
            </Show>
        </div>
    }
    .into_any()
}

/// One thing to do.
#[component]
pub fn MenuItem(
    /// An icon before the words.
    #[prop(optional, into)]
    glyph: Option<Glyph>,
    /// Whether it can't be undone.
    #[prop(optional)]
    danger: bool,
    /// For one choice of several: whether it is the present one.
    #[prop(optional, into)]
    checked: Option<Signal<bool>>,
    /// What happens. The menu is closed before it, and its button has the focus, so that a dialog gives it back there.
    #[prop(into)]
    on_select: Callback<()>,
    /// The words.
    children: Children,
) -> impl IntoView {
    let handle = use_context::<MenuHandle>();
    let select = move |_| {
        if let Some(handle) = handle {
            focus(handle.button);
            handle.is_open.set(false);
        }
        on_select.run(());
    };
    view! {
        <button
            type="button"
            class="menu-item"
            class:danger=danger
            role=if checked.is_some() { "menuitemradio" } else { "menuitem" }
            aria-checked=move || checked.map(|checked| if checked.get() { "true" } else { "false" })
            tabindex="-1"
            on:click=select
        >
            {glyph.map(|glyph| view! { <Icon glyph=glyph /> })}
            <span>{children()}</span>
            {move || {
                checked
                    .is_some_and(|checked| checked.get())
                    .then(|| view! { <Icon glyph=Glyph::Check /> })
            }}
        </button>
    }
    .into_any()
}

#[derive(Clone, Copy)]
enum Step {
    First,
    Last,
    Next,
    Before,
}

fn focus(button: NodeRef<html::Button>) {
    if let Some(button) = button.get_untracked() {
        let _ = button.focus();
    }
}

/// Moves the focus among the items of a menu.
fn move_focus(list: &Element, step: Step) {
    let Ok(found) = list.query_selector_all("[role^=menuitem]") else {
        return;
    };
    let items: Vec<HtmlElement> = (0..found.length())
        .filter_map(|place| found.item(place)?.dyn_into().ok())
        .collect();
    let active = document().active_element();
    let here = items
        .iter()
        .position(|item| active.as_ref() == Some(item.as_ref()));
    if let Some(item) = target(here, items.len(), step).and_then(|place| items.get(place)) {
        let _ = item.focus();
    }
}

/// Where a step leads, round the ends.
fn target(here: Option<usize>, count: usize, step: Step) -> Option<usize> {
    let last = count.checked_sub(1)?;
    Some(match (step, here) {
        (Step::First, _) | (Step::Next, None) => 0,
        (Step::Last, _) | (Step::Before, None | Some(0)) => last,
        (Step::Next, Some(place)) if place >= last => 0,
        (Step::Next, Some(place)) => place + 1,
        (Step::Before, Some(place)) => place - 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_walk_round_the_ends() {
        assert_eq!(target(None, 3, Step::Next), Some(0));
        assert_eq!(target(Some(2), 3, Step::Next), Some(0));
        assert_eq!(target(Some(0), 3, Step::Before), Some(2));
        assert_eq!(target(Some(1), 3, Step::Before), Some(0));
        assert_eq!(target(Some(0), 0, Step::Last), None);
    }
}
