//! The one-time dialog: the only moment in which a person sees a key's secret.
//!
//! The secret stands in one place, [`Reveal`]; everything shown or copied is made of it at that moment. Closing
//! wipes it. Nothing of it goes into the address, the history, browser storage or a toast.

mod advice;
mod connect;
mod first_call;
mod gate;
mod snippets;

use latchkey_types::{
    Slug,
    guidance::AdviceCode,
    key::{CreatedKey, Key},
};
use leptos::prelude::*;
use zeroize::Zeroize as _;

use self::{
    advice::{LostHelp, Storage},
    connect::Connect,
    first_call::FirstCall,
    gate::CloseGate,
    snippets::{Connection, env_file, url_with_key},
};
use super::{servers::Expiry, use_project};
use crate::{
    components::{
        Badge, Button, ButtonKind, CopyField, CopyValue, Dialog, Glyph, Notice, RelativeTime, Show,
        Tone, use_toasts,
    },
    core::{
        download::download,
        held::Known,
        leave::guard_leaving,
        secret::{OneTime, mask},
        words,
    },
};

/// The place of one secret, and what belongs to it. Copy it freely.
#[derive(Clone, Copy)]
pub struct Reveal {
    secret: OneTime,
    issued: Known<Issued>,
}

/// What the dialog says beside the secret.
#[derive(Clone)]
struct Issued {
    key: Key,
    endpoint_url: String,
    allow_key_in_url: bool,
    is_rotation: bool,
    /// Another key has the same description: the server's advice, which knows all of them.
    duplicate: Option<String>,
}

impl Reveal {
    /// An empty place.
    #[must_use]
    pub fn new() -> Self {
        Self {
            secret: OneTime::new(),
            issued: Known::new(),
        }
    }

    /// Opens the dialog with what the server has just answered.
    pub fn show(self, created: CreatedKey, is_rotation: bool) {
        let CreatedKey {
            key,
            secret,
            endpoint_url,
            endpoint_url_with_key,
            guidance,
        } = created;
        // It is made again of its parts where it is needed, so that the secret stands in one place only.
        let allow_key_in_url = endpoint_url_with_key.is_some();
        if let Some(mut url) = endpoint_url_with_key {
            url.zeroize();
        }
        self.secret.put(secret);
        let duplicate = guidance
            .into_iter()
            .find(|advice| advice.code == AdviceCode::Duplicate)
            .map(|advice| advice.message);
        self.issued.set(Issued {
            key,
            endpoint_url,
            allow_key_in_url,
            is_rotation,
            duplicate,
        });
    }

    fn close(self) {
        self.secret.wipe();
        self.issued.clear();
    }

