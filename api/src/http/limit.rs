//! Which operations hold back callers that ask too often. It stands in a handler's signature, beside who may: an
//! operation that says nothing is counted as soon as it writes, so a new one can't be forgotten.

use actix_web::http::Method;
use latchkey_types::{key::UpdateKeyRequest, user::UpdateUserRequest};

use super::input::Json;
use crate::throttle::Budget;

/// What an operation with the input `I` counts against.
pub trait Limit<I>: 'static {
    /// The caller's budget that one request takes from, if any.
    fn budget(method: &Method) -> Option<Budget>;

    /// The same where only the input tells. It is asked for once that has been read.
    fn budget_of(_: &I) -> Option<Budget> {
        None
    }
}

/// What writes is a change; reading is free.
pub struct ByMethod;

/// It takes rights away, from a key, a token, a session or a person. Whoever has asked too often must still be able
/// to, at once: that is why they may be asking.
pub struct TakesAway;

/// It may take rights away, and its body says whether it does.
pub struct ByInput;

/// It only asks, whatever its method: whether a key is valid.
pub struct OnlyAsks;

/// It reads much at once.
pub struct Costly;

/// A body that can take rights away.
pub trait MayTakeAway {
    /// Whether it does, and nothing else: what comes beside it is a change like others.
    fn takes_away(&self) -> bool;
}

impl<I> Limit<I> for ByMethod {
    fn budget(method: &Method) -> Option<Budget> {
        match *method {
            Method::GET | Method::HEAD => None,
            _ => Some(Budget::Changes),
        }
    }
}

impl<I> Limit<I> for TakesAway {
    fn budget(_: &Method) -> Option<Budget> {
        None
    }
}

impl<T: MayTakeAway> Limit<Json<T>> for ByInput {
    fn budget(_: &Method) -> Option<Budget> {
        None
    }

    fn budget_of(input: &Json<T>) -> Option<Budget> {
        (!input.value.takes_away()).then_some(Budget::Changes)
    }
}

impl<I> Limit<I> for OnlyAsks {
    fn budget(_: &Method) -> Option<Budget> {
        None
    }
}

impl<I> Limit<I> for Costly {
    fn budget(_: &Method) -> Option<Budget> {
        Some(Budget::Exports)
    }
}

impl MayTakeAway for UpdateKeyRequest {
    fn takes_away(&self) -> bool {
        let only = Self {
            disabled: Some(true),
            ..Self::default()
        };
        *self == only
    }
}

impl MayTakeAway for UpdateUserRequest {
    fn takes_away(&self) -> bool {
        let only = Self {
            disabled: self.disabled.filter(|is_disabled| *is_disabled),
            revoke_keys: self.revoke_keys.filter(|revokes| *revokes),
            ..Self::default()
        };
        *self == only && only != Self::default()
    }
}
