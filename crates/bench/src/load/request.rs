//! Requests, written once and sent as often as one likes.

use std::net::SocketAddr;

/// A request in the making.
#[derive(Clone)]
pub struct Request {
    head: String,
    body: Option<String>,
}

impl Request {
    /// Of a server on this address; `path` with its query, if any.
    #[must_use]
    pub fn new(method: &str, address: SocketAddr, path: &str) -> Self {
        Self {
            head: format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\n"),
            body: None,
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        for part in [name, ": ", value, "\r\n"] {
            self.head.push_str(part);
        }
        self
    }

    /// Adds a body of JSON.
    #[must_use]
    pub fn json(self, body: impl Into<String>) -> Self {
        let mut with_type = self.header("Content-Type", "application/json");
        with_type.body = Some(body.into());
        with_type
    }

    /// As it goes over the wire.
    #[must_use]
    pub fn bytes(self) -> Vec<u8> {
        let mut text = self.head;
        if let Some(body) = self.body {
            text.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
            text.push_str(&body);
        } else {
            text.push_str("\r\n");
        }
        text.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_announced_with_its_length_in_bytes() {
        let request = Request::new("POST", ([127, 0, 0, 1], 80).into(), "/x").json("\"é\"");
        assert_eq!(
            String::from_utf8_lossy(&request.bytes()),
            "POST /x HTTP/1.1\r\nHost: 127.0.0.1:80\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\n\"é\""
        );
    }

    #[test]
    fn without_a_body_there_is_no_length() {
        let request = Request::new("GET", ([127, 0, 0, 1], 80).into(), "/").header("A", "b");
        assert_eq!(
            request.bytes(),
            b"GET / HTTP/1.1\r\nHost: 127.0.0.1:80\r\nA: b\r\n\r\n"
        );
    }
}
