//! Where one is: the page's address as signals, and going elsewhere without loading the app anew.
//!
//! Small on purpose. The app has some ten addresses; a general router would be a quarter of its download.

use leptos::{ev, prelude::*};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{Element, HtmlAnchorElement, MouseEvent};

/// The page's address. Copy it freely.
#[derive(Clone, Copy)]
pub struct Place {
    path: RwSignal<String>,
    /// Without its question mark.
    search: RwSignal<String>,
}

/// Reads the address, and follows links, Back and Forward from here on. Once, in the app's outermost part.
pub fn provide_place() -> Place {
    let place = Place {
        path: RwSignal::new(String::new()),
        search: RwSignal::new(String::new()),
    };
    place.read();
    provide_context(place);
    window_event_listener(ev::click, move |event| {
        if let Some(to) = link_of(&event) {
            event.prevent_default();
            place.go(&to);
        }
    });
    window_event_listener(ev::popstate, move |_| place.read());
    place
}

/// The page's address.
#[must_use]
pub fn use_place() -> Place {
    use_context::<Place>().unwrap_or_else(provide_place)
}

impl Place {
    /// The path, such as `/projects/proj_1/audit`. Reactive.
    #[must_use]
    pub fn path(self) -> String {
        self.path.get()
    }

    /// Looks at the path. Reactive.
    pub fn with_path<R>(self, look: impl FnOnce(&str) -> R) -> R {
        self.path.with(|path| look(path))
    }

    /// The query without its question mark, such as `q=lake&archived=true`. Reactive.
    #[must_use]
    pub fn search(self) -> String {
        self.search.get()
    }

    /// Goes to a path of the app, with a new entry in the history.
    pub fn go(self, to: &str) {
        self.change(to, false);
        window().scroll_to_with_x_and_y(0.0, 0.0);
    }

    /// Goes to a path of the app in the place of the present entry: Back skips it.
    pub fn replace(self, to: &str) {
        self.change(to, true);
    }

    fn change(self, to: &str, is_replacing: bool) {
        if let Ok(history) = window().history() {
            // Fails only for another origin's address.
            let _ = if is_replacing {
                history.replace_state_with_url(&JsValue::NULL, "", Some(to))
            } else {
                history.push_state_with_url(&JsValue::NULL, "", Some(to))
            };
        }
        self.read();
    }

    /// Takes over what the browser shows.
    fn read(self) {
        let location = window().location();
        let path = location.pathname().unwrap_or_default();
        let search = location.search().unwrap_or_default();
        let search = search.trim_start_matches('?');
        // Told only if changed: a page is not made anew because its query changed.
        if self.path.with_untracked(|old| *old != path) {
            self.path.set(path);
        }
        if self.search.with_untracked(|old| old != search) {
            self.search.set(search.to_owned());
        }
    }
}

/// Where a click leads within the app; `None` where the browser knows better: other sites, new tabs, downloads,
/// pages that the server makes (`rel="external"`).
fn link_of(event: &MouseEvent) -> Option<String> {
    let is_plain = event.button() == 0
        && !(event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key());
    if event.default_prevented() || !is_plain {
        return None;
    }
    let target: Element = event.target()?.dyn_into().ok()?;
    let link: HtmlAnchorElement = target.closest("a[href]").ok()??.dyn_into().ok()?;
    let stays = link.target().is_empty()
        && !link.has_attribute("download")
        && !link.rel().split(' ').any(|word| word == "external")
        && link.origin() == window().location().origin().ok()?;
    // Within the page, such as the link that skips to the content.
    let is_here = link.get_attribute("href")?.starts_with('#');
    (stays && !is_here).then(|| format!("{}{}", link.pathname(), link.search()))
}
