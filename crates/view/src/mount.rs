//! The beginning: an app on a page.

use any_spawner::Executor;
use reactive_graph::owner::Owner;

use crate::{helpers::document, view::IntoView};

/// Shows an app on the page for as long as the page is there.
pub fn mount_to_body<T: IntoView>(app: impl FnOnce() -> T) {
    // Refused only if it was done before.
    let _ = Executor::init_wasm_bindgen();
    let owner = Owner::new();
    if let Some(body) = document().body() {
        owner.with(|| app().append_to(&body));
    }
    // What it holds ends with the page.
    std::mem::forget(owner);
}
