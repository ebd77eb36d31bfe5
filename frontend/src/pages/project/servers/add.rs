//! Add MCP Server: describe the key, generate it.

use latchkey_types::{
    ProblemCode,
    key::{CreateKeyRequest, CreatedKey, Key},
};
use leptos::prelude::*;

use super::form::{Draft, KeyFields};
use crate::{
    components::{Button, ButtonKind, Dialog, Failure, Form},
    core::{
        api::{self, ApiFailure},
        paged::Paged,
        reactive::watch,
        submission::{Attempt, use_submission},
    },
    pages::project::{one_time::Reveal, use_project},
};

/// The dialog. It closes when the key is made, and the one-time dialog opens.
#[component]
pub fn AddServer(
    /// The list, for duplicates and for the new row.
    keys: Paged<Key>,
    /// Where the secret goes.
    reveal: Reveal,
    /// Closes the dialog.
    #[prop(into)]
    on_close: Callback<()>,
) -> impl IntoView {
    let project = use_project();
    let draft = Draft::new();
    let attempt = Attempt::new();
    let generating = use_submission(
        move |body: CreateKeyRequest| {
            let key = attempt.key_for(&body);

            api::post(&project.path_now("/keys"))
                .idempotent(key)
                .json(&body)
        },
        move |created: CreatedKey| {
            attempt.finish();
            on_close.run(());
            reveal.show(created, false);
            keys.reload();
        },
    );
    let others = Callback::new(move |()| {
        keys.rows.with(|rows| {
            rows.iter()
                .filter(|key| key.revoked_at.is_none())
                .map(|key| key.description.clone())
                .collect::<Vec<_>>()
        })
    });
    let is_busy = generating.is_busy();
    let send = move |()| {
        let Ok(expires_at) = draft.expiry() else {
            return;
        };
        let description = draft.text();
        if !draft.is_describable() {
            return;
        }
        generating.send(CreateKeyRequest {
            description: (!description.is_empty()).then_some(description),
            environment: Some(draft.environment()),
            expires_at: expires_at.flatten(),
        });
    };
    // Giving up waiting leaves the form as it is; a second press closes it.
    let leave = Callback::new(move |()| {
        if is_busy.get_untracked() {
            generating.cancel();
            keys.reload();
            false
        } else {
            true
        }
    });
    let message = Signal::derive(move || {
        let is_lost = generating.failure.with(|failure| {
            failure.as_ref().and_then(ApiFailure::code) == Some(ProblemCode::SecretAlreadyShown)
        });
        if is_lost {
            return Some(
                "The key was made, but the answer with its secret got lost. Find it in the list and rotate or \
                 delete it, or generate another one with a different description."
                    .to_owned(),
            );
        }
        generating.message(&["/description", "/expires_at"]).get()
    });
    watch(move || {
        if message.get().is_some() {
            keys.reload();
        }
    });
    view! {
        <Dialog title="Add MCP Server" gate=leave on_close=on_close>
            <Form on_send=send>
                <p class="prose">
                    "A key lets one MCP client into this project. Make one for each client, person and environment, \
                     so that you can end the access of one without the others."
                </p>
                <KeyFields
                    draft
                    others
                    description_error=generating.field("/description")
                    server_expiry_error=generating.field("/expires_at")
                />
                <Failure text=message />
                <div class="actions">
                    <Button on_press=move |()| if leave.run(()) { on_close.run(()) }>
                        {move || if is_busy.get() { "Stop waiting" } else { "Cancel" }}
                    </Button>
                    <Button kind=ButtonKind::Primary submit=true busy=is_busy>
                        {move || if is_busy.get() { "Generating …" } else { "Generate" }}
                    </Button>
                </div>
            </Form>
        </Dialog>
    }
    .into_any()
}
