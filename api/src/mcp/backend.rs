//! What answers behind an endpoint: the built-in memory server, or the team's own.

use std::pin::Pin;

use actix_web::{
    body::BodySize,
    http::{
        Method, StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
    web::Bytes,
};
use futures_util::{Stream, StreamExt as _, stream};
use latchkey_gate::{Pass, ProjectSettings};
use latchkey_keys::KeyRing;
use latchkey_mcp::{
    Era, Kind as MessageKind, MODERN, Refusal,
    memory::{self, Outcome},
    session::{Scope, SessionSeal},
};
use latchkey_types::{
    ProjectId,
    insight::CallOutcome,
    project::{Backend, BackendTest},
};

use super::{
    body::Body,
    endpoint::{SESSION, Visit, header_of},
    live::Kind,
    memories::{ProjectMemories, holder},
    upstream::{OnBehalf, Outgoing, Target, UpstreamFault},
};
use crate::{http::guard::Call, upstream_headers};

/// What answers.
pub enum Behind {
    /// The memory server.
    Memory,
    /// The team's own.
    Upstream(Box<Target>),
}

/// An answer, whose body has not been waited for.
pub struct Answered {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Its body.
    pub body: Pin<Box<dyn Stream<Item = Result<Bytes, Fault>>>>,
    /// What the body is.
    pub kind: Kind,
    /// How the call went, where the status doesn't tell.
    pub outcome: Option<CallOutcome>,
}

type Fault = Box<dyn std::error::Error>;

/// What answers for the project of this key.
///
/// # Errors
/// When its settings can't be used.
pub fn of(call: &Call, pass: &Pass) -> Result<Behind, Refusal> {
    // At each call again: kept, an opened credential would stay in memory after its owner has removed it.
    let settings = pass.project().settings();
    match target(&call.app.ring, pass.project_id(), &settings) {
        Ok(None) => Ok(Behind::Memory),
        Ok(Some(target)) => Ok(Behind::Upstream(Box::new(target))),
        Err(Unusable) => Err(Refusal::bad_gateway(
            "upstream_unusable",
            "This project's MCP server is not set up correctly. Ask an owner of the project to save its settings again.",
        )),
    }
}

/// A project's backend can't be read, or its headers not be opened with this master key.
#[derive(Debug)]
pub struct Unusable;

/// Where a project's own server is, and what it is sent; `None` where the memory server answers.
///
/// # Errors
/// When the settings can't be used.
pub fn target(
    ring: &KeyRing,
    project: ProjectId,
    settings: &ProjectSettings,
) -> Result<Option<Target>, Unusable> {
    match serde_json::from_str(&settings.backend).map_err(|_| Unusable)? {
        Backend::Memory {} => Ok(None),
        Backend::Upstream { url, .. } => {
            let sealed = settings.upstream_headers.as_deref();
            let headers = upstream_headers::open(ring, project, &url, sealed).ok_or(Unusable)?;
            let headers = headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()));
            Target::new(&url, headers).map(Some).map_err(|_| Unusable)
        }
    }
}

/// What the test of a connection to the memory server would say.
#[must_use]
pub fn memory_test() -> BackendTest {
    BackendTest {
        ok: true,
        server_name: Some(memory::NAME.to_owned()),
        server_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        protocol_version: Some(MODERN.to_owned()),
        tools: memory::tool_count(),
        duration_ms: 0,
        problem: None,
    }
}

/// Lets the memory server answer.
///
/// # Errors
/// When it has no such method, or the database doesn't answer.
pub async fn remember(
    visit: &Visit<'_>,
    era: Era,
    body: Option<Body>,
) -> Result<Answered, Refusal> {
    // It opens no stream and keeps no session.
    let Some(body) = body else {
        return Err(Refusal::method_not_allowed("POST"));
    };
    let (app, pass) = (visit.call.app.clone(), visit.pass.clone());
    let message = body.message.clone();
    let body = body.joined();
    let holder = holder(&pass, visit.hint.clone());
    let mut memories = ProjectMemories::new(app.store.clone(), pass);
    let waits = memory::needs_memories(&message);
    let mut answer = move || memory::answer(era, &message, &body, &holder, &mut memories);
    let answer = match waits {
        true => app
            .block(move || Ok(answer()))
            .await
            .map_err(|_| Refusal::unavailable())?,
        false => answer(),
    };
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let outcome = match answer.outcome {
        Outcome::Ok => CallOutcome::Ok,
        Outcome::Error => CallOutcome::Error,
        Outcome::KeyEnded => CallOutcome::Ended,
    };
    let mut headers = Vec::new();
    if answer.body.is_some() {
        headers.push((
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        ));
    }
    if let Some(seconds) = answer.retry_after_seconds {
        headers.push((header::RETRY_AFTER, seconds.into()));
    }
    let text = Bytes::from(answer.body.unwrap_or_default());
    let size = BodySize::Sized(text.len() as u64);
    let words = (!text.is_empty()).then_some(Ok(text));
    Ok(Answered {
        status,
        headers,
        body: stream::iter(words).boxed_local(),
        kind: Kind::Whole(size),
        outcome: Some(outcome),
    })
}

