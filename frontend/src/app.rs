//! The app's outermost part: routes, and what is round every page.

use leptos::prelude::*;
use leptos_router::{
    components::{Route, Router, Routes},
    path,
};

/// The whole app.
#[component]
pub fn App() -> impl IntoView {
    view! {
        <Router>
            <main>
                <Routes fallback=|| view! { <p>"There is nothing here."</p> }>
                    <Route path=path!("/") view=|| view! { <h1>"Latchkey"</h1> } />
                </Routes>
            </main>
        </Router>
    }
}
