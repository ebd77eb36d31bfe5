//! Calls of a project's own MCP server: a transparent, streaming proxy.
//!
//! Invariants:
//!
//! - A connection goes only to an address that [`address::check`] has allowed for http or https, whatever the URL, the name's records or
//!   the upstream's answers say. Redirects are faults, never followed.
//! - The caller's key, cookies and hop-by-hop headers never leave (`headers.rs`).
//! - Nothing is buffered that was not asked for: chunks pass as they come, in both directions.
//! - Dropping a call, or its body, ends it at the upstream.
//! - There is no retry of a request that the upstream may have seen.

pub mod address;
mod body;
mod connect;
mod fault;
mod headers;
mod probe;
mod target;
mod tls;

#[cfg(test)]
mod tests;

use std::{
    cell::RefCell,
    path::PathBuf,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use actix_web::{
    http::{Method, StatusCode, header::HeaderMap},
    web::Bytes,
};
use http::{HeaderValue, Request};
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioTimer},
};
use ipnet::IpNet;
use latchkey_types::{KeyId, ProjectId};
use rustls::pki_types::CertificateDer;

use self::{address::Way, body::Chunks, connect::Connector};
pub use self::{
    body::UpstreamBody,
    fault::UpstreamFault,
    target::{Part, Target, TargetFault},
};

/// Node's and uvicorn's servers close a connection that was idle for 5 s. Letting go before them means that no call is
/// sent into a connection that is just being closed.
const POOL_IDLE: Duration = Duration::from_secs(4);
/// Idle connections that a worker keeps for one upstream. More than were busy within the last seconds it never has, and
/// with fewer a worker that is busy would close half of them at each moment and open them again at the next.
const POOL_SIZE: usize = 256;
/// What is read of one answer before anybody asks for it, and the longest headers.
const READ_BUFFER: usize = 64 * 1024;

/// How upstreams are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamSettings {
    /// Networks beyond the public addresses in which upstreams may be.
    pub allow: Vec<IpNet>,
    /// A PEM file with CAs to trust beside the system's.
    pub ca_file: Option<PathBuf>,
    /// Longest time for a name, TCP and TLS.
    pub connect_timeout: Duration,
    /// Longest time from a call's start to the headers of its answer.
    pub answer_timeout: Duration,
    /// Longest silence in the midst of an answer.
    pub idle_timeout: Duration,
}

/// The one thing to call upstreams with. Cheap to clone.
#[derive(Clone)]
pub struct Upstreams {
    shared: Arc<Shared>,
}

/// A call to pass on.
pub struct Outgoing<'a> {
    /// POST, GET or DELETE.
    pub method: Method,
    /// The caller's headers; what mustn't cross is left out here.
    pub headers: &'a HeaderMap,
    /// The body as it came.
    pub body: Vec<Bytes>,
    /// The upstream's own session id, unsealed. The caller's Mcp-Session-Id never crosses.
    pub session_id: Option<&'a str>,
    /// Who calls, for X-Latchkey-Key-Id and X-Latchkey-Project-Id; `None` in a test of the connection.
    pub on_behalf: Option<OnBehalf>,
}

/// For whom a call is passed on.
#[derive(Debug, Clone, Copy)]
pub struct OnBehalf {
    /// The key that came with the call.
    pub key_id: KeyId,
    /// Its project.
    pub project_id: ProjectId,
}

/// What an upstream answers.
pub struct Incoming {
    /// Its status, which is no redirect and no 401.
    pub status: StatusCode,
    /// The headers that the caller may see. No length: [`UpstreamBody::length`] knows it.
    pub headers: HeaderMap,
    /// The upstream's session id, of whatever bytes. The caller must only see it sealed.
    pub session_id: Option<String>,
    /// The body, which has not been waited for.
    pub body: UpstreamBody,
}

struct Shared {
    /// Tells one `Upstreams` from another in a thread's cache.
    number: u64,
    settings: UpstreamSettings,
    allow: Arc<[IpNet]>,
    certificates: Vec<CertificateDer<'static>>,
    /// Made at the first call: reading the system's roots takes some milliseconds.
    tls: OnceLock<Arc<rustls::ClientConfig>>,
}

type HttpClient = Client<Connector, Chunks>;

thread_local! {
    /// A client for each worker: its connections are driven by the runtime that uses them, and none is waited for on
    /// another thread.
    static CLIENT: RefCell<Option<(u64, HttpClient)>> = const { RefCell::new(None) };
}

impl Default for UpstreamSettings {
    /// Public addresses only, and time limits of 10 s, 5 min and 1 h.
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            ca_file: None,
            connect_timeout: Duration::from_secs(10),
            answer_timeout: Duration::from_secs(300),
            idle_timeout: Duration::from_secs(3600),
        }
    }
}

