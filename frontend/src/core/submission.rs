//! Sending something: once, with progress, and with a failure that is shown where it belongs.

use std::{any::Any, marker::PhantomData, rc::Rc};

use leptos::{prelude::*, task::spawn_local};
use serde::de::DeserializeOwned;
use web_sys::AbortController;

use super::{
    api::{self, ApiFailure, Call},
    json,
    remote::Take,
};

/// A form's or a button's way to the server. While one is under way, sending again does nothing, so that a
/// double click makes one key. Copy it freely.
pub struct Submission<I: 'static> {
    /// Why the last one failed; cleared when the next one is sent.
    pub failure: RwSignal<Option<ApiFailure>>,
    state: Sending,
    input: PhantomData<fn(I)>,
}

/// What makes a call of an input.
type Work<I> = Box<dyn Fn(I) -> Call>;

impl<I: 'static> Clone for Submission<I> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<I: 'static> Copy for Submission<I> {}

/// Sends the call that `work` makes, and gives what came back to `done`. The answer is kept nowhere else: it may hold
/// a secret. An answer without a body is `()`.
#[must_use]
pub fn use_submission<I, T>(
    work: impl Fn(I) -> Call + 'static,
    done: impl Fn(T) + 'static,
) -> Submission<I>
where
    I: 'static,
    T: DeserializeOwned + 'static,
{
    let work: Work<I> = Box::new(work);
    let state = Sending::new(
        Rc::new(work),
        Rc::new(move |bytes| {
            done(api::parse(bytes)?);
            Ok(())
        }),
    );
    Submission {
        failure: state.failure,
        state,
        input: PhantomData,
    }
}

impl<I: 'static> Submission<I> {
    /// Sends, unless one is under way.
    pub fn send(self, input: I) {
        if let Some(work) = self.state.work_if_idle()
            && let Some(work) = work.downcast_ref::<Work<I>>()
        {
            self.state.send(work(input));
        }
    }

    /// Gives up waiting. What the server made of it meanwhile is not undone.
    pub fn cancel(self) {
        self.state.cancel();
    }

    /// Whether one is under way. Reactive.
    #[must_use]
    pub fn is_busy(self) -> Signal<bool> {
        self.state.is_busy.into()
    }

    /// What is wrong with one field, by its JSON pointer. Reactive; for a field's `error`.
    #[must_use]
    pub fn field(self, pointer: &'static str) -> Signal<Option<String>> {
        self.state.field(pointer)
    }

    /// What to say beside the button, when the fields of `shown` show their own errors. Reactive.
    #[must_use]
    pub fn message(self, shown: &'static [&'static str]) -> Signal<Option<String>> {
        self.state.message(shown)
    }
}

/// Sending, whatever the types: compiled once.
#[derive(Clone, Copy)]
struct Sending {
    failure: RwSignal<Option<ApiFailure>>,
    is_busy: RwSignal<bool>,
    stop: StoredValue<Option<AbortController>, LocalStorage>,
    take: StoredValue<Take, LocalStorage>,
    /// A [`Work`]; without its type, so that the place for it is compiled once, too.
    work: StoredValue<Rc<dyn Any>, LocalStorage>,
}

impl Sending {
    fn new(work: Rc<dyn Any>, take: Take) -> Self {
        Self {
            failure: RwSignal::new(None),
            is_busy: RwSignal::new(false),
            stop: StoredValue::new_local(None),
            take: StoredValue::new_local(take),
            work: StoredValue::new_local(work),
        }
    }

    /// What makes the call, unless one is under way or the form is gone.
    fn work_if_idle(self) -> Option<Rc<dyn Any>> {
        if self.is_busy.get_untracked() {
            None
        } else {
            self.work.try_get_value()
        }
    }

    fn send(self, call: Call) {
        let stop = AbortController::new().ok();
        self.failure.set(None);
        self.is_busy.set(true);
        self.stop.set_value(stop.clone());
        let own = stop.clone();
        spawn_local(async move {
            let outcome = call.exchange(stop).await;
            // The form may be gone by now, or the person have given up; then nobody wants the answer.
            let current = self.stop.try_update_value(Option::take).flatten();
            let take = self.take.try_get_value();
            let (Some(take), true) = (take, current.is_some() && current == own) else {
                return;
            };
            self.is_busy.set(false);
            // Who did not want to give the password has everything as it was.
            if let Err(why) = outcome.and_then(|bytes| take(&bytes))
                && !why.needs_confirmation()
            {
                // What was done may have taken the form away.
                self.failure.try_set(Some(why));
            }
        });
    }

    fn cancel(self) {
        if let Some(stop) = self.stop.try_update_value(Option::take).flatten() {
            self.is_busy.set(false);
            stop.abort_with_reason(&api::GIVEN_UP.into());
        }
    }

    fn field(self, pointer: &'static str) -> Signal<Option<String>> {
        Signal::derive(move || {
            self.failure.with(|failure| {
                let detail = failure.as_ref()?.field(pointer)?;
                Some(detail.to_owned())
            })
        })
    }

    fn message(self, shown: &'static [&'static str]) -> Signal<Option<String>> {
        Signal::derive(move || {
            self.failure
                .with(|failure| failure.as_ref()?.beside_fields(shown))
        })
    }
}

/// The Idempotency-Key of one form: the same for each repetition of the same content, so that an answer lost
/// on the way is not a second key; a new one when the content changes or the form has had its answer.
///
/// The text is the content's fingerprint and then the key, or empty: a signal of a text is compiled already.
#[derive(Clone, Copy)]
pub struct Attempt(RwSignal<String>);

impl Attempt {
    /// For a fresh form.
    #[must_use]
    pub fn new() -> Self {
        Self(RwSignal::new(String::new()))
    }

    /// The key for this content.
    #[must_use]
    pub fn key_for(self, content: &impl serde::Serialize) -> String {
        let print = format!("{:016x}", fingerprint(&json::write(content)));
        let known = self.0.try_get_untracked().unwrap_or_default();
        if let Some(key) = known.strip_prefix(&print) {
            return key.to_owned();
        }
        let key = format!("{:016x}{:016x}", random(), random());
        self.0.try_set(print + &key);
        key
    }

    /// The form has had its answer: the next one is something new.
    pub fn finish(self) {
        self.0.try_set(String::new());
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
fn random() -> u64 {
    (0..2).fold(0, |number, _| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a float of 0 to 2^32 becomes that integer"
        )]
        let part = (js_sys::Math::random() * f64::from(u32::MAX)) as u32;
        number << 32 | u64::from(part)
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
