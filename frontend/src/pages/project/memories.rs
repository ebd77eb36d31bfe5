//! What the built-in memory server keeps for the project's clients.

use latchkey_types::{member::Role, memory::Memory, page::MemoryPage};
use leptos::prelude::*;

use super::use_project;
use crate::{
    components::{
        Button, ButtonKind, Confirm, Empty, Glyph, LoadableList, RelativeTime, SearchField, Show,
        rows as list, use_toasts,
    },
    core::{
        api,
        paged::{Paged, use_paged},
        query::{Query, use_query_state},
        submission::use_submission,
    },
};

/// The page.
#[component]
pub fn Memories() -> impl IntoView {
    let project = use_project();
    let text = use_query_state("q");
    let memories = use_paged::<MemoryPage>(move || {
        let query = Query::new().with("q", &text.get());
        query.on(&project.path("/memories"))
    });
    let empty = move || {
        if text.get().is_empty() {
            view! {
                <Empty glyph=Glyph::Info title="Nothing is remembered yet">
                    <p>
                        "Clients call the tool “remember” to keep something here, and “recall” to find it again. \
                         All keys of the project share it."
                    </p>
                </Empty>
            }
            .into_any()
        } else {
            view! { <Empty glyph=Glyph::Search title="No memory fits" /> }.into_any()
        }
    };
    view! {
        <div class="section-head">
            <h2>"Memory"</h2>
        </div>
        <div class="filters">
            <SearchField label="Search memories" state=text />
        </div>
        <LoadableList of=memories empty=empty children=move |rows| view! {
            <ul class="memories">
                {list(
                    rows,
                    |memory| memory.id.to_string(),
                    move |memory| view! { <MemoryItem memory memories /> }.into_any(),
                )}
            </ul>
        } />
    }
    .into_any()
}

#[component]
fn MemoryItem(memory: Memory, memories: Paged<Memory>) -> impl IntoView {
    let project = use_project();
    let toasts = use_toasts();
    let id = memory.id;
    let is_asking = RwSignal::new(false);
    let deleting = use_submission(
        move |()| api::delete(&project.path_now(&format!("/memories/{id}"))),
        move |()| {
            toasts.say("Memory deleted.");
            memories.update(|rows| rows.retain(|row| row.id != id));
        },
    );
    // Also in an archived project: what should not be kept can always be deleted.
    let can_delete = move || project.read(|project| project.role >= Role::Editor) == Some(true);
    // The whole text is in the page; the style sheet shows its beginning until this is opened.
    let whole = is_long(&memory.text).then(|| {
        view! {
            <details>
                <summary>"Whole text"</summary>
            </details>
        }
    });
    let key = memory.key.description;
    let key = if key.is_empty() {
        "a key without a description".to_owned()
    } else {
        key
    };
    view! {
        <li class="memory">
            <p class="memory-text" dir="auto">{memory.text}</p>
            {whole}
            <p class="hint">
                <bdi>{memory.tags.join(", ")}</bdi>
                <span>"By " <bdi>{key}</bdi></span>
                <RelativeTime at=Some(memory.created_at) />
            </p>
            <Show when=can_delete>
                <Button
                    kind=ButtonKind::Bare
                    icon=Glyph::Trash
                    label="Delete this memory"
                    on_press=move |()| {
                        deleting.failure.set(None);
                        is_asking.set(true);
                    }
                />
            </Show>
            <Show when=is_asking>
                <Confirm
                    title="Delete this memory?".to_owned()
                    action="Delete memory"
                    danger=true
                    busy=deleting.is_busy()
                    error=deleting.message(&[])
                    on_confirm=move |()| deleting.send(())
                    on_close=move |()| is_asking.set(false)
                >
                    <p>"No client can recall it any more. This can't be undone."</p>
                </Confirm>
            </Show>
        </li>
    }
    .into_any()
}

/// Whether a text takes more room than is shown of it at first.
fn is_long(text: &str) -> bool {
    text.len() > 300 || text.lines().count() > 4
}

#[cfg(test)]
mod tests {
    use super::is_long;

    #[test]
    fn what_is_shown_whole_needs_no_more() {
        assert!(!is_long("Ada prefers release notes in plain words."));
        assert!(!is_long("one\ntwo\nthree\nfour"));
        assert!(is_long("one\ntwo\nthree\nfour\nfive"));
        assert!(is_long(&"word ".repeat(61)));
    }
}
