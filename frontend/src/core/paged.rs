//! A list that is read page by page, never all at once.

use std::{cell::RefCell, rc::Rc};

use latchkey_types::{
    limits::{PAGE_DEFAULT, PAGE_MAX},
    page::Page,
};
use leptos::prelude::*;
use serde::de::DeserializeOwned;

use super::{
    api::{self, ApiFailure},
    query::encode,
    remote::{Reading, Take},
};

/// The rows read so far, and how to get more. Copy it freely; see [`crate::components::LoadableList`].
pub struct Paged<T: Send + Sync + 'static> {
    /// The rows so far; `None` until the first page came.
    pub rows: RwSignal<Option<Vec<T>>>,
    /// Why the last reading failed.
    pub failure: RwSignal<Option<ApiFailure>>,
    /// Whether a reading is under way.
    pub is_loading: RwSignal<bool>,
    /// Whether there are more rows than these.
    pub has_more: Signal<bool>,
    more: Callback<()>,
    reading: Reading,
}

impl<T: Send + Sync + 'static> Clone for Paged<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Paged<T> {}

impl<T: Send + Sync + 'static> Paged<T> {
    /// Reads the next page and adds it.
    pub fn more(self) {
        self.more.run(());
    }

    /// Reads what is shown again. It stays until the answer.
    pub fn reload(self) {
        self.reading.again();
    }

    /// Changes the rows in place, after an answer that makes reading again unnecessary.
    pub fn update(self, change: impl FnOnce(&mut Vec<T>)) {
        self.rows.try_update(|rows| {
            if let Some(rows) = rows {
                change(rows);
            }
        });
    }
}

/// Reads the list at a path such as `/projects?q=lake`, and begins anew when the path changes. An empty path
/// reads nothing.
#[must_use]
pub fn use_paged<P>(path: impl Fn() -> String + Send + Sync + 'static) -> Paged<P::Item>
where
    P: Page + DeserializeOwned + 'static,
    P::Item: Send + Sync + 'static,
{
    let rows = RwSignal::new(None::<Vec<P::Item>>);
    let cursor = RwSignal::new(None::<String>);
    let take = move |bytes: &[u8], is_more: bool| {
        let (items, next) = api::parse::<P>(bytes)?.into_parts();
        cursor.set(next);
        rows.update(|rows| match rows {
            Some(rows) if is_more => rows.extend(items),
            _ => *rows = Some(items),
        });
        Ok(())
    };
    let reading = Reading::new();
    let more = follow(
        reading,
        Signal::derive(path),
        cursor,
        Box::new(move || rows.with_untracked(|rows| rows.as_ref().map_or(0, Vec::len))),
        Box::new(move || rows.set(None)),
        [
            Rc::new(move |bytes| take(bytes, false)),
            Rc::new(move |bytes| take(bytes, true)),
        ],
    );
    Paged {
        rows,
        failure: reading.failure,
        is_loading: reading.is_loading,
        has_more: Signal::derive(move || cursor.with(Option::is_some)),
        more,
        reading,
    }
}

/// The part that is the same for every type, so that it is compiled once. Gives the way to the next page.
fn follow(
    reading: Reading,
    path: Signal<String>,
    cursor: RwSignal<Option<String>>,
    shown: Box<dyn Fn() -> usize>,
    forget: Box<dyn Fn()>,
    [take_first, take_more]: [Take; 2],
) -> Callback<()> {
    // What was read last, to tell another list from the same one read again.
    let last = RefCell::new(String::new());
    let address = move || {
        let path = path.get();
        if path.is_empty() || last.replace(path.clone()) != path {
            return path;
        }
        // As many rows as are shown, so that reading again does not make a long list jump.
        let wanted = u32::try_from(shown()).unwrap_or(PAGE_MAX).min(PAGE_MAX);
        if wanted > PAGE_DEFAULT {
            and(&path, &format!("limit={wanted}"))
        } else {
            path
        }
    };
    reading.follow(Box::new(address), forget, take_first);
    let take_more = StoredValue::new_local(take_more);
    Callback::new(move |()| {
        let from = cursor.get_untracked();
        if let (Some(from), false) = (from, reading.is_loading.get_untracked()) {
            let address = and(&path.get_untracked(), &format!("cursor={}", encode(&from)));
            reading.read(address, take_more.get_value());
        }
    })
}

fn and(path: &str, parameter: &str) -> String {
    let joint = if path.contains('?') { '&' } else { '?' };
    format!("{path}{joint}{parameter}")
}

#[cfg(test)]
mod tests {
    use super::and;

    #[test]
    fn a_parameter_is_added_with_the_right_sign() {
        assert_eq!(and("/users", "limit=9"), "/users?limit=9");
        assert_eq!(and("/users?q=a", "limit=9"), "/users?q=a&limit=9");
    }
}
