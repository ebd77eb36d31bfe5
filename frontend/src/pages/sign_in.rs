//! Signing in.

use latchkey_types::session::{SignInRequest, SignedIn};
use leptos::prelude::*;

use crate::{
    components::{
        Button, ButtonKind, Code, CodeStep, Failure, Form, Notice, PageHead, Show, TextField, Tone,
    },
    core::{
        api,
        query::{safe_next, value_of},
        reactive::watch,
        router::use_place,
        session::use_session,
        submission::use_submission,
    },
};

/// The sign-in form. Afterwards one is back where one wanted to go.
#[component]
pub fn SignIn() -> impl IntoView {
    let session = use_session();
    let place = use_place();
    let email = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let code = Code::new();

    // Also for somebody who is signed in already, or has just signed in in another tab.
    watch(move || {
        if session.user().is_some() {
            let next = value_of(&untrack(|| place.search()), "next");
            place.replace(safe_next(&next));
        }
    });
    let sign_in = use_submission(
        |request: SignInRequest| api::post("/session").json(&request),
        move |answer: SignedIn| {
            password.set(String::new());
            session.set_user(answer.user);
        },
    );
    let send = move |()| {
        sign_in.send(SignInRequest {
            email: email.get_untracked().trim().to_owned(),
            password: password.get_untracked(),
            code: code.given(),
        });
    };
    let message = sign_in.message(&["/email", "/password", "/code"]);
    view! {
        <div class="narrow">
            <PageHead title="Sign in" />
            <Show when=move || session.was_ended()>
                <Notice tone=Tone::Info>
                    "Your session has ended. Sign in to go on where you were."
                </Notice>
            </Show>
            <Form class="panel stack" on_send=send>
                <TextField
                    label="E-mail"
                    kind="email"
                    value=email
                    autocomplete="username"
                    autofocus=true
                    error=sign_in.field("/email")
                />
                <TextField
                    label="Password"
                    kind="password"
                    value=password
                    autocomplete="current-password"
                    error=sign_in.field("/password")
                />
                <CodeStep code=code failure=sign_in.failure error=sign_in.field("/code") />
                <Failure text=message />
                <div class="actions start">
                    <Button kind=ButtonKind::Primary submit=true busy=sign_in.is_busy()>
                        "Sign in"
                    </Button>
                </div>
            </Form>
            <p class="aside">
                "Forgotten the password? An administrator can make you a sign-in link."
            </p>
        </div>
    }
    .into_any()
}
