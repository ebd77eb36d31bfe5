//! The people of the instance, for administrators.

mod add;
mod disable;
mod link;
mod row;

use latchkey_types::{page::UserPage, user::User};
use leptos::prelude::*;

use crate::{
    components::{Button, ButtonKind, Empty, Glyph, LoadableList, PageHead, Show, Table, rows},
    core::{held::Known, paged::use_paged, reactive::memo, secret::OneTime, session::use_session},
};
use add::AddUser;
use disable::Disable;
use link::LinkDialog;
use row::{Change, UserRow};

/// The people of the instance: to add, to help in again, to shut out.
#[component]
pub fn Users() -> impl IntoView {
    let session = use_session();
    let is_admin = memo(move || session.is_admin());
    view! {
        <Show
            when=is_admin
            fallback=|| {
                view! {
                    <PageHead title="Users" />
                    <Empty glyph=Glyph::Person title="Only administrators manage users">
                        <p>"Ask one of them to add somebody or to make a sign-in link."</p>
                    </Empty>
                }
            }
        >
            <UserList />
        </Show>
    }
    .into_any()
}

#[component]
fn UserList() -> impl IntoView {
    let list = use_paged::<UserPage>(|| "/users".to_owned());
    let is_adding = RwSignal::new(false);
    let disabling = Known::<User>::new();
    let link = OneTime::new();
    let link_for = Known::<User>::new();
    let put = Callback::new(move |user: User| {
        list.update(|rows| match rows.iter_mut().find(|row| row.id == user.id) {
            Some(row) => *row = user,
            None => rows.insert(0, user),
        });
    });
    let show_link = move |user, url| {
        link.put(url);
        link_for.set(user);
    };
    view! {
        <PageHead title="Users" lead="Everybody who can sign in to this instance.">
            <Button kind=ButtonKind::Primary icon=Glyph::Plus on_press=move |()| is_adding.set(true)>
                "Add user"
            </Button>
        </PageHead>
        <LoadableList of=list empty=|| view! { <Empty glyph=Glyph::Person title="No users" /> } let:users>
            <Table label="Users" columns=vec!["Name", "E-mail", "Role", "Added", ""]>
                {rows(
                    users,
                    |user| format!("{} {} {}", user.id, user.version, user.has_second_factor),
                    move |user| {
                        view! {
                            <UserRow
                        user=user
                        on_change=move |change| match change {
                            Change::Updated(user) => put.run(user),
                            Change::Disable(user) => disabling.set(user),
                            Change::Link(user, url) => show_link(user, url),
                            Change::Stale => list.reload(),
                        }
                    />
                        }
                        .into_any()
                    },
                )}
            </Table>
        </LoadableList>
        <Show when=is_adding>
            <AddUser
                on_added=move |(user, url): (User, Option<String>)| {
                    is_adding.set(false);
                    put.run(user.clone());
                    if let Some(url) = url {
                        show_link(user, url);
                    }
                }
                on_close=move |()| is_adding.set(false)
            />
        </Show>
        {move || {
            disabling
                .get()
                .map(|user| {
                    view! {
                        <Disable user=user on_done=put on_close=move |()| disabling.clear() />
                    }
                })
        }}
        {move || {
            link_for
                .get()
                .map(|user| {
                    let close = move |()| {
                        link.wipe();
                        link_for.clear();
                    };
                    view! { <LinkDialog user=user link=link on_close=close /> }
                })
        }}
    }
    .into_any()
}
