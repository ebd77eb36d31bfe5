//! The MCP Servers tab: the project's keys, and everything that is done with them.

mod add;
mod delete;
mod edit;
mod expiry;
mod form;
mod list;
mod opened;
mod recency;
mod rotation;
mod switch;

use latchkey_types::page::KeyPage;
use leptos::{html, prelude::*};
use wasm_bindgen::JsCast as _;
use web_sys::HtmlElement;

use self::{
    add::AddServer, delete::DeleteKey, edit::EditKey, list::KeyList, opened::Opened,
    rotation::Rotation,
};
use super::{
    one_time::{OneTimeDialog, Reveal},
    use_project,
};
use crate::{
    components::{Button, ButtonKind, Empty, FilterField, Glyph, LoadableList, SearchField, Show},
    core::{
        paged::use_paged,
        query::{Query, QueryState, use_query_state},
        reactive::memo,
    },
};

pub use list::{Expiry, KeyName};

/// What is being done with which key: the key's id, in the address. Copy it freely.
#[derive(Clone, Copy)]
struct Doing {
    edit: QueryState,
    rotate: QueryState,
    delete: QueryState,
}

/// What narrows the list, in the address too.
#[derive(Clone, Copy)]
struct Filters {
    text: QueryState,
    status: QueryState,
    environment: QueryState,
}

impl Filters {
    fn query(self) -> Query {
        Query::new()
            .with("q", &self.text.get())
            .with("status", &self.status.get())
            .with("environment", &self.environment.get())
    }

    fn is_revoked(self) -> bool {
        self.status.get() == "revoked"
    }

    fn is_any(self) -> bool {
        [self.text, self.status, self.environment]
            .iter()
            .any(|state| !state.get().is_empty())
    }
}

/// The page.
#[component]
pub fn McpServers() -> impl IntoView {
    let project = use_project();
    let filters = Filters {
        text: use_query_state("q"),
        status: use_query_state("status"),
        environment: use_query_state("environment"),
    };
    let doing = Doing {
        edit: use_query_state("edit"),
        rotate: use_query_state("rotate"),
        delete: use_query_state("delete"),
    };
    let keys = use_paged::<KeyPage>(move || filters.query().on(&project.path("/keys")));
    let reveal = Reveal::new();
    let is_adding = RwSignal::new(false);
    let heading = NodeRef::<html::H2>::new();
    let opener = NodeRef::<html::Button>::new();
    let can_edit = memo(move || project.can_edit());
    let add = move |node| {
        view! {
            <Show when=can_edit>
                <Button
                    node
                    kind=ButtonKind::Primary
                    icon=Glyph::Plus
                    on_press=move |()| is_adding.set(true)
                >
                    "Add MCP Server"
                </Button>
            </Show>
        }
    };
    let empty = move || {
        if filters.is_revoked() {
            view! { <Empty title="No key was revoked" /> }.into_any()
        } else if filters.is_any() {
            view! {
                <Empty glyph=Glyph::Search title="No key fits">
                    <Button on_press=move |()| {
                        filters.text.set("");
                        filters.status.set("");
                        filters.environment.set("");
                    }>"Show all keys"</Button>
                </Empty>
            }
            .into_any()
        } else {
            view! { <FirstSteps>{add(NodeRef::new())}</FirstSteps> }.into_any()
        }
    };
    view! {
        <div class="section-head">
            <h2 node_ref=heading tabindex="-1">
                "MCP Servers"
            </h2>
            {add(opener)}
        </div>
        <Show when=move || can_edit.get() && !doing.rotate.get().is_empty()>
            <Opened state=doing.rotate keys show=move |key| view! {
                <Rotation key keys reveal on_close=move |()| doing.rotate.set("") />
            }.into_any() />
        </Show>
        <div class="filters">
            <SearchField label="Search keys" state=filters.text />
            <Views status=filters.status />
            <Show when=move || !filters.is_revoked()>
                <FilterField
                    label="Status"
                    state=filters.status
                    options=vec![
                        ("", "Any status"),
                        ("active", "Active"),
                        ("disabled", "Disabled"),
                        ("expired", "Expired"),
                    ]
                />
            </Show>
            <FilterField
                label="Environment"
                state=filters.environment
                options=vec![
                    ("", "Any environment"),
                    ("production", "Production"),
                    ("staging", "Staging"),
                    ("development", "Development"),
                    ("none", "Not said"),
                ]
            />
        </div>
        <LoadableList of=keys empty=empty lines=6 children=move |rows| view! {
            <KeyList rows keys doing is_revoked=Signal::derive(move || filters.is_revoked()) />
        } />
        <Show when=move || is_adding.get() && can_edit.get()>
            <AddServer keys reveal on_close=move |()| is_adding.set(false) />
        </Show>
        <Show when=move || can_edit.get() && !doing.edit.get().is_empty()>
            <Opened state=doing.edit keys show=move |key| view! {
                <EditKey key keys on_close=move |()| doing.edit.set("") />
            }.into_any() />
        </Show>
        <Show when=move || can_edit.get() && !doing.delete.get().is_empty()>
            <Opened state=doing.delete keys show=move |key| view! {
                <DeleteKey key keys on_close=move |()| {
                    doing.delete.set("");
                    // Its row is gone.
                    focus_if_lost(move || heading.get_untracked());
                } />
            }.into_any() />
        </Show>
        // It opened from a form that is gone, or from a step of the assistant that is done.
        <OneTimeDialog reveal on_closed=move |()| focus_if_lost(move || {
            let assistant = document().query_selector(".rotation h3").ok().flatten();
            let button = || opener.get_untracked().map(Into::into);
            let heading = || heading.get_untracked();
            assistant.and_then(|heading| heading.dyn_into().ok()).or_else(button).or_else(heading)
        }) />
    }
    .into_any()
}

/// The keys that may be accepted, or those that never will be again.
#[component]
fn Views(status: QueryState) -> impl IntoView {
    let choice = move |is_revoked: bool, label: &'static str| {
        let is_chosen = move || (status.get() == "revoked") == is_revoked;
        view! {
            <button
                type="button"
                class="segment"
                aria-pressed=move || if is_chosen() { "true" } else { "false" }
                on:click=move |_| if !untrack(is_chosen) {
                    status.set(if is_revoked { "revoked" } else { "" });
                }
            >
                {label}
            </button>
        }
    };
    view! {
        <div class="segments" role="group" aria-label="Which keys">
            {choice(false, "Keys")} {choice(true, "Revoked")}
        </div>
    }
}

/// What stands in the place of the first key.
#[component]
fn FirstSteps(children: Children) -> impl IntoView {
    view! {
        <Empty title="No keys yet">
            <p>
                "Add an MCP server: you get a secret and an endpoint URL to paste into Claude, Cursor, VS Code or a \
                 script. "
                <a href="/docs/guide/creating-a-key" rel="external">"Step by step"</a>
            </p>
            <p>
                "Describe each key by what it is for, such as “Production - Claude Integration”. “Key 1” or “Test” \
                 won't tell you later what breaks when you delete it."
            </p>
            {children()}
        </Empty>
    }
    .into_any()
}

/// Gives the focus to this element, if nothing has it once the dialogs have closed.
fn focus_if_lost(place: impl Fn() -> Option<HtmlElement> + 'static) {
    set_timeout(
        move || {
            let is_lost = document()
                .active_element()
                .is_none_or(|element| element.tag_name() == "BODY");
            if let (true, Some(element)) = (is_lost, place()) {
                let _ = element.focus();
            }
        },
        std::time::Duration::from_millis(50),
    );
}
