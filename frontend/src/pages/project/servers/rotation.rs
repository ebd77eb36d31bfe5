//! The rotation assistant: the four steps of a rotation as one panel, with what happens meanwhile shown live.

mod end;
mod make;
mod stage;

use std::time::Duration;

use latchkey_types::{
    Timestamp,
    insight::KeyEvent,
    key::{Key, KeyStatus, SecretInfo},
};
use leptos::{html, prelude::*};

use self::{end::EndOld, make::MakeNew, stage::Stage};
use super::opened::Fresh;
use crate::{
    components::{
        Button, ButtonKind, Cell, Glyph, Icon, Notice, RelativeTime, Row, Show, Table, Tone,
        unique_id,
    },
    core::{
        held::Shown,
        paged::Paged,
        reactive::{memo, watch},
        sse::follow,
        time::use_now,
    },
    pages::project::{one_time::Reveal, use_project},
};

/// The panel.
#[component]
pub fn Rotation(
    /// The key.
    key: Fresh,
    /// The list, for the row's new hint.
    keys: Paged<Key>,
    /// Where the new secret goes.
    reveal: Reveal,
    /// Closes the panel.
    #[prop(into)]
    on_close: Callback<()>,
) -> impl IntoView {
    let project = use_project();
    let value = key.value;
    let id = value.with_untracked(|key| key.id);
    let now = use_now(Duration::from_secs(1));
    // Whether there were two secrets while this panel was open: one then means that the rotation is over.
    let was_rotating = RwSignal::new(false);
    let receipt = RwSignal::new(None::<String>);
    let stage = memo(move || value.with(|key| Stage::of(key, was_rotating.get())));
    watch(move || {
        if value.with(|key| key.secrets.len() > 1) {
            was_rotating.set(true);
        }
    });
    // Each call with either secret is told here; what the page shows of them is then read again.
    follow::<KeyEvent>(
        &project.path_now(&format!("/keys/{id}/events")),
        &["first_call", "used", "revoked"],
        move |_| key.reload(),
    );
    // The overlap's end comes by itself.
    let is_overdue = memo(move || {
        let now = now.get();
        value.with(|key| {
            old_secret(key).is_some_and(|old| old.retires_at.is_some_and(|at| at <= now))
        })
    });
    watch(move || {
        if is_overdue.get() {
            key.reload();
            keys.reload();
        }
    });
    let heading = NodeRef::<html::H3>::new();
    watch(move || {
        if let Some(heading) = heading.get() {
            let _ = heading.focus();
            heading.scroll_into_view();
        }
    });
    let is_made = move || stage.get() > Stage::Make;
    let title_id = unique_id("rotation");
    let labelled_by = title_id.clone();
    let name = move || {
        value.with(|key| {
            if key.description.is_empty() {
                key.hint.clone()
            } else {
                key.description.clone()
            }
        })
    };
    view! {
        <section class="panel rotation" aria-labelledby=labelled_by>
            <div class="panel-head">
                <h3 id=title_id tabindex="-1" node_ref=heading>
                    "Rotate " <bdi>{name}</bdi>
                </h3>
                <Button
                    kind=ButtonKind::Bare
                    icon=Glyph::Close
                    label="Close the assistant"
                    on_press=move |()| on_close.run(())
                />
            </div>
            {move || {
                value
                    .with(|key| warning(key.status))
                    .map(|text| view! { <Notice tone=Tone::Warning live=true>{text}</Notice> })
            }}
            <ol class="steps">
                <Step stage at=Stage::Make title="Make a new secret">
                    <MakeNew key keys reveal was_rotating receipt stage />
                </Step>
                <Step stage at=Stage::Update title="Update your applications">
                    <Show when=is_made>
                        <p class="hint">
                            "Put the new secret where the old one is. Until the overlap ends, both are accepted."
                        </p>
                        <Secrets value />
                    </Show>
                </Step>
                <Step stage at=Stage::Verify title="Verify that the new secret works">
                    <Show when=is_made>
                        <Verified value />
                    </Show>
                </Step>
                <Step stage at=Stage::End title="End the old secret">
                    <EndOld key keys now receipt stage />
                </Step>
            </ol>
            <Show when=move || stage.get() == Stage::Done>
                <div class="actions">
                    <Button kind=ButtonKind::Primary on_press=move |()| on_close.run(())>
                        "Done"
                    </Button>
                </div>
            </Show>
        </section>
    }
    .into_any()
}

