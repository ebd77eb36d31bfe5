//! Ready snippets for each client.

use latchkey_types::Slug;
use leptos::prelude::*;

use super::{
    Reveal,
    snippets::{Client, Form, Snippet, snippets},
};
use crate::components::{Badge, CopyField, CopyValue, Notice, Tab, Tabs, Tone};

/// A tab for each client.
#[component]
pub fn Connect(
    /// The secret.
    reveal: Reveal,
    /// The project's slug.
    slug: StoredValue<Option<Slug>>,
    /// Whether the project takes keys in URLs.
    allow_key_in_url: bool,
    /// Called when a text with the secret in it was copied.
    on_copied: Callback<()>,
) -> impl IntoView {
    let tabs = Client::ALL
        .map(|client| Tab {
            id: client.id(),
            label: client.name(),
        })
        .to_vec();
    let selected = RwSignal::new(Client::ClaudeCode.id().to_owned());
    view! {
        <section class="connect" aria-label="Connect">
            <h3>"Connect"</h3>
            <Tabs label="Client" tabs selected children=move |id| {
                let client = Client::ALL.into_iter().find(|client| client.id() == id);
                client.map(|client| view! {
                    <ClientPanel reveal slug client allow_key_in_url on_copied />
                })
            } />
        </section>
    }
    .into_any()
}

#[component]
fn ClientPanel(
    reveal: Reveal,
    slug: StoredValue<Option<Slug>>,
    client: Client,
    allow_key_in_url: bool,
    on_copied: Callback<()>,
) -> impl IntoView {
    let make = move |is_masked: bool| -> Vec<Snippet> {
        slug.with_value(|slug| {
            let slug = slug.as_ref()?;
            reveal.with_connection(slug, is_masked, |connection| snippets(client, connection))
        })
        .unwrap_or_default()
    };
    let masked = make(true);
    if masked.is_empty() && !allow_key_in_url {
        return view! {
            <Notice tone=Tone::Info>
                "This client takes a URL and no headers, and this project takes no keys in URLs. Use it via \
                 mcp-remote, or ask an owner to allow keys in URLs under Settings."
            </Notice>
        }
        .into_any();
    }
    masked
        .into_iter()
        .enumerate()
        .map(|(place, snippet)| {
            let holds_secret = snippet.holds_secret;
            let text = Callback::new(move |is_masked: bool| {
                let mut all = make(is_masked);
                if place < all.len() {
                    all.swap_remove(place).text.to_string()
                } else {
                    String::new()
                }
            });
            let value = if holds_secret {
                CopyValue::Made(text)
            } else {
                CopyValue::from(snippet.text.to_string())
            };
            let hint = (!snippet.note.is_empty()).then(|| snippet.note.to_owned());
            let copied = Callback::new(move |()| {
                // A text without the secret saves nothing.
                if holds_secret {
                    on_copied.run(());
                }
            });
            view! {
                <div class="snippet" class:url-form=snippet.form == Form::Url>
                    {(snippet.form == Form::Url).then(|| view! {
                        <Badge tone=Tone::Warning text="For clients without headers".to_owned() />
                    })}
                    <CopyField label=snippet.place value block=true on_copied=copied />
                    {hint.map(|text| view! { <p class="hint">{text}</p> })}
                </div>
            }
        })
        .collect_view()
        .into_any()
}
