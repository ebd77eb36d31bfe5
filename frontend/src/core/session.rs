//! Who is signed in, whether the server can be reached, and what happens when either changes.

use std::{cell::Cell, time::Duration};

use latchkey_types::{
    session::SessionState,
    user::{InstanceRole, User},
};
use leptos::{prelude::*, task::spawn_local};

use super::api::{self, ApiFailure};

/// The first pause between two tries to reach the server; it doubles up to the last.
const FIRST_PAUSE_SECONDS: u32 = 1;
const LAST_PAUSE_SECONDS: u32 = 15;
/// How long a secret stays on the page after the session's end.
const SECRET_STAYS: Duration = Duration::from_secs(5 * 60);

thread_local! {
    /// For the API client, which is called from anywhere.
    static CURRENT: Cell<Option<Session>> = const { Cell::new(None) };
}

/// The app's one session. Copy it freely.
#[derive(Clone, Copy)]
pub struct Session {
    state: RwSignal<Option<SessionState>>,
    is_unreachable: RwSignal<bool>,
    is_ended: RwSignal<bool>,
    was_ended: RwSignal<bool>,
    is_wiped: RwSignal<bool>,
    limit: StoredValue<Option<TimeoutHandle>>,
    holds: RwSignal<u32>,
    pause_seconds: RwSignal<u32>,
}

/// Makes the session, and asks the server for it.
pub fn provide_session() -> Session {
    let session = Session {
        state: RwSignal::new(None),
        is_unreachable: RwSignal::new(false),
        is_ended: RwSignal::new(false),
        was_ended: RwSignal::new(false),
        is_wiped: RwSignal::new(false),
        limit: StoredValue::new(None),
        holds: RwSignal::new(0),
        pause_seconds: RwSignal::new(FIRST_PAUSE_SECONDS),
    };
    provide_context(session);
    CURRENT.set(Some(session));
    session.reload();
    session
}

/// The app's session.
#[must_use]
pub fn use_session() -> Session {
    // A component outside the app has a session of nobody.
    use_context::<Session>().unwrap_or_else(provide_session)
}

/// The server answered that nobody is signed in.
pub(super) fn note_ended() {
    if let Some(session) = CURRENT.get() {
        session.end();
    }
}

/// Something suggests that the session has ended.
pub(super) fn ask_again() {
    if let Some(session) = CURRENT.get() {
        session.reload();
    }
}

/// A call reached the server, or did not.
pub(super) fn note_reachable(is_reachable: bool) {
    let Some(session) = CURRENT.get() else { return };
    if is_reachable {
        session.pause_seconds.set(FIRST_PAUSE_SECONDS);
        if session.is_unreachable.get_untracked() {
            session.is_unreachable.set(false);
        }
    } else if !session.is_unreachable.get_untracked() {
        session.is_unreachable.set(true);
        session.try_again();
    }
}

impl Session {
    /// What the server said last; `None` until its first answer. Reactive.
    #[must_use]
    pub fn state(self) -> Option<SessionState> {
        self.state.get()
    }

    /// Who is signed in. Reactive.
    #[must_use]
    pub fn user(self) -> Option<User> {
        self.state
            .with(|state| state.as_ref().and_then(|state| state.user.clone()))
    }

    /// Whether an administrator is signed in. Reactive.
    #[must_use]
    pub fn is_admin(self) -> bool {
        self.user()
            .is_some_and(|user| user.role == InstanceRole::Admin)
    }

    /// Whether this server asks for a second factor that the person has not turned on yet. Reactive.
    #[must_use]
    pub fn lacks_factor(self) -> bool {
        self.state.with(|state| {
            state.as_ref().is_some_and(|state| {
                let user = state.user.as_ref();
                state.requires_second_factor && user.is_some_and(|user| !user.has_second_factor)
            })
        })
    }

    /// Whether the server answered at least once. Reactive.
    #[must_use]
    pub fn is_known(self) -> bool {
        self.state.with(Option::is_some)
    }

