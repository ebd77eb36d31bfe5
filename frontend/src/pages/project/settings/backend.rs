//! What answers behind the endpoint: the built-in memory server, or a server of the team's own with the headers that it
//! wants. Their values are secrets: typed here, sent once, and never seen again.

use latchkey_types::{
    limits::{UPSTREAM_HEADER_NAME_MAX, UPSTREAM_HEADER_VALUE_MAX, UPSTREAM_URL_MAX},
    project::{
        Backend, BackendRequest, BackendTest, Project, UpdateProjectRequest, UpstreamHeaderRequest,
    },
};
use leptos::{html, prelude::*};

use super::{Draft as Settings, Refused, use_saving};
use crate::{
    components::{
        Badge, Button, ButtonKind, Failure, Form, Glyph, Notice, SelectField, Show, TextField,
        Tone, dynamic,
    },
    core::{
        api::{self, ApiFailure},
        held::Rows,
        reactive::watch,
        submission::use_submission,
    },
    pages::project::CurrentProject,
};

const KINDS: [(&str, &str); 2] = [
    ("memory", "Built-in memory server"),
    ("upstream", "Own MCP server"),
];

/// What the form holds.
#[derive(Clone, Copy)]
pub struct Draft {
    kind: RwSignal<String>,
    url: RwSignal<String>,
    headers: Rows<Header>,
    /// What the server answered to a test, in words.
    tested: RwSignal<Option<String>>,
}

/// A header of the calls to the server.
#[derive(Clone, Copy)]
struct Header {
    name: RwSignal<String>,
    /// What was typed.
    value: RwSignal<String>,
    /// Whether Latchkey has a value of it, which stays if none is typed.
    is_stored: bool,
    /// Whether the field for a new value is shown.
    is_open: RwSignal<bool>,
}

impl Header {
    fn new(name: &str, is_stored: bool) -> Self {
        Self {
            name: RwSignal::new(name.to_owned()),
            value: RwSignal::default(),
            is_stored,
            is_open: RwSignal::new(!is_stored),
        }
    }

    /// Lets the typed value go.
    fn wipe(&self) {
        self.value.try_set(String::new());
    }
}

impl Draft {
    /// An empty form, whose values are wiped at the latest when the page is left.
    pub fn new() -> Self {
        let draft = Self {
            kind: RwSignal::default(),
            url: RwSignal::default(),
            headers: Rows::of(Vec::new()),
            tested: RwSignal::default(),
        };
        on_cleanup(move || draft.put_headers(Vec::new()));
        draft
    }

    /// Shows what is stored, in the place of what was typed.
    pub fn take(self, backend: &Backend) {
        let (kind, url, headers) = match backend {
            Backend::Memory {} => (0, "", &[][..]),
            Backend::Upstream { url, headers } => (1, url.as_str(), headers.as_slice()),
        };
        self.kind.set(KINDS[kind].0.to_owned());
        self.url.set(url.to_owned());
        let headers = headers
            .iter()
            .map(|header| Header::new(&header.name, header.is_set));
        self.put_headers(headers.collect());
        self.tested.set(None);
    }

    fn put_headers(self, headers: Vec<Header>) {
        self.headers.update(|shown| {
            shown.iter().for_each(Header::wipe);
            *shown = headers;
        });
    }

    fn request(self) -> UpdateProjectRequest {
        let backend = if self.kind.get_untracked() == KINDS[0].0 {
            BackendRequest::Memory {}
        } else {
            let request = |header: &Header| {
                let value = header.value.get_untracked().trim().to_owned();
                UpstreamHeaderRequest {
                    name: header.name.get_untracked().trim().to_owned(),
                    value: (!header.is_stored || !value.is_empty()).then_some(value),
                }
            };
            let headers = self.headers;
            BackendRequest::Upstream {
                url: self.url.get_untracked().trim().to_owned(),
                headers: untrack(|| headers.with(|all| all.into_iter().map(request).collect())),
            }
        };
        UpdateProjectRequest {
            backend: Some(backend),
            ..UpdateProjectRequest::default()
        }
    }
}