    /// Lends the connection, with the secret or a mask of it. `None` after the end.
    fn with_connection<R>(
        self,
        slug: &Slug,
        is_masked: bool,
        make: impl FnOnce(&Connection<'_>) -> R,
    ) -> Option<R> {
        let issued = untrack(|| self.issued.get())?;
        self.secret.with(|secret| {
            let masked = is_masked.then(|| mask(secret));
            make(&Connection {
                slug: slug.as_str(),
                endpoint_url: &issued.endpoint_url,
                secret: masked.as_deref().unwrap_or(secret),
                allow_key_in_url: issued.allow_key_in_url,
            })
        })
    }
}

/// The dialog's place on a page. It shows itself when the secret is there.
#[component]
pub fn OneTimeDialog(
    /// The secret.
    reveal: Reveal,
    /// Called when the secret is gone.
    #[prop(into)]
    on_closed: Callback<()>,
) -> impl IntoView {
    move || {
        // Read once: the dialog of one secret is never made anew.
        reveal.issued.get().map(|issued| {
            view! { <Content reveal issued on_closed /> }
        })
    }
}

#[component]
fn Content(reveal: Reveal, issued: Issued, on_closed: Callback<()>) -> impl IntoView {
    let project = use_project();
    let toasts = use_toasts();
    let slug = StoredValue::new(slug_of(&issued.endpoint_url));
    let is_saved = RwSignal::new(false);
    let is_asking = RwSignal::new(false);

    let close = Callback::new(move |()| {
        reveal.close();
        on_closed.run(());
    });
    // What Esc, the backdrop, X and Back ask.
    let gate = Callback::new(move |()| {
        let may_close = is_saved.get_untracked();
        if !may_close {
            is_asking.set(true);
        }
        may_close
    });
    let guard = guard_leaving(Callback::new(move |()| {
        if gate.run(()) {
            close.run(());
        }
    }));
    let saved = Callback::new(move |()| {
        is_saved.set(true);
        guard.lift();
    });

    let with_connection = move |is_masked: bool, make: fn(&Connection<'_>) -> String| {
        slug.with_value(|slug| {
            let slug = slug.as_ref()?;
            reveal.with_connection(slug, is_masked, make)
        })
        .unwrap_or_default()
    };
    let url = Callback::new(move |is_masked: bool| {
        with_connection(is_masked, |connection| {
            url_with_key(connection)
                .map(|url| url.to_string())
                .unwrap_or_default()
        })
    });
    let save_env = move |()| {
        let text = zeroize::Zeroizing::new(with_connection(false, |connection| {
            env_file(connection).to_string()
        }));
        // A name that began with a dot would lose it on the way.
        let name = slug.with_value(|slug| {
            slug.as_ref()
                .map_or("latchkey.env".to_owned(), |slug| format!("{slug}.env"))
        });
        if download(&name, "text/plain", &text) {
            saved.run(());
            toasts.say("The .env file was handed to your browser's downloads.");
        } else {
            toasts.fail("Your browser did not take the download. Copy the secret instead.");
        }
    };

    let title = if issued.is_rotation {
        "New secret made"
    } else {
        "API key created"
    };
    let key = issued.key.clone();
    let old_ends_at = issued
        .is_rotation
        .then(|| key.secrets.get(1).and_then(|secret| secret.retires_at))
        .flatten();
    view! {
        <Dialog title=title gate=gate on_close=close wide=true>
            <div class="one-time stack">
                <Notice tone=Tone::Warning>
                    <strong>"Save this secret now."</strong>
                    " This is the only time it is shown. It can't be retrieved later."
                </Notice>
                <KeyLine key=key.clone() />
                {issued.duplicate.clone().map(|text| view! {
                    <p class="hint" dir="auto">{text}</p>
                })}
                <CopyField label="Secret" value=reveal.secret autofocus=true on_copied=saved />
                {if issued.allow_key_in_url {
                    view! {
                        <CopyField
                            label="Endpoint URL"
                            value=CopyValue::Made(url)
                            on_copied=saved
                            hint="With the key in it, for clients without headers. Treat it like the secret: \
                                  logs and histories may keep it."
                        />
                    }.into_any()
                } else {
                    view! {
                        <CopyField
                            label="Endpoint URL"
                            value=issued.endpoint_url.clone()
                            hint="This project takes keys in headers only."
                        />
                    }.into_any()
                }}
                <FirstCall
                    path=project.path_now(&format!("/keys/{}/events", key.id))
                    hint=key.hint.clone()
                />
                {old_ends_at.map(|at| view! {
                    <p class="hint">
                        "The old secret still works; it ends " <RelativeTime at=Some(at) /> "."
                    </p>
                })}
                <Connect reveal slug allow_key_in_url=issued.allow_key_in_url on_copied=saved />
                <Storage />
                <LostHelp />
                <div class="actions">
                    <Button icon=Glyph::Download on_press=save_env>
                        "Download .env"
                    </Button>
                    <Button
                        kind=ButtonKind::Primary
                        on_press=move |()| if gate.run(()) { close.run(()) }
                    >
                        {move || if is_saved.get() { "Done" } else { "I have saved it" }}
                    </Button>
                </div>
            </div>
        </Dialog>
        <Show when=is_asking>
            <CloseGate
                on_stay=move |()| is_asking.set(false)
                on_leave=move |()| {
                    is_asking.set(false);
                    close.run(());
                }
            />
        </Show>
    }
    .into_any()
}

/// Which key it is.
#[component]
fn KeyLine(key: Key) -> impl IntoView {
    let environment = words::environment(key.environment);
    view! {
        <p class="key-line">
            {if key.description.is_empty() {
                view! { <span class="faint">"No description"</span> }.into_any()
            } else {
                view! { <strong dir="auto">{key.description}</strong> }.into_any()
            }}
            {(!environment.is_empty()).then(|| view! { <Badge text=environment.to_owned() /> })}
            <span class="hint">
                {match key.expires_at {
                    Some(at) => view! { "Expires " <Expiry at=Some(at) /> }.into_any(),
                    None => "Never expires".into_any(),
                }}
            </span>
        </p>
    }
}

/// The slug within an endpoint URL: `https://keys.example.com/memorylake/mcp/v1`.
fn slug_of(endpoint_url: &str) -> Option<Slug> {
    endpoint_url
        .strip_suffix("/mcp/v1")?
        .rsplit('/')
        .next()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::slug_of;

    #[test]
    fn the_slug_is_read_from_the_endpoint_url() {
        let slug = slug_of("https://keys.example.com/memorylake/mcp/v1");
        assert_eq!(slug.as_ref().map(|slug| slug.as_str()), Some("memorylake"));
        assert!(slug_of("https://keys.example.com/").is_none());
    }
}
