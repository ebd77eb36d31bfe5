//! The keys that need care, each with what to do about it.

use latchkey_types::{
    insight::{Finding, HygieneCode, HygieneItem},
    page::HygienePage,
};
use leptos::prelude::*;

use crate::{
    components::{Empty, Glyph, Icon, LoadableList, Show, rows as list},
    core::{paged::use_paged, reactive::watch},
    pages::project::{servers::KeyName, use_project},
};

/// The list.
#[component]
pub fn Care() -> impl IntoView {
    let project = use_project();
    // The server looks at so many keys a page and gives those that need care: a page can be empty and still
    // have a next one.
    let items = use_paged::<HygienePage>(move || project.path("/hygiene?limit=200"));
    let all = items.list;
    watch(move || {
        let is_empty = all
            .rows
            .with(|rows| rows.as_ref().is_some_and(Vec::is_empty));
        if is_empty && all.has_more.get() && !all.is_loading.get() {
            all.more();
        }
    });
    let empty = move || {
        view! {
            <Empty glyph=Glyph::Check title="No key needs care">
                <p>"Keys that nobody uses, that are old or about to expire, or that came in a URL appear here."</p>
            </Empty>
        }
    };
    view! {
        <section class="panel" aria-labelledby="overview-care">
            <h2 id="overview-care">"Keys that need care"</h2>
            <LoadableList of=items empty=empty lines=3 children=move |rows| view! {
                <ul class="care">
                    {list(rows, print, |item| view! { <CareItem item /> }.into_any())}
                </ul>
            } />
        </section>
    }
    .into_any()
}

/// What makes one row unlike another: when it changes, the row is made anew.
fn print(item: &HygieneItem) -> String {
    let findings: Vec<&str> = item
        .findings
        .iter()
        .map(|finding| finding.message.as_str())
        .collect();
    format!("{} {} {}", item.key.id, item.key.version, findings.concat())
}

#[component]
fn CareItem(item: HygieneItem) -> impl IntoView {
    let project = use_project();
    let id = item.key.id;
    let findings = item
        .findings
        .into_iter()
        .map(|finding| {
            let (act, words) = action(&finding);
            view! {
                <li>
                    <Icon glyph=Glyph::Warning />
                    <span class="care-words" dir="auto">{finding.message}</span>
                    <Show when=move || project.can_edit()>
                        <a
                            href=move || project.path(&format!("/mcp-servers?{act}={id}"))
                            class="button"
                        >
                            {words}
                        </a>
                    </Show>
                </li>
            }
        })
        .collect_view();
    view! {
        <li class="care-item">
            <KeyName description=item.key.description.clone() hint=item.key.hint />
            <ul>{findings}</ul>
        </li>
    }
    .into_any()
}

/// What to do about a finding: the dialog of the list of keys that does it, and its word.
const fn action(finding: &Finding) -> (&'static str, &'static str) {
    match finding.code {
        HygieneCode::Unused => ("delete", "Delete"),
        HygieneCode::Old | HygieneCode::SeenInUrl => ("rotate", "Rotate"),
        HygieneCode::ExpiringSoon | HygieneCode::WeakName => ("edit", "Edit"),
    }
}