/// What stands in the way of verifying a new secret.
const fn warning(status: KeyStatus) -> Option<&'static str> {
    match status {
        KeyStatus::Active => None,
        KeyStatus::Disabled => {
            Some("This key is disabled. Enable it before you verify the new secret.")
        }
        KeyStatus::Expired => Some("This key has expired. Give it a later expiry first."),
        KeyStatus::Revoked => Some("This key was deleted meanwhile. Nothing is accepted with it."),
    }
}

/// The secret that a rotation replaces, while it is still accepted.
fn old_secret(key: &Key) -> Option<&SecretInfo> {
    key.secrets.get(1)
}

/// What is shown of a secret: its hint, when it ends, and when it was last used. One type for all steps, so that what
/// follows it is compiled once.
fn shown_of(secret: &SecretInfo) -> (String, Option<Timestamp>, Option<Timestamp>) {
    (secret.hint.clone(), secret.retires_at, secret.last_used_at)
}

#[component]
fn Step(stage: Memo<Stage>, at: Stage, title: &'static str, children: Children) -> impl IntoView {
    let is_done = move || stage.get() > at;
    let is_current = move || stage.get() == at;
    view! {
        <li
            class="step"
            class:done=is_done
            class:current=is_current
            aria-current=move || is_current().then_some("step")
        >
            <h4>
                {title}
                <Show when=is_done>
                    <Icon glyph=Glyph::Check />
                    <span class="spoken">" (done)"</span>
                </Show>
            </h4>
            {children()}
        </li>
    }
    .into_any()
}

/// Both secrets and their last use.
#[component]
fn Secrets(value: Shown<Key>) -> impl IntoView {
    let rows = move || {
        value.with(|key| {
            key.secrets
                .iter()
                .enumerate()
                .map(|(place, secret)| {
                    let name = if place == 0 { "New" } else { "Old" };
                    let (hint, last_used_at) = (secret.hint.clone(), secret.last_used_at);
                    view! {
                        <Row>
                            <Cell label="Secret" main=true>
                                {name} " " <code dir="ltr">{hint}</code>
                            </Cell>
                            <Cell label="Last used">
                                <RelativeTime at=last_used_at />
                            </Cell>
                        </Row>
                    }
                })
                .collect_view()
        })
    };
    view! {
        <Table label="Secrets of this key" columns=vec!["Secret", "Last used"]>
            {rows}
        </Table>
    }
    .into_any()
}

/// Whether the new secret was used.
#[component]
fn Verified(value: Shown<Key>) -> impl IntoView {
    let newest = memo(move || value.with(|key| key.secrets.first().map(shown_of)));
    view! {
        <div
            class="first-call"
            class:done=move || newest.with(|newest| matches!(newest, Some((.., Some(_)))))
            role="status"
        >
            {move || match newest.get() {
                Some((hint, _, Some(at))) => view! {
                    <Icon glyph=Glyph::Check />
                    <span>
                        "The new secret works: " <code dir="ltr">{hint}</code> " was used "
                        <RelativeTime at=Some(at) /> "."
                    </span>
                }
                .into_any(),
                Some((hint, _, None)) => view! {
                    <span class="pulse" aria-hidden="true"></span>
                    <span>"Waiting for the first call with " <code dir="ltr">{hint}</code> " …"</span>
                }
                .into_any(),
                None => ().into_any(),
            }}
        </div>
    }
    .into_any()
}
