//! An event stream that is open, and how it ends.

use std::io;

use tokio::{io::AsyncReadExt as _, net::TcpStream};

/// The last chunk of an answer without trailers (RFC 9112 §7.1).
const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// An open stream.
pub struct Events {
    stream: TcpStream,
    /// The end of what has arrived so far.
    tail: Vec<u8>,
}

/// How a stream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// With its last chunk.
    Orderly,
    /// With the connection.
    Cut,
}

impl Events {
    pub(super) fn new(stream: TcpStream, arrived: Vec<u8>) -> Self {
        Self {
            stream,
            tail: arrived,
        }
    }

    /// Reads events until there are no more.
    pub async fn until_end(mut self) -> End {
        loop {
            if self.tail.ends_with(LAST_CHUNK) {
                return End::Orderly;
            }
            let surplus = self.tail.len().saturating_sub(LAST_CHUNK.len());
            self.tail.drain(..surplus);
            // Whatever the error: nothing more comes.
            let read: io::Result<usize> = self.stream.read_buf(&mut self.tail).await;
            if !matches!(read, Ok(1..)) {
                return End::Cut;
            }
        }
    }
}
