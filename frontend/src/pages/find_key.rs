//! A secret was found somewhere: which key is it, and what to do about it?

mod found;

use latchkey_types::verify::{VerifyRequest, VerifyResult};
use leptos::prelude::*;

use crate::{
    components::{Button, ButtonKind, Failure, Form, PageHead, TextField},
    core::{api, held::Known, submission::use_submission},
};
use found::Found;

/// Paste a secret, see which key it is, revoke it.
#[component]
pub fn FindKey() -> impl IntoView {
    let text = RwSignal::new(String::new());
    let result = Known::<VerifyResult>::new();
    let problem = RwSignal::new(None::<String>);
    let find = use_submission(
        |request: VerifyRequest| api::post("/keys/verify").json(&request),
        move |answer: VerifyResult| {
            // It is known now; nothing on the page needs the secret any more.
            text.set(String::new());
            result.set(answer);
        },
    );
    let send = move |()| {
        result.clear();
        let secret = text.with_untracked(|text| secret_in(text).to_owned());
        let wrong = refusal(&secret);
        problem.set(wrong.map(str::to_owned));
        if wrong.is_none() {
            find.send(VerifyRequest {
                key: secret,
                project: None,
            });
        }
    };
    let server_says = find.field("/key");
    let error = Signal::derive(move || problem.get().or_else(|| server_says.get()));
    let message = find.message(&["/key"]);
    view! {
        <PageHead
            title="Find a key"
            lead="Found a secret in a log, a chat or a repository? Paste it here to see which key it is, and to revoke it."
        />
        <Form class="panel stack" on_send=send>
            <TextField
                label="Secret or endpoint URL"
                kind="password"
                code=true
                value=text
                placeholder="lk_…"
                hint="It is sent to this server only, and kept nowhere."
                error=error
            />
            <Failure text=message />
            <div class="actions start">
                <Button kind=ButtonKind::Primary submit=true busy=find.is_busy()>
                    "Find the key"
                </Button>
            </div>
        </Form>
        <div aria-live="polite">
            {move || result.get().map(|result| view! { <Found result=result /> })}
        </div>
    }
    .into_any()
}

/// The secret in what was pasted: itself, a URL with `apikey=`, a header line.
fn secret_in(text: &str) -> &str {
    let text = text.trim();
    let Some(start) = text.find("lk_").or_else(|| text.find("lkm_")) else {
        return text;
    };
    let rest = &text[start..];
    let end = rest
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .unwrap_or(rest.len());
    &rest[..end]
}

/// Why something is certainly no secret of a key.
fn refusal(secret: &str) -> Option<&'static str> {
    if secret.starts_with("lkm_") {
        Some("This is a management token. Whoever made it revokes it under Account.")
    } else if !secret.starts_with("lk_") {
        Some("This is no secret of Latchkey: those begin with lk_.")
    } else if secret.contains('…') || secret.len() < 12 {
        Some("This is only a part of a secret. Paste all of it.")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "lk_EXAMPLEexampleEXAMPLEexample0000a1B2";

    #[test]
    fn the_secret_is_found_in_what_was_pasted() {
        for text in [
            SECRET.to_owned(),
            format!("  {SECRET}\n"),
            format!("https://keys.example.com/lake/mcp/v1?apikey={SECRET}&x=1"),
            format!("Authorization: Bearer {SECRET}"),
            format!("LAKE_KEY=\"{SECRET}\""),
        ] {
            assert_eq!(secret_in(&text), SECRET);
        }
    }

    #[test]
    fn what_is_no_secret_is_not_sent() {
        assert_eq!(refusal(SECRET), None);
        for wrong in [
            "",
            "hello",
            "lk_",
            "lkm_EXAMPLEexampleEXAMPLEexample0000a1B2",
        ] {
            assert!(refusal(wrong).is_some(), "{wrong}");
        }
    }
}
