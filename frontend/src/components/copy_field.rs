//! A value to copy: masked until the person wants to see it, and honest about whether it was copied.

use std::time::Duration;

use leptos::{ev, html, prelude::*, task::spawn_local};
use zeroize::Zeroizing;

use super::{Button, ButtonKind, Glyph, unique_id};
use crate::core::{
    clipboard::{self, CopyOutcome},
    secret::{OneTime, mask},
};

/// How long "Copied" stays.
const STAY: Duration = Duration::from_millis(2500);

/// What a [`CopyField`] holds.
#[derive(Clone, Copy)]
pub enum CopyValue {
    /// A secret: masked, with a toggle.
    Secret(OneTime),
    /// Something that everybody may see.
    Plain(Signal<String>),
    /// A text made of a secret when it is shown or copied, such as a ready snippet. The argument says whether to
    /// mask the secret in it.
    Made(Callback<bool, String>),
}

impl From<OneTime> for CopyValue {
    fn from(secret: OneTime) -> Self {
        Self::Secret(secret)
    }
}

impl From<String> for CopyValue {
    fn from(text: String) -> Self {
        Self::Plain(text.into())
    }
}

impl From<Signal<String>> for CopyValue {
    fn from(text: Signal<String>) -> Self {
        Self::Plain(text)
    }
}

impl From<Callback<bool, String>> for CopyValue {
    fn from(make: Callback<bool, String>) -> Self {
        Self::Made(make)
    }
}

impl CopyValue {
    const fn has_secret(self) -> bool {
        !matches!(self, Self::Plain(_))
    }

    /// What is shown.
    fn shown(self, is_masked: bool) -> String {
        match self {
            Self::Secret(secret) if is_masked => secret.with(mask).unwrap_or_default(),
            Self::Secret(secret) => secret.with(str::to_owned).unwrap_or_default(),
            Self::Plain(text) => text.get(),
            Self::Made(make) => make.run(is_masked),
        }
    }

    /// What is copied.
    fn full(self) -> Zeroizing<String> {
        Zeroizing::new(untrack(|| self.shown(false)))
    }
}

