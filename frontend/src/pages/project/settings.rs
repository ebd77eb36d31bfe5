//! A project's settings, and its end.

mod backend;

use latchkey_types::{
    ProblemCode,
    limits::{NAME_MAX, PROJECT_DESCRIPTION_MAX},
    project::{ArchivedProject, Project, UpdateProjectRequest},
};
use leptos::prelude::*;

use self::backend::BackendForm;
use super::{CurrentProject, use_project};
use crate::{
    components::{
        Button, ButtonKind, CheckField, Confirm, Form, Loadable, Notice, Show, TextField, Tone,
        use_toasts,
    },
    core::{
        api::{self, ApiFailure},
        held::Shown,
        submission::{Submission, use_submission},
    },
};

/// The page.
#[component]
pub fn Settings() -> impl IntoView {
    let project = use_project();
    let is_refused = move || project.read(|_| ()).is_some() && !project.can_own();
    view! {
        <Show
            when=move || !is_refused()
            fallback=move || view! {
                <Show when=move || !project.is_archived()>
                    <Notice tone=Tone::Info>
                        "Owners can change the settings. Ask an owner of the project for the role."
                    </Notice>
                </Show>
            }
        >
            <Loadable of=project.remote lines=6 children=move |value| {
                let draft = value.with_untracked(Draft::of);
                view! {
                    <SettingsForm project draft />
                    <BackendForm project draft />
                    <Archive project value />
                }
            } />
        </Show>
    }
    .into_any()
}

/// What the forms hold; made of the project once, so that reading it again changes nothing that is being typed.
#[derive(Clone, Copy)]
struct Draft {
    name: RwSignal<String>,
    description: RwSignal<String>,
    allow_key_in_url: RwSignal<bool>,
    origins: RwSignal<String>,
    backend: backend::Draft,
    /// What both forms change: it is the project's one version.
    version: RwSignal<i64>,
}

impl Draft {
    fn of(project: &Project) -> Self {
        let draft = Self {
            name: RwSignal::default(),
            description: RwSignal::default(),
            allow_key_in_url: RwSignal::default(),
            origins: RwSignal::default(),
            backend: backend::Draft::new(),
            version: RwSignal::default(),
        };
        draft.take_all(project);
        draft
    }

    fn take_all(self, project: &Project) {
        self.take_settings(project);
        self.backend.take(&project.backend);
        self.version.set(project.version);
    }

    fn take_settings(self, project: &Project) {
        self.name.set(project.name.clone());
        self.description.set(project.description.clone());
        self.allow_key_in_url.set(project.allow_key_in_url);
        self.origins.set(project.allowed_origins.join("\n"));
    }

    fn request(self) -> UpdateProjectRequest {
        UpdateProjectRequest {
            name: Some(self.name.get_untracked().trim().to_owned()),
            description: Some(Some(self.description.get_untracked().trim().to_owned())),
            backend: None,
            allow_key_in_url: Some(self.allow_key_in_url.get_untracked()),
            allowed_origins: Some(lines(&self.origins.get_untracked())),
        }
    }
}

/// Saves a part of the settings; `take` puts what was saved into that part's form. What is typed in the other one stays,
/// and both go on from the new version: nobody else has changed anything, or the answer were 412.
fn use_saving(
    project: CurrentProject,
    draft: Draft,
    take: fn(Draft, &Project),
    said: &'static str,
) -> Submission<UpdateProjectRequest> {
    let toasts = use_toasts();
    use_submission(
        move |body: UpdateProjectRequest| {
            api::patch(&project.path_now(""))
                .if_version(draft.version.get_untracked())
                .json(&body)
        },
        move |saved: Project| {
            take(draft, &saved);
            draft.version.set(saved.version);
            project.remote.value.set(saved);
            toasts.say(said);
        },
    )
}

/// Why the settings were not saved, beside the fields that say it themselves; and the way on, where somebody else was
/// faster.
#[component]
fn Refused(
    project: CurrentProject,
    draft: Draft,
    saving: Submission<UpdateProjectRequest>,
    shown: &'static [&'static str],
) -> impl IntoView {
    let is_stale = move || {
        saving.failure.with(|failure| {
            failure.as_ref().and_then(ApiFailure::code) == Some(ProblemCode::VersionMismatch)
        })
    };
    // Loads what somebody else saved, and shows it in the place of what was typed.
    let load = move |()| {
        saving.failure.set(None);
        leptos::task::spawn_local(async move {
            match api::get::<Project>(&project.path_now("")).await {
                Ok(newest) => {
                    draft.take_all(&newest);
                    project.remote.value.set(newest);
                }
                Err(failure) => saving.failure.set(Some(failure)),
            }
        });
    };
    let message = saving.message(shown);
    move || {
        message.get().map(|text| {
            view! {
                <Notice tone=Tone::Danger live=true>
                    <p>{text}</p>
                    <Show when=is_stale>
                        <Button on_press=load>"Load their version"</Button>
                    </Show>
                </Notice>
            }
        })
    }
}

