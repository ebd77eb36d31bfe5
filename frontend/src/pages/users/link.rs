//! A sign-in link, shown once.

use latchkey_types::user::User;
use leptos::prelude::*;

use crate::{
    components::{Button, CopyField, Dialog, Notice},
    core::secret::OneTime,
};

/// Shows a sign-in link to be given on. Losing it costs nothing: another one is made in a moment.
#[component]
pub fn LinkDialog(
    /// Whose link it is.
    user: User,
    /// The link.
    link: OneTime,
    /// Wipes the link, and closes.
    #[prop(into)]
    on_close: Callback<()>,
) -> impl IntoView {
    view! {
        <Dialog title="Sign-in link" on_close=on_close>
            <div class="stack">
                <p>
                    "Give this link to " <strong dir="auto">{user.name}</strong>
                    ". It works once, for 72 hours, and lets them choose a password."
                </p>
                <CopyField label="Sign-in link" value=link autofocus=true />
                <Notice>
                    "Whoever has the link gets in: send it on a way that only they can read. Earlier links stop working."
                </Notice>
                <div class="actions">
                    <Button on_press=on_close>"Done"</Button>
                </div>
            </div>
        </Dialog>
    }
    .into_any()
}
