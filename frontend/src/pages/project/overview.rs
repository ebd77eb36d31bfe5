//! A project's first page: what it is, where to connect, how much it is used, which keys need care, who called last.

mod bars;
mod care;
mod recent;

use latchkey_types::{insight::Usage, project::Backend};
use leptos::prelude::*;

use self::{care::Care, recent::RecentCalls};
use super::use_project;
use crate::{
    components::{Chart, CopyField, FilterField, Loadable, Show},
    core::{
        query::{Query, use_query_state},
        remote::use_remote,
        time,
    },
};

/// The spans of the chart: what the address says, the label, and the hours.
const SPANS: [(&str, &str, i64); 3] = [
    ("", "Last 24 hours", 24),
    ("week", "Last 7 days", 7 * 24),
    ("month", "Last 30 days", 30 * 24),
];

/// The page.
#[component]
pub fn Overview() -> impl IntoView {
    let project = use_project();
    let endpoint = Signal::derive(move || {
        project
            .read(|project| project.endpoint_url.clone())
            .unwrap_or_default()
    });
    view! {
        <div class="overview">
            <section class="panel" aria-labelledby="overview-endpoint">
                <h2 id="overview-endpoint">"Where to connect"</h2>
                <Loadable of=project.remote lines=2 children=move |project| {
                    view! {
                        {move || project.with(|project| (!project.description.is_empty()).then(|| {
                            view! { <p class="project-about" dir="auto">{project.description.clone()}</p> }
                        }))}
                        <p class="hint">{move || project.with(|project| behind(&project.backend))}</p>
                    }
                } />
                <Show when=move || endpoint.with(|url| !url.is_empty())>
                    <CopyField
                        label="Endpoint URL"
                        value=endpoint
                        hint="MCP clients connect here with a key of this project."
                    />
                </Show>
                <Show when=move || project.can_edit()>
                    <p>
                        <a href=move || project.path("/mcp-servers") class="button">
                            "Go to MCP Servers"
                        </a>
                    </p>
                </Show>
            </section>
            <Calls />
            <Care />
            <RecentCalls />
        </div>
    }
    .into_any()
}

/// Calls per hour.
#[component]
fn Calls() -> impl IntoView {
    let project = use_project();
    let span = use_query_state("span");
    let usage = use_remote::<Usage>(move || {
        let hours = hours(&span.get());
        let from = time::now().plus_seconds(-hours * 3600);
        Query::new()
            .with("from", &from.to_string())
            .on(&project.path("/usage"))
    });
    let options = SPANS.map(|(word, label, _)| (word, label)).to_vec();
    view! {
        <section class="panel" aria-labelledby="overview-calls">
            <div class="panel-head">
                <h2 id="overview-calls">"Calls"</h2>
                <FilterField label="Span of the chart" state=span options=options />
            </div>
            <Loadable of=usage lines=4 children=move |usage| {
                let bars = move |()| usage.with(|usage| bars::bars(usage, time::day_and_hour));
                view! { <Chart title="Calls per hour" bars=bars /> }
            } />
        </section>
    }
    .into_any()
}

fn hours(span: &str) -> i64 {
    SPANS
        .iter()
        .find(|(word, ..)| *word == span)
        .map_or(24, |(_, _, hours)| *hours)
}

const fn behind(backend: &Backend) -> &'static str {
    match backend {
        Backend::Memory {} => "The built-in memory server answers behind it.",
        Backend::Upstream { .. } => "Your own MCP server answers behind it.",
    }
}
