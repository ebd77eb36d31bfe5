//! One call of a project's MCP endpoint, from its first header to the answer's last byte.

use std::rc::Rc;

use actix_web::{
    HttpResponse,
    body::BoxBody,
    http::{Method, StatusCode, header},
    web::{Bytes, Payload},
};
use latchkey_gate::{Pass, Refusal as GateRefusal, Verdict, Wanted};
use latchkey_mcp::{
    Era, Kind as MessageKind, Message, Refusal,
    era::{check_bodiless, era},
    headers::{ModernHeaders, accepts, check_modern, single},
};
use latchkey_types::{Slug, insight::CallOutcome, key::Via, verify::VerifyCode};

use super::{
    backend::{self, Answered, Behind},
    body::Body,
    connection::Connection,
    live::{Kind, LastWords, Live, LiveBody},
    origin::{self, From},
    record::Record,
};
use crate::{
    clock,
    handlers::verify::sentence,
    http::{
        asked::{self, Who},
        guard::Call,
        key_source::{self, NoKey},
    },
};

/// The header with a session's id, in the legacy era.
pub const SESSION: &str = "mcp-session-id";
/// The header with the protocol's version.
pub const VERSION: &str = "mcp-protocol-version";

/// A call that was let in, while it is under way.
pub struct Visit<'a> {
    /// The request.
    pub call: &'a Call,
    /// The key that it came with.
    pub pass: Pass,
    /// What people recognise its secret by.
    pub hint: String,
    /// Ends when the key's access does.
    pub live: Live,
    /// What will be remembered of it.
    pub record: Record,
    /// The request that is owed an answer: its id, as it stood in the body.
    pub id: Option<String>,
}

/// Answers a call. A refusal is an answer, too.
pub async fn answer(call: &Call, slug: &str, payload: Payload) -> HttpResponse {
    let from = From::of(call, slug);
    let mut response = if matches!(from, From::Foreign) {
        refused(Refusal::origin())
    } else if call.request.method() == Method::OPTIONS {
        origin::preflight()
    } else {
        visit(call, slug, payload).await
    };
    from.allow(response.headers_mut());
    response
}

async fn visit(call: &Call, slug: &str, payload: Payload) -> HttpResponse {
    let method = call.request.method();
    if !matches!(*method, Method::POST | Method::GET | Method::DELETE) {
        return refused(Refusal::method_not_allowed("POST, GET, DELETE"));
    }
    match admit(call, slug) {
        Err(refusal) => refused(refusal),
        Ok(visit) if *method == Method::POST => post(visit, payload).await,
        Ok(visit) => other(visit).await,
    }
}

/// Checks the key, and registers the call where a revoke finds it.
fn admit<'a>(call: &'a Call, slug: &str) -> Result<Visit<'a>, Refusal> {
    // A refusal names the realm. What can't be a slug may be a key in its place, and is not repeated.
    let realm = slug.parse::<Slug>().map_or("latchkey", |_| slug);
    let (pass, via, hint) = check(call, slug, realm)?;
    let gate = &call.app.gate;
    let open = gate.open(&pass, clock::now()).map_err(|why| match why {
        GateRefusal::NotServing => Refusal::unavailable(),
        GateRefusal::Code(code) => bad_key(call, realm, code, sentence(code)),
    })?;
    if gate.open_calls_of(pass.key_id()) > call.app.config.mcp_calls_per_key as usize {
        return Err(Refusal::too_many_calls(call.app.config.mcp_calls_per_key));
    }
    let used = key_source::used(call.request.headers(), via, call.ip, call.now);
    let record = Record::new(
        call.app.recent.clone(),
        pass.clone(),
        call.now,
        via,
        call.request.method().as_str(),
        used.client,
    );
    let connection = call.request.conn_data::<Rc<Connection>>().cloned();
    Ok(Visit {
        call,
        pass,
        hint,
        live: Live::keep(open, connection),
        record,
        id: None,
    })
}

