//! A sign-in link: choose a password, and be signed in.

use latchkey_types::session::{ClaimRequest, SignedIn};
use leptos::{ev, prelude::*};

use crate::{
    components::{
        Button, ButtonKind, Code, CodeStep, Empty, Failure, Form, Glyph, PageHead, Show, TextField,
    },
    core::{
        api, fragment, reactive::memo, router::use_place, session::use_session,
        submission::use_submission,
    },
};

/// What a sign-in link opens.
#[component]
pub fn Claim() -> impl IntoView {
    let session = use_session();
    let place = use_place();
    let token = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let code = Code::new();
    let take_token = move || {
        if let Some(taken) = fragment::take() {
            token.set(taken.to_string());
        }
    };
    take_token();
    window_event_listener(ev::hashchange, move |_| {
        fragment::stash();
        take_token();
    });

    let claim = use_submission(
        |request: ClaimRequest| api::post("/session/claim").json(&request),
        move |answer: SignedIn| {
            token.set(String::new());
            password.set(String::new());
            session.set_user(answer.user);
            place.replace("/projects");
        },
    );
    let send = move |()| {
        claim.send(ClaimRequest {
            token: token.get_untracked(),
            password: password.get_untracked(),
            code: code.given(),
        });
    };
    let message = claim.message(&["/password", "/code"]);
    let has_token = memo(move || token.with(|token| !token.is_empty()));
    view! {
        <div class="narrow">
            <PageHead title="Choose a password" />
            <Show
                when=has_token
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
                <Form class="panel stack" on_send=send>
                    <TextField
                        label="New password"
                        kind="password"
                        value=password
                        autocomplete="new-password"
                        autofocus=true
                        hint="At least 10 characters. A few unrelated words make a good one."
                        error=claim.field("/password")
                    />
                    <CodeStep code=code failure=claim.failure error=claim.field("/code") />
                    <Failure text=message />
                    <div class="actions start">
                        <Button kind=ButtonKind::Primary submit=true busy=claim.is_busy()>
                            "Save and sign in"
                        </Button>
                    </div>
                </Form>
            </Show>
        </div>
    }
    .into_any()
}
