//! The app's outermost part: what is round every page, and which address shows which page.

mod header;
mod way;

use leptos::prelude::*;

use crate::{
    components::{ConfirmPassword, Notice, PageHead, Show, Toasts, Tone, provide_toasts},
    core::{
        reactive::{memo, watch},
        router::{provide_place, use_place},
        session::{provide_session, use_session},
        theme::provide_theme,
    },
    pages::{
        Account, Claim, FindKey, NotFound, ProjectList, SecondFactor, Setup, SignIn, Unreachable,
        Users, project::ProjectFrame,
    },
};
use header::Header;
use way::Page;

/// The whole app. Pages appear once the server has said who is asking.
#[component]
pub fn App() -> impl IntoView {
    provide_theme();
    provide_toasts();
    let place = provide_place();
    let session = provide_session();
    watch(move || {
        let Some(state) = session.state() else { return };
        if let Some(to) = way::redirect(&place.path(), &place.search(), &state) {
            place.replace(&to);
        }
    });
    view! {
        <a class="skip" href="#main">
            "Skip to the content"
        </a>
        <Show
            when=move || session.is_known()
            fallback=move || {
                view! {
                    <Show when=move || session.is_unreachable()>
                        <Unreachable />
                    </Show>
                }
            }
        >
            <Header />
            <Banners />
            <main id="main" class="page" tabindex="-1">
                <Pages />
            </main>
        </Show>
        <ConfirmPassword />
        <Toasts />
    }
    .into_any()
}

/// What is said above every page.
#[component]
fn Banners() -> impl IntoView {
    let session = use_session();
    view! {
        <Show when=move || session.state().is_some_and(|state| state.insecure_http)>
            <aside class="banner" aria-label="Notice">
                <Notice tone=Tone::Warning>
                    "This connection is not encrypted: passwords and keys can be read on the way. \
                     Put Latchkey behind https before others use it."
                </Notice>
            </aside>
        </Show>
        <Show when=move || session.is_unreachable()>
            <aside class="banner" aria-label="Notice">
                <Notice tone=Tone::Danger live=true>
                    "The server can't be reached. What you have typed stays here; Latchkey tries again by itself."
                </Notice>
            </aside>
        </Show>
    }
    .into_any()
}

/// The page of the present address. Pages for people who are signed in are gone without one, and everything they held
/// with them.
#[component]
fn Pages() -> impl IntoView {
    let session = use_session();
    let place = use_place();
    let page = memo(move || place.with_path(Page::of));
    let is_signed_in = memo(move || session.user().is_some());
    let shown = memo(move || {
        let page = page.get();
        if page.is_public() || is_signed_in.get() {
            page
        } else {
            // Nothing is shown there, either, and a page without an Option needs no memo of another type.
            Page::Home
        }
    });
    let lacks_factor = memo(move || session.lacks_factor());
    move || match shown.get() {
        Page::Home => ().into_any(),
        page if !page.is_public() && lacks_factor.get() => OneMoreFactor().into_any(),
        Page::Setup => Setup().into_any(),
        Page::SignIn => SignIn().into_any(),
        Page::Claim => Claim().into_any(),
        Page::Projects => ProjectList().into_any(),
        Page::Project(_) => ProjectFrame().into_any(),
        Page::Account => Account().into_any(),
        Page::Users => Users().into_any(),
        Page::FindKey => FindKey().into_any(),
        Page::Nothing => NotFound().into_any(),
    }
}

/// In the place of every page, until the person has what this server asks everybody for.
#[component]
fn OneMoreFactor() -> impl IntoView {
    view! {
        <div class="narrow">
            <PageHead
                title="One more step"
                lead="This server asks everybody for a second factor. Turn it on to go on."
            />
            <SecondFactor />
        </div>
    }
    .into_any()
}
