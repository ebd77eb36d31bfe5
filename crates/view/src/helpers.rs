//! The browser's window and document, and its clocks.

use std::time::Duration;

use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};
use web_sys::{Document, Window};

use crate::event::{self, Event};

thread_local! {
    static WINDOW: Window = js_sys::global().unchecked_into();
    static DOCUMENT: Document = window().document().unwrap_or_else(|| {
        wasm_bindgen::throw_str("there is no page to show anything on")
    });
}

/// The browser's window.
#[must_use]
pub fn window() -> Window {
    WINDOW.with(Clone::clone)
}

/// The page.
#[must_use]
pub fn document() -> Document {
    DOCUMENT.with(Clone::clone)
}

/// Calls back at an event of the window until the owner ends.
pub fn window_event_listener<E: Event>(event: E, call: impl FnMut(E::Type) + 'static) {
    event::listen_on(window(), event.name(), event::erase(call));
}

/// A time that has been set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeoutHandle(i32);

impl TimeoutHandle {
    /// Calls it off.
    pub fn clear(&self) {
        window().clear_timeout_with_handle(self.0);
    }
}

/// A time that comes again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntervalHandle(i32);

impl IntervalHandle {
    /// Calls it off.
    pub fn clear(&self) {
        window().clear_interval_with_handle(self.0);
    }
}

/// Calls back once, after a while.
pub fn set_timeout(call: impl FnOnce() + 'static, after: Duration) {
    let _ = set_timeout_with_handle(call, after);
}

/// Calls back once, after a while, unless it is called off.
///
/// # Errors
/// What the browser says when it has no clock.
pub fn set_timeout_with_handle(
    call: impl FnOnce() + 'static,
    after: Duration,
) -> Result<TimeoutHandle, JsValue> {
    let call = once(Box::new(call));
    let handle = window().set_timeout_with_callback_and_timeout_and_arguments_0(
        call.unchecked_ref(),
        milliseconds(after),
    );
    handle.map(TimeoutHandle)
}

/// Calls back again and again, until it is called off. Meant for the life of the page: the callback stays in memory.
///
/// # Errors
/// What the browser says when it has no clock.
pub fn set_interval_with_handle(
    call: impl Fn() + 'static,
    every: Duration,
) -> Result<IntervalHandle, JsValue> {
    let call: Box<dyn FnMut()> = Box::new(call);
    let call = Closure::wrap(call).into_js_value();
    let handle = window().set_interval_with_callback_and_timeout_and_arguments_0(
        call.unchecked_ref(),
        milliseconds(every),
    );
    handle.map(IntervalHandle)
}

/// Calls back before the browser paints next.
pub fn request_animation_frame(call: impl FnOnce() + 'static) {
    let call = once(Box::new(call));
    let _ = window().request_animation_frame(call.unchecked_ref());
}

fn once(call: Box<dyn FnOnce()>) -> JsValue {
    Closure::once_into_js(call)
}

fn milliseconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_millis()).unwrap_or(i32::MAX)
}
