//! Who belongs to a project, and as what.

use latchkey_types::{
    UserId,
    limits::EMAIL_MAX,
    member::{AddMemberRequest, Member, Role, UpdateMemberRequest},
    page::MemberPage,
};
use leptos::prelude::*;

use super::use_project;
use crate::{
    components::{
        Badge, Button, ButtonKind, Cell, Confirm, Empty, Failure, Form, Glyph, LoadableList,
        RelativeTime, Row, SelectField, Show, Table, TextField, Tone, rows as list, use_toasts,
    },
    core::{
        api,
        paged::{Paged, use_paged},
        reactive::watch,
        session::use_session,
        submission::{Attempt, use_submission},
        words,
    },
};

const ROLES: [(&str, &str); 3] = [
    ("viewer", "Viewer"),
    ("editor", "Editor"),
    ("owner", "Owner"),
];

/// The page.
#[component]
pub fn Members() -> impl IntoView {
    let project = use_project();
    let members = use_paged::<MemberPage>(move || project.path("/members"));
    view! {
        <h2>"Members"</h2>
        <Show when=move || project.can_own()>
            <AddMember members />
        </Show>
        <LoadableList
            of=members
            empty=|| view! { <Empty glyph=Glyph::Person title="Nobody belongs to this project" /> }
            children=move |rows| view! {
                <Table label="Members" columns=vec!["Name", "E-mail address", "Role", "Since", ""]>
                    {list(
                        rows,
                        |member| format!("{} {}", member.user_id, member.role.as_str()),
                        move |member| view! { <MemberRow member members /> }.into_any(),
                    )}
                </Table>
            }
        />
    }
    .into_any()
}

#[component]
fn AddMember(members: Paged<Member>) -> impl IntoView {
    let project = use_project();
    let toasts = use_toasts();
    let email = RwSignal::new(String::new());
    let role = RwSignal::new("editor".to_owned());
    let attempt = Attempt::new();
    let adding = use_submission(
        move |body: AddMemberRequest| {
            let key = attempt.key_for(&body);

            api::post(&project.path_now("/members"))
                .idempotent(key)
                .json(&body)
        },
        move |member: Member| {
            attempt.finish();
            email.set(String::new());
            toasts.say(format!("{} is a member now.", member.name));
            members.reload();
        },
    );
    let send = move |()| {
        adding.send(AddMemberRequest {
            email: email.get_untracked().trim().to_owned(),
            role: parse(&role.get_untracked()),
        });
    };
    let message = adding.message(&["/email", "/role"]);
    view! {
        <Form class="panel inline-form" on_send=send>
            <TextField
                label="Add a member by e-mail address"
                value=email
                kind="email"
                max=EMAIL_MAX
                error=adding.field("/email")
                hint="They need an account here already; an administrator makes one under Users."
            />
            <SelectField
                label="Role"
                value=role
                options=ROLES.to_vec()
                hint=Signal::derive(move || {
                    match parse(&role.get()) {
                        Role::Viewer => "Sees keys and their use.",
                        Role::Editor => "Also makes, rotates and deletes keys.",
                        Role::Owner => "Also manages members and settings.",
                    }
                    .to_owned()
                })
                error=adding.field("/role")
            />
            <Button kind=ButtonKind::Primary submit=true busy=adding.is_busy() icon=Glyph::Plus>
                "Add member"
            </Button>
            <Failure text=message />
        </Form>
    }
    .into_any()
}

#[component]
fn MemberRow(member: Member, members: Paged<Member>) -> impl IntoView {
    let project = use_project();
    let session = use_session();
    let toasts = use_toasts();
    let id = member.user_id;
    let role = member.role;
    let is_self = move || session.user().is_some_and(|user| user.id == id);
    let changing = use_submission(
        move |role: Role| {
            api::patch(&project.path_now(&format!("/members/{id}")))
                .json(&UpdateMemberRequest { role })
        },
        move |changed: Member| {
            toasts.say(format!(
                "{} is now {}.",
                changed.name,
                words::role(changed.role).to_ascii_lowercase()
            ));
            replace(members, id, Some(changed));
            // One's own role decides what this page shows.
            if untrack(is_self) {
                project.remote.reload();
            }
        },
    );
    // The choice goes back to what is true when the server refuses.
    watch(move || {
        if let Some(failure) = changing.failure.get() {
            toasts.fail(failure.sentence());
            members.reload();
        }
    });
    let name = member.name.clone();
    let is_leaving = RwSignal::new(false);
    let removing = use_submission(
        move |()| api::delete(&project.path_now(&format!("/members/{id}"))),
        move |()| {
            toasts.say(format!("{name} is not a member any more."));
            replace(members, id, None);
        },
    );
    let label = format!("Role of {}", member.name);
    let remove_label = format!("Remove {}", member.name);
    let question = format!("{remove_label}?");
    view! {
        <Row>
            <Cell label="Name" main=true>
                <span dir="auto">{member.name}</span>
                <Show when=is_self>
                    " "
                    <Badge tone=Tone::Info text="You".to_owned() />
                </Show>
            </Cell>
            <Cell label="E-mail address">{member.email}</Cell>
            <Cell label="Role">
                {move || if project.can_own() {
                    let options = [Role::Viewer, Role::Editor, Role::Owner].map(|choice| view! {
                        <option value=choice.as_str() selected=move || {
                            // Tracks failures, so that a refused choice is shown as it was.
                            changing.failure.track();
                            choice == role
                        }>
                            {words::role(choice)}
                        </option>
                    }).collect_view();
                    view! {
                        <select
                            aria-label=label.clone()
                            prop:value=move || {
                                changing.failure.track();
                                role.as_str()
                            }
                            disabled=changing.is_busy()
                            on:change:target=move |event| changing.send(parse(&event.target().value()))
                        >
                            {options}
                        </select>
                    }.into_any()
                } else {
                    words::role(role).into_any()
                }}
            </Cell>
            <Cell label="Since">
                <RelativeTime at=Some(member.created_at) />
            </Cell>
            <Cell actions=true>
                <Show when=move || project.can_own()>
                    <Button
                        kind=ButtonKind::Bare
                        icon=Glyph::Trash
                        label=remove_label.clone()
                        on_press=move |()| {
                            removing.failure.set(None);
                            is_leaving.set(true);
                        }
                    />
                </Show>
                <Show when=is_leaving>
                    <Confirm
                        title=question.clone()
                        action="Remove member"
                        danger=true
                        busy=removing.is_busy()
                        error=removing.message(&[])
                        on_confirm=move |()| removing.send(())
                        on_close=move |()| is_leaving.set(false)
                    >
                        <p>"They lose access to this project at once. The keys they made stay and keep working."</p>
                    </Confirm>
                </Show>
            </Cell>
        </Row>
    }
    .into_any()
}

/// Puts a member as they are now into the list, or takes them out.
fn replace(members: Paged<Member>, id: UserId, now: Option<Member>) {
    members.update(|rows| match now {
        Some(now) => {
            if let Some(row) = rows.iter_mut().find(|row| row.user_id == id) {
                *row = now;
            }
        }
        None => rows.retain(|row| row.user_id != id),
    });
}

fn parse(role: &str) -> Role {
    match role {
        "owner" => Role::Owner,
        "editor" => Role::Editor,
        _ => Role::Viewer,
    }
}
