//! Calls under way end inside the change that ends their access, and nothing of them comes after its answer.

use std::{future::Future, pin::Pin, time::Duration};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::initialize;
use crate::support::{
    Actor, CreatedKey, Project, TestServer, eventually,
    upstream::{Manner, Upstream},
};

/// A server whose project has its own MCP server, and a key to it.
pub struct Stage {
    pub server: TestServer,
    pub ada: Actor,
    pub project: Project,
    pub key: CreatedKey,
    pub upstream: Upstream,
}

impl Stage {
    pub async fn set(manner: Manner) -> Self {
        let server = TestServer::start().await;
        let ada = server.set_up().await;
        let project = ada.project("Memory Lake").await;
        let upstream = Upstream::start(manner).await;
        let body = json!({ "backend": upstream.backend() });
        ada.patch(&project.this(), body).send().await.ok();
        let key = ada.key(&project, "Claude AI Integration").await;
        Self {
            server,
            ada,
            project,
            key,
            upstream,
        }
    }

    /// A connection on which a stream of events has been opened, and nothing been read.
    pub async fn listen(&self) -> TcpStream {
        let address = self.server.url("/").replace("http://", "");
        let address = address.trim_end_matches('/');
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!(
            "GET {} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\naccept: text/event-stream\r\n\r\n",
            self.project.endpoint(),
            self.key.secret
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }
}

/// Waits until events have arrived, without reading them.
async fn arrived(stream: &TcpStream) {
    eventually("events arrive", async || {
        let mut head = [0; 4096];
        let count = stream.peek(&mut head).await.unwrap();
        head[..count]
            .windows(5)
            .any(|window| window == b"data:" || window == b"xxxxx")
    })
    .await;
}

/// How many bytes are in the connection's receive queue.
fn queued(stream: &TcpStream) -> u64 {
    rustix::io::ioctl_fionread(stream).unwrap()
}

/// Reads all that there ever is.
async fn drain(mut stream: TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    let mut chunk = vec![0; 1 << 16];
    loop {
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return all,
            Ok(count) => all.extend_from_slice(&chunk[..count]),
        }
    }
}

type Doing<'a> = Pin<Box<dyn Future<Output = Value> + 'a>>;
type Way = fn(&Stage) -> Doing<'_>;

/// Ways to end a key's access, and what the answer says of open connections.
fn ways() -> Vec<(&'static str, Way)> {
    vec![
        ("revoke", |stage| {
            Box::pin(async {
                let receipt = stage
                    .ada
                    .delete(&stage.project.key(&stage.key))
                    .send()
                    .await;
                receipt.ok()["streams_closed"].clone()
            })
        }),
        ("disable", |stage| {
            Box::pin(async {
                let body = json!({ "disabled": true });
                let path = stage.project.key(&stage.key);
                stage.ada.patch(&path, body).send().await.ok();
                Value::Null
            })
        }),
        ("archive", |stage| {
            Box::pin(async {
                let archived = stage.ada.delete(&stage.project.this()).send().await.ok();
                archived["receipts"][0]["streams_closed"].clone()
            })
        }),
        ("rotation without overlap", |stage| {
            Box::pin(async {
                let path = format!("{}/rotate", stage.project.key(&stage.key));
                let body = json!({ "overlap_seconds": 0 });
                stage.ada.post(&path, body).send().await.status(201);
                Value::Null
            })
        }),
        ("overlap end", |stage| {
            Box::pin(async {
                let path = stage.project.key(&stage.key);
                let body = json!({ "overlap_seconds": 3600 });
                let rotate = stage.ada.post(&format!("{path}/rotate"), body);
                rotate.send().await.status(201);
                let ended = stage.ada.delete(&format!("{path}/overlap")).send().await;
                ended.ok()["streams_closed"].clone()
            })
        }),
    ]
}