/// The panel.
#[component]
pub fn BackendForm(project: CurrentProject, draft: Settings) -> impl IntoView {
    let take = |draft: Settings, saved: &Project| draft.backend.take(&saved.backend);
    let saving = use_saving(project, draft, take, "Backend saved.");
    let Draft {
        kind,
        url,
        headers,
        tested,
    } = draft.backend;
    let is_good = RwSignal::new(false);
    let testing = use_submission(
        move |()| {
            tested.set(None);
            api::post(&project.path_now("/backend/test"))
        },
        move |answer: BackendTest| {
            is_good.set(answer.ok);
            tested.set(Some(in_words(answer)));
        },
    );
    let failure = saving.failure;
    // What the server misses gets its field.
    watch(move || {
        failure.track();
        untrack(|| {
            headers.with(|all| {
                for (at, header) in all.into_iter().enumerate() {
                    if error_of(failure, at, "").is_some() {
                        header.is_open.set(true);
                    }
                }
            });
        });
    });
    let add_button = NodeRef::<html::Button>::new();
    let remove = move |at: usize| {
        // The places in it are those of before.
        failure.set(None);
        headers.update(|headers| headers.remove(at).wipe());
        if let Some(button) = add_button.get_untracked() {
            let _ = button.focus();
        }
    };
    let rows = move || {
        headers.with(|all| {
            let rows = all.into_iter().enumerate();
            rows.map(|(at, header)| {
                header_row(failure, at, *header, Callback::new(move |()| remove(at)))
            })
            .collect_view()
            .into_any()
        })
    };
    view! {
        <Form class="panel stack settings" on_send=move |()| saving.send(draft.backend.request())>
            <h2>"What answers behind the endpoint"</h2>
            <SelectField
                label="Backend"
                value=kind
                options=KINDS.to_vec()
                hint="Calls to an own server carry the headers below, and never the caller's key."
            />
            <Show when=move || kind.with(|kind| kind == KINDS[1].0)>
                <TextField
                    label="URL of the MCP server"
                    value=url
                    kind="url"
                    max=UPSTREAM_URL_MAX
                    placeholder="https://mcp.example.com/mcp"
                    error=saving.field("/backend/url")
                />
                {dynamic(rows)}
                <Button
                    node=add_button
                    icon=Glyph::Plus
                    on_press=move |()| headers.update(|headers| headers.push(Header::new("", false)))
                >
                    "Add header"
                </Button>
            </Show>
            <Refused project draft saving shown=&["/backend/url", "/backend/headers/"] />
            <div class="actions">
                <Button kind=ButtonKind::Primary submit=true busy=saving.is_busy()>
                    "Save backend"
                </Button>
                <Show when=move || project.is_upstream()>
                    <Button busy=testing.is_busy() on_press=move |()| testing.send(())>
                        "Test connection"
                    </Button>
                </Show>
            </div>
            <Failure text=testing.message(&[]) />
            {dynamic(move || tested.get().map(|text| view! {
                <Notice tone=if is_good.get_untracked() { Tone::Good } else { Tone::Danger } live=true>
                    <span dir="auto">{text}</span>
                </Notice>
            }).into_any())}
        </Form>
    }
    .into_any()
}

/// A header: its name and the field for its value, or that it has one.
fn header_row(
    failure: RwSignal<Option<ApiFailure>>,
    at: usize,
    header: Header,
    remove: Callback<()>,
) -> AnyView {
    let Header {
        name,
        value,
        is_stored,
        is_open,
    } = header;
    let known = name.get_untracked();
    // Whoever asked for a field goes on in it.
    let field = NodeRef::<html::Input>::new();
    watch(move || {
        if let Some(field) = field.get() {
            let _ = field.focus();
        }
    });
    let (name_field, value_field, label, part) = if is_stored {
        // There is no field for its name, so the other one says what is wrong with it.
        let shown = view! { <code>{known.clone()}</code> }.into_any();
        (shown, field, format!("New value of {known}"), "")
    } else {
        let error = Signal::derive(move || error_of(failure, at, "name"));
        let shown = view! {
            <TextField
                label="Header"
                value=name
                code=true
                max=UPSTREAM_HEADER_NAME_MAX
                error
                node=field
            />
        };
        (
            shown.into_any(),
            NodeRef::new(),
            "Value".to_owned(),
            "value",
        )
    };
    let error = Signal::derive(move || error_of(failure, at, part));
    view! {
        <div class="upstream-header" role="group" aria-label=format!("Header {}", at + 1)>
            {name_field}
            <Show
                when=is_open
                fallback=move || view! {
                    <Badge tone=Tone::Good text="Set".to_owned() />
                    <Button on_press=move |()| is_open.set(true)>"Replace"</Button>
                }
            >
                <TextField
                    label=label.clone()
                    value
                    kind="password"
                    optional=is_stored
                    autocomplete="new-password"
                    max=UPSTREAM_HEADER_VALUE_MAX
                    error
                    node=value_field
                />
            </Show>
            <Button
                kind=ButtonKind::Bare
                icon=Glyph::Trash
                label=format!("Remove header {known}")
                on_press=remove
            />
        </div>
    }
    .into_any()
}

/// What is wrong with a part of a header. Reactive.
fn error_of(failure: RwSignal<Option<ApiFailure>>, at: usize, part: &str) -> Option<String> {
    failure.with(|failure| {
        let detail = failure
            .as_ref()?
            .field(&format!("/backend/headers/{at}/{part}"))?;
        Some(detail.to_owned())
    })
}

/// What came of a test.
fn in_words(test: BackendTest) -> String {
    if let Some(problem) = test.problem {
        return problem;
    }
    let plural = if test.tools == 1 { "" } else { "s" };
    format!(
        "{} {} answered in {} ms. Protocol {}, {} tool{plural}.",
        test.server_name
            .as_deref()
            .unwrap_or("A server without a name"),
        test.server_version.unwrap_or_default(),
        test.duration_ms,
        test.protocol_version.unwrap_or_default(),
        test.tools,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(tools: u32, problem: Option<&str>) -> BackendTest {
        BackendTest {
            ok: problem.is_none(),
            server_name: Some("Example MCP".to_owned()),
            server_version: Some("1.4.0".to_owned()),
            protocol_version: Some("2026-07-28".to_owned()),
            tools,
            duration_ms: 48,
            problem: problem.map(str::to_owned),
        }
    }

    #[test]
    fn a_test_says_who_answered_or_what_is_wrong() {
        assert_eq!(
            in_words(test(5, None)),
            "Example MCP 1.4.0 answered in 48 ms. Protocol 2026-07-28, 5 tools."
        );
        assert!(in_words(test(1, None)).ends_with(", 1 tool."));
        assert_eq!(
            in_words(test(0, Some("Nobody is there."))),
            "Nobody is there."
        );
    }
}
