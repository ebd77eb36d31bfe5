//! Who did what in a project, when, and from where.

mod words;

use latchkey_types::{
    audit::{Actor, ActorKind, AuditEvent},
    page::AuditPage,
};
use leptos::prelude::*;

use self::words::{ACTIONS, Part, sentence};
use super::use_project;
use crate::{
    components::{
        Badge, Button, Cell, Empty, FilterField, Glyph, Icon, LoadableList, Notice, RelativeTime,
        Row, Show, Table, Tone, rows as list, unique_id,
    },
    core::{
        api,
        paged::use_paged,
        query::{Query, QueryState, use_query_state},
        time,
    },
};

/// The filters, all of them in the address.
#[derive(Clone, Copy)]
struct Filters {
    action: QueryState,
    actor: QueryState,
    from: QueryState,
    to: QueryState,
}

impl Filters {
    /// The API's query that says the same. Days are the person's own, from the first's beginning to the last's end.
    fn query(self) -> Query {
        let from = time::start_of_day(&self.from.get()).map(|at| at.to_string());
        let to = time::end_of_day(&self.to.get()).map(|at| at.plus_seconds(1).to_string());
        Query::new()
            .with("action", &self.action.get())
            .with("actor", &self.actor.get())
            .with("from", &from.unwrap_or_default())
            .with("to", &to.unwrap_or_default())
    }

    fn is_any(self) -> bool {
        [self.action, self.actor, self.from, self.to]
            .iter()
            .any(|state| !state.get().is_empty())
    }
}

/// The page.
#[component]
pub fn AuditLog() -> impl IntoView {
    let project = use_project();
    let filters = Filters {
        action: use_query_state("action"),
        actor: use_query_state("actor"),
        from: use_query_state("from"),
        to: use_query_state("to"),
    };
    let events = use_paged::<AuditPage>(move || filters.query().on(&project.path("/audit")));
    let is_viewer =
        move || !project.can_edit() && !project.is_archived() && project.read(|_| ()).is_some();
    let empty = move || {
        let title = if filters.is_any() {
            "Nothing fits these filters"
        } else {
            "Nothing has been done yet"
        };
        view! { <Empty glyph=Glyph::Clock title=title /> }
    };
    view! {
        <div class="section-head">
            <h2>"Audit log"</h2>
            <Show when=move || !is_viewer()>
                <div class="exports">
                    <ExportLink filters format="csv" label="Export as CSV" />
                    <ExportLink filters format="ndjson" label="Export as NDJSON" />
                </div>
            </Show>
        </div>
        <Show
            when=move || !is_viewer()
            fallback=|| view! {
                <Notice tone=Tone::Info>
                    "Editors and owners can read the audit log. Ask an owner of the project for the role."
                </Notice>
            }
        >
            <div class="filters">
                <FilterField label="Action" state=filters.action options=options() />
                <DateFilter label="From" state=filters.from />
                <DateFilter label="To" state=filters.to />
                <Show when=move || !filters.actor.get().is_empty()>
                    <Button icon=Glyph::Close on_press=move |()| filters.actor.set("")>
                        "Everybody"
                    </Button>
                </Show>
            </div>
            <LoadableList of=events empty=empty lines=6 children=move |rows| view! {
                <Table label="Audit log" columns=vec!["When", "Who", "What", "From"]>
                    {list(
                        rows,
                        |event: &AuditEvent| event.id.to_string(),
                        move |event| view! { <EventRow event filters /> }.into_any(),
                    )}
                </Table>
            } />
        </Show>
    }
    .into_any()
}

fn options() -> Vec<(&'static str, &'static str)> {
    let mut options = vec![("", "All actions")];
    options.extend(ACTIONS);
    options
}

/// A download of everything that fits the filters. The server streams it.
#[component]
fn ExportLink(filters: Filters, format: &'static str, label: &'static str) -> impl IntoView {
    let project = use_project();
    let href = move || {
        let path = filters
            .query()
            .with("format", format)
            .on(&project.path("/audit"));
        api::url(&path)
    };
    view! {
        <a class="button" href=href download rel="external">
            <Icon glyph=Glyph::Download />
            <span>{label}</span>
        </a>
    }
}

/// A day that narrows the log.
#[component]
fn DateFilter(label: &'static str, state: QueryState) -> impl IntoView {
    let id = unique_id("day");
    view! {
        <div class="filter day">
            <label for=id.clone()>{label}</label>
            <input
                id=id
                type="date"
                prop:value=move || state.get()
                on:change:target=move |event| state.set(event.target().value())
            />
        </div>
    }
}

#[component]
fn EventRow(event: AuditEvent, filters: Filters) -> impl IntoView {
    let said = sentence(&event.action, &event.details)
        .into_iter()
        .map(|part| match part {
            Part::Words(words) if words.starts_with([';', ':']) => words.into_any(),
            Part::Words(words) => format!(" {words}").into_any(),
            Part::Name(name) => view! { " " <q dir="auto">{name}</q> }.into_any(),
        })
        .collect_view();
    view! {
        <Row>
            <Cell label="When">
                <RelativeTime at=Some(event.at) />
            </Cell>
            <Cell label="Who">
                <Who actor=event.actor filters />
            </Cell>
            <Cell label="What" main=true>
                <span class="sentence" title=event.action>
                    {said}
                </span>
            </Cell>
            <Cell label="From">
                {event.ip.map_or_else(
                    || view! { <span class="faint">"unknown"</span> }.into_any(),
                    |ip| view! { <code class="address">{ip}</code> }.into_any(),
                )}
            </Cell>
        </Row>
    }
    .into_any()
}

/// Who acted; choosing the name narrows the log to them.
#[component]
fn Who(actor: Actor, filters: Filters) -> impl IntoView {
    let kind = match actor.kind {
        ActorKind::Token => Some("Token"),
        ActorKind::Cli => Some("Command line"),
        ActorKind::User | ActorKind::Anonymous => None,
    };
    let name = actor.name;
    let shown = match actor.id {
        Some(id) => {
            let label = format!("Show only what {name} did");
            view! {
                <button
                    type="button"
                    class="link"
                    title=label
                    on:click=move |_| filters.actor.set(id.clone())
                >
                    <span dir="auto">{name}</span>
                </button>
            }
            .into_any()
        }
        None => view! { <span dir="auto">{name}</span> }.into_any(),
    };
    view! {
        {shown}
        {kind.map(|kind| view! { " " <Badge tone=Tone::Info text=kind.to_owned() /> })}
    }
}
