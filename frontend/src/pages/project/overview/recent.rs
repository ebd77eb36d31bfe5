//! The last calls of the endpoint: who called what, and how it ended.

use latchkey_types::insight::{Call, CallOutcome, RecentCalls as Calls};
use leptos::prelude::*;

use crate::{
    components::{Badge, Cell, Loadable, RelativeTime, Row, Table, Tone},
    core::{remote::use_remote, time},
    pages::project::use_project,
};

/// How many are shown at once; the older ones are a press away.
const SHOWN: usize = 20;

/// The calls, newest first.
#[component]
pub fn RecentCalls() -> impl IntoView {
    let project = use_project();
    let calls = use_remote::<Calls>(move || project.path("/calls"));
    view! {
        <section class="panel recent" aria-labelledby="overview-recent">
            <h2 id="overview-recent">"Recent calls"</h2>
            <Loadable of=calls children=|calls| move || calls.with(|calls| shown(&calls.items)) />
        </section>
    }
    .into_any()
}

fn shown(calls: &[Call]) -> AnyView {
    let (newest, older) = calls.split_at(SHOWN.min(calls.len()));
    if newest.is_empty() {
        return view! { <p class="hint">"Nobody has called the endpoint since the server started."</p> }
            .into_any();
    }
    let older = (!older.is_empty()).then(|| {
        view! {
            <details>
                <summary>"Older calls"</summary>
                {table("Older calls", older)}
            </details>
        }
    });
    (table("Recent calls", newest), older).into_any()
}

fn table(label: &'static str, calls: &[Call]) -> AnyView {
    let rows = calls.iter().map(row).collect_view();
    view! {
        <Table label columns=vec!["When", "Key", "Call", "Client", "Outcome", "Time"]>
            {rows}
        </Table>
    }
    .into_any()
}

fn row(call: &Call) -> AnyView {
    let (outcome, tone) = outcome(call.outcome);
    let Call { method, name, .. } = call;
    let called = format!("{method} {}", name.as_deref().unwrap_or_default());
    let title = format!("HTTP {}", call.status);
    let took = duration(call.duration_ms);
    let (at, key, client) = (call.at, call.key_description.clone(), call.client.clone());
    let key = if key.is_empty() {
        "No description".to_owned()
    } else {
        key
    };
    view! {
        <Row>
            <Cell label="When">
                <RelativeTime at=Some(at) />
            </Cell>
            <Cell label="Key" main=true>
                <span dir="auto">{key}</span>
            </Cell>
            <Cell label="Call">
                <code>{called}</code>
            </Cell>
            <Cell label="Client">{client}</Cell>
            <Cell label="Outcome">
                <Badge tone text=outcome.to_owned() title />
            </Cell>
            <Cell label="Time">{took}</Cell>
        </Row>
    }
    .into_any()
}

const fn outcome(outcome: CallOutcome) -> (&'static str, Tone) {
    match outcome {
        CallOutcome::Ok => ("Answered", Tone::Good),
        CallOutcome::Error => ("Error", Tone::Danger),
        CallOutcome::Refused => ("Refused", Tone::Warning),
        CallOutcome::Cancelled => ("Client left", Tone::Neutral),
        CallOutcome::Ended => ("Access ended", Tone::Info),
    }
}

/// Short times to the millisecond, long ones as people say them.
fn duration(millis: i64) -> String {
    if millis < 10_000 {
        format!("{millis} ms")
    } else {
        time::span(millis)
    }
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn times_are_as_exact_as_they_are_short() {
        assert_eq!(duration(0), "0 ms");
        assert_eq!(duration(9_999), "9999 ms");
        assert_eq!(duration(10_000), "10 s");
        assert_eq!(duration(7_200_000), "2 hours");
    }
}
