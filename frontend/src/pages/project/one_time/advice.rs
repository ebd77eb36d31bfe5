//! Where to keep a secret, and what to do when it is lost.

use leptos::prelude::*;

use crate::components::{Glyph, Icon};

/// The storage advice, short.
#[component]
pub fn Storage() -> impl IntoView {
    view! {
        <details class="advice" open>
            <summary>"Where to keep it"</summary>
            <ul>
                <li class="do">
                    <Icon glyph=Glyph::Check />
                    <span>"A password manager: 1Password, LastPass, Bitwarden"</span>
                </li>
                <li class="do">
                    <Icon glyph=Glyph::Check />
                    <span>"Environment variables: a .env file that .gitignore lists"</span>
                </li>
                <li class="do">
                    <Icon glyph=Glyph::Check />
                    <span>"A secrets manager: AWS Secrets Manager, Azure Key Vault"</span>
                </li>
                <li class="dont">
                    <Icon glyph=Glyph::Close />
                    <span>"Not in Git, not in code, not in a chat or an e-mail"</span>
                </li>
            </ul>
        </details>
    }
}

/// What to do when the secret is gone, and where that and the API are described.
#[component]
pub fn LostHelp() -> impl IntoView {
    view! {
        <p class="hint lost">
            <strong>"Lost it? Rotate or delete."</strong>
            " Both are in the key's menu in the list: rotating gives the same key a new secret. "
            {new_tab("/docs/guide/", "Guide")}
            " "
            {new_tab("/docs/", "API reference")}
        </p>
    }
}

/// A link that leaves the dialog as it is.
fn new_tab(href: &'static str, label: &'static str) -> impl IntoView {
    view! {
        <a href=href target="_blank" rel="external noopener">
            {label}
            <Icon glyph=Glyph::External />
            <span class="spoken">" (opens in a new tab)"</span>
        </a>
    }
    .into_any()
}