fn check(call: &Call, slug: &str, realm: &str) -> Result<(Pass, Via, String), Refusal> {
    let presented = match key_source::find(call.request.headers(), call.request.query_string()) {
        Ok(presented) => presented,
        Err(NoKey::Absent) => {
            asked::note_refusal(&call.request, "missing");
            return Err(Refusal::no_key(realm));
        }
        Err(NoKey::Several) => {
            asked::note_refusal(&call.request, "credential_conflict");
            return Err(Refusal::several_keys());
        }
    };
    let gate = &call.app.gate;
    let count = |code| call.app.metrics.checked(code);
    match gate.verify(&presented.text, Wanted::Named(slug), call.now) {
        Verdict::NotServing => {
            count(None);
            Err(Refusal::unavailable())
        }
        Verdict::Accepted(pass)
            if presented.via == Via::Url && !pass.project().settings().allow_key_in_url =>
        {
            count(Some(VerifyCode::Invalid));
            asked::note(&call.request, Who::Key(pass.key_id()));
            gate.note_refused(&pass, call.now);
            let message =
                "This project doesn't take keys in URLs. Send it as Authorization: Bearer.";
            Err(bad_key(call, realm, VerifyCode::Invalid, message))
        }
        Verdict::Accepted(pass) => {
            asked::note(&call.request, Who::Key(pass.key_id()));
            count(Some(VerifyCode::Valid));
            let secret = latchkey_keys::Presented::parse(&presented.text);
            let hint = secret.map(|secret| secret.hint()).unwrap_or_default();
            Ok((pass, presented.via, hint))
        }
        Verdict::Refused { code, known } => {
            count(Some(code));
            if let Some(pass) = &known {
                asked::note(&call.request, Who::Key(pass.key_id()));
                gate.note_refused(pass, call.now);
            }
            // A key of another project and an unknown project look like an unknown key.
            let code = if code == VerifyCode::WrongProject {
                VerifyCode::Invalid
            } else {
                code
            };
            Err(bad_key(call, realm, code, sentence(code)))
        }
    }
}

/// The refusal of a key, which the log hears of.
fn bad_key(call: &Call, realm: &str, code: VerifyCode, message: &str) -> Refusal {
    asked::note_refusal(&call.request, code.as_str());
    Refusal::bad_key(realm, code, message)
}

/// A message: read it whole, check it, and let the backend answer.
async fn post(mut visit: Visit<'_>, payload: Payload) -> HttpResponse {
    let call = visit.call;
    let reading = Body::read(&call.request, payload, call.app.config.mcp_body_limit);
    let body = tokio::select! {
        biased;
        () = visit.live.over() => return over(visit),
        body = reading => body,
    };
    let body = match body {
        Ok(body) => body,
        Err(refusal) => {
            note(&visit, None);
            return turned_away(visit, refusal);
        }
    };
    visit.record.asks(&body.message, body.length);
    if body.message.kind == MessageKind::Request {
        visit.id.clone_from(&body.message.id);
    }
    let client = body
        .message
        .client
        .as_ref()
        .map(|client| match &*client.version {
            "" => client.name.clone(),
            version => format!("{}/{version}", client.name),
        });
    note(&visit, client.as_deref());
    if let Some(client) = client {
        visit.record.is_from(&client);
    }
    match check_message(call, &body.message) {
        Ok(era) => {
            visit.record.is_of(era);
            pass_on(visit, era, Some(body)).await
        }
        Err(refusal) => turned_away(visit, refusal),
    }
}

/// Which era a message is of, and whether its headers say the same as its body.
fn check_message(call: &Call, message: &Message) -> Result<Era, Refusal> {
    let version = header_of(call, VERSION)?;
    let era = era(message, version, header_of(call, SESSION)?)?;
    if era == Era::Modern {
        let headers = ModernHeaders {
            protocol_version: version,
            method: header_of(call, "mcp-method")?,
            name: header_of(call, "mcp-name")?,
        };
        check_modern(&headers, message)?;
    }
    let accepts = accepts(header_of(call, "accept")?);
    // A notification has no answer to be of a kind.
    if message.kind == MessageKind::Request && !accepts.json && !accepts.sse {
        return Err(Refusal::not_acceptable().answering(message.id.as_deref()));
    }
    Ok(era)
}

/// A header's one value.
pub fn header_of<'a>(call: &'a Call, name: &'static str) -> Result<Option<&'a str>, Refusal> {
    single(
        name,
        call.request
            .headers()
            .get_all(name)
            .map(|value| value.as_bytes()),
    )
}

/// A stream's opening, or a session's end: the legacy era's.
async fn other(mut visit: Visit<'_>) -> HttpResponse {
    note(&visit, None);
    visit.record.is_of(Era::Legacy);
    let call = visit.call;
    let checked = header_of(call, VERSION)
        .and_then(|version| check_bodiless(version, header_of(call, SESSION)?));
    match checked {
        Ok(()) => pass_on(visit, Era::Legacy, None).await,
        Err(refusal) => turned_away(visit, refusal),
    }
}

