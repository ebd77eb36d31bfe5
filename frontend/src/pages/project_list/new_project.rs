//! A new project.

use latchkey_types::{
    Slug, limits,
    project::{CreateProjectRequest, Project},
};
use leptos::prelude::*;

use crate::{
    components::{Button, ButtonKind, Dialog, Failure, Form, TextField},
    core::{
        api,
        reactive::memo,
        router::use_place,
        submission::{Attempt, use_submission},
    },
};

/// The form for a new project. It leads to the project's MCP Servers.
#[component]
pub fn NewProject(
    /// Closes the dialog.
    #[prop(into)]
    on_close: Callback<()>,
) -> impl IntoView {
    let place = use_place();
    let name = RwSignal::new(String::new());
    let description = RwSignal::new(String::new());
    let slug = RwSignal::new(String::new());
    let attempt = Attempt::new();

    let proposed = move || name.with(|name| Slug::from_ascii_name(name));
    let chosen = move || slug.with(|slug| slug.trim().parse::<Slug>());
    let is_own = memo(move || slug.with(|slug| !slug.trim().is_empty()));
    let hint = Signal::derive(move || {
        let shown = if is_own.get() {
            chosen().ok()
        } else {
            proposed()
        };
        match shown {
            Some(slug) => {
                format!("The endpoint will be /{slug}/mcp/v1. It can't be changed later.")
            }
            None => {
                "Its place in the endpoint URL: a-z, 0-9 and hyphens. It can't be changed later."
                    .to_owned()
            }
        }
    });

    let create = use_submission(
        move |request: CreateProjectRequest| {
            let key = attempt.key_for(&request);
            api::post("/projects").idempotent(key).json(&request)
        },
        move |project: Project| {
            attempt.finish();
            on_close.run(());
            place.go(&format!("/projects/{}/mcp-servers", project.id));
        },
    );
    let server_says = create.field("/slug");
    let slug_error = Signal::derive(move || {
        let own = is_own.get().then(|| chosen().err()).flatten();
        own.map(|error| error.to_string())
            .or_else(|| server_says.get())
    });
    let send = move |()| {
        let own = match untrack(chosen) {
            _ if !is_own.get_untracked() => None,
            Ok(slug) => Some(slug),
            // The field says so already.
            Err(_) => return,
        };
        let text = description.get_untracked().trim().to_owned();
        create.send(CreateProjectRequest {
            name: name.get_untracked().trim().to_owned(),
            description: (!text.is_empty()).then_some(text),
            slug: own,
        });
    };
    let message = create.message(&["/name", "/description", "/slug"]);
    view! {
        <Dialog title="New project" on_close=on_close>
            <Form on_send=send>
                <TextField
                    label="Name"
                    value=name
                    autofocus=true
                    max=limits::NAME_MAX
                    placeholder="Memory Lake"
                    error=create.field("/name")
                />
                <TextField
                    label="Description"
                    value=description
                    lines=2
                    optional=true
                    max=limits::PROJECT_DESCRIPTION_MAX
                    error=create.field("/description")
                />
                <TextField
                    label="Slug"
                    value=slug
                    code=true
                    optional=true
                    max=limits::SLUG_MAX
                    hint=hint
                    error=slug_error
                />
                <Failure text=message />
                <div class="actions">
                    <Button on_press=move |()| on_close.run(())>"Cancel"</Button>
                    <Button kind=ButtonKind::Primary submit=true busy=create.is_busy()>
                        "Create project"
                    </Button>
                </div>
            </Form>
        </Dialog>
    }
    .into_any()
}
