//! Giving the password once more where the server wants it: one question, whichever calls wait for the answer.

use std::cell::Cell;

use js_sys::{Function, Promise};
use leptos::prelude::*;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

thread_local! {
    /// For the API client, which is called from anywhere.
    static CURRENT: Cell<Option<Confirmation>> = const { Cell::new(None) };
}

/// Whether the password is being asked for, and who waits. Copy it freely.
#[derive(Clone, Copy)]
pub struct Confirmation {
    is_asked: RwSignal<bool>,
    /// Each takes whether it was given.
    waiting: StoredValue<Vec<Function>, LocalStorage>,
}

/// Makes the app's one confirmation, for the dialog that asks.
#[must_use]
pub fn provide_confirmation() -> Confirmation {
    let confirmation = Confirmation {
        is_asked: RwSignal::new(false),
        waiting: StoredValue::new_local(Vec::new()),
    };
    CURRENT.set(Some(confirmation));
    confirmation
}

/// Asks for the password. Whether the session is confirmed now; `false` when the person did not want to.
pub(super) async fn ask() -> bool {
    let Some(confirmation) = CURRENT.get() else {
        return false;
    };
    let answer = Promise::new(&mut |resolve, _| {
        confirmation
            .waiting
            .try_update_value(|waiting| waiting.push(resolve));
    });
    confirmation.is_asked.set(true);
    JsFuture::from(answer)
        .await
        .is_ok_and(|given| given.is_truthy())
}

impl Confirmation {
    /// Whether a call waits for the password. Reactive.
    #[must_use]
    pub fn is_asked(self) -> bool {
        self.is_asked.get()
    }

    /// Ends the question: those who wait go on, or give up.
    pub fn answer(self, is_given: bool) {
        self.is_asked.set(false);
        let waiting = self.waiting.try_update_value(std::mem::take);
        for resolve in waiting.unwrap_or_default() {
            // Fails only if what waited throws, and nothing of ours does.
            let _ = resolve.call1(&JsValue::NULL, &JsValue::from_bool(is_given));
        }
    }
}
