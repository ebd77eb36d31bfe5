//! The bar above every page: the mark, the places, the person.

use leptos::prelude::*;

use crate::{
    components::{Glyph, Icon, Menu, MenuItem, Show, use_toasts},
    core::{
        api,
        reactive::{memo, watch},
        router::use_place,
        session::use_session,
        submission::use_submission,
        theme::{Theme, use_theme},
    },
};

/// The bar above every page.
#[component]
pub fn Header() -> impl IntoView {
    let session = use_session();
    let is_signed_in = memo(move || session.user().is_some());
    let is_admin = memo(move || session.is_admin());
    view! {
        <header class="bar">
            <div class="bar-inner">
                <a class="brand" href="/">
                    <Icon glyph=Glyph::Mark />
                    <span>"Latchkey"</span>
                </a>
                <Show when=is_signed_in>
                    <nav class="places" aria-label="Main">
                        <Place href="/projects" label="Projects" />
                        <Place href="/find-key" label="Find a key" />
                        <Show when=is_admin>
                            <Place href="/users" label="Users" />
                        </Show>
                        <a href="/docs/guide/" rel="external">"Guide"</a>
                    </nav>
                    <AccountMenu />
                </Show>
            </div>
        </header>
    }
    .into_any()
}

/// One of the places, marked while one is there.
#[component]
fn Place(href: &'static str, label: &'static str) -> impl IntoView {
    let place = use_place();
    let is_here = move || place.with_path(|path| path.starts_with(href));
    view! {
        <a href=href aria-current=move || is_here().then_some("page")>
            {label}
        </a>
    }
}

/// The person's own menu.
#[component]
fn AccountMenu() -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let theme = use_theme();
    let place = use_place();
    let sign_out = use_submission(
        |()| api::delete("/session"),
        move |()| {
            place.go("/sign-in");
            session.signed_out();
        },
    );
    watch(move || {
        if let Some(failure) = sign_out.failure.get() {
            toasts.fail(failure.sentence());
        }
    });
    let name = Signal::derive(move || session.user().map(|user| user.name).unwrap_or_default());
    view! {
        <Menu label="Your account" text=name glyph=Glyph::Person>
            <p class="menu-head" dir="auto">
                {move || session.user().map(|user| user.email)}
            </p>
            <MenuItem on_select=move |()| place.go("/account")>"Account"</MenuItem>
            <div class="menu-group" role="group" aria-label="Theme">
                {Theme::ALL
                    .into_iter()
                    .map(|choice| {
                        view! {
                            <MenuItem
                                checked=Signal::derive(move || theme.get() == choice)
                                on_select=move |()| theme.set(choice)
                            >
                                {choice.label()}
                            </MenuItem>
                        }
                    })
                    .collect_view()}
            </div>
            <MenuItem on_select=move |()| sign_out.send(())>"Sign out"</MenuItem>
        </Menu>
    }
    .into_any()
}