async fn pass_on(visit: Visit<'_>, era: Era, body: Option<Body>) -> HttpResponse {
    let behind = match backend::of(visit.call, &visit.pass) {
        Ok(behind) => behind,
        Err(refusal) => return turned_away(visit, refusal),
    };
    let answering = async {
        match behind {
            Behind::Memory => backend::remember(&visit, era, body).await,
            Behind::Upstream(target) => backend::forward(&visit, &target, body).await,
        }
    };
    let answered = tokio::select! {
        biased;
        () = visit.live.over() => None,
        answered = answering => Some(answered),
    };
    match answered {
        None => over(visit),
        Some(Err(refusal)) => turned_away(visit, refusal),
        Some(Ok(answered)) if answered.outcome == Some(CallOutcome::Ended) => over(visit),
        Some(Ok(answered)) => respond(visit, answered),
    }
}

/// Notes the call as a use of its key.
fn note(visit: &Visit<'_>, client: Option<&str>) {
    let call = visit.call;
    let (headers, via) = (call.request.headers(), visit.record.via());
    let mut used = key_source::used(headers, via, call.ip, call.now);
    used.client = client.or(used.client);
    call.app.gate.note(&visit.pass, used);
}

/// The key's access ended before the answer began: the same answer as from now on.
fn over(visit: Visit<'_>) -> HttpResponse {
    let refusal = ended(visit.call, &visit.pass).answering(visit.id.as_deref());
    let mut response = whole(visit, refusal, CallOutcome::Ended);
    let close = header::HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response
}

/// Why the access of this key has ended.
fn ended(call: &Call, pass: &Pass) -> Refusal {
    match call.app.gate.open(pass, clock::now()) {
        Err(GateRefusal::Code(code)) => {
            Refusal::bad_key(pass.project().slug().as_str(), code, sentence(code))
        }
        // Enabled again in the meantime: this call has ended all the same.
        Ok(_) | Err(GateRefusal::NotServing) => Refusal::unavailable(),
    }
}

/// The last that a stream of events says: why it ends, as the answer to the request that it was to answer. A client that
/// is owed one would wait for it for ever.
fn farewell(call: &Call, pass: &Pass, id: Option<&str>) -> Bytes {
    match id {
        Some(id) => {
            let answer = ended(call, pass).answering(Some(id)).body;
            format!("data: {answer}\n\n: access ended\n\n").into()
        }
        None => Bytes::from_static(b": access ended\n\n"),
    }
}

/// Refuses a call that was let in, for what it asks.
fn turned_away(visit: Visit<'_>, refusal: Refusal) -> HttpResponse {
    let outcome = match refusal.status {
        500.. => CallOutcome::Error,
        _ => CallOutcome::Refused,
    };
    whole(visit, refusal, outcome)
}

fn whole(visit: Visit<'_>, refusal: Refusal, outcome: CallOutcome) -> HttpResponse {
    let Visit {
        live, mut record, ..
    } = visit;
    record.answers(refusal.status);
    record.ends(outcome);
    let closes = outcome == CallOutcome::Ended;
    let body = Bytes::from(refusal.body.clone());
    let response = refused(refusal);
    // The keeper lets go of the call only once this has been written.
    response.set_body(BoxBody::new(LastWords::new(body, live, record, closes)))
}

/// The answer of a refusal.
fn refused(refusal: Refusal) -> HttpResponse {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    response.content_type("application/json");
    if let Some(challenge) = refusal.challenge {
        response.insert_header((header::WWW_AUTHENTICATE, challenge));
    }
    if let Some(seconds) = refusal.retry_after_seconds {
        response.insert_header((header::RETRY_AFTER, seconds));
    }
    if let Some(methods) = refusal.allow {
        response.insert_header((header::ALLOW, methods));
    }
    response.body(refusal.body)
}

/// A backend's answer, as it comes.
fn respond(visit: Visit<'_>, answered: Answered) -> HttpResponse {
    let Visit {
        call,
        pass,
        live,
        mut record,
        id,
        ..
    } = visit;
    record.answers(answered.status.as_u16());
    if let Some(outcome) = answered.outcome {
        record.will_end(outcome);
    }
    let mut response = HttpResponse::build(answered.status);
    for header in answered.headers {
        response.insert_header(header);
    }
    if answered.kind == Kind::Events {
        response.insert_header(("x-accel-buffering", "no"));
        // Its connection closes when access ends: told before, no client sends its next request on it just then.
        // (The web server itself must not close it: it would do so before what is left was looked at.)
        response.insert_header((header::CONNECTION, "close"));
    }
    let call = call.clone();
    let farewell = Box::new(move || farewell(&call, &pass, id.as_deref()));
    response.body(BoxBody::new(LiveBody::new(
        answered.body,
        live,
        record,
        answered.kind,
        farewell,
    )))
}
