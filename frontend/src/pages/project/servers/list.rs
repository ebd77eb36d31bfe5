//! The list of keys.

use latchkey_types::{
    Timestamp,
    key::{Key, KeyStatus, Via},
};
use leptos::prelude::*;

use super::{Doing, switch::use_switch};
use crate::{
    components::{
        Badge, Button, ButtonKind, Cell, Glyph, Menu, MenuItem, RelativeTime, Row, Show,
        StatusBadge, Table, Tone, rows as list,
    },
    core::{held::Rows, paged::Paged, reactive::memo, time, words},
    pages::project::use_project,
};

/// An expiry within a week is said beside its day.
const NEAR_SECONDS: i64 = 7 * 24 * 3600;

/// The rows as a table.
#[component]
pub fn KeyList(
    /// The keys.
    rows: Rows<Key>,
    /// The list they are of.
    keys: Paged<Key>,
    /// What is being done.
    doing: Doing,
    /// Whether these are the revoked ones.
    is_revoked: Signal<bool>,
) -> impl IntoView {
    move || {
        let is_revoked = is_revoked.get();
        let columns = if is_revoked {
            vec!["Key", "Created", "Last used", "Revoked", "Why"]
        } else {
            vec!["Key", "Created", "Last used", "Expires", "Status", ""]
        };
        view! {
            <Table label="Keys" columns>
                {list(
                    rows,
                    print,
                    move |key| if is_revoked {
                        view! { <RevokedRow key /> }.into_any()
                    } else {
                        view! { <KeyRow key keys doing /> }.into_any()
                    },
                )}
            </Table>
        }
    }
}

/// What makes one row unlike another: when it changes, the row is made anew.
fn print(key: &Key) -> String {
    let used = key.last_used_at.map_or(0, Timestamp::as_millis);
    format!(
        "{} {} {} {used} {} {}",
        key.id,
        key.version,
        words::status(key.status),
        key.secrets.len(),
        key.hint
    )
}

/// A key's description and the ends of its secret.
#[component]
pub fn KeyName(
    /// What it is for.
    #[prop(into)]
    description: String,
    /// The ends of its newest secret.
    #[prop(into)]
    hint: String,
    /// Badges.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <span class="key-name">
            {if description.is_empty() {
                view! { <span class="faint">"No description"</span> }.into_any()
            } else {
                view! { <strong dir="auto">{description}</strong> }.into_any()
            }}
            <span class="key-marks">
                <code dir="ltr">{hint}</code>
                {children.map(|children| children())}
            </span>
        </span>
    }
    .into_any()
}

/// The day on which a key stops working by itself, with a word when it is near.
#[component]
pub fn Expiry(
    /// When; `None` for never.
    at: Option<Timestamp>,
) -> impl IntoView {
    let Some(at) = at else {
        return view! { <span class="faint">"Never"</span> }.into_any();
    };
    let now = time::now();
    let is_near = at > now && at < now.plus_seconds(NEAR_SECONDS);
    view! {
        <time datetime=at.to_string() title=time::full(at)>
            {time::day(at)}
        </time>
        {is_near.then(|| view! {
            " "
            <Badge tone=Tone::Warning text=time::relative(at, now) />
        })}
    }
    .into_any()
}

#[component]
fn KeyRow(key: Key, keys: Paged<Key>, doing: Doing) -> impl IntoView {
    let project = use_project();
    let can_edit = memo(move || project.can_edit());
    let environment = words::environment(key.environment);
    let is_rotating = key.secrets.len() > 1;
    let (expires_at, status) = (key.expires_at, key.status);
    let (created, used) = (key.clone(), key.clone());
    let stored = StoredValue::new(key.clone());
    view! {
        <Row faint=status != KeyStatus::Active>
            <Cell label="Key" main=true>
                <KeyName description=key.description hint=key.hint>
                    {(!environment.is_empty()).then(|| view! { <Badge text=environment.to_owned() /> })}
                    {is_rotating.then(|| view! {
                        <Badge tone=Tone::Info text="Rotating".to_owned() title="Two secrets are accepted" />
                    })}
                </KeyName>
            </Cell>
            <Cell label="Created">
                <Created key=created />
            </Cell>
            <Cell label="Last used">
                <LastUsed key=used />
            </Cell>
            <Cell label="Expires">
                <Expiry at=expires_at />
            </Cell>
            <Cell label="Status">
                <StatusBadge status />
            </Cell>
            <Cell actions=true>
                <Show when=can_edit>
                    <Actions key=stored keys doing is_rotating />
                </Show>
            </Cell>
        </Row>
    }
    .into_any()
}

