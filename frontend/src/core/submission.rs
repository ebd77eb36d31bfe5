//! Sending something: once, with progress, and with a failure that is shown where it belongs.

use std::{future::Future, rc::Rc};

use leptos::{
    prelude::*,
    reactive::actions::{Action, ActionAbortHandle},
};

use super::api::{ApiFailure, ApiResult};

/// A form's or a button's way to the server. While one is under way, sending again does nothing, so that a
/// double click makes one key. Copy it freely.
pub struct Submission<I: Send + Sync + 'static> {
    /// Why the last one failed; cleared when the next one is sent.
    pub failure: RwSignal<Option<ApiFailure>>,
    is_busy: RwSignal<bool>,
    action: StoredValue<Action<I, ()>>,
    abort: StoredValue<Option<ActionAbortHandle>, LocalStorage>,
}

impl<I: Send + Sync + 'static> Clone for Submission<I> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<I: Send + Sync + 'static> Copy for Submission<I> {}

/// Sends with `work`, and gives what came back to `done`. The answer is kept nowhere else: it may hold a secret.
#[must_use]
pub fn use_submission<I, T, F>(
    work: impl Fn(I) -> F + 'static,
    done: impl Fn(T) + 'static,
) -> Submission<I>
where
    I: Clone + Send + Sync + 'static,
    T: 'static,
    F: Future<Output = ApiResult<T>> + 'static,
{
    let failure = RwSignal::new(None);
    let is_busy = RwSignal::new(false);
    let done = Rc::new(done);
    let action = Action::new_unsync(move |input: &I| {
        let answer = work(input.clone());
        let done = Rc::clone(&done);
        async move {
            let outcome = answer.await;
            // The form may be gone by now; then nobody wants the answer.
            if is_busy.try_set(false).is_some() {
                return;
            }
            match outcome {
                Ok(value) => done(value),
                Err(why) => failure.set(Some(why)),
            }
        }
    });
    Submission {
        failure,
        is_busy,
        action: StoredValue::new(action),
        abort: StoredValue::new_local(None),
    }
}

impl<I: Send + Sync + 'static> Submission<I> {
    /// Sends, unless one is under way.
    pub fn send(self, input: I) {
        if self.is_busy.get_untracked() {
            return;
        }
        self.failure.set(None);
        self.is_busy.set(true);
        let handle = self
            .action
            .with_value(|action| action.dispatch_local(input));
        self.abort.set_value(Some(handle));
    }

    /// Gives up waiting. What the server made of it meanwhile is not undone.
    pub fn cancel(self) {
        let handle = self.abort.try_update_value(Option::take).flatten();
        if let (Some(handle), true) = (handle, self.is_busy.get_untracked()) {
            handle.abort();
            self.is_busy.set(false);
        }
    }

    /// Whether one is under way. Reactive.
    #[must_use]
    pub fn is_busy(self) -> Signal<bool> {
        self.is_busy.into()
    }

    /// What is wrong with one field, by its JSON pointer. Reactive; for a field's `error`.
    #[must_use]
    pub fn field(self, pointer: &'static str) -> Signal<Option<String>> {
        Signal::derive(move || {
            self.failure.with(|failure| {
                let detail = failure.as_ref()?.field(pointer)?;
                Some(detail.to_owned())
            })
        })
    }

    /// What to say beside the button, when the fields of `shown` show their own errors. Reactive.
    #[must_use]
    pub fn message(self, shown: &'static [&'static str]) -> Signal<Option<String>> {
        Signal::derive(move || {
            self.failure
                .with(|failure| failure.as_ref()?.beside_fields(shown))
        })
    }
}

/// The Idempotency-Key of one form: the same for each repetition of the same content, so that an answer lost
/// on the way is not a second key; a new one when the content changes or the form has had its answer.
#[derive(Clone, Copy)]
pub struct Attempt(StoredValue<Option<(u64, u128)>>);

impl Attempt {
    /// For a fresh form.
    #[must_use]
    pub fn new() -> Self {
        Self(StoredValue::new(None))
    }

    /// The key for this content.
    #[must_use]
    pub fn key_for(self, content: &impl serde::Serialize) -> String {
        let print = fingerprint(&serde_json::to_string(content).unwrap_or_default());
        let key = match self.0.try_get_value().flatten() {
            Some((known, key)) if known == print => key,
            _ => random(),
        };
        self.0.try_set_value(Some((print, key)));
        format!("{key:032x}")
    }

    /// The form has had its answer: the next one is something new.
    pub fn finish(self) {
        self.0.try_set_value(None);
    }
}

impl Default for Attempt {
    fn default() -> Self {
        Self::new()
    }
}

/// FNV-1a: it only tells one content of a form from the one before.
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Unlikely to come twice; it protects nothing, since keys count per person.
fn random() -> u128 {
    (0..4).fold(0, |number, _| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a float of 0 to 2^32 becomes that integer"
        )]
        let part = (js_sys::Math::random() * f64::from(u32::MAX)) as u32;
        number << 32 | u128::from(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_contents_have_other_prints() {
        assert_ne!(
            fingerprint("{\"name\":\"a\"}"),
            fingerprint("{\"name\":\"b\"}")
        );
        assert_eq!(fingerprint("same"), fingerprint("same"));
    }
}
