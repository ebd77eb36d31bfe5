//! All projects that the person belongs to.

mod new_project;

use latchkey_types::{member::Role, page::ProjectPage, project::Project};
use leptos::prelude::*;

use crate::{
    components::{
        Badge, Button, ButtonKind, Empty, FilterField, Glyph, LoadableList, PageHead, SearchField,
        Show, rows,
    },
    core::{
        paged::use_paged,
        query::{Query, use_query_state},
        words,
    },
};
use new_project::NewProject;

/// The projects, to search and to add to.
#[component]
pub fn ProjectList() -> impl IntoView {
    let search = use_query_state("q");
    let archived = use_query_state("archived");
    let projects = use_paged::<ProjectPage>(move || {
        Query::new()
            .with("q", &search.get())
            .with("archived", &archived.get())
            .on("/projects")
    });
    let is_adding = RwSignal::new(false);
    let add = move |()| is_adding.set(true);
    let nothing = move || {
        if !search.get().is_empty() {
            view! { <Empty glyph=Glyph::Search title="No project has this in its name" /> }
                .into_any()
        } else if !archived.get().is_empty() {
            view! { <Empty title="No project is archived" /> }.into_any()
        } else {
            view! {
                <Empty title="No projects yet">
                    <p>"A project has one MCP endpoint, with its own keys and members."</p>
                    <Button kind=ButtonKind::Primary icon=Glyph::Plus on_press=add>
                        "New project"
                    </Button>
                </Empty>
            }
            .into_any()
        }
    };
    view! {
        <PageHead title="Projects">
            <Button kind=ButtonKind::Primary icon=Glyph::Plus on_press=add>
                "New project"
            </Button>
        </PageHead>
        <div class="filters">
            <SearchField label="Search projects" state=search />
            <FilterField
                label="Which projects"
                state=archived
                options=vec![("", "Current"), ("true", "Archived")]
            />
        </div>
        <LoadableList of=projects empty=nothing let:projects>
            <ul class="cards">
                {rows(
                    projects,
                    |project| format!("{} {}", project.id, project.version),
                    |project| view! { <Card project=project /> }.into_any(),
                )}
            </ul>
        </LoadableList>
        <Show when=is_adding>
            <NewProject on_close=move |()| is_adding.set(false) />
        </Show>
    }
    .into_any()
}

/// One project, as a card that leads to it.
#[component]
fn Card(project: Project) -> impl IntoView {
    let href = format!("/projects/{}", project.id);
    let role = (project.role != Role::Owner).then(|| words::role(project.role));
    view! {
        <li class="project-card">
            <a class="card-link" href=href dir="auto">
                {project.name}
            </a>
            {role.map(|role| view! { <Badge text=role.to_owned() /> })}
            {(!project.description.is_empty())
                .then(|| {
                    view! {
                        <p class="card-text" dir="auto">
                            {project.description}
                        </p>
                    }
                })}
            <code class="card-foot">{format!("/{}/mcp/v1", project.slug)}</code>
        </li>
    }
    .into_any()
}
