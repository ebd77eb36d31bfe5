//! One request in the making, and a stream of events.

use std::time::Duration;

use reqwest::{
    Method, RequestBuilder,
    header::{HeaderMap, HeaderValue},
};
use serde_json::Value;

use super::answer::Answer;

/// How long a stream may be silent. Shorter than the server's keep-alive, at which it looks by itself whether
/// a stream should have ended: a test is to see that the end was told at once.
const PATIENCE: Duration = Duration::from_secs(10);

/// A request that has not been sent yet.
#[must_use = "a call does nothing until it is sent"]
pub struct Call {
    request: RequestBuilder,
}

impl Call {
    pub(super) fn new(client: &reqwest::Client, method: Method, url: &str) -> Self {
        Self {
            request: client.request(method, url),
        }
    }

    /// With one more header.
    pub fn header(self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let value = HeaderValue::from_bytes(value.as_ref()).expect("a test's header can be sent");
        Self {
            request: self.request.header(name, value),
        }
    }

    /// With this in the query, encoded.
    pub fn query(self, name: &str, value: &str) -> Self {
        let mut pair = url::form_urlencoded::Serializer::new(String::new());
        pair.append_pair(name, value);
        let (client, request) = self.request.build_split();
        let mut request = request.expect("a test's request can be built");
        let query = match request.url().query() {
            Some(before) => format!("{before}&{}", pair.finish()),
            None => pair.finish(),
        };
        request.url_mut().set_query(Some(&query));
        Self {
            request: RequestBuilder::from_parts(client, request),
        }
    }

    /// With a JSON body.
    pub fn json(self, body: &Value) -> Self {
        Self {
            request: self
                .request
                .header("content-type", "application/json")
                .body(body.to_string()),
        }
    }

    /// With any body, in place of the one it had. An empty content type sends none.
    pub fn body_raw(self, bytes: impl Into<Vec<u8>>, content_type: &str) -> Self {
        let (client, request) = self.request.build_split();
        let mut request = request.expect("a test's request can be built");
        request.headers_mut().remove("content-type");
        if !content_type.is_empty() {
            let value = HeaderValue::from_str(content_type).expect("a test's header can be sent");
            request.headers_mut().insert("content-type", value);
        }
        *request.body_mut() = Some(bytes.into().into());
        Self {
            request: RequestBuilder::from_parts(client, request),
        }
    }

    /// With a body in pieces whose length is not announced.
    pub fn chunked(self, chunks: Vec<Vec<u8>>, content_type: &str) -> Self {
        let chunks = chunks.into_iter().map(Ok::<_, std::io::Error>);
        let body = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
        Self {
            request: self.request.header("content-type", content_type).body(body),
        }
    }

    /// Sends it and reads the whole answer.
    pub async fn send(self) -> Answer {
        let response = self.request.send().await.expect("the server answers");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await.expect("the answer is whole");
        let body = String::from_utf8_lossy(&body).into_owned();
        Answer {
            status,
            headers,
            body,
        }
    }

    /// Sends it and leaves the answer's body to be read bit by bit.
    pub async fn follow(self) -> Events {
        let response = self.request.send().await.expect("the server answers");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Events {
            status,
            headers,
            response,
            unread: String::new(),
        }
    }
}

/// A stream of server-sent events.
pub struct Events {
    pub status: u16,
    pub headers: HeaderMap,
    response: reqwest::Response,
    unread: String,
}

impl Events {
    /// The next event: its name and its data. `None` when the stream has ended. Comments are left out.
    pub async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            while let Some((block, rest)) = self.unread.split_once("\n\n") {
                let field = |name: &str| {
                    block
                        .lines()
                        .find_map(|line| line.strip_prefix(name))
                        .map(|text| text.trim().to_owned())
                };
                let event =
                    field("event:").map(|event| (event, field("data:").unwrap_or_default()));
                self.unread = rest.to_owned();
                if let Some((event, data)) = event {
                    let data = serde_json::from_str(&data).expect("an event's data is JSON");
                    return Some((event, data));
                }
            }
            let waited = tokio::time::timeout(PATIENCE, self.response.chunk()).await;
            let chunk = waited.expect("the stream goes on or ends").ok().flatten()?;
            self.unread
                .push_str(std::str::from_utf8(&chunk).expect("events are UTF-8"));
        }
    }
}
