//! Rows that keep their place on the page while the list around them changes.

use leptos::prelude::*;

/// A row that may have to be made.
struct Item {
    print: String,
    make: Box<dyn FnOnce() -> AnyView + Send>,
}

/// Shows each of these. `print` tells one from another: a row whose print changes is made anew, the others stay.
///
/// Leptos' `<For>` is compiled for every type it is used with; here it is compiled once.
pub fn rows<T: Clone + Send + Sync + 'static>(
    of: Signal<Vec<T>>,
    print: fn(&T) -> String,
    show: impl Fn(T) -> AnyView + Copy + Send + Sync + 'static,
) -> AnyView {
    keyed(Box::new(move || {
        let item = |row: T| Item {
            print: print(&row),
            make: Box::new(move || show(row)),
        };
        of.get().into_iter().map(item).collect()
    }))
}

fn keyed(items: Box<dyn Fn() -> Vec<Item> + Send + Sync>) -> AnyView {
    view! {
        <For each=items key=|item| item.print.clone() children=|item| (item.make)() />
    }
    .into_any()
}
