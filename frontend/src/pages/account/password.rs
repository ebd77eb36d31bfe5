//! Another password.

use latchkey_types::user::ChangePasswordRequest;
use leptos::prelude::*;

use crate::{
    components::{Button, ButtonKind, Failure, Form, TextField, use_toasts},
    core::{api, session::use_session, submission::use_submission},
};

/// The form for another password. It ends all other sessions.
#[component]
pub fn PasswordForm() -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let current = RwSignal::new(String::new());
    let new = RwSignal::new(String::new());
    let change = use_submission(
        |request: ChangePasswordRequest| api::put("/me/password").json(&request),
        move |()| {
            current.set(String::new());
            new.set(String::new());
            toasts.say("Password changed. Other sessions have ended.");
        },
    );
    let send = move |()| {
        change.send(ChangePasswordRequest {
            current_password: current.get_untracked(),
            new_password: new.get_untracked(),
        });
    };
    let message = change.message(&["/current_password", "/new_password"]);
    let user_name = move || session.user().map(|user| user.email);
    view! {
        <section class="panel stack" aria-labelledby="password">
            <h2 id="password">"Password"</h2>
            <Form on_send=send>
                // Password managers look for whose password it is.
                <input type="hidden" autocomplete="username" value=user_name />
                <TextField
                    label="Current password"
                    kind="password"
                    value=current
                    autocomplete="current-password"
                    error=change.field("/current_password")
                />
                <TextField
                    label="New password"
                    kind="password"
                    value=new
                    autocomplete="new-password"
                    hint="At least 10 characters. A few unrelated words make a good one."
                    error=change.field("/new_password")
                />
                <Failure text=message />
                <div class="actions start">
                    <Button kind=ButtonKind::Primary submit=true busy=change.is_busy()>
                        "Change password"
                    </Button>
                </div>
            </Form>
        </section>
    }
    .into_any()
}
