//! "Test connection": asks an upstream who it is, as a client would.

mod reply;

use std::time::{Duration, Instant};

use actix_web::{
    http::{
        Method,
        header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT},
    },
    web::Bytes,
};
use latchkey_mcp::era::{self, MODERN};
use latchkey_types::project::BackendTest;
use serde_json::{Value, json};

use self::reply::Reply;
use super::{Outgoing, Target, UpstreamFault, Upstreams};

/// Somebody sits before the dialog.
const PATIENCE: Duration = Duration::from_secs(20);
/// Longest text of the server's that is shown, in characters.
const SHOWN: usize = 100;
/// The newest version with sessions.
const LEGACY: &str = era::LEGACY[0];

/// What a server says of itself.
struct Found {
    info: Value,
    protocol_version: String,
    tools: u32,
}

/// One step of asking: what to say if nothing goes on from here.
enum Stop {
    /// Nothing else will work either.
    Fault(UpstreamFault),
    /// The server is there and doesn't do this.
    No(String),
}

impl Upstreams {
    /// Asks the upstream for its name, version and tools: by `server/discover`, and where that isn't known, as clients
    /// of the versions before do. Takes 20 s at most.
    pub async fn test_connection(&self, target: &Target) -> BackendTest {
        let start = Instant::now();
        let found = tokio::time::timeout(PATIENCE, self.ask_who(target)).await;
        let (found, problem) = match found {
            Ok(Ok(found)) => (Some(found), None),
            Ok(Err(Stop::Fault(fault))) => (None, Some(fault.to_string())),
            Ok(Err(Stop::No(sentence))) => (None, Some(sentence)),
            Err(_) => (
                None,
                Some(format!(
                    "The server did not answer within {} seconds. Check the URL, and that the server runs.",
                    PATIENCE.as_secs()
                )),
            ),
        };
        let text = |name: &str| {
            found
                .as_ref()
                .and_then(|found| shown(found.info.get(name)?.as_str()?))
        };
        BackendTest {
            ok: found.is_some(),
            server_name: text("name"),
            server_version: text("version"),
            protocol_version: found
                .as_ref()
                .and_then(|found| shown(&found.protocol_version)),
            tools: found.as_ref().map_or(0, |found| found.tools),
            duration_ms: i64::try_from(start.elapsed().as_millis()).unwrap_or(i64::MAX),
            problem,
        }
    }

    async fn ask_who(&self, target: &Target) -> Result<Found, Stop> {
        match self.ask_modern(target).await {
            Err(Stop::No(_)) => self.ask_legacy(target).await,
            answer => answer,
        }
    }

    async fn ask_modern(&self, target: &Target) -> Result<Found, Stop> {
        let discovered = self
            .ask(target, &Question::modern("server/discover"))
            .await?
            .result()?;
        let versions = discovered
            .get("supportedVersions")
            .and_then(Value::as_array);
        if !versions.is_some_and(|versions| versions.iter().any(|version| version == MODERN)) {
            return Err(Stop::No(not_mcp("server/discover")));
        }
        let tools = if has_tools(&discovered) {
            let listed = self
                .ask(target, &Question::modern("tools/list"))
                .await?
                .result()?;
            count(&listed)
        } else {
            0
        };
        // The final version has it in _meta; its release candidates had it beside.
        let info = discovered
            .pointer("/_meta/io.modelcontextprotocol~1serverInfo")
            .or_else(|| discovered.get("serverInfo"));
        Ok(Found {
            info: info.cloned().unwrap_or_default(),
            protocol_version: MODERN.to_owned(),
            tools,
        })
    }

    async fn ask_legacy(&self, target: &Target) -> Result<Found, Stop> {
        let params =
            json!({ "protocolVersion": LEGACY, "capabilities": {}, "clientInfo": client() });
        let opened = self
            .ask(target, &Question::legacy("initialize", params, None))
            .await?;
        let session_id = opened.session_id.clone();
        let result = opened.result()?;
        let Some(version) = result.get("protocolVersion").and_then(Value::as_str) else {
            return Err(Stop::No(not_mcp("initialize")));
        };
        let session = Some((session_id.as_deref(), version));
        let tools = self.tools_of_session(target, &result, session).await;
        if session_id.is_some() {
            // A server that doesn't end sessions says 405, which is as good.
            let _ = self.send(target, &Question::end(session)).await;
        }
        Ok(Found {
            info: result.get("serverInfo").cloned().unwrap_or_default(),
            protocol_version: version.to_owned(),
            tools: tools?,
        })
    }

