//! A project: its head, its tabs, and what its pages share.

mod audit_log;
mod current;
mod members;
mod memories;
mod one_time;
mod overview;
mod servers;
mod settings;

use latchkey_types::member::Role;
use leptos::prelude::*;

use crate::{
    components::{Empty, Glyph, Notice, PageHead, Show, Tab, TabLinks, Tone, dynamic},
    core::{reactive::memo, router::use_place, words},
    pages::NotFound,
};

pub use current::{CurrentProject, use_project};

/// What every page of a project stands in. Its pages are read at the same time as the project itself.
#[component]
pub fn ProjectFrame() -> impl IntoView {
    let project = current::provide_project();
    let is_missing = memo(move || {
        project.remote.value.with(|project| project.is_none())
            && project.remote.failure.with(Option::is_some)
    });
    let name = Signal::derive(move || {
        let name = project.read(|project| project.name.clone());
        name.unwrap_or_else(|| if is_missing.get() { "Nothing here" } else { "" }.to_owned())
    });
    let is_viewer = memo(move || project.read(|project| project.role) == Some(Role::Viewer));
    let is_upstream = memo(move || project.is_upstream());
    let tabs = Callback::new(move |()| tabs(is_viewer.get(), is_upstream.get()));
    view! {
        <div class="project">
            <nav class="crumbs" aria-label="Where you are">
                <a href="/projects">"Projects"</a>
            </nav>
            <PageHead title=name>
                {move || project.read(|project| words::role(project.role)).map(|role| view! {
                    <span class="project-role">{format!("You are {}", article(role))}</span>
                })}
            </PageHead>
            <Show when=move || project.is_archived()>
                <Notice tone=Tone::Warning>
                    "This project is archived: none of its keys is accepted any more, and nothing in it can be changed."
                </Notice>
            </Show>
            {move || {
                if is_missing.get() {
                    view! { <Missing project /> }.into_any()
                } else {
                    view! {
                        <TabLinks label="Project" base=project.page() tabs>
                            <TabPage />
                        </TabLinks>
                    }
                        .into_any()
                }
            }}
        </div>
    }
    .into_any()
}

/// The page of the chosen tab.
#[component]
fn TabPage() -> impl IntoView {
    let place = use_place();
    let tab = memo(move || place.with_path(|path| tab_of(path).to_owned()));
    dynamic(move || {
        tab.with(|tab| match tab.as_str() {
            "" => overview::Overview().into_any(),
            "mcp-servers" => servers::McpServers().into_any(),
            "memories" => memories::Memories().into_any(),
            "members" => members::Members().into_any(),
            "audit" => audit_log::AuditLog().into_any(),
            "settings" => settings::Settings().into_any(),
            _ => NotFound().into_any(),
        })
    })
}

/// What follows the project in a path: "audit" of `/projects/proj_1/audit`.
fn tab_of(path: &str) -> &str {
    let rest = path.trim_matches('/').splitn(3, '/').nth(2);
    rest.unwrap_or_default()
}

/// The project could not be read.
#[component]
fn Missing(project: CurrentProject) -> impl IntoView {
    let is_unknown = move || {
        project.remote.failure.with(|failure| {
            failure
                .as_ref()
                .and_then(crate::core::api::ApiFailure::code)
                == Some(latchkey_types::ProblemCode::NotFound)
        })
    };
    move || {
        if is_unknown() {
            view! {
                <Empty glyph=Glyph::Search title="There is no such project">
                    <p>"It doesn't exist, or you are not a member of it."</p>
                    <p>
                        <a class="button" href="/projects">
                            "All your projects"
                        </a>
                    </p>
                </Empty>
            }
            .into_any()
        } else {
            view! {
                <crate::components::Loadable of=project.remote children=|_| ()/>
            }
            .into_any()
        }
    }
}

/// The tabs. A viewer has none that the server would refuse, and memories are Latchkey's own server's.
fn tabs(is_viewer: bool, is_upstream: bool) -> Vec<Tab> {
    let all = [
        ("", "Overview", true),
        ("mcp-servers", "MCP Servers", true),
        ("memories", "Memory", !is_upstream),
        ("members", "Members", true),
        ("audit", "Audit log", !is_viewer),
        ("settings", "Settings", !is_viewer),
    ];
    all.into_iter()
        .filter(|(_, _, is_shown)| *is_shown)
        .map(|(id, label, _)| Tab { id, label })
        .collect()
}

/// “an Owner”, “a Viewer”.
fn article(role: &str) -> String {
    let lower = role.to_ascii_lowercase();
    if lower.starts_with(['e', 'o']) {
        format!("an {lower}")
    } else {
        format!("a {lower}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_viewer_sees_no_tab_that_would_be_refused() {
        let ids = |tabs: Vec<Tab>| tabs.iter().map(|tab| tab.id).collect::<Vec<_>>();
        assert_eq!(ids(tabs(true, true)), ["", "mcp-servers", "members"]);
        assert_eq!(
            ids(tabs(true, false)),
            ["", "mcp-servers", "memories", "members"]
        );
        assert_eq!(tabs(false, false).len(), 6);
    }

    #[test]
    fn the_tab_is_read_from_the_path() {
        assert_eq!(tab_of("/projects/proj_1"), "");
        assert_eq!(tab_of("/projects/proj_1/audit/"), "audit");
        assert_eq!(tab_of("/projects/proj_1/audit/more"), "audit/more");
    }

    #[test]
    fn roles_get_their_article() {
        assert_eq!(article("Owner"), "an owner");
        assert_eq!(article("Viewer"), "a viewer");
    }
}
