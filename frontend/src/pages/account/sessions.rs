//! Where the person is signed in.

use latchkey_types::{SessionId, page::SessionPage, session::Session};
use leptos::prelude::*;

use crate::{
    components::{
        Badge, Button, Cell, Empty, LoadableList, RelativeTime, Row, Show, Table, Tone, rows,
        use_toasts,
    },
    core::{
        api,
        paged::use_paged,
        reactive::{memo, watch},
        submission::{Submission, use_submission},
    },
};

/// The person's sessions, each to be ended.
#[component]
pub fn Sessions() -> impl IntoView {
    let toasts = use_toasts();
    let list = use_paged::<SessionPage>(|| "/me/sessions".to_owned());
    let end_one = use_submission(
        |id: SessionId| api::delete(&format!("/me/sessions/{id}")),
        move |()| {
            list.reload();
            toasts.say("Session ended.");
        },
    );
    let end_others = use_submission(
        |()| api::delete("/me/sessions"),
        move |()| {
            list.update(|rows| rows.retain(|session| session.is_current));
            toasts.say("All other sessions ended.");
        },
    );
    watch(move || {
        for failure in [end_one.failure.get(), end_others.failure.get()]
            .into_iter()
            .flatten()
        {
            toasts.fail(failure.sentence());
        }
    });
    let has_others = memo(move || {
        list.rows
            .with(|rows| rows.iter().any(|row| !row.is_current))
    });
    view! {
        <section class="panel stack" aria-labelledby="sessions">
            <div class="section-head">
                <h2 id="sessions">"Sessions"</h2>
                <Show when=has_others>
                    <Button busy=end_others.is_busy() on_press=move |()| end_others.send(())>
                        "End all others"
                    </Button>
                </Show>
            </div>
            <LoadableList of=list empty=|| view! { <Empty title="No sessions" /> } let:sessions>
                <Table label="Sessions" columns=vec!["Browser", "Address", "Signed in", "Last seen", ""]>
                    {rows(
                        sessions,
                        |session| format!("{} {}", session.id, session.last_seen_at),
                        move |session| {
                            view! {
                                <SessionRow session=session end=end_one />
                            }
                            .into_any()
                        },
                    )}
                </Table>
            </LoadableList>
        </section>
    }
    .into_any()
}

#[component]
fn SessionRow(session: Session, end: Submission<SessionId>) -> impl IntoView {
    let agent = session.user_agent.unwrap_or_default();
    let browser = browser_name(&agent);
    let id = session.id;
    let label = format!("End the session in {browser}");
    view! {
        <Row>
            <Cell label="Browser" main=true>
                <span title=agent>{browser}</span>
                {session
                    .is_current
                    .then(|| view! { <Badge tone=Tone::Good text="This one".to_owned() /> })}
            </Cell>
            <Cell label="Address">{session.ip.unwrap_or_else(|| "Unknown".to_owned())}</Cell>
            <Cell label="Signed in">
                <RelativeTime at=Some(session.created_at) />
            </Cell>
            <Cell label="Last seen">
                <RelativeTime at=Some(session.last_seen_at) />
            </Cell>
            <Cell actions=true>
                {(!session.is_current)
                    .then(|| {
                        view! {
                            <Button label=label busy=end.is_busy() on_press=move |()| end.send(id)>
                                "End"
                            </Button>
                        }
                    })}
            </Cell>
        </Row>
    }
    .into_any()
}

/// A browser's name out of how it describes itself; the whole description is on hover.
fn browser_name(agent: &str) -> String {
    // The order matters: each of these names those after it, too.
    let browsers = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ];
    let systems = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let found = |known: &[(&str, &'static str)]| {
        known
            .iter()
            .find(|(sign, _)| agent.contains(sign))
            .map(|(_, name)| *name)
    };
    match (found(&browsers), found(&systems)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, _) if agent.is_empty() => "Unknown browser".to_owned(),
        (None, _) => agent.chars().take(40).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::browser_name;

    #[test]
    fn browsers_are_told_apart() {
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36";
        assert_eq!(browser_name(chrome), "Chrome on Linux");
        assert_eq!(
            browser_name(&format!("{chrome} Edg/140.0")),
            "Edge on Linux"
        );
        assert_eq!(browser_name("curl/8.5.0"), "curl");
        assert_eq!(browser_name(""), "Unknown browser");
        assert_eq!(browser_name("Something/1"), "Something/1");
    }
}
