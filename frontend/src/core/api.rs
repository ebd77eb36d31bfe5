//! Calls of the server's API: typed, with one kind of failure, and ended when nobody waits any more.

mod failure;

use js_sys::{ArrayBuffer, Uint8Array};
use leptos::prelude::{TimeoutHandle, set_timeout_with_handle};
use serde::{Serialize, de::DeserializeOwned};
use std::{future::Future, pin::Pin, time::Duration};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, Headers, RequestCache, RequestInit, RequestRedirect, Response};
use zeroize::Zeroizing;

pub use failure::{ApiFailure, ApiResult, GIVEN_UP};

use super::{confirmation, json, session};

/// What stands before every path.
const BASE: &str = "/api/v1";
/// How long an answer may take before the call counts as failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// The address of an API path, for links and event streams: `url("/projects")` is `/api/v1/projects`.
#[must_use]
pub fn url(path: &str) -> String {
    format!("{BASE}{path}")
}

/// Reads what stands at `path`, such as `/projects?q=lake`.
///
/// # Errors
/// See [`ApiFailure`].
pub async fn get<T: DeserializeOwned>(path: &str) -> ApiResult<T> {
    read(path).send().await
}

/// Begins a GET.
#[must_use]
pub fn read(path: &str) -> Call {
    Call::new("GET", path)
}

/// Begins a POST.
#[must_use]
pub fn post(path: &str) -> Call {
    Call::new("POST", path)
}

/// Begins a PATCH.
#[must_use]
pub fn patch(path: &str) -> Call {
    Call::new("PATCH", path)
}

/// Begins a PUT.
#[must_use]
pub fn put(path: &str) -> Call {
    Call::new("PUT", path)
}

/// Begins a DELETE.
#[must_use]
pub fn delete(path: &str) -> Call {
    Call::new("DELETE", path)
}

/// A call under construction. Its future ends the request when it is dropped.
pub struct Call {
    method: &'static str,
    path: String,
    body: Option<Zeroizing<String>>,
    headers: Vec<(&'static str, String)>,
}

impl Call {
    fn new(method: &'static str, path: &str) -> Self {
        Self {
            method,
            path: url(path),
            body: None,
            headers: Vec::new(),
        }
    }

    /// Sends this as the body.
    #[must_use]
    pub fn json(mut self, body: &impl Serialize) -> Self {
        self.body = Some(Zeroizing::new(json::write(body)));
        self
    }

    /// Changes only what still has this version; otherwise the answer is 412.
    #[must_use]
    pub fn if_version(mut self, version: i64) -> Self {
        self.headers.push(("If-Match", format!("\"v{version}\"")));
        self
    }

    /// Makes a repetition harmless: see [`super::submission::Attempt`].
    #[must_use]
    pub fn idempotent(mut self, key: impl Into<String>) -> Self {
        self.headers.push(("Idempotency-Key", key.into()));
        self
    }

    /// Sends, and reads the answer.
    ///
    /// # Errors
    /// See [`ApiFailure`].
    pub async fn send<T: DeserializeOwned>(self) -> ApiResult<T> {
        parse(&self.exchange(None).await?)
    }

    /// The part that is the same for every type, so that it is compiled once. `stop` ends the request.
    pub(super) fn exchange(
        self,
        stop: Option<AbortController>,
    ) -> Pin<Box<dyn Future<Output = ApiResult<Body>>>> {
        Box::pin(async move {
            let mut outcome = self.fetch(stop).await;
            // The one place that asks: the call is sent again, once, and a second refusal is an answer like any other.
            if matches!(&outcome, Err(failure) if failure.needs_confirmation())
                && confirmation::ask().await
            {
                outcome = self.fetch(None).await;
            }
            // Who gives up learns nothing of the server.
            if !matches!(outcome, Err(ApiFailure::GivenUp)) {
                session::note_reachable(!matches!(outcome, Err(ApiFailure::Network)));
            }
            if let Err(failure) = &outcome
                && failure.is_session_end()
            {
                session::note_ended();
            }
            outcome
        })
    }

    async fn fetch(&self, stop: Option<AbortController>) -> ApiResult<Body> {
        let Some(window) = web_sys::window() else {
            return Err(ApiFailure::Network);
        };
        let abort = AbortOnDrop::new(stop)?;
        let init = RequestInit::new();
        init.set_method(self.method);
        init.set_cache(RequestCache::NoStore);
        init.set_redirect(RequestRedirect::Error);
        init.set_signal(Some(&abort.controller.signal()));
        let headers = Headers::new()?;
        headers.set("Accept", "application/json")?;
        for (name, value) in &self.headers {
            headers.set(name, value)?;
        }
        if let Some(body) = &self.body {
            headers.set("Content-Type", "application/json")?;
            init.set_body(&JsValue::from_str(body));
        }
        init.set_headers(&headers);
        let answer = JsFuture::from(window.fetch_with_str_and_init(&self.path, &init)).await?;
        let answer: Response = answer.dyn_into()?;
        let bytes = body_of(&answer).await?;
        if answer.ok() {
            Ok(bytes)
        } else {
            let retry_after = answer
                .headers()
                .get("Retry-After")?
                .and_then(|seconds| seconds.parse().ok());
            Err(ApiFailure::of_answer(answer.status(), &bytes, retry_after))
        }
    }
}

/// The bytes of an answer, wiped when they are dropped.
pub(super) type Body = Zeroizing<Vec<u8>>;

/// Reads an answer's bytes. No bytes at all are `null`, which `()` reads.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> ApiResult<T> {
    let bytes = if bytes.is_empty() { b"null" } else { bytes };
    json::read(bytes).ok_or(ApiFailure::Unreadable)
}

/// Bytes rather than text: a JavaScript string with a secret in it could not be wiped.
async fn body_of(answer: &Response) -> ApiResult<Body> {
    let buffer: ArrayBuffer = JsFuture::from(answer.array_buffer()?).await?.dyn_into()?;
    let view = Uint8Array::new(&buffer);
    let bytes = Zeroizing::new(view.to_vec());
    view.fill(0, 0, view.length());
    Ok(bytes)
}

/// Ends the request when its future is dropped or its time is over.
struct AbortOnDrop {
    controller: AbortController,
    limit: Option<TimeoutHandle>,
}

impl AbortOnDrop {
    fn new(stop: Option<AbortController>) -> ApiResult<Self> {
        let controller = match stop {
            Some(controller) => controller,
            None => AbortController::new()?,
        };
        let late = controller.clone();
        let limit = set_timeout_with_handle(move || late.abort(), PATIENCE).ok();
        Ok(Self { controller, limit })
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        if let Some(limit) = self.limit {
            limit.clear();
        }
        self.controller.abort();
    }
}
