//! The person's own account.

mod new_token;
mod password;
mod profile;
mod sessions;
mod tokens;

use leptos::prelude::*;

use crate::components::PageHead;
use password::PasswordForm;
use profile::Profile;
use sessions::Sessions;
use tokens::Tokens;

/// Name, password, where one is signed in, and tokens for scripts.
#[component]
pub fn Account() -> impl IntoView {
    view! {
        <PageHead title="Account" />
        <div class="sections">
            <Profile />
            <PasswordForm />
            <Sessions />
            <Tokens />
        </div>
    }
    .into_any()
}
