//! A sign-in link: choose a password, and be signed in.

use latchkey_types::session::{ClaimRequest, SignedIn};
use leptos::{ev, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use crate::{
    components::{Button, ButtonKind, Empty, Glyph, Notice, PageHead, TextField, Tone},
    core::{api, fragment, session::use_session, submission::use_submission},
};

/// What a sign-in link opens.
#[component]
pub fn Claim() -> impl IntoView {
    let session = use_session();
    let go = use_navigate();
    let token = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let take_token = move || {
        if let Some(taken) = fragment::take() {
            token.set(taken.to_string());
        }
    };
    take_token();
    let listener = window_event_listener(ev::hashchange, move |_| {
        fragment::stash();
        take_token();
    });
    on_cleanup(move || listener.remove());

    let claim = use_submission(
        |request: ClaimRequest| async move {
            api::post("/session/claim")
                .json(&request)
                .send::<SignedIn>()
                .await
        },
        move |answer: SignedIn| {
            token.set(String::new());
            password.set(String::new());
            session.set_user(answer.user);
            let options = NavigateOptions {
                replace: true,
                ..NavigateOptions::default()
            };
            go("/projects", options);
        },
    );
    let send = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        claim.send(ClaimRequest {
            token: token.get_untracked(),
            password: password.get_untracked(),
        });
    };
    let message = claim.message(&["/password"]);
    let has_token = Memo::new(move |_| token.with(|token| !token.is_empty()));
    view! {
        <div class="narrow">
            <PageHead title="Choose a password" />
            <Show
                when=move || has_token.get()
                fallback=|| {
                    view! {
                        <Empty glyph=Glyph::Key title="The link is not complete">
                            <p>"Open the whole sign-in link that you were given. It works once and for 72 hours."</p>
                            <a class="button" href="/sign-in">
                                "Go to the sign-in form"
                            </a>
                        </Empty>
                    }
                }
            >
                <form class="panel stack" on:submit=send>
                    <TextField
                        label="New password"
                        kind="password"
                        value=password
                        autocomplete="new-password"
                        autofocus=true
                        hint="At least 10 characters. A few unrelated words make a good one."
                        error=claim.field("/password")
                    />
                    {move || {
                        message.get().map(|text| view! { <Notice tone=Tone::Danger live=true>{text}</Notice> })
                    }}
                    <div class="actions start">
                        <Button kind=ButtonKind::Primary submit=true busy=claim.is_busy()>
                            "Save and sign in"
                        </Button>
                    </div>
                </form>
            </Show>
        </div>
    }
    .into_any()
}