impl Upstreams {
    /// A caller of upstreams with these settings.
    ///
    /// # Errors
    /// A sentence about `upstream_ca_file` that begins with this name.
    pub fn new(settings: UpstreamSettings) -> Result<Self, String> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let certificates = match &settings.ca_file {
            Some(file) => tls::read_certificates(file)
                .map_err(|sentence| format!("upstream_ca_file: {sentence}"))?,
            None => Vec::new(),
        };
        let shared = Shared {
            number: COUNT.fetch_add(1, Ordering::Relaxed),
            allow: settings.allow.clone().into(),
            settings,
            certificates,
            tls: OnceLock::new(),
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// Passes a call on, and gives the answer as soon as its headers are there. The future holds nothing of what it
    /// was given; dropping it ends the call.
    ///
    /// Must run on a tokio runtime, as all of actix' does.
    ///
    /// # Errors
    /// What kept the upstream from answering. A redirect, a 401 and a 407 are such faults, too: the first must not be
    /// followed with a key, and the others are about the configured headers, not about the caller's key.
    pub fn call(
        &self,
        target: &Target,
        call: Outgoing<'_>,
    ) -> impl Future<Output = Result<Incoming, UpstreamFault>> + use<> {
        let shared = Arc::clone(&self.shared);
        let prepared = self.prepare(target, call);
        async move {
            let (client, request) = prepared?;
            let answer =
                tokio::time::timeout(shared.settings.answer_timeout, client.request(request))
                    .await
                    .map_err(|_| UpstreamFault::AnswerTimeout)?
                    .map_err(|error| connect::fault_of_call(&error))?;
            answered(answer, shared.settings.idle_timeout)
        }
    }

    fn prepare(
        &self,
        target: &Target,
        call: Outgoing<'_>,
    ) -> Result<(HttpClient, Request<Chunks>), UpstreamFault> {
        // No resolver gets to see an address that stands in the URL.
        if let Some(literal) = target.literal() {
            let way = Way::of(target.uri());
            address::check(literal, way, &self.shared.allow).map_err(UpstreamFault::NotAllowed)?;
        }
        let session_id = match call.session_id {
            Some(id) => Some(HeaderValue::from_str(id).map_err(|_| UpstreamFault::BadAnswer)?),
            None => None,
        };
        let method = http::Method::from_bytes(call.method.as_str().as_bytes())
            .map_err(|_| UpstreamFault::BadAnswer)?;
        let mut request = Request::new(Chunks::new(call.body));
        *request.method_mut() = method;
        *request.uri_mut() = target.uri().clone();
        *request.headers_mut() =
            headers::outgoing(call.headers, session_id, target, call.on_behalf);
        Ok((self.shared.client()?, request))
    }
}

impl Shared {
    /// This thread's client.
    fn client(&self) -> Result<HttpClient, UpstreamFault> {
        let kept = CLIENT.with_borrow(|kept| match kept {
            Some((number, client)) if *number == self.number => Some(client.clone()),
            _ => None,
        });
        if let Some(client) = kept {
            return Ok(client);
        }
        let client = self.new_client()?;
        CLIENT.set(Some((self.number, client.clone())));
        Ok(client)
    }

    fn new_client(&self) -> Result<HttpClient, UpstreamFault> {
        let tls = match self.tls.get() {
            Some(tls) => Arc::clone(tls),
            None => {
                let tls = tls::client(&self.certificates).map_err(UpstreamFault::Tls)?;
                Arc::clone(self.tls.get_or_init(|| tls))
            }
        };
        let connector = Connector::new(Arc::clone(&self.allow), tls, self.settings.connect_timeout);
        Ok(Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(POOL_IDLE)
            .pool_max_idle_per_host(POOL_SIZE)
            .http1_max_buf_size(READ_BUFFER)
            .build(connector))
    }
}

fn answered(
    answer: http::Response<hyper::body::Incoming>,
    patience: Duration,
) -> Result<Incoming, UpstreamFault> {
    let (parts, body) = answer.into_parts();
    let status = parts.status.as_u16();
    match status {
        // Nobody asked for another protocol.
        0..=199 => return Err(UpstreamFault::BadAnswer),
        300..=399 => return Err(UpstreamFault::Redirect(status)),
        401 | 407 => return Err(UpstreamFault::NotAuthorized(status)),
        _ => {}
    }
    let (headers, session_id) = headers::incoming(&parts.headers);
    Ok(Incoming {
        status: StatusCode::from_u16(status).map_err(|_| UpstreamFault::BadAnswer)?,
        headers,
        session_id,
        body: UpstreamBody::new(body, patience),
    })
}