/// A value with its name and a Copy button. "Copied" appears only after success; where the browser refuses, the value
/// is shown and selected, and the person is told to press Ctrl+C.
#[component]
pub fn CopyField(
    /// What it is, such as "Secret".
    #[prop(into)]
    label: String,
    /// What is copied.
    #[prop(into)]
    value: CopyValue,
    /// Whether it has several lines and stands in a block.
    #[prop(optional)]
    block: bool,
    /// Whether the Copy button gets the focus when its dialog opens.
    #[prop(optional)]
    autofocus: bool,
    /// Called after a success, with the person's own Ctrl+C among them.
    #[prop(optional, into)]
    on_copied: Option<Callback<()>>,
    /// A sentence below.
    #[prop(optional, into)]
    hint: Option<String>,
) -> impl IntoView {
    let id = unique_id("copy");
    let text_node = NodeRef::<html::Code>::new();
    let is_masked = RwSignal::new(value.has_secret());
    // How far copying is; never both. Not one signal of an enum, which would be compiled for this alone.
    let is_copied = RwSignal::new(false);
    let is_failed = RwSignal::new(false);

    let succeed = move || {
        // The dialog may be gone by now.
        if is_copied.try_set(true).is_some() {
            return;
        }
        is_failed.set(false);
        if let Some(on_copied) = on_copied {
            on_copied.run(());
        }
        set_timeout(
            move || {
                is_copied.try_set(false);
            },
            STAY,
        );
    };
    let copy = move |()| {
        let Some(near) = text_node.get_untracked() else {
            return;
        };
        spawn_local(async move {
            let text = value.full();
            match clipboard::copy(&text, &near).await {
                CopyOutcome::Copied => succeed(),
                CopyOutcome::Failed => {
                    is_copied.try_set(false);
                    is_failed.try_set(true);
                    is_masked.try_set(false);
                    // After this turn, when the text is on the page.
                    request_animation_frame(move || {
                        let _ = near.focus();
                        clipboard::select_text_of(&near);
                    });
                }
            }
        });
    };
    let copied_by_hand = move |_: ev::ClipboardEvent| {
        let selected = window()
            .get_selection()
            .ok()
            .flatten()
            .map(|selection| selection.to_string());
        let is_whole = selected.is_some_and(|selected| {
            selected.as_string().as_deref().map(str::trim) == Some(value.full().trim())
        });
        if is_whole {
            succeed();
        }
    };
    let toggle_label = format!("Show {}", lower_first(&label));
    let spoken = label.clone();
    let label_for_copy = label.clone();
    let status = move || {
        if is_failed.get() {
            format!(
                "Your browser did not let this page copy. The text is selected: press {}.",
                copy_keys()
            )
        } else if is_copied.get() {
            format!("{spoken} copied.")
        } else {
            String::new()
        }
    };
    view! {
        <div class="copy-field" class:block=block>
            <span class="copy-label" id=id.clone()>
                {label}
            </span>
            <div class="copy-row">
                <code
                    node_ref=text_node
                    class="copy-text"
                    tabindex="0"
                    role="textbox"
                    aria-readonly="true"
                    aria-multiline=block.then_some("true")
                    aria-labelledby=id
                    dir="ltr"
                    translate="no"
                    on:copy=copied_by_hand
                >
                    {move || value.shown(is_masked.get())}
                </code>
                <div class="copy-buttons">
                    {value
                        .has_secret()
                        .then(|| {
                            view! {
                                <button
                                    type="button"
                                    class="button bare icon-only"
                                    aria-label=toggle_label.clone()
                                    title=toggle_label
                                    aria-pressed=move || if is_masked.get() { "false" } else { "true" }
                                    on:click=move |_| is_masked.update(|is_masked| *is_masked = !*is_masked)
                                >
                                    {move || {
                                        let glyph = if is_masked.get() { Glyph::Eye } else { Glyph::EyeOff };
                                        view! { <super::Icon glyph=glyph /> }
                                    }}
                                </button>
                            }
                        })}
                    <Button
                        kind=if autofocus { ButtonKind::Primary } else { ButtonKind::Quiet }
                        autofocus=autofocus
                        on_press=copy
                    >
                        {move || {
                            let is_copied = is_copied.get();
                            let glyph = if is_copied { Glyph::Check } else { Glyph::Copy };
                            view! {
                                <span class="copy-button-text">
                                    <super::Icon glyph=glyph />
                                    {if is_copied { "Copied" } else { "Copy" }}
                                    <span class="spoken">{format!(" {}", lower_first(&label_for_copy))}</span>
                                </span>
                            }
                        }}
                    </Button>
                </div>
            </div>
            {hint.map(|text| view! { <p class="hint">{text}</p> })}
            <p class="copy-status" class:failed=is_failed role="status">
                {status}
            </p>
        </div>
    }
    .into_any()
}

/// What copies a selection on this person's keyboard.
fn copy_keys() -> &'static str {
    let agent = window().navigator().user_agent().unwrap_or_default();
    if agent.contains("Mac") || agent.contains("iPhone") || agent.contains("iPad") {
        "Cmd+C"
    } else {
        "Ctrl+C"
    }
}

/// "Endpoint URL" within a sentence: "endpoint URL". A word in capitals stays.
fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next();
    let second_is_upper = chars.clone().next().is_some_and(|c| c.is_ascii_uppercase());
    match first {
        Some(first) if !second_is_upper => [first.to_ascii_lowercase()]
            .into_iter()
            .chain(chars)
            .collect(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::lower_first;

    #[test]
    fn labels_fit_into_sentences() {
        assert_eq!(lower_first("Endpoint URL"), "endpoint URL");
        assert_eq!(lower_first("URL with key"), "URL with key");
        assert_eq!(lower_first(""), "");
    }
}
