//! The fields that describe a key: when it is made, and when it is changed.

use latchkey_types::{
    Timestamp,
    guidance::{SUGGESTIONS, advise, same_description},
    key::{Environment, Key},
    limits::{DESCRIPTION_MAX, check_line},
};
use leptos::prelude::*;

use super::expiry::{self, CHOICES, ON_A_DATE};
use crate::{
    components::{SelectField, Show, TextField, unique_id},
    core::{reactive::memo, time},
};

/// The choice of a key that exists already: its expiry stays.
const KEEP: &str = "keep";

const ENVIRONMENTS: [(&str, &str); 4] = [
    ("none", "Not said"),
    ("production", "Production"),
    ("staging", "Staging"),
    ("development", "Development"),
];

/// What is in the fields. Copy it freely.
#[derive(Clone, Copy)]
pub struct Draft {
    /// What the key is for.
    pub description: RwSignal<String>,
    environment: RwSignal<String>,
    expiry: RwSignal<String>,
    date: RwSignal<String>,
    /// What is wrong with the expiry, before the server is asked.
    expiry_error: RwSignal<Option<String>>,
    /// Days count from here, so that sending the same form again is the same request.
    opened_at: Timestamp,
}

impl Draft {
    /// For a new key.
    pub fn new() -> Self {
        Self {
            description: RwSignal::new(String::new()),
            environment: RwSignal::new("none".to_owned()),
            expiry: RwSignal::new("none".to_owned()),
            date: RwSignal::new(String::new()),
            expiry_error: RwSignal::new(None),
            opened_at: time::now(),
        }
    }

    /// For a key that exists.
    pub fn of(key: &Key) -> Self {
        let draft = Self::new();
        draft.take(key);
        draft
    }

    /// Shows this key in the place of what was typed.
    pub fn take(self, key: &Key) {
        self.description.set(key.description.clone());
        self.environment.set(key.environment.as_str().to_owned());
        self.expiry.set(KEEP.to_owned());
        self.date
            .set(key.expires_at.map(time::date_value).unwrap_or_default());
        self.expiry_error.set(None);
    }

    /// The description as it is sent.
    pub fn text(self) -> String {
        self.description.get_untracked().trim().to_owned()
    }

    /// Whether the server would take the description; otherwise the field says why not.
    pub fn is_describable(self) -> bool {
        check_line(&self.text(), DESCRIPTION_MAX).is_ok()
    }

    /// The chosen environment.
    pub fn environment(self) -> Environment {
        match self.environment.get_untracked().as_str() {
            "production" => Environment::Production,
            "staging" => Environment::Staging,
            "development" => Environment::Development,
            _ => Environment::None,
        }
    }

    /// The chosen expiry: `None` if it stays, `Some(None)` for never.
    ///
    /// # Errors
    /// When it can't be one; the field says why.
    pub fn expiry(self) -> Result<Option<Option<Timestamp>>, ()> {
        let choice = self.expiry.get_untracked();
        if choice == KEEP {
            return Ok(None);
        }
        let moment = expiry::moment(&choice, &self.date.get_untracked(), self.opened_at);
        self.expiry_error.set(moment.as_ref().err().cloned());
        moment.map(Some).map_err(drop)
    }
}

/// The fields.
#[component]
pub fn KeyFields(
    /// What is in them.
    draft: Draft,
    /// The descriptions of the project's other keys, as far as they are known.
    #[prop(into)]
    others: Callback<(), Vec<String>>,
    /// Whether the key exists already.
    #[prop(optional)]
    exists: bool,
    /// When the key expires now, in words; for a key that exists.
    #[prop(optional, into)]
    present_expiry: Signal<String>,
    /// What the server said of the description.
    #[prop(into)]
    description_error: Signal<Option<String>>,
    /// What the server said of the expiry.
    #[prop(into)]
    server_expiry_error: Signal<Option<String>>,
) -> impl IntoView {
    let description_error = Signal::derive(move || {
        draft
            .description
            .with(|text| check_line(text.trim(), DESCRIPTION_MAX).err())
            .or_else(|| description_error.get())
    });
    let expiry_error = Signal::derive(move || {
        draft
            .expiry_error
            .get()
            .or_else(|| server_expiry_error.get())
    });
    let choices = if exists {
        let mut choices = vec![(KEEP, "As it is")];
        choices.extend(CHOICES);
        choices
    } else {
        CHOICES.to_vec()
    };
    let is_date = move || draft.expiry.with(|choice| choice == ON_A_DATE);
    view! {
        <div class="stack">
            <TextField
                label="Description"
                value=draft.description
                optional=true
                autofocus=true
                error=description_error
                placeholder="Production - Claude Integration"
            />
            <Guidance draft others />
            <Suggestions draft />
            <SelectField label="Environment" value=draft.environment options=ENVIRONMENTS.to_vec() />
            <SelectField
                label="Expires"
                value=draft.expiry
                options=choices
                hint=present_expiry
                error=Signal::derive(move || expiry_error.get().filter(|_| !is_date()))
            />
            <Show when=is_date>
                <TextField
                    label="Last day"
                    value=draft.date
                    kind="date"
                    min=time::date_value(time::now())
                    error=expiry_error
                />
            </Show>
        </div>
    }
    .into_any()
}

/// What could be better about the description, as one types.
#[component]
fn Guidance(draft: Draft, others: Callback<(), Vec<String>>) -> impl IntoView {
    let advice = memo(move || {
        draft.description.with(|text| {
            let is_duplicate = others
                .run(())
                .iter()
                .any(|other| same_description(other, text));
            advise(text, is_duplicate)
                .into_iter()
                .map(|advice| advice.message)
                .collect::<Vec<_>>()
                .join(" ")
        })
    });
    view! {
        <p class="guidance" aria-live="polite" dir="auto" class:good=move || advice.with(String::is_empty)>
            {move || {
                let text = advice.get();
                if text.is_empty() { "A good description.".to_owned() } else { text }
            }}
        </p>
    }
}

/// The seed's examples, one press each.
#[component]
fn Suggestions(draft: Draft) -> impl IntoView {
    let id = unique_id("suggestions");
    let labelled_by = id.clone();
    let chips = SUGGESTIONS
        .into_iter()
        .map(|text| {
            view! {
                <button
                    type="button"
                    class="chip"
                    aria-pressed=move || {
                        if draft.description.with(|now| now == text) { "true" } else { "false" }
                    }
                    on:click=move |_| draft.description.set(text.to_owned())
                >
                    {text}
                </button>
            }
        })
        .collect_view();
    view! {
        <div class="suggestions" role="group" aria-labelledby=labelled_by>
            <span class="hint" id=id>
                "For example"
            </span>
            {chips}
        </div>
    }
}
