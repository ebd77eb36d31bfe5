//! One person in the list, and what can be done for them.

use latchkey_types::{
    ProblemCode, UserId,
    user::{InstanceRole, SignInLink, UpdateUserRequest, UpdatedUser, User},
};
use leptos::prelude::*;

use crate::{
    components::{
        Badge, Cell, Confirm, Glyph, Menu, MenuItem, RelativeTime, Row, Show, Tone, use_toasts,
    },
    core::{
        api,
        reactive::watch,
        session::use_session,
        submission::{Attempt, use_submission},
        words,
    },
};

/// What a row asks its list for.
pub enum Change {
    /// This user is different now.
    Updated(User),
    /// The person wants to shut this user out.
    Disable(User),
    /// This sign-in link was made.
    Link(User, String),
    /// This user may be different now.
    Stale,
}

/// One person.
#[component]
pub fn UserRow(user: User, #[prop(into)] on_change: Callback<Change>) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let is_self = untrack(|| session.user()).is_some_and(|own| own.id == user.id);
    let is_disabled = user.disabled_at.is_some();
    let kept = StoredValue::new(user.clone());

    let update = use_submission(
        move |request: UpdateUserRequest| {
            let (id, version) = kept.with_value(|user| (user.id, user.version));
            api::patch(&format!("/users/{id}"))
                .if_version(version)
                .json(&request)
        },
        move |answer: UpdatedUser| {
            toasts.say("Saved.");
            on_change.run(Change::Updated(answer.user));
        },
    );
    let attempt = Attempt::new();
    let link = use_submission(
        move |id: UserId| {
            let key = attempt.key_for(&id);
            api::post(&format!("/users/{id}/sign-in-link")).idempotent(key)
        },
        move |answer: SignInLink| {
            attempt.finish();
            on_change.run(Change::Link(kept.get_value(), answer.sign_in_url));
        },
    );
    let is_resetting = RwSignal::new(false);
    let reset = use_submission(
        move |id: UserId| api::delete(&format!("/users/{id}/second-factor")),
        move |()| {
            is_resetting.set(false);
            toasts.say("Second factor reset. Their sessions have ended.");
            on_change.run(Change::Stale);
        },
    );
    watch(move || {
        for failure in [update.failure.get(), link.failure.get()]
            .into_iter()
            .flatten()
        {
            if failure.code() == Some(ProblemCode::SecretAlreadyShown) {
                // The link was made, but its answer never came: the next try makes a new one.
                attempt.finish();
                toasts.fail(
                    "The link was lost on the way. Make another; the lost one then stops working.",
                );
                continue;
            }
            if failure.code() == Some(ProblemCode::VersionMismatch) {
                on_change.run(Change::Stale);
            }
            toasts.fail(failure.sentence());
        }
    });

    let other_role = match user.role {
        InstanceRole::Admin => InstanceRole::Member,
        InstanceRole::Member => InstanceRole::Admin,
    };
    let change_role = move |()| {
        update.send(UpdateUserRequest {
            role: Some(other_role),
            ..UpdateUserRequest::default()
        });
    };
    let let_in = move |()| {
        update.send(UpdateUserRequest {
            disabled: Some(false),
            ..UpdateUserRequest::default()
        });
    };
    let role_words = match other_role {
        InstanceRole::Admin => "Make administrator",
        InstanceRole::Member => "Make member",
    };
    let label = format!("Actions for {}", user.name);
    let title = format!("Reset the second factor of {}?", user.name);
    view! {
        <Row faint=is_disabled>
            <Cell label="Name" main=true>
                <span dir="auto">{user.name.clone()}</span>
                {is_self.then(|| view! { <Badge text="You".to_owned() /> })}
                {user
                    .has_second_factor
                    .then(|| view! { <Badge text="Second factor".to_owned() /> })}
                {is_disabled.then(|| view! { <Badge tone=Tone::Warning text="Disabled".to_owned() /> })}
            </Cell>
            <Cell label="E-mail">{user.email.clone()}</Cell>
            <Cell label="Role">{words::instance_role(user.role)}</Cell>
            <Cell label="Added">
                <RelativeTime at=Some(user.created_at) />
            </Cell>
            <Cell actions=true>
                <Menu label=label>
                    {if is_disabled {
                        view! {
                            <MenuItem glyph=Glyph::Play on_select=let_in>
                                "Let in again"
                            </MenuItem>
                        }
                            .into_any()
                    } else {
                        view! {
                            <MenuItem glyph=Glyph::Key on_select=move |()| link.send(kept.with_value(|user| user.id))>
                                "Make a sign-in link"
                            </MenuItem>
                            <MenuItem glyph=Glyph::Person on_select=change_role>
                                {role_words}
                            </MenuItem>
                            {(!is_self && user.has_second_factor)
                                .then(|| {
                                    view! {
                                        <MenuItem glyph=Glyph::Rotate on_select=move |()| is_resetting.set(true)>
                                            "Reset second factor…"
                                        </MenuItem>
                                    }
                                })}
                            {(!is_self)
                                .then(|| {
                                    view! {
                                        <MenuItem
                                            glyph=Glyph::Pause
                                            danger=true
                                            on_select=move |()| on_change.run(Change::Disable(kept.get_value()))
                                        >
                                            "Disable…"
                                        </MenuItem>
                                    }
                                })}
                        }
                            .into_any()
                    }}
                </Menu>
                <Show when=is_resetting>
                    <Confirm
                        title=title.clone()
                        action="Reset"
                        danger=true
                        busy=reset.is_busy()
                        error=reset.message(&[])
                        on_confirm=move |()| reset.send(kept.with_value(|user| user.id))
                        on_close=move |()| is_resetting.set(false)
                    >
                        <p>
                            "For a lost phone. Be sure that it is them who ask: their password, or a sign-in link, \
                            then signs in alone. Their sessions end."
                        </p>
                    </Confirm>
                </Show>
            </Cell>
        </Row>
    }
    .into_any()
}
