//! The first start: the first account, and the first project.

use latchkey_types::session::{SetupDone, SetupRequest};
use leptos::{ev, prelude::*};

use crate::{
    components::{Button, ButtonKind, Failure, Form, Notice, PageHead, Show, TextField, Tone},
    core::{
        api, fragment, reactive::watch, router::use_place, session::use_session,
        submission::use_submission,
    },
};

const FIELDS: &[&str] = &[
    "/setup_token",
    "/name",
    "/email",
    "/password",
    "/project_name",
];

/// One form for the administrator's account and the first project.
#[component]
pub fn Setup() -> impl IntoView {
    let session = use_session();
    let place = use_place();
    let token = RwSignal::new(String::new());
    let has_token = RwSignal::new(false);
    let name = RwSignal::new(String::new());
    let email = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let project = RwSignal::new(String::new());

    let take_token = move || {
        if let Some(taken) = fragment::take() {
            token.set(taken.to_string());
            has_token.set(true);
        }
    };
    take_token();
    // The printed address may also be opened in a tab that shows this page already.
    window_event_listener(ev::hashchange, move |_| {
        fragment::stash();
        take_token();
    });

    let set_up = use_submission(
        |request: SetupRequest| api::post("/setup").json(&request),
        move |done: SetupDone| {
            token.set(String::new());
            password.set(String::new());
            let to = done.project.map_or_else(
                || "/projects".to_owned(),
                |project| format!("/projects/{}/mcp-servers", project.id),
            );
            session.set_user(done.user);
            place.replace(&to);
        },
    );
    let send = move |()| {
        let project_name = project.get_untracked().trim().to_owned();
        set_up.send(SetupRequest {
            setup_token: token.get_untracked().trim().to_owned(),
            name: name.get_untracked().trim().to_owned(),
            email: email.get_untracked().trim().to_owned(),
            password: password.get_untracked(),
            project_name: (!project_name.is_empty()).then_some(project_name),
        });
    };
    // A token that turned out wrong can be replaced.
    watch(move || {
        let is_wrong = set_up.failure.with(|failure| {
            failure.as_ref().and_then(api::ApiFailure::code)
                == Some(latchkey_types::ProblemCode::SetupTokenWrong)
        });
        if is_wrong {
            has_token.set(false);
        }
    });
    let message = set_up.message(FIELDS);
    view! {
        <div class="narrow">
            <PageHead
                title="Set up Latchkey"
                lead="Make the first account. It administers this instance."
            />
            <Form class="panel stack" on_send=send>
                <Show
                    when=has_token
                    fallback=move || {
                        view! {
                            <TextField
                                label="Setup token"
                                kind="password"
                                code=true
                                value=token
                                hint="The server printed it when it started: it is the part after “#token=” of the setup URL."
                                error=set_up.field("/setup_token")
                            />
                        }
                    }
                >
                    <Notice tone=Tone::Good>"The setup token came with the address."</Notice>
                </Show>
                <TextField
                    label="Your name"
                    value=name
                    autocomplete="name"
                    autofocus=true
                    max=latchkey_types::limits::NAME_MAX
                    error=set_up.field("/name")
                />
                <TextField
                    label="E-mail"
                    kind="email"
                    value=email
                    autocomplete="username"
                    error=set_up.field("/email")
                />
                <TextField
                    label="Password"
                    kind="password"
                    value=password
                    autocomplete="new-password"
                    hint="At least 10 characters. A few unrelated words make a good one."
                    error=set_up.field("/password")
                />
                <TextField
                    label="First project"
                    value=project
                    optional=true
                    placeholder="Memory Lake"
                    max=latchkey_types::limits::NAME_MAX
                    hint="A project has one MCP endpoint, with its own keys and members. You can make more later."
                    error=set_up.field("/project_name")
                />
                <Failure text=message />
                <div class="actions start">
                    <Button kind=ButtonKind::Primary submit=true busy=set_up.is_busy()>
                        "Create the account"
                    </Button>
                </div>
            </Form>
        </div>
    }
    .into_any()
}
