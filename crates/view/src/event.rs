//! Events: their names, and handlers that end with what they belong to.

use std::ops::Deref;

use reactive_graph::owner::StoredValue;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::EventTarget;

/// An event's name, and what the browser gives to its handlers.
pub trait Event {
    /// What a handler gets.
    type Type: JsCast + 'static;

    /// As the browser writes it.
    fn name(&self) -> &'static str;
}

/// The names of events, as they stand behind `on:`.
#[expect(non_camel_case_types, reason = "written as the browser writes them")]
pub mod ev {
    pub use web_sys::{ClipboardEvent, Event, FocusEvent, KeyboardEvent, MouseEvent, SubmitEvent};

    macro_rules! events {
        ($($name:ident $kind:ty;)*) => {$(
            #[doc = concat!("The event `", stringify!($name), "`.")]
            #[derive(Debug, Clone, Copy)]
            pub struct $name;

            impl super::Event for $name {
                type Type = $kind;

                fn name(&self) -> &'static str {
                    stringify!($name)
                }
            }
        )*};
    }

    /// An event that the macros have no name of their own for.
    #[derive(Debug, Clone, Copy)]
    pub struct Custom(&'static str);

    impl Custom {
        #[doc(hidden)]
        #[must_use]
        pub fn new(name: &'static str) -> Self {
            Self(name)
        }
    }

    impl super::Event for Custom {
        type Type = Event;

        fn name(&self) -> &'static str {
            self.0
        }
    }

    events! {
        blur FocusEvent;
        change Event;
        click MouseEvent;
        close Event;
        copy ClipboardEvent;
        error Event;
        focus FocusEvent;
        focusout FocusEvent;
        hashchange Event;
        input Event;
        keydown KeyboardEvent;
        mousedown MouseEvent;
        popstate Event;
        submit SubmitEvent;
    }
}

/// An event, and the element that its handler was put on.
#[derive(Debug)]
pub struct Targeted<E, T> {
    event: E,
    target: T,
}

impl<E, T: Clone> Targeted<E, T> {
    pub(crate) fn new(event: E, target: T) -> Self {
        Self { event, target }
    }

    /// The element that the handler was put on.
    #[must_use]
    pub fn target(&self) -> T {
        self.target.clone()
    }
}

impl<E, T> Deref for Targeted<E, T> {
    type Target = E;

    fn deref(&self) -> &E {
        &self.event
    }
}

/// A handler for whatever event.
pub(crate) type Handler = Box<dyn FnMut(web_sys::Event)>;

/// The same handler, whatever it is for: compiled once from here on.
pub(crate) fn erase<T: JsCast>(mut call: impl FnMut(T) + 'static) -> Handler {
    Box::new(move |event| call(event.unchecked_into()))
}

/// A handler on something, until it is taken off.
pub(crate) struct Listener {
    target: EventTarget,
    name: &'static str,
    handler: Closure<dyn FnMut(web_sys::Event)>,
}

impl Listener {
    pub(crate) fn new(target: EventTarget, name: &'static str, handler: Handler) -> Self {
        let handler = Closure::wrap(handler);
        // Fails only for what is no handler.
        let _ = target.add_event_listener_with_callback(name, handler.as_ref().unchecked_ref());
        Self {
            target,
            name,
            handler,
        }
    }
}

/// Off before the handler is gone: removing a focused element is an event, too.
impl Drop for Listener {
    fn drop(&mut self) {
        let handler = self.handler.as_ref().unchecked_ref();
        let _ = self
            .target
            .remove_event_listener_with_callback(self.name, handler);
    }
}

/// Calls back until the owner ends, which holds it.
pub(crate) fn listen_on(target: impl Into<EventTarget>, name: &'static str, handler: Handler) {
    StoredValue::new_local(Listener::new(target.into(), name, handler));
}