#[tokio::test]
async fn what_has_arrived_at_the_answer_is_all_that_ever_does() {
    for (name, end) in ways() {
        for manner in [Manner::Events, Manner::Flood] {
            let stage = Stage::set(manner).await;
            let streams = [stage.listen().await, stage.listen().await];
            for stream in &streams {
                arrived(stream).await;
            }
            let closed = end(&stage).await;
            let at_the_answer: Vec<u64> = streams.iter().map(queued).collect();
            assert!(
                closed.is_null() || closed == 2,
                "{name}: {closed} were closed"
            );
            for (stream, queued) in streams.into_iter().zip(at_the_answer) {
                let all = drain(stream).await;
                assert_eq!(
                    all.len() as u64,
                    queued,
                    "{name}: bytes came after the answer"
                );
                if matches!(manner, Manner::Events) {
                    let text = String::from_utf8_lossy(&all);
                    assert!(
                        text.contains(": access ended"),
                        "{name}: it ends with a comment"
                    );
                    assert!(text.ends_with("0\r\n\r\n"), "{name}: it ends as it should");
                }
            }
            let upstream = stage.upstream.clone();
            eventually("the upstream is left, too", async || upstream.left() == 2).await;
        }
    }
}

#[tokio::test]
async fn a_call_without_an_answer_yet_ends_with_401() {
    let stage = Stage::set(Manner::Silence).await;
    let holder = stage.server.anonymous().with_key(&stage.key.secret);
    let call = tokio::spawn(holder.post(&stage.project.endpoint(), initialize()).send());
    let upstream = stage.upstream.clone();
    eventually("the call reaches the upstream", async || {
        upstream.seen().len() == 1
    })
    .await;
    let receipt = stage
        .ada
        .delete(&stage.project.key(&stage.key))
        .send()
        .await
        .ok();
    assert_eq!(receipt["streams_closed"], 1);
    let answer = call.await.unwrap();
    assert_eq!(answer.status, 401);
    assert!(answer.header("www-authenticate").is_some());
    let body = answer.json();
    assert_eq!(body["error"]["data"]["code"], "revoked");
    assert_eq!(body["id"], 1, "it is the answer to the request");
    eventually("the upstream is left", async || upstream.left() == 1).await;
    let calls = stage
        .ada
        .get(&stage.project.path("calls"))
        .send()
        .await
        .ok();
    assert_eq!(calls["items"][0]["outcome"], "ended");
}

#[tokio::test]
async fn expiry_ends_a_stream_without_any_request() {
    let stage = Stage::set(Manner::Events).await;
    let stream = stage.listen().await;
    arrived(&stream).await;
    let soon = crate::support::after(2);
    let body = json!({ "expires_at": soon });
    let path = stage.project.key(&stage.key);
    stage.ada.patch(&path, body).send().await.ok();
    let all = tokio::time::timeout(Duration::from_secs(20), drain(stream))
        .await
        .unwrap();
    assert!(String::from_utf8_lossy(&all).contains(": access ended"));
}

#[tokio::test]
async fn a_client_that_leaves_ends_the_upstreams_call() {
    for manner in [Manner::Events, Manner::Silence] {
        let stage = Stage::set(manner).await;
        let stream = stage.listen().await;
        let upstream = stage.upstream.clone();
        eventually("the call reaches the upstream", async || {
            upstream.seen().len() == 1
        })
        .await;
        drop(stream);
        eventually("the upstream is left", async || upstream.left() == 1).await;
        let receipt = stage
            .ada
            .delete(&stage.project.key(&stage.key))
            .send()
            .await
            .ok();
        assert_eq!(receipt["streams_closed"], 0, "it is open no more");
        let calls = stage
            .ada
            .get(&stage.project.path("calls"))
            .send()
            .await
            .ok();
        assert_eq!(calls["items"][0]["outcome"], "cancelled");
    }
}

#[tokio::test]
async fn a_key_has_so_many_calls_at_a_time() {
    let stage = Stage::set(Manner::Events).await;
    let mut streams = Vec::new();
    for _ in 0..8 {
        let stream = stage.listen().await;
        arrived(&stream).await;
        streams.push(stream);
    }
    let holder = stage.server.anonymous().with_key(&stage.key.secret);
    let answer = holder
        .post(&stage.project.endpoint(), initialize())
        .send()
        .await;
    super::refusal(&answer, 429, "too_many_calls");
    let other = stage.ada.key(&stage.project, "Analytics Dashboard").await;
    let other = stage.server.anonymous().with_key(&other.secret);
    drop(other.post(&stage.project.endpoint(), initialize()));
    streams.pop();
    let upstream = stage.upstream.clone();
    eventually("one has left", async || upstream.left() == 1).await;
    let stream = stage.listen().await;
    arrived(&stream).await;
}
