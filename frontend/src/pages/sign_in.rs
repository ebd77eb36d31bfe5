//! Signing in.

use latchkey_types::session::{SignInRequest, SignedIn};
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
};

use crate::{
    components::{Button, ButtonKind, Notice, PageHead, TextField, Tone},
    core::{api, query::safe_next, session::use_session, submission::use_submission},
};

/// The sign-in form. Afterwards one is back where one wanted to go.
#[component]
pub fn SignIn() -> impl IntoView {
    let session = use_session();
    let query = use_query_map();
    let go = use_navigate();
    let email = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());

    // Also for somebody who is signed in already, or has just signed in in another tab.
    Effect::new(move |_| {
        if session.user().is_some() {
            let next = query
                .with_untracked(|query| query.get("next"))
                .unwrap_or_default();
            let options = NavigateOptions {
                replace: true,
                ..NavigateOptions::default()
            };
            go(safe_next(&next), options);
        }
    });
    let sign_in = use_submission(
        |request: SignInRequest| async move {
            api::post("/session")
                .json(&request)
                .send::<SignedIn>()
                .await
        },
        move |answer: SignedIn| {
            password.set(String::new());
            session.set_user(answer.user);
        },
    );
    let send = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        sign_in.send(SignInRequest {
            email: email.get_untracked().trim().to_owned(),
            password: password.get_untracked(),
        });
    };
    let message = sign_in.message(&["/email", "/password"]);
    view! {
        <div class="narrow">
            <PageHead title="Sign in" />
            <Show when=move || session.was_ended()>
                <Notice tone=Tone::Info>
                    "Your session has ended. Sign in to go on where you were."
                </Notice>
            </Show>
            <form class="panel stack" on:submit=send>
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
                {move || {
                    message.get().map(|text| view! { <Notice tone=Tone::Danger live=true>{text}</Notice> })
                }}
                <div class="actions start">
                    <Button kind=ButtonKind::Primary submit=true busy=sign_in.is_busy()>
                        "Sign in"
                    </Button>
                </div>
            </form>
            <p class="aside">
                "Forgotten the password? An administrator can make you a sign-in link."
            </p>
        </div>
    }
    .into_any()
}
