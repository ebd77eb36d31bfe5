//! Fields of forms: a label, a hint, an error, and the control they belong to.

mod check;
mod select;
mod text;

use leptos::prelude::*;

use super::{Show, unique_id};

pub use check::CheckField;
pub use select::SelectField;
pub use text::TextField;

/// The ids that tie a control to what is said about it.
#[derive(Clone)]
struct Ids {
    control: String,
    hint: String,
    error: String,
}

impl Ids {
    fn new() -> Self {
        let control = unique_id("field");
        Self {
            hint: format!("{control}-hint"),
            error: format!("{control}-error"),
            control,
        }
    }

    /// What describes the control.
    fn described_by(&self, has_hint: bool, has_error: bool) -> Option<String> {
        match (has_hint, has_error) {
            (true, true) => Some(format!("{} {}", self.hint, self.error)),
            (true, false) => Some(self.hint.clone()),
            (false, true) => Some(self.error.clone()),
            (false, false) => None,
        }
    }
}

/// The server says "is empty; give a name" of a field: with the field's label that is a sentence.
fn sentence(label: &str, detail: &str) -> String {
    let is_fragment = detail.starts_with(|c: char| c.is_ascii_lowercase());
    let mut text = if is_fragment {
        format!("{label} {detail}")
    } else {
        detail.to_owned()
    };
    if !text.ends_with('.') {
        text.push('.');
    }
    text
}

/// A label above, a hint and an error below.
#[component]
fn Frame(
    ids: Ids,
    label: String,
    is_optional: bool,
    hint: Signal<String>,
    error: Signal<Option<String>>,
    children: Children,
) -> impl IntoView {
    let (hint_id, error_id) = (ids.hint, ids.error);
    let spoken = label.clone();
    view! {
        <div class="field" class:invalid=move || error.with(Option::is_some)>
            <label for=ids.control>
                {label} {is_optional.then(|| view! { <span class="optional">" (optional)"</span> })}
            </label>
            {children()}
            <Show when=move || hint.with(|hint| !hint.is_empty())>
                <p class="hint" id=hint_id.clone()>
                    {hint}
                </p>
            </Show>
            // Always there, so that screen readers notice when it gets a text.
            <p class="error" id=error_id aria-live="polite">
                {move || error.get().map(|detail| sentence(&spoken, &detail))}
            </p>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::sentence;

    #[test]
    fn what_the_server_says_of_a_field_becomes_a_sentence() {
        assert_eq!(
            sentence("Name", "is empty; give a name"),
            "Name is empty; give a name."
        );
        assert_eq!(sentence("Name", "Choose another."), "Choose another.");
    }
}
