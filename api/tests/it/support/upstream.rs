//! A team's own MCP server, as simple as can be: it notes what reaches it, and answers as it was told.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// How an upstream answers.
#[derive(Clone, Copy)]
pub enum Manner {
    /// With an empty result, at once, in the session `backend-session`.
    Json,
    /// With events that never end, a few a second.
    Events,
    /// With as many events as the connection takes.
    Flood,
    /// Not at all.
    Silence,
    /// With this status and no body.
    Status(u16),
    /// With half of what was announced; then it hangs up.
    Half,
}

/// A running upstream. It ends with the test's runtime.
#[derive(Clone)]
pub struct Upstream {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    left: Arc<AtomicUsize>,
}

/// A request that reached it.
#[derive(Clone)]
pub struct Seen {
    /// Its first line and headers, in small letters.
    pub head: String,
    pub body: String,
}

impl Upstream {
    pub async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = Self {
            address: listener.local_addr().unwrap(),
            seen: Arc::default(),
            left: Arc::default(),
        };
        let shared = upstream.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = shared.clone();
                tokio::spawn(async move {
                    shared.serve(stream, manner).await;
                });
            }
        });
        upstream
    }

    /// What a project is told of it.
    pub fn backend(&self) -> Value {
        json!({ "kind": "upstream", "url": format!("http://{}/mcp", self.address), "headers": [
            { "name": "X-Upstream-Credential", "value": "configured" },
        ] })
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// How many callers have left before the end of their answer.
    pub fn left(&self) -> usize {
        self.left.load(SeqCst)
    }

    async fn serve(&self, mut stream: TcpStream, manner: Manner) {
        while let Some(seen) = read(&mut stream).await {
            self.seen.lock().unwrap().push(seen);
            if answer(&mut stream, manner).await.is_none() {
                self.left.fetch_add(1, SeqCst);
                return;
            }
        }
    }
}

/// `None` once the caller has left.
async fn read(stream: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = find(&bytes, b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())
                .unwrap_or(0);
            if bytes.len() >= end + 4 + length {
                let body = String::from_utf8_lossy(&bytes[end + 4..]).into_owned();
                return Some(Seen { head, body });
            }
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
        }
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// `None` once the caller has left.
async fn answer(stream: &mut TcpStream, manner: Manner) -> Option<()> {
    const EVENTS: &[u8] =
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    match manner {
        Manner::Json => {
            let body = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nmcp-session-id: backend-session";
            let text = format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            stream.write_all(text.as_bytes()).await.ok()
        }
        Manner::Events => {
            stream.write_all(EVENTS).await.ok()?;
            loop {
                stream.write_all(b"8\r\ndata: 1\n\r\n").await.ok()?;
                stream.write_all(b"1\r\n\n\r\n").await.ok()?;
                // It notices that the caller has left when it writes, and when it reads.
                let mut byte = [0];
                if let Ok(read) =
                    tokio::time::timeout(Duration::from_millis(100), stream.read(&mut byte)).await
                {
                    return read.ok().filter(|count| *count > 0).map(|_| ());
                }
            }
        }
        Manner::Flood => {
            stream.write_all(EVENTS).await.ok()?;
            let event = format!("{:x}\r\n{}\r\n", 65_536, "x".repeat(65_536));
            loop {
                stream.write_all(event.as_bytes()).await.ok()?;
            }
        }
        Manner::Silence => {
            let mut byte = [0];
            let read = stream.read(&mut byte).await;
            read.ok().filter(|count| *count > 0).map(|_| ())
        }
        Manner::Status(status) => {
            let text = format!(
                "HTTP/1.1 {status} Status\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n"
            );
            stream.write_all(text.as_bytes()).await.ok()
        }
        Manner::Half => {
            let text = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{\"half\":";
            let _ = stream.write_all(text.as_bytes()).await;
            None
        }
    }
}
