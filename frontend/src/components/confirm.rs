//! Asking once more before something happens.

use leptos::prelude::*;

use super::{Button, ButtonKind, Dialog, Failure, Form};

/// A dialog with one question, a way back and a way on. It stays until the answer is there, and shows why the
/// answer is no.
#[component]
pub fn Confirm(
    /// What would happen.
    #[prop(into)]
    title: Signal<String>,
    /// The words of the button that does it.
    #[prop(into)]
    action: String,
    /// Whether it can't be undone.
    #[prop(optional)]
    danger: bool,
    /// Whether it is under way.
    #[prop(optional, into)]
    busy: Signal<bool>,
    /// Whether something is still missing, such as a name to be typed.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Why it failed.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// Does it.
    #[prop(into)]
    on_confirm: Callback<()>,
    /// Closes the dialog.
    #[prop(into)]
    on_close: Callback<()>,
    /// What it means, in whole sentences.
    children: Children,
) -> impl IntoView {
    let kind = if danger {
        ButtonKind::Danger
    } else {
        ButtonKind::Primary
    };
    let send = move |()| {
        if !busy.get_untracked() && !disabled.get_untracked() {
            on_confirm.run(());
        }
    };
    view! {
        <Dialog title=title on_close=on_close>
            <Form on_send=send>
                <div class="prose">{children()}</div>
                <Failure text=error />
                <div class="actions">
                    <Button autofocus=true on_press=move |()| on_close.run(())>
                        "Cancel"
                    </Button>
                    <Button kind=kind submit=true busy=busy disabled=disabled>
                        {action}
                    </Button>
                </div>
            </Form>
        </Dialog>
    }
    .into_any()
}