/// The lines that are not blank, without a slash at their end: people copy it from the address bar.
fn lines(text: &str) -> Vec<String> {
    text.lines()
        .map(|line| line.trim().trim_end_matches('/'))
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

#[component]
fn SettingsForm(project: CurrentProject, draft: Draft) -> impl IntoView {
    let saving = use_saving(project, draft, Draft::take_settings, "Settings saved.");
    // The server names an entry of the list; the field shows it.
    let origins_error = Signal::derive(move || {
        saving.failure.with(|failure| {
            let ApiFailure::Problem { problem, .. } = failure.as_ref()? else {
                return None;
            };
            let error = problem
                .errors
                .iter()
                .find(|error| error.pointer.starts_with("/allowed_origins"))?;
            let place: Option<usize> = error.pointer.rsplit('/').next()?.parse().ok();
            let entry =
                place.and_then(|place| lines(&draft.origins.get_untracked()).get(place).cloned());
            Some(match entry {
                Some(entry) => format!("“{entry}” {}", error.detail),
                None => error.detail.clone(),
            })
        })
    });
    let send = move |()| saving.send(draft.request());
    view! {
        <Form class="panel stack settings" on_send=send>
            <h2>"Settings"</h2>
            <TextField label="Name" value=draft.name max=NAME_MAX error=saving.field("/name") />
            <TextField
                label="Description"
                value=draft.description
                lines=3
                max=PROJECT_DESCRIPTION_MAX
                optional=true
                error=saving.field("/description")
            />
            <CheckField
                label="Take keys in URLs"
                value=draft.allow_key_in_url
                hint="Clients such as claude.ai can't send headers and need ?apikey= in the URL, where logs and \
                      histories may keep it. Headers are always taken."
                    .to_owned()
            />
            <TextField
                label="Allowed web origins"
                value=draft.origins
                lines=3
                code=true
                optional=true
                error=origins_error
                hint="One a line, such as https://claude.ai. Pages of these sites may call the endpoint from a browser."
                    .to_owned()
            />
            <Refused project draft saving shown=&["/name", "/description", "/allowed_origins"] />
            <div class="actions">
                <Button kind=ButtonKind::Primary submit=true busy=saving.is_busy()>
                    "Save settings"
                </Button>
            </div>
        </Form>
    }
    .into_any()
}

#[component]
fn Archive(project: CurrentProject, value: Shown<Project>) -> impl IntoView {
    let toasts = use_toasts();
    let is_asking = RwSignal::new(false);
    let typed = RwSignal::new(String::new());
    let archiving = use_submission(
        move |()| api::delete(&project.path_now("")),
        move |archived: ArchivedProject| {
            is_asking.set(false);
            let count = archived.receipts.len();
            let plural = if count == 1 { "key" } else { "keys" };
            toasts.say(format!(
                "Project archived. Access ended for {count} {plural}."
            ));
            project.remote.value.set(archived.project);
        },
    );
    let slug = move || value.with(|project| project.slug.to_string());
    let is_wrong = Signal::derive(move || typed.with(|typed| typed.trim() != slug()));
    view! {
        <section class="panel danger-zone" aria-labelledby="archive-head">
            <h2 id="archive-head">"Archive this project"</h2>
            <p>
                "All its keys are revoked at once, for ever, and its endpoint stops answering. "
                "The audit log stays. This can't be undone."
            </p>
            <Button
                kind=ButtonKind::Danger
                on_press=move |()| {
                    typed.set(String::new());
                    is_asking.set(true);
                }
            >
                "Archive project"
            </Button>
        </section>
        <Show when=is_asking>
            <Confirm
                title="Archive this project?"
                action="Archive project"
                danger=true
                busy=archiving.is_busy()
                disabled=is_wrong
                error=archiving.message(&[])
                on_confirm=move |()| archiving.send(())
                on_close=move |()| is_asking.set(false)
            >
                <p>
                    "Callers get 401 from the moment this finishes. To confirm, type " <code>{slug}</code> "."
                </p>
                <TextField label="Slug of the project" value=typed code=true />
            </Confirm>
        </Show>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn origins_are_read_line_by_line() {
        assert_eq!(
            lines(" https://claude.ai/ \n\nhttp://localhost:3000\n"),
            ["https://claude.ai", "http://localhost:3000"]
        );
        assert!(lines("\n \n").is_empty());
    }
}
