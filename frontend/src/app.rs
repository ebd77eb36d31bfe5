//! The app's outermost part: what is round every page, and which address shows which page.

mod header;
mod way;

use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    components::{Outlet, ParentRoute, Route, Router, Routes},
    hooks::{use_location, use_navigate},
    path,
};

use crate::{
    components::{Notice, Toasts, Tone, provide_toasts},
    core::{
        session::{provide_session, use_session},
        theme::provide_theme,
    },
    pages::{
        Account, Claim, FindKey, NotFound, ProjectList, Setup, SignIn, Unreachable, Users,
        project::{AuditLog, McpServers, Members, Overview, ProjectFrame, Settings},
    },
};
use header::Header;

/// The whole app.
#[component]
pub fn App() -> impl IntoView {
    provide_theme();
    provide_session();
    provide_toasts();
    view! {
        <Router>
            <Shell />
        </Router>
    }
}

/// What is round every page. Pages appear once the server has said who is asking.
#[component]
fn Shell() -> impl IntoView {
    let session = use_session();
    let location = use_location();
    let go = use_navigate();
    Effect::new(move |_| {
        let Some(state) = session.state() else { return };
        let (path, search) = (location.pathname.get(), location.search.get());
        if let Some(to) = way::redirect(&path, &search, &state) {
            let options = NavigateOptions {
                replace: true,
                ..NavigateOptions::default()
            };
            go(&to, options);
        }
    });
    let is_known = Memo::new(move |_| session.is_known());
    let is_insecure = Memo::new(move |_| session.state().is_some_and(|state| state.insecure_http));
    view! {
        <a class="skip" href="#main">
            "Skip to the content"
        </a>
        <Show
            when=move || is_known.get()
            fallback=move || {
                view! {
                    <Show when=move || session.is_unreachable()>
                        <Unreachable />
                    </Show>
                }
            }
        >
            <Header />
            <Show when=move || is_insecure.get()>
                <div class="banner">
                    <Notice tone=Tone::Warning>
                        "This connection is not encrypted: passwords and keys can be read on the way. \
                         Put Latchkey behind https before others use it."
                    </Notice>
                </div>
            </Show>
            <Show when=move || session.is_unreachable()>
                <div class="banner">
                    <Notice tone=Tone::Danger live=true>
                        "The server can't be reached. What you have typed stays here; Latchkey tries again by itself."
                    </Notice>
                </div>
            </Show>
            <main id="main" class="page" tabindex="-1">
                <Pages />
            </main>
        </Show>
        <Toasts />
    }
    .into_any()
}

/// Which address shows which page.
#[component]
fn Pages() -> impl IntoView {
    view! {
        <Routes fallback=NotFound>
            <Route path=path!("/setup") view=Setup />
            <Route path=path!("/sign-in") view=SignIn />
            <Route path=path!("/claim") view=Claim />
            <ParentRoute path=path!("") view=SignedIn>
                <Route path=path!("") view=|| () />
                <Route path=path!("/projects") view=ProjectList />
                <ParentRoute path=path!("/projects/:project_id") view=ProjectFrame>
                    <Route path=path!("") view=Overview />
                    <Route path=path!("/mcp-servers") view=McpServers />
                    <Route path=path!("/members") view=Members />
                    <Route path=path!("/audit") view=AuditLog />
                    <Route path=path!("/settings") view=Settings />
                    <Route path=path!("/*any") view=NotFound />
                </ParentRoute>
                <Route path=path!("/account") view=Account />
                <Route path=path!("/users") view=Users />
                <Route path=path!("/find-key") view=FindKey />
                <Route path=path!("/*any") view=NotFound />
            </ParentRoute>
        </Routes>
    }
    .into_any()
}

/// Pages for people who are signed in. Without one they are gone, and everything they held with them.
#[component]
fn SignedIn() -> impl IntoView {
    let session = use_session();
    let is_signed_in = Memo::new(move |_| session.user().is_some());
    view! {
        <Show when=move || is_signed_in.get()>
            <Outlet />
        </Show>
    }
    .into_any()
}
