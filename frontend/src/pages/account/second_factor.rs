//! The second factor: turned on with an authenticator app, and off again.

use latchkey_types::{
    second_factor::{BegunSecondFactor, CodeRequest, QrCode, RecoveryCodes},
    user::User,
};
use leptos::prelude::*;

use crate::{
    components::{
        Button, ButtonKind, Confirm, CopyField, Dialog, Failure, Form, SecretDialog, SecretWords,
        Show, TextField, use_toasts,
    },
    core::{api, secret::OneTime, session::use_session, submission::use_submission},
};

const CODES: SecretWords = SecretWords {
    title: "The second factor is on",
    warning: "Save these recovery codes now.",
    label: "Recovery codes",
    hint: "Should the app be lost, each signs in once in its place. Keep them apart from it.",
    gate: "You won't see these codes again",
    lost: "Without them, only an administrator can let you in when the app is lost.",
    file: Some("latchkey-recovery-codes.txt"),
};

/// What the person sees of it at the moment.
#[derive(Clone)]
enum Step {
    /// Whether it is on.
    Rest,
    /// What the app needs.
    Begun(QrCode),
    /// The recovery codes.
    Codes,
}

/// Whether it is on, and the way to the other.
#[component]
pub fn SecondFactor() -> impl IntoView {
    let session = use_session();
    let step = RwSignal::new(Step::Rest);
    let secret = OneTime::new();
    let is_ending = RwSignal::new(false);
    let set_on = move |has_second_factor| {
        if let Some(user) = untrack(|| session.user()) {
            session.set_user(User {
                has_second_factor,
                ..user
            });
        }
    };
    let begin = use_submission(
        |()| api::post("/me/second-factor"),
        move |begun: BegunSecondFactor| {
            secret.put(begun.secret);
            step.set(Step::Begun(begun.qr));
        },
    );
    let is_on = move || session.user().is_some_and(|user| user.has_second_factor);
    let message = begin.message(&[]);
    view! {
        <section class="panel stack" aria-labelledby="second-factor">
            <h2 id="second-factor">"Second factor"</h2>
            <Show
                when=is_on
                fallback=move || {
                    view! {
                        <p>
                            "Off: the password signs in alone. With an authenticator app on your phone, \
                            signing in asks for a code of it, too."
                        </p>
                        <Failure text=message />
                        <div class="actions start">
                            <Button kind=ButtonKind::Primary busy=begin.is_busy() on_press=move |()| begin.send(())>
                                "Turn on"
                            </Button>
                        </div>
                    }
                        .into_any()
                }
            >
                <p>"On: signing in asks for a code of your authenticator app, too."</p>
                <div class="actions start">
                    <Button on_press=move |()| is_ending.set(true)>"Turn off"</Button>
                </div>
            </Show>
        </section>
        {move || {
            match step.get() {
                Step::Rest => ().into_any(),
                Step::Begun(qr) => view! {
                    <TurnOn
                        qr=qr
                        secret=secret
                        on_codes=move |codes| {
                            secret.put(codes);
                            step.set(Step::Codes);
                        }
                        on_close=move |()| step.set(Step::Rest)
                    />
                }
                .into_any(),
                Step::Codes => view! {
                    <SecretDialog
                        words=CODES
                        secret=secret
                        on_close=move |()| {
                            step.set(Step::Rest);
                            // Not before: the page that asks for a second factor is gone then, and this with it.
                            set_on(true);
                        }
                    />
                }
                .into_any(),
            }
        }}
        <Show when=move || is_ending.get()>
            <TurnOff on_done=move |()| set_on(false) on_close=move |()| is_ending.set(false) />
        </Show>
    }
    .into_any()
}

/// The secret for the app, as a picture and as text, and the field for the app's first code.
#[component]
fn TurnOn(
    qr: QrCode,
    secret: OneTime,
    /// Called with the recovery codes, a line each.
    #[prop(into)]
    on_codes: Callback<String>,
    #[prop(into)] on_close: Callback<()>,
) -> impl IntoView {
    let code = RwSignal::new(String::new());
    let confirm = use_submission(
        |code| api::post("/me/second-factor/confirm").json(&CodeRequest { code }),
        move |answer: RecoveryCodes| on_codes.run(answer.recovery_codes.join("\n")),
    );
    let close = move |()| {
        secret.wipe();
        on_close.run(());
    };
    view! {
        <Dialog title="Turn on a second factor" on_close=close>
            <Form on_send=move |()| confirm.send(code.get_untracked())>
                <p>"Scan this with an authenticator app, or type the key into it."</p>
                <svg
                    class="qr"
                    viewBox=format!("0 0 {0} {0}", qr.size)
                    role="img"
                    aria-label="QR code for the app"
                >
                    <path d=qr.path></path>
                </svg>
                <CopyField label="Key" value=secret />
                <TextField
                    label="Code"
                    value=code
                    autocomplete="one-time-code"
                    code=true
                    autofocus=true
                    hint="The six digits that the app shows now. Your other sessions end."
                    error=confirm.field("/code")
                />
                <Failure text=confirm.message(&["/code"]) />
                <div class="actions">
                    <Button on_press=close>"Cancel"</Button>
                    <Button kind=ButtonKind::Primary submit=true busy=confirm.is_busy()>
                        "Turn on"
                    </Button>
                </div>
            </Form>
        </Dialog>
    }
    .into_any()
}

/// A last code, and it is off.
#[component]
fn TurnOff(
    #[prop(into)] on_done: Callback<()>,
    #[prop(into)] on_close: Callback<()>,
) -> impl IntoView {
    let toasts = use_toasts();
    let code = RwSignal::new(String::new());
    let end = use_submission(
        |code| api::delete("/me/second-factor").json(&CodeRequest { code }),
        move |()| {
            toasts.say("The second factor is off.");
            on_close.run(());
            on_done.run(());
        },
    );
    view! {
        <Confirm
            title="Turn off the second factor?".to_owned()
            action="Turn off"
            danger=true
            busy=end.is_busy()
            error=end.message(&["/code"])
            on_confirm=move |()| end.send(code.get_untracked())
            on_close=on_close
        >
            <p>"Signing in then takes the password alone, and the recovery codes stop working."</p>
            <TextField
                label="Code"
                value=code
                autocomplete="one-time-code"
                code=true
                hint="Of your authenticator app, or a recovery code."
                error=end.field("/code")
            />
        </Confirm>
    }
    .into_any()
}
