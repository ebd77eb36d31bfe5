//! Attributes: what they can be, and how they follow signals.

use std::borrow::Cow;

use reactive_graph::{
    computed::Memo,
    signal::{ReadSignal, RwSignal},
    traits::Get,
    wrappers::read::Signal,
};
use wasm_bindgen::JsValue;
use web_sys::Element;

use crate::region::effect;

/// What an attribute has at one moment.
#[derive(Debug)]
#[doc(hidden)]
pub enum Value {
    /// The attribute is not there.
    Absent,
    /// It is there, without a value.
    Present,
    Fixed(&'static str),
    Text(String),
}

impl Value {
    fn text(&self) -> Option<&str> {
        match self {
            Self::Absent => None,
            Self::Present => Some(""),
            Self::Fixed(text) => Some(text),
            Self::Text(text) => Some(text),
        }
    }

    fn is_true(&self) -> bool {
        !matches!(self, Self::Absent)
    }

    fn into_property(self) -> JsValue {
        match self {
            Self::Absent => JsValue::FALSE,
            Self::Present => JsValue::TRUE,
            Self::Fixed(text) => text.into(),
            Self::Text(text) => text.into(),
        }
    }
}

/// What an attribute has, for good or as long as no signal changes.
#[doc(hidden)]
pub enum Attribute {
    Still(Value),
    Live(Box<dyn FnMut() -> Value>),
}

impl Attribute {
    /// Gives the value to `set`, now and after every change.
    fn apply(self, set: impl Fn(Value) + 'static) {
        match self {
            Self::Still(value) => set(value),
            Self::Live(mut read) => effect(Box::new(move || set(read()))),
        }
    }
}

/// A value that an attribute can have.
#[doc(hidden)]
pub trait IntoValue {
    fn into_value(self) -> Value;
}

/// What can stand behind an attribute's `=`: a value, a signal, or a closure that gives one.
pub trait IntoAttributeValue: Sized {
    #[doc(hidden)]
    fn into_attribute_value(self) -> Attribute;

    #[doc(hidden)]
    fn set_on(self, element: &Element, name: &'static str) {
        set(element, name, self.into_attribute_value());
    }
}

impl IntoAttributeValue for Attribute {
    fn into_attribute_value(self) -> Attribute {
        self
    }
}

/// What each kind of value becomes.
macro_rules! values {
    ($($kind:ty: $value:ident => $into:expr;)*) => {$(
        impl IntoValue for $kind {
            fn into_value(self) -> Value {
                let $value = self;
                $into
            }
        }

        impl IntoAttributeValue for $kind {
            fn into_attribute_value(self) -> Attribute {
                Attribute::Still(self.into_value())
            }
        }
    )*};
}

impl IntoValue for &'static str {
    fn into_value(self) -> Value {
        Value::Fixed(self)
    }
}

impl IntoAttributeValue for &'static str {
    fn into_attribute_value(self) -> Attribute {
        Attribute::Still(self.into_value())
    }

    /// The most frequent by far, and the shortest.
    fn set_on(self, element: &Element, name: &'static str) {
        let _ = element.set_attribute(name, self);
    }
}

values! {
    String: text => Value::Text(text);
    Cow<'static, str>: text => Value::Text(text.into_owned());
    bool: is_there => if is_there { Value::Present } else { Value::Absent };
    i32: number => Value::Text(number.to_string());
    u32: number => Value::Text(number.to_string());
    usize: number => Value::Text(number.to_string());
}

impl<T: IntoValue> IntoValue for Option<T> {
    fn into_value(self) -> Value {
        self.map_or(Value::Absent, T::into_value)
    }
}

impl<T: IntoValue> IntoAttributeValue for Option<T> {
    fn into_attribute_value(self) -> Attribute {
        Attribute::Still(self.into_value())
    }
}

impl<F, T> IntoAttributeValue for F
where
    F: FnMut() -> T + 'static,
    T: IntoValue,
{
    fn into_attribute_value(mut self) -> Attribute {
        Attribute::Live(Box::new(move || self().into_value()))
    }
}

macro_rules! signals {
    ($($signal:ident)*) => {$(
        impl<T> IntoAttributeValue for $signal<T>
        where
            T: IntoValue + Clone + Send + Sync + 'static,
        {
            fn into_attribute_value(self) -> Attribute {
                Attribute::Live(Box::new(move || self.get().into_value()))
            }
        }
    )*};
}

signals!(Memo ReadSignal RwSignal Signal);

/// What can stand behind `class=`: an attribute's value. Behind `class:name=` stands whether it has that class.
#[doc(hidden)]
pub trait IntoClass {
    fn set_on(self, element: &Element);
}

impl<T: IntoAttributeValue> IntoClass for T {
    fn set_on(self, element: &Element) {
        IntoAttributeValue::set_on(self, element, "class");
    }
}

impl<T: IntoAttributeValue> IntoClass for (&'static str, T) {
    fn set_on(self, element: &Element) {
        toggle_class(element, self.0, self.1.into_attribute_value());
    }
}

/// Sets an attribute, and follows it.
fn set(element: &Element, name: &'static str, attribute: Attribute) {
    let element = element.clone();
    attribute.apply(move |value| {
        // Fails only for names that no attribute can have.
        let _ = match value.text() {
            None => element.remove_attribute(name),
            // Unchanged: not said again, which a live region would announce.
            Some(text) if element.get_attribute(name).as_deref() == Some(text) => Ok(()),
            Some(text) => element.set_attribute(name, text),
        };
    });
}

/// Sets a property of the element's object, and follows it.
pub(crate) fn set_property(element: &Element, name: &'static str, attribute: Attribute) {
    let element = element.clone();
    attribute.apply(move |value| {
        let _ = js_sys::Reflect::set(&element, &name.into(), &value.into_property());
    });
}

fn toggle_class(element: &Element, name: &'static str, attribute: Attribute) {
    let classes = element.class_list();
    attribute.apply(move |value| {
        let _ = classes.toggle_with_force(name, value.is_true());
    });
}
