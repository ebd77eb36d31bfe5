//! Server-sent events: what happens on the server, as it happens.

use std::time::Duration;

use leptos::prelude::*;
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast as _, prelude::Closure};
use web_sys::{Event, EventSource, MessageEvent};

use super::{api, json, session};

/// How long to wait before a stream that was refused is asked for again.
const PAUSE: Duration = Duration::from_secs(5);
/// What the browser tells when a stream breaks or is refused.
const ERROR: &str = "error";

/// An open stream of events. It is closed when its owner ends.
#[derive(Clone, Copy)]
struct Stream {
    source: StoredValue<Option<Open>, LocalStorage>,
}

type Listener = Closure<dyn FnMut(Event)>;

struct Open {
    url: String,
    names: &'static [&'static str],
    source: EventSource,
    /// The browser calls them for as long as the stream is open.
    happened: Listener,
    failed: Listener,
}

impl Open {
    fn listen(&self) {
        for (name, listener) in self.listeners() {
            let _ = self
                .source
                .add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
        }
    }

    fn unlisten(&self) {
        for (name, listener) in self.listeners() {
            let _ = self
                .source
                .remove_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
        }
        self.source.close();
    }

    fn listeners(&self) -> impl Iterator<Item = (&'static str, &Listener)> {
        let events = self.names.iter().map(|name| (*name, &self.happened));
        events.chain([(ERROR, &self.failed)])
    }

    /// Asks for the same stream anew.
    fn again(&mut self) {
        if let Ok(source) = EventSource::new(&self.url) {
            self.unlisten();
            self.source = source;
            self.listen();
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.unlisten();
    }
}

impl Stream {
    /// A stream that breaks is opened again by the browser, one that was refused is not: the session may have ended,
    /// or the server be on its way up.
    fn failed(self) {
        let is_refused = self.source.try_with_value(|open| {
            open.as_ref()
                .is_some_and(|open| open.source.ready_state() == EventSource::CLOSED)
        });
        if is_refused == Some(true) {
            session::ask_again();
            set_timeout(
                move || {
                    self.source
                        .try_update_value(|open| open.as_mut().map(Open::again));
                },
                PAUSE,
            );
        }
    }
}

/// Follows the events of these names at an API path, such as
/// `follow::<KeyEvent>(&path, &["first_call", "used", "revoked"], …)`. When the connection breaks it is made again;
/// the server then repeats the present state.
pub fn follow<T: DeserializeOwned + 'static>(
    path: &str,
    names: &'static [&'static str],
    mut happened: impl FnMut(T) + 'static,
) {
    open(
        path,
        names,
        Box::new(move |text| {
            // What this page does not know yet is left out.
            if let Some(event) = json::read(text.as_bytes()) {
                happened(event);
            }
        }),
    );
}

fn open(path: &str, names: &'static [&'static str], mut happened: Box<dyn FnMut(String)>) {
    let url = api::url(path);
    let stream = Stream {
        source: StoredValue::new_local(None),
    };
    let Ok(source) = EventSource::new(&url) else {
        return;
    };
    let open = Open {
        url,
        names,
        source,
        happened: Closure::new(move |event: Event| {
            let event: MessageEvent = event.unchecked_into();
            if let Some(text) = event.data().as_string() {
                happened(text);
            }
        }),
        failed: Closure::new(move |_| stream.failed()),
    };
    open.listen();
    stream.source.set_value(Some(open));
}
