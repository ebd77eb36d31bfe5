//! The person's own account.

mod new_token;
mod password;
mod profile;
mod second_factor;
mod sessions;
mod tokens;

use leptos::prelude::*;

use crate::components::PageHead;
use password::PasswordForm;
use profile::Profile;
pub use second_factor::SecondFactor;
use sessions::Sessions;
use tokens::Tokens;

/// Name, password, second factor, where one is signed in, and tokens for scripts.
#[component]
pub fn Account() -> impl IntoView {
    view! {
        <PageHead title="Account" />
        <div class="sections">
            <Profile />
            <PasswordForm />
            <SecondFactor />
            <Sessions />
            <Tokens />
        </div>
    }
    .into_any()
}
