//! Calls of small servers on this machine that do exactly what a test says, byte by byte.

mod answers;
mod ends;
mod places;
mod probe;
mod tls;

use std::time::Duration;

use actix_web::http::header::{HeaderName, HeaderValue};
use futures_util::StreamExt as _;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use super::*;

/// Nothing here takes so long unless it hangs.
const HANGS: Duration = Duration::from_secs(20);

/// A server that answers nothing by itself.
struct Server {
    listener: TcpListener,
    port: u16,
}

/// A request as it came over the wire.
struct Seen {
    /// Request line and headers.
    head: String,
    body: Vec<u8>,
}

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        Self { listener, port }
    }

    fn target(&self) -> Target {
        Target::new(&format!("http://127.0.0.1:{}/mcp", self.port), []).unwrap()
    }

    async fn accept(&self) -> TcpStream {
        let accepted = timeout(HANGS, self.listener.accept()).await;
        accepted.expect("somebody connects").unwrap().0
    }

    /// Whether somebody connects within a moment.
    async fn is_left_alone(&self) -> bool {
        timeout(Duration::from_millis(200), self.listener.accept())
            .await
            .is_err()
    }

    /// Accepts one call after the other, each on a connection of its own, and gives these answers.
    fn answering(self, answers: Vec<String>) -> tokio::task::JoinHandle<Vec<Seen>> {
        tokio::spawn(async move {
            let mut all = Vec::new();
            for answer in answers {
                let mut stream = self.accept().await;
                all.push(seen(&mut stream).await);
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
            all
        })
    }
}

/// Reads one request to its end.
async fn seen(stream: &mut (impl AsyncRead + Unpin)) -> Seen {
    timeout(HANGS, async {
        let mut read = Vec::new();
        while !read.ends_with(b"\r\n\r\n") {
            read.push(stream.read_u8().await.expect("the head is complete"));
        }
        let head = String::from_utf8(read).unwrap();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.unwrap();
        Seen { head, body }
    })
    .await
    .expect("a request comes")
}

/// Whether the other side closes the connection soon, and sends nothing more before.
async fn is_closed(stream: &mut TcpStream) -> bool {
    let mut byte = [0];
    matches!(
        timeout(Duration::from_secs(5), stream.read(&mut byte)).await,
        Ok(Ok(0) | Err(_))
    )
}

fn settings() -> UpstreamSettings {
    UpstreamSettings {
        allow: vec!["127.0.0.0/8".parse().unwrap()],
        ..UpstreamSettings::default()
    }
}

fn upstreams() -> Upstreams {
    Upstreams::new(settings()).unwrap()
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(
            HeaderName::from_static(name),
            HeaderValue::from_str(value).unwrap(),
        );
    }
    headers
}

/// A call with this body.
fn call(
    upstreams: &Upstreams,
    target: &Target,
    body: &'static str,
) -> impl Future<Output = Result<Incoming, UpstreamFault>> + use<> {
    let headers = headers(&[("content-type", "application/json")]);
    upstreams.call(
        target,
        Outgoing {
            method: Method::POST,
            headers: &headers,
            body: vec![Bytes::from_static(body.as_bytes())],
            session_id: None,
            on_behalf: None,
        },
    )
}

/// The whole of a body, and the fault that it ends with.
async fn whole(mut body: UpstreamBody) -> (Vec<u8>, Option<UpstreamFault>) {
    let mut all = Vec::new();
    while let Some(chunk) = timeout(HANGS, body.next()).await.expect("the body goes on") {
        match chunk {
            Ok(chunk) => all.extend_from_slice(&chunk),
            Err(fault) => return (all, Some(fault)),
        }
    }
    (all, None)
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}
