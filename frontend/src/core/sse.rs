//! Server-sent events: what happens on the server, as it happens.

use leptos::prelude::*;
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast as _, prelude::Closure};
use web_sys::{EventSource, MessageEvent};

use super::api;

/// An open stream of events. It is closed by [`Stream::close`] and when its owner ends. Copy it freely.
#[derive(Clone, Copy)]
pub struct Stream {
    source: StoredValue<Option<Open>, LocalStorage>,
}

struct Open {
    source: EventSource,
    /// The browser calls it for as long as the stream is open.
    listener: Closure<dyn FnMut(MessageEvent)>,
    names: &'static [&'static str],
}

impl Drop for Open {
    fn drop(&mut self) {
        for name in self.names {
            let _ = self
                .source
                .remove_event_listener_with_callback(name, self.listener.as_ref().unchecked_ref());
        }
        self.source.close();
    }
}

impl Stream {
    /// Ends it.
    pub fn close(self) {
        self.source.try_set_value(None);
    }
}

/// Follows the events of these names at an API path, such as
/// `follow::<KeyEvent>(&path, &["first_call", "used", "revoked"], …)`. The browser connects again by itself
/// when the connection breaks; the server then repeats the present state.
#[must_use]
pub fn follow<T: DeserializeOwned + 'static>(
    path: &str,
    names: &'static [&'static str],
    mut happened: impl FnMut(T) + 'static,
) -> Stream {
    let listener = Closure::new(move |event: MessageEvent| {
        let event = event
            .data()
            .as_string()
            .and_then(|text| serde_json::from_str(&text).ok());
        // What this page does not know yet is left out.
        if let Some(event) = event {
            happened(event);
        }
    });
    let open = EventSource::new(&api::url(path)).ok().map(|source| {
        for name in names {
            let _ =
                source.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
        }
        Open {
            source,
            listener,
            names,
        }
    });
    let stream = Stream {
        source: StoredValue::new_local(open),
    };
    on_cleanup(move || stream.close());
    stream
}
