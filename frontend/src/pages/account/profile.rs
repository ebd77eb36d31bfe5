//! The name that others see.

use latchkey_types::{
    limits,
    user::{UpdateMeRequest, User},
};
use leptos::prelude::*;

use crate::{
    components::{Button, ButtonKind, Failure, Form, TextField, use_toasts},
    core::{api, session::use_session, submission::use_submission, words},
};

/// The person's name, and what can't be changed here.
#[component]
pub fn Profile() -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let name = RwSignal::new(
        untrack(|| session.user())
            .map(|user| user.name)
            .unwrap_or_default(),
    );
    let save = use_submission(
        |(request, version): (UpdateMeRequest, i64)| {
            api::patch("/me").if_version(version).json(&request)
        },
        move |user: User| {
            session.set_user(user);
            toasts.say("Name saved.");
        },
    );
    let send = move |()| {
        let Some(user) = untrack(|| session.user()) else {
            return;
        };
        let request = UpdateMeRequest {
            name: Some(name.get_untracked().trim().to_owned()),
        };
        save.send((request, user.version));
    };
    let message = save.message(&["/name"]);
    let role = move || session.user().map(|user| words::instance_role(user.role));
    view! {
        <section class="panel stack" aria-labelledby="profile">
            <h2 id="profile">"Profile"</h2>
            <dl class="facts">
                <dt>"E-mail"</dt>
                <dd>{move || session.user().map(|user| user.email)}</dd>
                <dt>"Role"</dt>
                <dd>{role}</dd>
            </dl>
            <Form on_send=send>
                <TextField
                    label="Name"
                    value=name
                    autocomplete="name"
                    max=limits::NAME_MAX
                    error=save.field("/name")
                />
                <Failure text=message />
                <div class="actions start">
                    <Button kind=ButtonKind::Primary submit=true busy=save.is_busy()>
                        "Save name"
                    </Button>
                </div>
            </Form>
        </section>
    }
    .into_any()
}
