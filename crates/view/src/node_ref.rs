//! Names for elements, so that a page can set the focus or read a size.

use std::marker::PhantomData;

use reactive_graph::{
    signal::RwSignal,
    traits::{Get, GetUntracked, Set},
};
use wasm_bindgen::JsCast as _;
use web_sys::Element;

use crate::element::ElementType;

/// An element that a view will make or has made. Copy it freely.
pub struct NodeRef<E> {
    element: RwSignal<Option<Element>>,
    tag: PhantomData<fn() -> E>,
}

impl<E> Clone for NodeRef<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for NodeRef<E> {}

impl<E: ElementType> NodeRef<E> {
    /// One that no view has made yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            element: RwSignal::new(None),
            tag: PhantomData,
        }
    }

    /// The element, once there is one. Reactive.
    #[must_use]
    pub fn get(&self) -> Option<E::Output> {
        Some(self.element.get()?.unchecked_into())
    }

    /// The element as it is now; none once its page is gone.
    #[must_use]
    pub fn get_untracked(&self) -> Option<E::Output> {
        Some(self.element.try_get_untracked()??.unchecked_into())
    }

    pub(crate) fn load(self, element: &Element) {
        self.element.set(Some(element.clone()));
    }
}

impl<E: ElementType> Default for NodeRef<E> {
    fn default() -> Self {
        Self::new()
    }
}