#[component]
fn Actions(
    key: StoredValue<Key>,
    keys: Paged<Key>,
    doing: Doing,
    is_rotating: bool,
) -> impl IntoView {
    let id = key.with_value(|key| key.id.to_string());
    let name = key.with_value(|key| {
        if key.description.is_empty() {
            key.hint.clone()
        } else {
            key.description.clone()
        }
    });
    let (is_disabled, is_expired) =
        key.with_value(|key| (key.disabled_at.is_some(), key.status == KeyStatus::Expired));
    let (switch, question) = use_switch(key, keys);
    let (to_rotate, to_edit, to_delete) = (id.clone(), id.clone(), id);
    let ids = StoredValue::new((to_rotate, to_edit, to_delete.clone()));
    view! {
        <Button
            kind=ButtonKind::Bare
            icon=Glyph::Trash
            label=format!("Delete {name}")
            on_press=move |()| doing.delete.set(to_delete.clone())
        />
        <Menu label=format!("More for {name}")>
            {(!is_expired).then(|| view! {
                <MenuItem
                    glyph=Glyph::Rotate
                    on_select=move |()| doing.rotate.set(ids.with_value(|ids| ids.0.clone()))
                >
                    {if is_rotating { "Continue rotating" } else { "Rotate" }}
                </MenuItem>
            })}
            <MenuItem
                glyph=Glyph::Pencil
                on_select=move |()| doing.edit.set(ids.with_value(|ids| ids.1.clone()))
            >
                "Edit"
            </MenuItem>
            <MenuItem
                glyph=if is_disabled { Glyph::Play } else { Glyph::Pause }
                on_select=move |()| switch.run(())
            >
                {if is_disabled { "Enable" } else { "Disable" }}
            </MenuItem>
            <MenuItem
                glyph=Glyph::Trash
                danger=true
                on_select=move |()| doing.delete.set(ids.with_value(|ids| ids.2.clone()))
            >
                "Delete"
            </MenuItem>
        </Menu>
        {question}
    }
    .into_any()
}

#[component]
fn RevokedRow(key: Key) -> impl IntoView {
    let environment = words::environment(key.environment);
    let by = key.revoked_by.as_ref().map(|user| user.name.clone());
    let (revoked_at, reason) = (key.revoked_at, key.revoke_reason);
    let (created, used) = (key.clone(), key.clone());
    view! {
        <Row>
            <Cell label="Key" main=true>
                <KeyName description=key.description hint=key.hint>
                    {(!environment.is_empty()).then(|| view! { <Badge text=environment.to_owned() /> })}
                </KeyName>
            </Cell>
            <Cell label="Created">
                <Created key=created />
            </Cell>
            <Cell label="Last used">
                <LastUsed key=used />
            </Cell>
            <Cell label="Revoked">
                <RelativeTime at=revoked_at />
                {by.map(|name| view! { <By name /> })}
            </Cell>
            <Cell label="Why">{reason.map(words::reason).unwrap_or_default()}</Cell>
        </Row>
    }
    .into_any()
}

#[component]
fn Created(key: Key) -> impl IntoView {
    view! {
        <RelativeTime at=Some(key.created_at) />
        <By name=key.created_by.name />
    }
}

/// Who did it, on a line of its own.
#[component]
fn By(name: String) -> impl IntoView {
    view! { <span class="by">"by " <bdi>{name}</bdi></span> }
}

/// When a key was last used, and a badge if it came in a URL.
#[component]
fn LastUsed(key: Key) -> impl IntoView {
    let origin = super::recency::origin(&key);
    view! {
        <span class="used">
            <span title=(!origin.is_empty()).then(|| format!("Used{origin}"))>
                <RelativeTime at=key.last_used_at />
            </span>
            {(key.last_used_via == Some(Via::Url)).then(|| view! {
                " "
                <Badge
                    tone=Tone::Warning
                    text="via URL".to_owned()
                    title="The key came in the URL, where logs and histories may keep it"
                />
            })}
        </span>
    }
}
