//! Tabs: of a page, whose state is the address, and inside a dialog or a page.

use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast as _;
use web_sys::HtmlElement;

use super::unique_id;
use crate::core::{
    reactive::{memo, watch},
    router::use_place,
};

/// One tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tab {
    /// What it is known by.
    pub id: &'static str,
    /// What it says.
    pub label: &'static str,
}

/// Tabs inside a page or dialog. Only the chosen tab's content exists.
#[component]
pub fn Tabs<V>(
    /// What they choose between.
    #[prop(into)]
    label: String,
    /// The tabs, in order.
    tabs: Vec<Tab>,
    /// The id of the chosen one.
    selected: RwSignal<String>,
    /// Makes the content of the tab with this id.
    children: impl Fn(String) -> V + Send + Sync + 'static,
) -> impl IntoView
where
    V: IntoView + 'static,
{
    let base = unique_id("tabs");
    let list = NodeRef::<html::Div>::new();
    let order: Vec<&'static str> = tabs.iter().map(|tab| tab.id).collect();
    let keyed = move |event: ev::KeyboardEvent| {
        let here = order
            .iter()
            .position(|id| selected.with_untracked(|now| now == id));
        if let Some(place) = step(&event.key(), here.unwrap_or(0), order.len()) {
            event.prevent_default();
            selected.set(order[place].to_owned());
            focus_tab(list, place);
        }
    };
    let buttons = tabs
        .into_iter()
        .map(|tab| {
            let is_selected = move || selected.with(|now| now == tab.id);
            view! {
                <button
                    type="button"
                    role="tab"
                    class="tab"
                    id=format!("{base}-{}", tab.id)
                    aria-controls=format!("{base}-panel")
                    aria-selected=move || if is_selected() { "true" } else { "false" }
                    tabindex=move || if is_selected() { "0" } else { "-1" }
                    on:click=move |_| selected.set(tab.id.to_owned())
                >
                    {tab.label}
                </button>
            }
        })
        .collect_view();
    let (panel_id, base_of_label) = (format!("{base}-panel"), base);
    view! {
        <div class="tabs">
            <div class="tab-list" role="tablist" aria-label=label node_ref=list on:keydown=keyed>
                {buttons}
            </div>
            <div
                class="tab-panel"
                role="tabpanel"
                id=panel_id
                aria-labelledby=move || format!("{base_of_label}-{}", selected.get())
                tabindex="0"
            >
                {move || children(selected.get()).into_any()}
            </div>
        </div>
    }
    .into_any()
}

/// Tabs that are pages: links below one address. The chosen one is the address; put the page itself into `children`.
#[component]
pub fn TabLinks(
    /// What they choose between.
    #[prop(into)]
    label: String,
    /// The address that all begin with, such as `/projects/proj_1`.
    #[prop(into)]
    base: Signal<String>,
    /// The tabs; each id is what follows the base, such as `audit`. The empty id is the base itself. Reactive.
    #[prop(into)]
    tabs: Callback<(), Vec<Tab>>,
    /// The chosen page.
    children: Children,
) -> impl IntoView {
    let id = unique_id("tabs");
    let list = NodeRef::<html::Div>::new();
    let place = use_place();
    let selected = memo(move || {
        place.with_path(|path| {
            base.with(|base| {
                let tail = path
                    .strip_prefix(base.as_str())
                    .unwrap_or_default()
                    .trim_matches('/');
                let known = tabs.run(()).iter().map(|tab| tab.id).find(|id| *id == tail);
                known.unwrap_or_default()
            })
        })
    });
    let keyed = move |event: ev::KeyboardEvent| {
        let tabs = untrack(|| tabs.run(()));
        let here = tabs
            .iter()
            .position(|tab| tab.id == selected.get_untracked());
        if let Some(place) = step(&event.key(), here.unwrap_or(0), tabs.len()) {
            event.prevent_default();
            if let Some(link) = focus_tab(list, place) {
                link.click();
            }
        }
    };
    // On a narrow screen the chosen tab may lie outside.
    watch(move || {
        selected.track();
        request_animation_frame(move || show_selected(list));
    });
    let id_of_links = id.clone();
    let link = move |tab: Tab| {
        let is_selected = move || selected.get() == tab.id;
        let href = move || {
            let base = base.get();
            if tab.id.is_empty() {
                base
            } else {
                format!("{base}/{}", tab.id)
            }
        };
        view! {
            <a
                href=href
                role="tab"
                class="tab"
                id=format!("{id_of_links}-tab-{}", tab.id)
                aria-controls=format!("{id_of_links}-panel")
                aria-selected=move || if is_selected() { "true" } else { "false" }
                tabindex=move || if is_selected() { "0" } else { "-1" }
            >
                {tab.label}
            </a>
        }
    };
    let links = move || tabs.run(()).into_iter().map(&link).collect_view();
    let (panel_id, id_of_label) = (format!("{id}-panel"), id);
    view! {
        <div class="tabs page-tabs">
            <div class="tab-list" role="tablist" aria-label=label node_ref=list on:keydown=keyed>
                {links}
            </div>
            <div
                class="tab-panel"
                role="tabpanel"
                id=panel_id
                aria-labelledby=move || format!("{id_of_label}-tab-{}", selected.get())
            >
                {children()}
            </div>
        </div>
    }
    .into_any()
}

/// Moves a list of tabs sideways until the chosen one is seen. The page itself stays.
fn show_selected(list: NodeRef<html::Div>) {
    let Some(list) = list.get_untracked() else {
        return;
    };
    let found = list.query_selector("[aria-selected=true]").ok().flatten();
    if let Some(tab) = found.and_then(|tab| tab.dyn_into::<HtmlElement>().ok()) {
        let middle = tab.offset_left() - list.offset_left() + tab.offset_width() / 2;
        list.set_scroll_left(middle - list.client_width() / 2);
    }
}

/// Where a key leads from a tab, round the ends.
fn step(key: &str, here: usize, count: usize) -> Option<usize> {
    let last = count.checked_sub(1)?;
    match key {
        "ArrowRight" | "ArrowDown" => Some(if here >= last { 0 } else { here + 1 }),
        "ArrowLeft" | "ArrowUp" => Some(here.checked_sub(1).unwrap_or(last)),
        "Home" => Some(0),
        "End" => Some(last),
        _ => None,
    }
}

fn focus_tab(list: NodeRef<html::Div>, place: usize) -> Option<HtmlElement> {
    let tabs = list
        .get_untracked()?
        .query_selector_all("[role=tab]")
        .ok()?;
    let tab: HtmlElement = tabs.item(u32::try_from(place).ok()?)?.dyn_into().ok()?;
    let _ = tab.focus();
    Some(tab)
}

#[cfg(test)]
mod tests {
    use super::step;

    #[test]
    fn arrows_walk_round_the_ends() {
        assert_eq!(step("ArrowRight", 2, 3), Some(0));
        assert_eq!(step("ArrowLeft", 0, 3), Some(2));
        assert_eq!(step("End", 0, 3), Some(2));
        assert_eq!(step("Enter", 0, 3), None);
        assert_eq!(step("Home", 0, 0), None);
    }
}
