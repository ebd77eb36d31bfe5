//! The dialog that asks for the password once more, for the whole app.

use latchkey_types::session::ConfirmRequest;
use leptos::prelude::*;

use super::{Button, ButtonKind, Dialog, Failure, Form, Show, TextField};
use crate::core::{
    api,
    confirmation::{Confirmation, provide_confirmation},
    reactive::watch,
    session::use_session,
    submission::use_submission,
};

/// The dialog's place: it shows itself when a call waits for the password.
#[component]
pub fn ConfirmPassword() -> impl IntoView {
    let confirmation = provide_confirmation();
    let session = use_session();
    // With nobody signed in there is nothing to confirm.
    watch(move || {
        if session.user().is_none() {
            confirmation.answer(false);
        }
    });
    view! {
        <Show when=move || confirmation.is_asked()>
            <Question confirmation />
        </Show>
    }
    .into_any()
}

#[component]
fn Question(confirmation: Confirmation) -> impl IntoView {
    let session = use_session();
    let password = RwSignal::new(String::new());
    let confirm = use_submission(
        |request: ConfirmRequest| api::post("/session/confirm").json(&request),
        move |()| confirmation.answer(true),
    );
    let send = move |()| {
        confirm.send(ConfirmRequest {
            password: password.get_untracked(),
        });
    };
    let message = confirm.message(&["/password"]);
    let user_name = move || session.user().map(|user| user.email);
    let cancel = move |()| confirmation.answer(false);
    view! {
        <Dialog title="Confirm your password" on_close=cancel>
            <Form on_send=send>
                <p class="prose">
                    "This decides who can get in, and you gave your password more than 10 minutes ago."
                </p>
                // Password managers look for whose password it is.
                <input type="hidden" autocomplete="username" value=user_name />
                <TextField
                    label="Password"
                    kind="password"
                    value=password
                    autocomplete="current-password"
                    autofocus=true
                    error=confirm.field("/password")
                />
                <Failure text=message />
                <div class="actions">
                    <Button on_press=cancel>"Cancel"</Button>
                    <Button kind=ButtonKind::Primary submit=true busy=confirm.is_busy()>
                        "Confirm"
                    </Button>
                </div>
            </Form>
        </Dialog>
    }
    .into_any()
}
