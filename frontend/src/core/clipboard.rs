//! Copying that says honestly whether it worked.
//!
//! Browsers offer the clipboard API on https and loopback only. Elsewhere the old command still works on a
//! selection; where that fails too, the text is left selected for Ctrl+C.

use js_sys::{Function, Reflect};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Document, Element, HtmlTextAreaElement, Node, Window};

/// How copying ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyOutcome {
    /// The text is on the clipboard.
    Copied,
    /// It is not. Show the text and select it, so that Ctrl+C takes it.
    Failed,
}

/// Copies `text`. `near` is any element close to the button: inside an open dialog everything else is inert, so the
/// fallback has to work in there.
pub async fn copy(text: &str, near: &Element) -> CopyOutcome {
    let Some(window) = web_sys::window() else {
        return CopyOutcome::Failed;
    };
    if write_by_api(&window, text).await || write_by_command(&window, text, near) {
        CopyOutcome::Copied
    } else {
        CopyOutcome::Failed
    }
}

/// Selects what an element shows.
pub fn select_text_of(element: &Node) {
    let selection = web_sys::window().and_then(|window| window.get_selection().ok().flatten());
    if let Some(selection) = selection {
        // Both fail only for nodes outside the document.
        let _ = selection.remove_all_ranges();
        let _ = selection.select_all_children(element);
    }
}

async fn write_by_api(window: &Window, text: &str) -> bool {
    let navigator: JsValue = window.navigator().into();
    // Undefined on plain http: web-sys would take it for granted.
    let has_clipboard =
        Reflect::get(&navigator, &"clipboard".into()).is_ok_and(|clipboard| clipboard.is_object());
    if !window.is_secure_context() || !has_clipboard {
        return false;
    }
    let write = window.navigator().clipboard().write_text(text);
    JsFuture::from(write).await.is_ok()
}

fn write_by_command(window: &Window, text: &str, near: &Element) -> bool {
    let Some(document) = window.document() else {
        return false;
    };
    let place: Option<Element> = near
        .closest("dialog")
        .ok()
        .flatten()
        .or_else(|| document.body().map(Into::into));
    let area = document
        .create_element("textarea")
        .ok()
        .and_then(|element| element.dyn_into::<HtmlTextAreaElement>().ok());
    let (Some(place), Some(area)) = (place, area) else {
        return false;
    };
    let focused = document.active_element();
    area.set_class_name("copy-source");
    area.set_read_only(true);
    let _ = area.set_attribute("aria-hidden", "true");
    area.set_value(text);
    if place.append_child(&area).is_err() {
        return false;
    }
    area.select();
    let is_copied = run_copy_command(&document);
    area.set_value("");
    area.remove();
    if let Some(element) =
        focused.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok())
    {
        let _ = element.focus();
    }
    is_copied
}

/// `document.execCommand("copy")`, which the typed interface does not have.
fn run_copy_command(document: &Document) -> bool {
    let command = Reflect::get(document, &"execCommand".into())
        .ok()
        .and_then(|command| command.dyn_into::<Function>().ok());
    command
        .and_then(|command| command.call1(document, &"copy".into()).ok())
        .is_some_and(|done| done.is_truthy())
}
