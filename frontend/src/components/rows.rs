//! Rows that keep their place on the page while the list around them changes.

use std::rc::Rc;

use leptos::prelude::*;

use crate::core::held::{Held, Rows};

/// Shows each of these. `print` tells one from another: a row whose print changes is made anew, the others stay.
pub fn rows<T: Clone + Send + Sync + 'static>(
    of: Rows<T>,
    print: fn(&T) -> String,
    show: impl Fn(T) -> AnyView + 'static,
) -> AnyView {
    show_rows(
        of.held(),
        Box::new(move |row| row.get().map(print).unwrap_or_default()),
        Rc::new(move |row| row.get::<T>().cloned().map(&show).into_any()),
    )
}

fn show_rows(
    of: RwSignal<Option<Vec<Held>>>,
    print: Box<dyn Fn(&Held) -> String>,
    show: Rc<dyn Fn(&Held) -> AnyView>,
) -> AnyView {
    keyed(move || {
        let row = |row: &Held| {
            let (held, show) = (row.clone(), Rc::clone(&show));
            KeyedRow {
                key: print(row),
                make: Box::new(move || show(&held)),
            }
        };
        of.with(|rows| rows.iter().flatten().map(row).collect())
    })
    .into_any()
}