    async fn tools_of_session(
        &self,
        target: &Target,
        opened: &Value,
        session: Option<(Option<&str>, &str)>,
    ) -> Result<u32, Stop> {
        let ready = Question::notification("notifications/initialized", session);
        self.send(target, &ready).await.map_err(Stop::Fault)?;
        if !has_tools(opened) {
            return Ok(0);
        }
        let listed = self
            .ask(target, &Question::legacy("tools/list", json!({}), session))
            .await?;
        Ok(count(&listed.result()?))
    }

    async fn ask(&self, target: &Target, question: &Question) -> Result<Reply, Stop> {
        let answer = self.send(target, question).await.map_err(Stop::Fault)?;
        reply::read(answer).await
    }

    async fn send(
        &self,
        target: &Target,
        question: &Question,
    ) -> Result<super::Incoming, UpstreamFault> {
        let body = question.body.as_ref();
        let call = Outgoing {
            method: question.method.clone(),
            headers: &question.headers,
            body: body
                .map(|body| Bytes::from(body.to_string()))
                .into_iter()
                .collect(),
            session_id: question.session_id.as_deref(),
            on_behalf: None,
        };
        self.call(target, call).await
    }
}

/// One message to the server.
struct Question {
    method: Method,
    headers: HeaderMap,
    body: Option<Value>,
    session_id: Option<String>,
}

impl Question {
    fn modern(method: &'static str) -> Self {
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientInfo": client(),
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let mut question = Self::of(Method::POST, Some((None, MODERN)));
        question.head("mcp-method", method);
        question.body = Some(json!({
            "jsonrpc": "2.0", "id": reply::ID, "method": method, "params": { "_meta": meta },
        }));
        question
    }

    fn legacy(method: &str, params: Value, session: Option<(Option<&str>, &str)>) -> Self {
        let mut question = Self::of(Method::POST, session);
        question.body = Some(json!({
            "jsonrpc": "2.0", "id": reply::ID, "method": method, "params": params,
        }));
        question
    }

    fn notification(method: &str, session: Option<(Option<&str>, &str)>) -> Self {
        let mut question = Self::of(Method::POST, session);
        question.body = Some(json!({ "jsonrpc": "2.0", "method": method }));
        question
    }

    fn end(session: Option<(Option<&str>, &str)>) -> Self {
        Self::of(Method::DELETE, session)
    }

    /// A session is its id, if it has one, and the version it speaks.
    fn of(method: Method, session: Option<(Option<&str>, &str)>) -> Self {
        let mut question = Self {
            method,
            headers: HeaderMap::new(),
            body: None,
            session_id: session.and_then(|(id, _)| id).map(str::to_owned),
        };
        question.head(ACCEPT.as_str(), "application/json, text/event-stream");
        question.head(CONTENT_TYPE.as_str(), "application/json");
        question.head(
            USER_AGENT.as_str(),
            concat!("latchkey/", env!("CARGO_PKG_VERSION")),
        );
        if let Some((_, version)) = session {
            question.head("mcp-protocol-version", version);
        }
        question
    }

    fn head(&mut self, name: &'static str, value: &str) {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
    }
}

fn client() -> Value {
    json!({ "name": "latchkey", "version": env!("CARGO_PKG_VERSION") })
}

fn has_tools(result: &Value) -> bool {
    result
        .pointer("/capabilities/tools")
        .is_some_and(|tools| !tools.is_null())
}

fn count(listed: &Value) -> u32 {
    let tools = listed
        .get("tools")
        .and_then(Value::as_array)
        .map_or(0, Vec::len);
    u32::try_from(tools).unwrap_or(u32::MAX)
}

fn not_mcp(method: &str) -> String {
    format!(
        "What the server answers to {method} is not what an MCP server answers. Check the URL: it must be the server's \
         Streamable HTTP endpoint, path included."
    )
}

/// Text of the server's that can be shown, cut to a sensible length. `None` when nothing is left.
fn shown(text: &str) -> Option<String> {
    let text: String = text
        .chars()
        .filter(|c| !c.is_control())
        .take(SHOWN)
        .collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