    /// Whether the server can't be reached at the moment. Reactive; it recovers by itself.
    #[must_use]
    pub fn is_unreachable(self) -> bool {
        self.is_unreachable.get()
    }

    /// Whether the session has ended while a dialog holds the page. Reactive.
    #[must_use]
    pub fn is_ended(self) -> bool {
        self.is_ended.get()
    }

    /// Whether the session ended so long ago that no secret stays on the page, not even in a dialog. Reactive.
    #[must_use]
    pub fn is_wiped(self) -> bool {
        self.is_wiped.get()
    }

    /// Whether the person was signed in until the server said otherwise. Reactive; for the sign-in page.
    #[must_use]
    pub fn was_ended(self) -> bool {
        self.was_ended.get()
    }

    /// Asks the server again who is signed in.
    pub fn reload(self) {
        spawn_local(async move {
            match api::get::<SessionState>("/session").await {
                Ok(state) => self.learn(state),
                Err(ApiFailure::Network) => {}
                // Something answers, but not the session: wait for it like for the network.
                Err(_) => note_reachable(false),
            }
        });
    }

    /// Somebody signed in, or changed their own name.
    pub fn set_user(self, user: User) {
        self.go_on();
        self.was_ended.set(false);
        self.state.update(|state| {
            if let Some(state) = state {
                state.user = Some(user);
                state.setup_needed = false;
            }
        });
    }

    /// The server has signed the person out, as they asked.
    pub fn signed_out(self) {
        self.forget_user();
        self.was_ended.set(false);
    }

    /// Keeps the page as it is, whatever happens to the session, until [`Session::release`].
    pub fn hold(self) {
        self.holds.update(|holds| *holds += 1);
    }

    /// Ends one hold. If the session ended meanwhile, the page goes to the sign-in form now.
    pub fn release(self) {
        self.holds.update(|holds| *holds = holds.saturating_sub(1));
        if self.holds.get_untracked() == 0 && self.is_ended.get_untracked() {
            self.end();
        }
    }

    fn end(self) {
        let was_signed_in = self
            .state
            .with_untracked(|state| state.as_ref().is_some_and(|state| state.user.is_some()));
        if !was_signed_in {
            return;
        }
        if self.holds.get_untracked() > 0 {
            // Once: a later call that learns of the end gives no more time.
            if !self.is_ended.get_untracked() {
                self.is_ended.set(true);
                let wipe = move || self.is_wiped.set(true);
                self.limit
                    .set_value(set_timeout_with_handle(wipe, SECRET_STAYS).ok());
            }
            return;
        }
        self.was_ended.set(true);
        self.forget_user();
    }

    /// No end is waiting any more.
    fn go_on(self) {
        if let Some(limit) = self.limit.try_update_value(Option::take).flatten() {
            limit.clear();
        }
        self.is_ended.set(false);
        self.is_wiped.set(false);
    }

    fn forget_user(self) {
        self.go_on();
        self.state.update(|state| {
            if let Some(state) = state {
                state.user = None;
            }
        });
    }

    fn learn(self, new: SessionState) {
        let is_signed_out = new.user.is_none();
        let is_held = self.holds.get_untracked() > 0;
        if is_signed_out && is_held && self.state.with_untracked(Option::is_some) {
            self.end();
        } else if self.state.with_untracked(|old| old.as_ref() != Some(&new)) {
            self.state.set(Some(new));
        }
    }

    fn try_again(self) {
        let seconds = self.pause_seconds.get_untracked();
        self.pause_seconds
            .set((seconds * 2).min(LAST_PAUSE_SECONDS));
        set_timeout(
            move || {
                spawn_local(async move {
                    if let Ok(state) = api::get::<SessionState>("/session").await {
                        self.learn(state);
                        self.is_unreachable.set(false);
                    } else {
                        self.try_again();
                    }
                });
            },
            Duration::from_secs(u64::from(seconds)),
        );
    }
}
