//! What is known of a secret that was found.

use latchkey_types::{
    KeyId, ProjectId,
    key::{Key, KeyStatus},
    project::Project,
    receipt::Receipt,
    verify::{VerifyCode, VerifyResult},
};
use leptos::prelude::*;

use crate::{
    components::{
        Button, ButtonKind, Confirm, Empty, Glyph, Loadable, Notice, RelativeTime, Show,
        StatusBadge, Tone,
    },
    core::{
        api, reactive::memo, remote::use_remote, session::use_session, submission::use_submission,
        time, words,
    },
};

/// The answer, and the key behind it.
#[component]
pub fn Found(result: VerifyResult) -> impl IntoView {
    match (result.project_id, result.key_id) {
        (Some(project_id), Some(key_id)) => {
            view! { <FoundKey code=result.code project_id=project_id key_id=key_id /> }.into_any()
        }
        _ => view! {
            <Empty glyph=Glyph::Search title="No key that you may see">
                <p>
                    "It is no secret of this instance, or one of a project that you don't belong to. \
                     If you still think it is, ask an administrator to look."
                </p>
            </Empty>
        }
        .into_any(),
    }
}

#[component]
fn FoundKey(code: VerifyCode, project_id: ProjectId, key_id: KeyId) -> impl IntoView {
    let session = use_session();
    let path = format!("/projects/{project_id}/keys/{key_id}");
    let key_path = path.clone();
    let key = use_remote::<Key>(move || key_path.clone());
    let project = use_remote::<Project>(move || format!("/projects/{project_id}"));
    let is_asking = RwSignal::new(false);
    let receipt = RwSignal::new(None::<String>);
    let revoke = use_submission(
        move |()| {
            let path = format!("{path}?reason=compromised");
            api::delete(&path)
        },
        move |answer: Receipt| {
            is_asking.set(false);
            receipt.set(Some(words::receipt(&answer)));
            key.reload();
        },
    );
    // Until the project is known the button is not offered: a viewer may not revoke.
    let may_revoke = memo(move || {
        session.is_admin()
            || project.value.with(|project| {
                project
                    .as_ref()
                    .is_some_and(|project| project.role > latchkey_types::member::Role::Viewer)
            })
    });
    let project_name = move || {
        project
            .value
            .with(|project| project.as_ref().map(|project| project.name.clone()))
            .unwrap_or_default()
    };
    view! {
        <Loadable of=key let:key>
            <section class="panel stack" aria-labelledby="found">
                <div class="section-head">
                    <h2 id="found" dir="auto">
                        {move || title_of(&key.get())}
                    </h2>
                    {move || view! { <StatusBadge status=key.get().status /> }}
                </div>
                {(code == VerifyCode::Retired)
                    .then(|| {
                        view! {
                            <Notice tone=Tone::Info>
                                "This is an old secret: the key was rotated, and this one is not accepted any more."
                            </Notice>
                        }
                    })}
                {move || {
                    receipt.get().map(|text| view! { <Notice tone=Tone::Good live=true>{text}</Notice> })
                }}
                <dl class="facts">
                    <dt>"Project"</dt>
                    <dd>
                        <a href=format!("/projects/{project_id}/mcp-servers") dir="auto">
                            {project_name}
                        </a>
                    </dd>
                    <dt>"Secret"</dt>
                    <dd>
                        <code>{move || key.get().hint}</code>
                    </dd>
                    <dt>"Created"</dt>
                    <dd>
                        <span dir="auto">{move || key.get().created_by.name}</span>
                        ", "
                        <RelativeTime at=Signal::derive(move || Some(key.get().created_at)) />
                    </dd>
                    <dt>"Last used"</dt>
                    <dd>
                        <RelativeTime at=Signal::derive(move || key.get().last_used_at) />
                        {move || last_use(&key.get())}
                    </dd>
                    <dt>"Expires"</dt>
                    <dd>{move || key.get().expires_at.map_or_else(|| "Never".to_owned(), time::day)}</dd>
                </dl>
                <Show when=move || may_revoke.get() && key.get().status != KeyStatus::Revoked>
                    <div class="actions start">
                        <Button kind=ButtonKind::Danger icon=Glyph::Trash on_press=move |()| is_asking.set(true)>
                            "Revoke this key"
                        </Button>
                    </div>
                </Show>
            </section>
            <Show when=is_asking>
                <Confirm
                    title=move || format!("Revoke “{}”?", title_of(&key.get()))
                    action="Revoke key"
                    danger=true
                    busy=revoke.is_busy()
                    error=revoke.message(&[])
                    on_confirm=move |()| revoke.send(())
                    on_close=move |()| is_asking.set(false)
                >
                    <p>
                        "Callers get 401 from the moment this finishes, and open connections are closed. It can't be undone."
                    </p>
                </Confirm>
            </Show>
        </Loadable>
    }
    .into_any()
}

fn title_of(key: &Key) -> String {
    if key.description.is_empty() {
        "Key without a description".to_owned()
    } else {
        key.description.clone()
    }
}

fn last_use(key: &Key) -> String {
    let mut text = String::new();
    if let Some(via) = key.last_used_via {
        text.push_str(&format!(", {}", words::via(via)));
    }
    if let Some(ip) = &key.last_used_ip {
        text.push_str(&format!(", from {ip}"));
    }
    text
}
