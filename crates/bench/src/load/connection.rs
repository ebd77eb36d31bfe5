//! One connection that is kept, with one request on it at a time.

use std::{io, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::events::Events;

/// More headers than any server here sends.
const HEADERS: usize = 32;

/// A connection to a server.
pub struct Connection {
    stream: TcpStream,
    /// What has arrived of the present answer.
    arrived: Vec<u8>,
}

/// A whole answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer<'a> {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub body: &'a [u8],
}

/// What is known of an answer when its headers are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Head {
    status: u16,
    /// Where the body begins.
    end: usize,
    length: Length,
}

/// How much body there will be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Length {
    Known(usize),
    /// In chunks (RFC 9112 §7.1).
    Chunked,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens there.
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            arrived: Vec::with_capacity(4096),
        })
    }

    /// Sends a request and waits for its whole answer.
    ///
    /// # Errors
    /// When the connection ends before that, or the answer is none, or one without a known length.
    pub async fn ask(&mut self, request: &[u8]) -> io::Result<Answer<'_>> {
        let head = self.begin(request).await?;
        let Length::Known(length) = head.length else {
            return Err(bad(
                "an answer came in chunks, where one of known length was wanted",
            ));
        };
        let end = head.end + length;
        while self.arrived.len() < end {
            self.fill().await?;
        }
        Ok(Answer {
            status: head.status,
            body: self.arrived.get(head.end..end).unwrap_or_default(),
        })
    }

    /// Sends a request for events, which are the answer as long as it lasts.
    ///
    /// # Errors
    /// When the answer isn't 200 and endless; the error then has its status.
    pub async fn listen(mut self, request: &[u8]) -> io::Result<Events> {
        let head = self.begin(request).await?;
        match head {
            Head {
                status: 200,
                length: Length::Chunked,
                end,
            } => Ok(Events::new(self.stream, self.arrived.split_off(end))),
            Head { status, .. } => Err(bad(&format!("{status} came where events were wanted"))),
        }
    }

    async fn begin(&mut self, request: &[u8]) -> io::Result<Head> {
        self.arrived.clear();
        self.stream.write_all(request).await?;
        loop {
            self.fill().await?;
            if let Some(head) = parse(&self.arrived)? {
                return Ok(head);
            }
        }
    }

    async fn fill(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.arrived).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

/// `None` while headers are missing.
fn parse(bytes: &[u8]) -> io::Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let parsed = response
        .parse(bytes)
        .map_err(|error| bad(&format!("an answer can't be read: {error}")))?;
    let httparse::Status::Complete(end) = parsed else {
        return Ok(None);
    };
    let mut length = Length::Known(0);
    for header in response.headers.iter() {
        if header.name.eq_ignore_ascii_case("transfer-encoding") {
            length = Length::Chunked;
        } else if header.name.eq_ignore_ascii_case("content-length") {
            length = std::str::from_utf8(header.value)
                .ok()
                .and_then(|text| text.trim().parse().ok())
                .map(Length::Known)
                .ok_or_else(|| bad("a Content-Length is no number"))?;
        }
    }
    let status = response.code.unwrap_or_default();
    Ok(Some(Head {
        status,
        end,
        length,
    }))
}

fn bad(sentence: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_says_status_and_length() {
        let known = |status, end, length| Head {
            status,
            end,
            length: Length::Known(length),
        };
        let table: [(&[u8], Option<Head>); 5] = [
            (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", None),
            (
                b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
                Some(known(200, 38, 2)),
            ),
            (
                b"HTTP/1.1 401 \r\ncontent-length:0\r\n\r\n",
                Some(known(401, 35, 0)),
            ),
            (b"HTTP/1.1 204 \r\n\r\n", Some(known(204, 17, 0))),
            (
                b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
                Some(Head {
                    status: 200,
                    end: 47,
                    length: Length::Chunked,
                }),
            ),
        ];
        for (bytes, wanted) in table {
            let head = parse(bytes).expect("it can be read");
            assert_eq!(head, wanted, "{}", String::from_utf8_lossy(bytes));
        }
        assert!(parse(b"no HTTP at all\r\n\r\n").is_err());
        assert!(parse(b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\n").is_err());
    }
}
