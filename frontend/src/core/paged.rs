//! A list that is read page by page, never all at once.

use latchkey_types::{limits::PAGE_MAX, page::Page};
use leptos::{prelude::*, task::spawn_local};
use serde::de::DeserializeOwned;

use super::{
    api::{self, ApiFailure},
    query::encode,
    remote::on_return,
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
    cursor: RwSignal<Option<String>>,
    asked: RwSignal<u64>,
    again: RwSignal<u64>,
    more: Callback<()>,
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
        self.again.try_update(|again| *again += 1);
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
    let path = Memo::new(move |_| path());
    let cursor = RwSignal::new(None::<String>);
    let list = Paged {
        rows: RwSignal::new(None),
        failure: RwSignal::new(None),
        is_loading: RwSignal::new(true),
        has_more: Signal::derive(move || cursor.with(Option::is_some)),
        cursor,
        asked: RwSignal::new(0),
        again: RwSignal::new(0),
        more: Callback::new(|()| {}),
    };
    let list = Paged {
        more: Callback::new(move |()| {
            let from = list.cursor.get_untracked();
            if let (Some(from), false) = (from, list.is_loading.get_untracked()) {
                let address = and(&path.get_untracked(), &format!("cursor={}", encode(&from)));
                read::<P>(list, address, false);
            }
        }),
        ..list
    };
    Effect::new(move |before: Option<u64>| {
        let again = list.again.get();
        let path = path.get();
        let is_reload = before.is_some_and(|before| before != again);
        if !is_reload {
            list.rows.set(None);
        }
        if path.is_empty() {
            list.is_loading.set(false);
            return again;
        }
        // As many rows as are shown, so that reading again does not make a long list jump.
        let shown = list
            .rows
            .with_untracked(|rows| rows.as_ref().map_or(0, Vec::len));
        let wanted = u32::try_from(shown).unwrap_or(PAGE_MAX).min(PAGE_MAX);
        let address = if wanted > latchkey_types::limits::PAGE_DEFAULT {
            and(&path, &format!("limit={wanted}"))
        } else {
            path
        };
        read::<P>(list, address, true);
        again
    });
    on_return(move || list.reload());
    list
}

fn read<P>(list: Paged<P::Item>, address: String, is_first: bool)
where
    P: Page + DeserializeOwned + 'static,
    P::Item: Send + Sync + 'static,
{
    let turn = list.asked.get_untracked() + 1;
    list.asked.set(turn);
    list.is_loading.set(true);
    spawn_local(async move {
        let outcome = api::get::<P>(&address).await;
        // The page may be gone by now, or other rows be wanted.
        if list.asked.try_get_untracked() != Some(turn) {
            return;
        }
        list.is_loading.set(false);
        match outcome {
            Ok(page) => {
                let (items, next) = page.into_parts();
                list.failure.set(None);
                list.cursor.set(next);
                list.rows.update(|rows| match rows {
                    Some(rows) if !is_first => rows.extend(items),
                    _ => *rows = Some(items),
                });
            }
            Err(failure) => list.failure.set(Some(failure)),
        }
    });
}

fn and(path: &str, parameter: &str) -> String {
    let joint = if path.contains('?') { '&' } else { '?' };
    format!("{path}{joint}{parameter}")
}
