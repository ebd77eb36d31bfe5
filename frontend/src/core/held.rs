//! Values whose type only those know who put them there: what keeps and passes them is compiled once for all types.

use std::{any::Any, marker::PhantomData, sync::Arc};

use leptos::prelude::*;

/// A value of some type. Cloning it is cheap.
#[derive(Clone)]
pub struct Held(Arc<dyn Any + Send + Sync>);

impl Held {
    /// Holds this value.
    pub fn new<T: Send + Sync + 'static>(value: T) -> Self {
        Self(Arc::new(value))
    }

    /// The value, if it is of this type.
    pub fn get<T: 'static>(&self) -> Option<&T> {
        self.0.downcast_ref()
    }
}

/// The rows of a list, as they are. Copy it freely.
pub struct Rows<T>(RwSignal<Option<Vec<Held>>>, PhantomData<fn() -> T>);

impl<T> Clone for Rows<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Rows<T> {}

impl<T: Send + Sync + 'static> Rows<T> {
    /// None yet.
    pub fn new() -> Self {
        Self(RwSignal::new(None), PhantomData)
    }

    /// These.
    pub fn of(rows: Vec<T>) -> Self {
        let held = rows.into_iter().map(Held::new).collect();
        Self(RwSignal::new(Some(held)), PhantomData)
    }

    /// The rows without their type; `None` until they are known.
    pub fn held(self) -> RwSignal<Option<Vec<Held>>> {
        self.0
    }

    /// Looks at the rows. Reactive.
    pub fn with<R>(self, look: impl FnOnce(Vec<&T>) -> R) -> R {
        self.0
            .with(|rows| look(rows.iter().flatten().filter_map(Held::get).collect()))
    }

    /// Changes the rows, if they are known.
    pub fn update(self, change: impl FnOnce(&mut Vec<T>))
    where
        T: Clone,
    {
        self.0.try_update(|rows| {
            if let Some(rows) = rows {
                let mut typed: Vec<T> = rows.iter().filter_map(Held::get).cloned().collect();
                change(&mut typed);
                *rows = typed.into_iter().map(Held::new).collect();
            }
        });
    }
}

/// A value that may not be known yet. Copy it freely.
pub struct Known<T>(RwSignal<Option<Held>>, PhantomData<fn() -> T>);

impl<T> Clone for Known<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Known<T> {}

impl<T: Send + Sync + 'static> Known<T> {
    /// Not yet.
    pub fn new() -> Self {
        Self(RwSignal::new(None), PhantomData)
    }

    /// The value without its type.
    pub fn held(self) -> RwSignal<Option<Held>> {
        self.0
    }

    /// Looks at it. Reactive.
    pub fn with<R>(self, look: impl FnOnce(Option<&T>) -> R) -> R {
        self.0.with(|held| look(held.as_ref().and_then(Held::get)))
    }

    /// A copy of it. Reactive.
    pub fn get(self) -> Option<T>
    where
        T: Clone,
    {
        self.with(|value| value.cloned())
    }

    /// Here is a newer one.
    pub fn set(self, value: T) {
        self.0.set(Some(Held::new(value)));
    }

    /// It is not known any more.
    pub fn clear(self) {
        self.0.set(None);
    }
}

/// A value that is known: the newest one, as long as there is any. Copy it freely.
pub struct Shown<T> {
    now: RwSignal<Option<Held>>,
    first: StoredValue<Held>,
    kind: PhantomData<fn() -> T>,
}

impl<T> Clone for Shown<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Shown<T> {}

impl<T: 'static> Shown<T> {
    /// What is known now, and follows; `None` where nothing is.
    pub fn of(now: RwSignal<Option<Held>>) -> Option<Self> {
        let first = now.get_untracked()?;
        first.get::<T>()?;
        Some(Self {
            now,
            first: StoredValue::new(first),
            kind: PhantomData,
        })
    }

    /// Looks at it. Reactive.
    pub fn with<R>(self, look: impl FnOnce(&T) -> R) -> R {
        let held = self.now.get();
        let held = held.unwrap_or_else(|| self.first.get_value());
        // Only values of this type are put there.
        let value = held.get();
        look(value.unwrap_or_else(|| wasm_bindgen::throw_str("a value has changed its type")))
    }

    /// Looks at it as it is now.
    pub fn with_untracked<R>(self, look: impl FnOnce(&T) -> R) -> R {
        untrack(|| self.with(look))
    }
}

impl<T: Clone + 'static> Shown<T> {
    /// A copy of it. Reactive.
    pub fn get(self) -> T {
        self.with(T::clone)
    }
}
