//! A list that is read page by page, never all at once.

use std::{cell::RefCell, rc::Rc};

use latchkey_types::{
    limits::{PAGE_DEFAULT, PAGE_MAX},
    page::Page,
};
use leptos::prelude::*;
use serde::de::DeserializeOwned;

use super::{
    api::{self, ApiFailure, ApiResult},
    held::{Held, Rows},
    query::encode,
    remote::{Reading, Take},
};

/// The rows read so far, and how to get more. Copy it freely; see [`crate::components::LoadableList`].
pub struct Paged<T> {
    /// The rows so far.
    pub rows: Rows<T>,
    /// The reading of them, whatever they are.
    pub list: List,
}

/// The reading of a list, whatever is in it. Copy it freely.
#[derive(Clone, Copy)]
pub struct List {
    /// The rows so far; `None` until the first page came.
    pub rows: RwSignal<Option<Vec<Held>>>,
    /// Why the last reading failed.
    pub failure: RwSignal<Option<ApiFailure>>,
    /// Whether a reading is under way.
    pub is_loading: RwSignal<bool>,
    /// Whether there are more rows than these.
    pub has_more: Signal<bool>,
    more: Callback<()>,
    reading: Reading,
}

impl List {
    /// Reads the next page and adds it.
    pub fn more(self) {
        self.more.run(());
    }

    /// Reads what is shown again. It stays until the answer.
    pub fn reload(self) {
        self.reading.again();
    }
}

impl<T> Clone for Paged<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Paged<T> {}

impl<T: Clone + Send + Sync + 'static> Paged<T> {
    /// Reads what is shown again. It stays until the answer.
    pub fn reload(self) {
        self.list.reload();
    }

    /// Changes the rows in place, after an answer that makes reading again unnecessary.
    pub fn update(self, change: impl FnOnce(&mut Vec<T>)) {
        self.rows.update(change);
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
    let rows = Rows::new();
    let parse = |bytes: &[u8]| {
        let (items, next) = api::parse::<P>(bytes)?.into_parts();
        Ok((items.into_iter().map(Held::new).collect(), next))
    };
    Paged {
        rows,
        list: follow(Signal::derive(path), rows.held(), Rc::new(parse)),
    }
}

/// Reads the rows of a page and the cursor of the next one.
type Parse = Rc<dyn Fn(&[u8]) -> ApiResult<(Vec<Held>, Option<String>)>>;

/// The part that is the same for every type, so that it is compiled once.
fn follow(path: Signal<String>, rows: RwSignal<Option<Vec<Held>>>, parse: Parse) -> List {
    let reading = Reading::new();
    let cursor = RwSignal::new(None::<String>);
    let take = |is_more: bool| -> Take {
        let parse = Rc::clone(&parse);
        Rc::new(move |bytes| {
            let (items, next) = parse(bytes)?;
            cursor.set(next);
            rows.update(|rows| match rows {
                Some(rows) if is_more => rows.extend(items),
                _ => *rows = Some(items),
            });
            Ok(())
        })
    };
    // What was read last, to tell another list from the same one read again.
    let last = RefCell::new(String::new());
    let address = move || {
        let path = path.get();
        if path.is_empty() || last.replace(path.clone()) != path {
            return path;
        }
        // As many rows as are shown, so that reading again does not make a long list jump.
        let shown = rows.with_untracked(|rows| rows.as_ref().map_or(0, Vec::len));
        let wanted = u32::try_from(shown).unwrap_or(PAGE_MAX).min(PAGE_MAX);
        if wanted > PAGE_DEFAULT {
            and(&path, &format!("limit={wanted}"))
        } else {
            path
        }
    };
    reading.follow(
        Box::new(address),
        Box::new(move || rows.set(None)),
        take(false),
    );
    let take_more = StoredValue::new_local(take(true));
    let more = Callback::new(move |()| {
        let from = cursor.get_untracked();
        if let (Some(from), false) = (from, reading.is_loading.get_untracked()) {
            let address = and(&path.get_untracked(), &format!("cursor={}", encode(&from)));
            reading.read(address, take_more.get_value());
        }
    });
    List {
        rows,
        failure: reading.failure,
        is_loading: reading.is_loading,
        has_more: Signal::derive(move || cursor.with(Option::is_some)),
        more,
        reading,
    }
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
