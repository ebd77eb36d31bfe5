//! A new management token: the form, and the one time its secret is shown.

use latchkey_types::{
    limits,
    token::{CreateTokenRequest, CreatedToken, Permission},
};
use leptos::prelude::*;

use crate::{
    components::{
        Button, ButtonKind, CheckField, Dialog, Failure, Form, SecretDialog, SecretWords,
        SelectField, TextField,
    },
    core::{
        api,
        secret::OneTime,
        submission::{Attempt, use_submission},
        time,
    },
};

/// How long a token can be made to last: days as the field's value.
const SPANS: [(&str, &str); 5] = [
    ("30", "30 days"),
    ("90", "90 days"),
    ("365", "A year"),
    ("7", "7 days"),
    ("", "Never"),
];

const WORDS: SecretWords = SecretWords {
    title: "Token created",
    warning: "Save this token now.",
    label: "Token",
    hint: "Send it as “Authorization: Bearer”.",
    gate: "You won't see this token again",
    lost: "Copy it before you close. It can't be retrieved later; you would have to make a new one.",
    file: None,
};

/// The form, then the secret.
#[component]
pub fn NewToken(
    /// Called once the token exists.
    #[prop(into)]
    on_made: Callback<()>,
    /// Closes the dialog.
    #[prop(into)]
    on_close: Callback<()>,
) -> impl IntoView {
    let secret = OneTime::new();
    let made = RwSignal::new(None::<String>);
    let finish = Callback::new(move |created: CreatedToken| {
        secret.put(created.secret);
        made.set(Some(created.token.name));
        on_made.run(());
    });
    move || match made.get() {
        None => view! { <TokenForm on_created=finish on_close=on_close /> }.into_any(),
        Some(name) => {
            view! { <SecretDialog words=WORDS name=name secret=secret on_close=on_close /> }
                .into_any()
        }
    }
}

#[component]
fn TokenForm(on_created: Callback<CreatedToken>, on_close: Callback<()>) -> impl IntoView {
    let name = RwSignal::new(String::new());
    let span = RwSignal::new("90".to_owned());
    let manage = RwSignal::new(false);
    let read = RwSignal::new(true);
    let verify = RwSignal::new(false);
    let attempt = Attempt::new();
    let create = use_submission(
        move |request: CreateTokenRequest| {
            let key = attempt.key_for(&(&request.name, &request.permissions));
            api::post("/me/tokens").idempotent(key).json(&request)
        },
        move |created: CreatedToken| {
            attempt.finish();
            on_created.run(created);
        },
    );
    let send = move |()| {
        let chosen = [
            (manage, Permission::Manage),
            (read, Permission::Read),
            (verify, Permission::Verify),
        ];
        let days: Option<i64> = span.with_untracked(|span| span.parse().ok());
        create.send(CreateTokenRequest {
            name: name.get_untracked().trim().to_owned(),
            permissions: chosen
                .into_iter()
                .filter(|(is_chosen, _)| is_chosen.get_untracked())
                .map(|(_, permission)| permission)
                .collect(),
            expires_at: days.map(|days| time::now().plus_seconds(days * 86_400)),
        });
    };
    let permission_error = create.field("/permissions");
    let message = create.message(&["/name", "/permissions", "/expires_at"]);
    view! {
        <Dialog title="New management token" on_close=on_close>
            <Form on_send=send>
                <TextField
                    label="Name"
                    value=name
                    autofocus=true
                    max=limits::NAME_MAX
                    placeholder="Deploy script"
                    hint="What uses it: this helps you to find it later."
                    error=create.field("/name")
                />
                <fieldset class="field">
                    <legend>"It may"</legend>
                    <CheckField label="Read" value=read hint="Look at projects, keys and usage." />
                    <CheckField label="Manage" value=manage hint="Change things, too. This includes reading." />
                    <CheckField label="Verify" value=verify hint="Ask whether a key is valid." />
                    <p class="error" aria-live="polite">
                        {move || permission_error.get().map(|_| "Choose at least one.")}
                    </p>
                </fieldset>
                <SelectField
                    label="Expires after"
                    value=span
                    options=SPANS.to_vec()
                    error=create.field("/expires_at")
                />
                <Failure text=message />
                <div class="actions">
                    <Button on_press=move |()| on_close.run(())>"Cancel"</Button>
                    <Button kind=ButtonKind::Primary submit=true busy=create.is_busy()>
                        "Create token"
                    </Button>
                </div>
            </Form>
        </Dialog>
    }
    .into_any()
}
