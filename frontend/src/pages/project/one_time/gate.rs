//! The question before the dialog closes with the secret unsaved.

use leptos::prelude::*;

use crate::components::{Button, ButtonKind, Dialog};

/// A dialog of its own, in front of the other.
#[component]
pub fn CloseGate(
    /// Back to the secret.
    #[prop(into)]
    on_stay: Callback<()>,
    /// Closes it for good.
    #[prop(into)]
    on_leave: Callback<()>,
) -> impl IntoView {
    view! {
        <Dialog title="You won't see this secret again" on_close=on_stay>
            <div class="stack">
                <p class="prose">
                    "You have not copied or downloaded it here. Once this dialog is closed, the secret can't be \
                     retrieved: you would have to rotate or delete the key."
                </p>
                <div class="actions">
                    <Button kind=ButtonKind::Danger on_press=move |()| on_leave.run(())>
                        "Close anyway"
                    </Button>
                    <Button
                        kind=ButtonKind::Primary
                        autofocus=true
                        on_press=move |()| on_stay.run(())
                    >
                        "Back to the secret"
                    </Button>
                </div>
            </div>
        </Dialog>
    }
    .into_any()
}
