//! The second factor: turned on with an authenticator app, and off again.

use latchkey_types::{
    second_factor::{BegunSecondFactor, CodeRequest, QrCode, RecoveryCodes},
    user::User,
};
use leptos::prelude::*;

use crate::{
    components::{
        Button, ButtonKind, CodeField, Confirm, CopyField, Dialog, Failure, Form, SecretDialog,
        SecretWords, Show, use_toasts,
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

/// The QR code. Texts, because signals of texts are compiled already.
#[derive(Clone, Copy)]
struct Picture {
    frame: RwSignal<String>,
    path: RwSignal<String>,
}

impl Picture {
    fn show(self, qr: QrCode) {
        self.frame.set(format!("0 0 {0} {0}", qr.size));
        self.path.set(qr.path);
    }

    /// It holds the secret, too.
    fn wipe(self) {
        self.path.set(String::new());
    }
}

/// Whether it is on, and the way to the other.
#[component]
pub fn SecondFactor() -> impl IntoView {
    let session = use_session();
    let secret = OneTime::new();
    let picture = Picture {
        frame: RwSignal::new(String::new()),
        path: RwSignal::new(String::new()),
    };
    let is_begun = RwSignal::new(false);
    let has_codes = RwSignal::new(false);
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
            picture.show(begun.qr);
            is_begun.set(true);
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
        <Show when=is_begun>
            <TurnOn
                picture=picture
                secret=secret
                on_codes=move |codes| {
                    is_begun.set(false);
                    secret.put(codes);
                    has_codes.set(true);
                }
                on_close=move |()| is_begun.set(false)
            />
        </Show>
        <Show when=has_codes>
            <SecretDialog
                words=CODES
                secret=secret
                on_close=move |()| {
                    has_codes.set(false);
                    // Not before: the page that asks for a second factor is gone then, and this with it.
                    set_on(true);
                }
            />
        </Show>
        <Show when=is_ending>
            <TurnOff on_done=move |()| set_on(false) on_close=move |()| is_ending.set(false) />
        </Show>
    }
    .into_any()
}

/// The secret for the app, as a picture and as text, and the field for the app's first code.
#[component]
fn TurnOn(
    picture: Picture,
    secret: OneTime,
    /// Called with the recovery codes, a line each.
    #[prop(into)]
    on_codes: Callback<String>,
    #[prop(into)] on_close: Callback<()>,
) -> impl IntoView {
    let code = RwSignal::new(String::new());
    let confirm = use_submission(
        |code| api::post("/me/second-factor/confirm").json(&CodeRequest { code }),
        move |answer: RecoveryCodes| {
            picture.wipe();
            on_codes.run(answer.recovery_codes.join("\n"));
        },
    );
    let close = move |()| {
        secret.wipe();
        picture.wipe();
        on_close.run(());
    };
    view! {
        <Dialog title="Turn on a second factor" on_close=close>
            <Form on_send=move |()| confirm.send(code.get_untracked())>
                <p>"Scan this with an authenticator app, or type the key into it."</p>
                <svg
                    class="qr"
                    viewBox=move || picture.frame.get()
                    role="img"
                    aria-label="QR code for the app"
                >
                    <path d=move || picture.path.get()></path>
                </svg>
                <CopyField label="Key" value=secret />
                <CodeField
                    value=code
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
            <CodeField
                value=code
                hint="Of your authenticator app, or a recovery code."
                error=end.field("/code")
            />
        </Confirm>
    }
    .into_any()
}
