//! Rows that keep their place on the page while the list around them changes.

use leptos::prelude::*;

/// Shows each of these. `print` tells one from another: a row whose print changes is made anew, the others stay.
pub fn rows<T: Clone + Send + Sync + 'static>(
    of: Signal<Vec<T>>,
    print: fn(&T) -> String,
    show: impl Fn(T) -> AnyView + Copy + 'static,
) -> AnyView {
    keyed(move || {
        let row = |row: T| KeyedRow {
            key: print(&row),
            make: Box::new(move || show(row)),
        };
        of.get().into_iter().map(row).collect()
    })
    .into_any()
}