/// Passes the call on to the team's own server, and its answer back as it comes.
///
/// # Errors
/// What kept it from answering, as an answer to the message.
pub async fn forward(
    visit: &Visit<'_>,
    target: &Target,
    body: Option<Body>,
) -> Result<Answered, Refusal> {
    let call = visit.call;
    let (id, is_request) = match &body {
        Some(body) => (
            body.message.id.clone(),
            body.message.kind == MessageKind::Request,
        ),
        None => (None, false),
    };
    let settings = visit.pass.project().settings();
    let seal = seal(&call.app.ring);
    let (project, key) = (
        visit.pass.project_id().to_string(),
        visit.pass.key_id().to_string(),
    );
    let scope = Scope {
        project: &project,
        backend_version: backend_version(&settings),
        key: &key,
    };
    let session = match header_of(call, SESSION)? {
        Some(sealed) => Some(
            seal.open(&scope, sealed)
                .ok_or_else(|| Refusal::unknown_session().answering(id.as_deref()))?,
        ),
        None => None,
    };
    let outgoing = Outgoing {
        method: call.request.method().clone(),
        headers: call.request.headers(),
        body: body.map(|body| body.chunks).unwrap_or_default(),
        session_id: session.as_deref(),
        on_behalf: Some(OnBehalf {
            key_id: visit.pass.key_id(),
            project_id: visit.pass.project_id(),
        }),
    };
    let refuse = |fault: &UpstreamFault| {
        let refusal = match fault.status() {
            504 => Refusal::gateway_timeout(fault.code(), fault.for_caller()),
            _ => Refusal::bad_gateway(fault.code(), fault.for_caller()),
        };
        if is_request {
            refusal.answering(id.as_deref())
        } else {
            refusal
        }
    };
    let incoming = call
        .app
        .upstreams
        .call(target, outgoing)
        .await
        .map_err(|fault| {
            tracing::info!(project.id = %project, fault = fault.code(), "the upstream did not answer");
            refuse(&fault)
        })?;
    let mut headers: Vec<_> = incoming
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if let Some(session) = incoming.session_id {
        let odd =
            || Refusal::bad_gateway("upstream_bad_answer", UpstreamFault::BadAnswer.for_caller());
        let sealed = seal.seal(&scope, &session).map_err(|_| odd())?;
        let value = HeaderValue::from_str(&sealed).map_err(|_| odd())?;
        headers.push((HeaderName::from_static(SESSION), value));
    }
    let is_events = incoming
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|kind| {
            kind.trim_start()
                .to_ascii_lowercase()
                .starts_with("text/event-stream")
        });
    let kind = if is_events && call.request.method() != Method::DELETE {
        Kind::Events
    } else {
        Kind::Whole(
            incoming
                .body
                .length()
                .map_or(BodySize::Stream, BodySize::Sized),
        )
    };
    Ok(Answered {
        status: incoming.status,
        headers,
        body: incoming
            .body
            .map(|chunk| chunk.map_err(Fault::from))
            .boxed_local(),
        kind,
        outcome: None,
    })
}

/// Sessions are bound to a project's backend: with another one the old ids open nothing.
fn backend_version(settings: &ProjectSettings) -> i64 {
    // Not the project's version, which a new name would change, too.
    let digest = settings
        .backend
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    i64::from_ne_bytes(digest.to_ne_bytes())
}

fn seal(ring: &KeyRing) -> SessionSeal<impl Fn(&[&[u8]]) -> [u8; 32]> {
    SessionSeal::new(|parts| *ring.mcp_session.digest_parts(parts).as_bytes())
}
