//! Adding a person.

use latchkey_types::{
    limits,
    user::{CreateUserRequest, CreatedUser, InstanceRole, User},
};
use leptos::prelude::*;

use crate::{
    components::{Button, ButtonKind, Dialog, Failure, Form, SelectField, TextField},
    core::{
        api,
        submission::{Attempt, use_submission},
    },
};

/// The form for a new person. They get a sign-in link, and choose their password themselves.
#[component]
pub fn AddUser(
    /// Called with the person and their sign-in link.
    #[prop(into)]
    on_added: Callback<(User, Option<String>)>,
    /// Closes the dialog.
    #[prop(into)]
    on_close: Callback<()>,
) -> impl IntoView {
    let name = RwSignal::new(String::new());
    let email = RwSignal::new(String::new());
    let role = RwSignal::new("member".to_owned());
    let attempt = Attempt::new();
    let add = use_submission(
        move |request: CreateUserRequest| {
            let key = attempt.key_for(&request);
            api::post("/users").idempotent(key).json(&request)
        },
        move |created: CreatedUser| {
            attempt.finish();
            on_added.run((created.user, created.sign_in_url));
        },
    );
    let send = move |()| {
        add.send(CreateUserRequest {
            name: name.get_untracked().trim().to_owned(),
            email: email.get_untracked().trim().to_owned(),
            role: if role.with_untracked(|role| role == "admin") {
                InstanceRole::Admin
            } else {
                InstanceRole::Member
            },
            password: None,
        });
    };
    let message = add.message(&["/name", "/email"]);
    view! {
        <Dialog title="Add user" on_close=on_close>
            <Form on_send=send>
                <TextField
                    label="Name"
                    value=name
                    autofocus=true
                    max=limits::NAME_MAX
                    error=add.field("/name")
                />
                <TextField
                    label="E-mail"
                    kind="email"
                    value=email
                    hint="They sign in with it. Latchkey sends no mail: you get a link to give them."
                    error=add.field("/email")
                />
                <SelectField
                    label="Role"
                    value=role
                    options=vec![("member", "Member"), ("admin", "Administrator")]
                    hint="Members make projects and work in those they belong to. Administrators manage users and every project."
                />
                <Failure text=message />
                <div class="actions">
                    <Button on_press=move |()| on_close.run(())>"Cancel"</Button>
                    <Button kind=ButtonKind::Primary submit=true busy=add.is_busy()>
                        "Add user"
                    </Button>
                </div>
            </Form>
        </Dialog>
    }
    .into_any()
}
