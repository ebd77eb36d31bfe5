//! A page that must not be left by accident: reload, closing the tab and Back ask first.

use leptos::prelude::*;
use wasm_bindgen::{JsCast as _, JsValue, prelude::Closure};
use web_sys::{AddEventListenerOptions, Event, Window};

use super::session::{Session, use_session};

/// Marks the history entry that catches Back.
const MARK: &str = "latchkey-stay";

/// Keeps the page while it lives: Back calls `asked` in place of leaving, reloading and closing the tab make the
/// browser ask, and the end of the session waits. [`LeaveGuard::lift`] lets the person go without questions; dropping
/// the owner removes the guard.
#[derive(Clone, Copy)]
pub struct LeaveGuard {
    is_lifted: RwSignal<bool>,
}

struct Listening {
    window: Window,
    back: Closure<dyn FnMut(Event)>,
    unload: Closure<dyn FnMut(Event)>,
}

/// Guards the page from here on, until the present owner ends.
#[must_use]
pub fn guard_leaving(asked: Callback<()>) -> LeaveGuard {
    let session = use_session();
    session.hold();
    let is_lifted = RwSignal::new(false);
    let window = window();
    push_mark(&window);

    let catcher = window.clone();
    let back = Closure::new(move |event: Event| {
        // The router must not see it: the page stays.
        event.stop_immediate_propagation();
        push_mark(&catcher);
        asked.run(());
    });
    let unload = Closure::new(move |event: Event| {
        if !is_lifted.try_get_untracked().unwrap_or(true) {
            event.prevent_default();
        }
    });
    // Capturing, so that it is called before the router's own listener.
    let capture = AddEventListenerOptions::new();
    capture.set_capture(true);
    let _ = window.add_event_listener_with_callback_and_add_event_listener_options(
        "popstate",
        back.as_ref().unchecked_ref(),
        &capture,
    );
    let _ =
        window.add_event_listener_with_callback("beforeunload", unload.as_ref().unchecked_ref());
    let listening = StoredValue::new_local(Some(Listening {
        window,
        back,
        unload,
    }));
    on_cleanup(move || {
        let listening = listening.try_update_value(Option::take).flatten();
        if let Some(listening) = listening {
            listening.end(session);
        }
    });
    LeaveGuard { is_lifted }
}

impl LeaveGuard {
    /// Reloading asks no more: nothing would be lost.
    pub fn lift(self) {
        self.is_lifted.try_set(true);
    }

    /// Whether it was lifted. Reactive.
    #[must_use]
    pub fn is_lifted(self) -> bool {
        self.is_lifted.try_get().unwrap_or(true)
    }
}

impl Listening {
    fn end(self, session: Session) {
        let _ = self.window.remove_event_listener_with_callback_and_bool(
            "popstate",
            self.back.as_ref().unchecked_ref(),
            true,
        );
        let _ = self.window.remove_event_listener_with_callback(
            "beforeunload",
            self.unload.as_ref().unchecked_ref(),
        );
        take_mark_back(&self.window, session);
    }
}

/// Adds an entry of the same address, which Back then leaves.
fn push_mark(window: &Window) {
    if let Ok(history) = window.history() {
        let _ = history.push_state(&JsValue::from_str(MARK), "");
    }
}

/// Takes that entry away again. This is not done at once, so the session's end waits for it: going elsewhere in
/// between would be undone by it.
fn take_mark_back(window: &Window, session: Session) {
    let history = window.history().ok();
    let is_marked = history
        .as_ref()
        .and_then(|history| history.state().ok())
        .is_some_and(|state| state.as_string().as_deref() == Some(MARK));
    let (Some(history), true) = (history, is_marked) else {
        session.release();
        return;
    };
    let listener = Closure::once_into_js(move |event: Event| {
        event.stop_immediate_propagation();
        session.release();
    });
    let once = AddEventListenerOptions::new();
    once.set_capture(true);
    once.set_once(true);
    let _ = window.add_event_listener_with_callback_and_add_event_listener_options(
        "popstate",
        listener.unchecked_ref(),
        &once,
    );
    let _ = history.back();
}
