//! Management tokens: what the person's scripts sign in with.

use latchkey_types::{Timestamp, page::TokenPage, token::Token};
use leptos::prelude::*;

use super::new_token::NewToken;
use crate::{
    components::{
        Badge, Button, ButtonKind, Cell, Confirm, Empty, Glyph, LoadableList, RelativeTime, Row,
        Show, Table, Tone, rows, use_toasts,
    },
    core::{
        api,
        paged::{Paged, use_paged},
        submission::use_submission,
        time, words,
    },
};

/// The person's tokens, to make and to revoke.
#[component]
pub fn Tokens() -> impl IntoView {
    let list = use_paged::<TokenPage>(|| "/me/tokens".to_owned());
    let is_adding = RwSignal::new(false);
    view! {
        <section class="panel stack" aria-labelledby="tokens">
            <div class="section-head">
                <h2 id="tokens">"Management tokens"</h2>
                <Button icon=Glyph::Plus on_press=move |()| is_adding.set(true)>
                    "New token"
                </Button>
            </div>
            <p class="lead">
                "For scripts that manage projects and keys through the " <a href="/docs/" rel="external">"API"</a>
                ". A token can do what you can, and no more than its permissions."
            </p>
            <LoadableList of=list empty=|| view! { <Empty title="No tokens yet" /> } let:tokens>
                <Table label="Management tokens" columns=vec!["Name", "Token", "May", "Made", "Expires", ""]>
                    {rows(
                        tokens,
                        |token| format!("{} {}", token.id, token.revoked_at.is_some()),
                        move |token| view! { <TokenRow token=token list=list /> }.into_any(),
                    )}
                </Table>
            </LoadableList>
        </section>
        <Show when=is_adding>
            <NewToken
                on_made=move |()| list.reload()
                on_close=move |()| is_adding.set(false)
            />
        </Show>
    }
    .into_any()
}

#[component]
fn TokenRow(token: Token, list: Paged<Token>) -> impl IntoView {
    let toasts = use_toasts();
    let id = token.id;
    let is_asking = RwSignal::new(false);
    let revoke = use_submission(
        move |()| api::delete(&format!("/me/tokens/{id}")),
        move |()| {
            is_asking.set(false);
            list.reload();
            toasts.say("Token revoked. Scripts that use it get 401 from now on.");
        },
    );
    let permissions: Vec<&str> = token
        .permissions
        .iter()
        .map(|&permission| words::permission(permission))
        .collect();
    let label = format!("Revoke {}", token.name);
    let title = format!("Revoke “{}”?", token.name);
    let is_over = is_over(&token, time::now());
    view! {
        <Row faint=is_over>
            <Cell label="Name" main=true>
                <span dir="auto">{token.name}</span>
                {token
                    .revoked_at
                    .map(|_| view! { <Badge tone=Tone::Danger text="Revoked".to_owned() /> })}
            </Cell>
            <Cell label="Token">
                <code>{token.hint}</code>
            </Cell>
            <Cell label="May">{permissions.join(", ")}</Cell>
            <Cell label="Made">
                <RelativeTime at=Some(token.created_at) />
            </Cell>
            <Cell label="Expires">
                <RelativeTime at=token.expires_at />
            </Cell>
            <Cell actions=true>
                {token
                    .revoked_at
                    .is_none()
                    .then(|| {
                        view! {
                            <Button
                                kind=ButtonKind::Bare
                                icon=Glyph::Trash
                                label=label
                                on_press=move |()| {
                                    revoke.failure.set(None);
                                    is_asking.set(true);
                                }
                            />
                        }
                    })}
                <Show when=is_asking>
                    <Confirm
                        title=title.clone()
                        action="Revoke token"
                        danger=true
                        busy=revoke.is_busy()
                        error=revoke.message(&[])
                        on_confirm=move |()| revoke.send(())
                        on_close=move |()| is_asking.set(false)
                    >
                        <p>"Scripts that use this token get 401 from the moment this finishes. It can't be undone."</p>
                    </Confirm>
                </Show>
            </Cell>
        </Row>
    }
    .into_any()
}

fn is_over(token: &Token, now: Timestamp) -> bool {
    token.revoked_at.is_some() || token.expires_at.is_some_and(|at| at <= now)
}
