//! A dialog that shows a secret once, and asks before it closes unsaved.

use leptos::prelude::*;

use super::{Button, Confirm, CopyField, Dialog, Glyph, Notice, Show, Tone};
use crate::core::{download::download, leave::guard_leaving, secret::OneTime};

/// What is said about one kind of secret.
#[derive(Clone, Copy)]
pub struct SecretWords {
    /// What happened: the dialog's title.
    pub title: &'static str,
    /// What to do now.
    pub warning: &'static str,
    /// What it is, such as "Token".
    pub label: &'static str,
    /// What it is for.
    pub hint: &'static str,
    /// The question before it closes unsaved.
    pub gate: &'static str,
    /// What follows if it closes then.
    pub lost: &'static str,
    /// The name of a file to save it in: a secret of several lines.
    pub file: Option<&'static str>,
}

/// Shows the secret, and wipes it when it closes.
#[component]
pub fn SecretDialog(
    /// What is said.
    words: SecretWords,
    /// What it belongs to, such as a token's name.
    #[prop(optional, into)]
    name: String,
    /// The secret.
    secret: OneTime,
    /// Closes the dialog.
    #[prop(into)]
    on_close: Callback<()>,
) -> impl IntoView {
    let is_asking = RwSignal::new(false);
    let guard = guard_leaving(Callback::new(move |()| is_asking.set(true)));
    let gate = Callback::new(move |()| {
        let is_free = untrack(|| guard.is_lifted());
        if !is_free {
            is_asking.set(true);
        }
        is_free
    });
    let close = Callback::new(move |()| {
        secret.wipe();
        on_close.run(());
    });
    let save = move |file| {
        if secret.with(|text| download(file, "text/plain", text)) == Some(true) {
            guard.lift();
        }
    };
    view! {
        <Dialog title=words.title gate=gate on_close=close>
            <div class="stack">
                <p dir="auto">{name}</p>
                <Notice tone=Tone::Warning>
                    <strong>{words.warning}</strong>
                    " Shown here once, and never again in full."
                </Notice>
                <CopyField
                    label=words.label
                    value=secret
                    block=words.file.is_some()
                    autofocus=true
                    on_copied=move |()| guard.lift()
                    hint=words.hint
                />
                <div class="actions">
                    {words
                        .file
                        .map(|file| {
                            view! {
                                <Button icon=Glyph::Download on_press=move |()| save(file)>
                                    "Download"
                                </Button>
                            }
                        })}
                    <Button on_press=close>"I have saved it"</Button>
                </div>
            </div>
            <Show when=is_asking>
                <Confirm
                    title=words.gate.to_owned()
                    action="Close anyway"
                    danger=true
                    on_confirm=close
                    on_close=move |()| is_asking.set(false)
                >
                    <p>{words.lost}</p>
                </Confirm>
            </Show>
        </Dialog>
    }
    .into_any()
}
