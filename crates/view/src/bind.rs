//! Two-way bindings: what the person types or ticks is in a signal, and the other way round.

use reactive_graph::{
    signal::RwSignal,
    traits::{Get, Set},
};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::Element;

use crate::{event, region::effect};

/// A property that can be bound.
#[doc(hidden)]
pub trait Bound {
    type Signal: Copy + 'static;

    const PROPERTY: &'static str;
    const EVENT: &'static str;

    fn read(signal: Self::Signal) -> JsValue;

    fn write(signal: Self::Signal, value: &JsValue);
}

/// `bind:value`: the text of a field.
#[derive(Debug)]
pub struct Value;

impl Bound for Value {
    type Signal = RwSignal<String>;

    const PROPERTY: &'static str = "value";
    const EVENT: &'static str = "input";

    fn read(signal: Self::Signal) -> JsValue {
        signal.get().into()
    }

    fn write(signal: Self::Signal, value: &JsValue) {
        signal.set(value.as_string().unwrap_or_default());
    }
}

/// `bind:checked`: whether a box is ticked.
#[derive(Debug)]
pub struct Checked;

impl Bound for Checked {
    type Signal = RwSignal<bool>;

    const PROPERTY: &'static str = "checked";
    const EVENT: &'static str = "change";

    fn read(signal: Self::Signal) -> JsValue {
        signal.get().into()
    }

    fn write(signal: Self::Signal, value: &JsValue) {
        signal.set(value.as_bool().unwrap_or_default());
    }
}

/// Ties an element's property to a signal.
pub(crate) fn tie<B: Bound>(element: &Element, signal: B::Signal) {
    let (shown, typed) = (element.clone(), element.clone());
    effect(Box::new(move || {
        let value = B::read(signal);
        // Setting what is there already would move the caret.
        if property(&shown, B::PROPERTY) != value {
            let _ = js_sys::Reflect::set(&shown, &B::PROPERTY.into(), &value);
        }
    }));
    event::listen_on(
        element.clone(),
        B::EVENT,
        Box::new(move |_| B::write(signal, &property(typed.unchecked_ref(), B::PROPERTY))),
    );
}

fn property(element: &Element, name: &str) -> JsValue {
    js_sys::Reflect::get(element, &name.into()).unwrap_or_default()
}
