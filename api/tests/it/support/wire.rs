//! HTTP by hand, for tests that need thousands of requests a second from threads, or hang up half-way.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

/// One connection that is kept.
pub struct Wire {
    stream: BufReader<TcpStream>,
    host: String,
    /// The last answer said that nothing follows it, as one does to a request whose body was not read.
    is_last: bool,
}

impl Wire {
    /// To a server on this address.
    pub fn open(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        Self {
            stream: BufReader::new(stream),
            host: address.to_owned(),
            is_last: false,
        }
    }

    /// Sends a request and does not wait for its answer.
    pub fn send(&mut self, method: &str, path: &str, bearer: &str, body: &str) {
        let host = &self.host;
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {bearer}\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        self.stream.get_mut().write_all(request.as_bytes()).unwrap();
    }

    /// The status and the body of the next answer.
    pub fn receive(&mut self) -> (u16, String) {
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        let status = line.split(' ').nth(1).unwrap().parse().unwrap();
        let mut length = 0;
        loop {
            line.clear();
            self.stream.read_line(&mut line).unwrap();
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            let value = value.trim();
            if name.eq_ignore_ascii_case("content-length") {
                length = value.parse().unwrap();
            }
            if name.eq_ignore_ascii_case("connection") {
                self.is_last = value.eq_ignore_ascii_case("close");
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).unwrap();
        (status, String::from_utf8(body).unwrap())
    }

    /// Both; on another connection where the last answer ended this one.
    pub fn ask(&mut self, method: &str, path: &str, bearer: &str, body: &str) -> (u16, String) {
        if self.is_last {
            *self = Self::open(&self.host);
        }
        self.send(method, path, bearer, body);
        self.receive()
    }

    /// Whether the server has closed it, once it has.
    pub fn is_closed(&mut self) -> bool {
        self.stream.fill_buf().is_ok_and(<[u8]>::is_empty)
    }
}
