//! One request on a connection of its own, and the status of its answer.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use crate::Outcome;

const PATIENCE: Duration = Duration::from_secs(10);

/// The status that this request is answered with, and what has come of the answer when that, and `until`, is in it.
///
/// # Errors
/// When nobody listens, or what comes is no answer.
pub fn ask(address: SocketAddr, request: &[u8], until: &str) -> Outcome<(u16, String)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request)?;
    let mut arrived = Vec::new();
    let mut bytes = [0; 4096];
    loop {
        // What ends or stalls after the status line has answered all the same.
        let read = stream.read(&mut bytes);
        let is_over = !matches!(read, Ok(1..));
        arrived.extend_from_slice(bytes.get(..read.unwrap_or_default()).unwrap_or_default());
        let text = String::from_utf8_lossy(&arrived);
        match parse(&arrived)? {
            Some(status) if is_over || text.contains(until) => {
                return Ok((status, text.into_owned()));
            }
            None if is_over => return Err("the connection ended in the middle of an answer".into()),
            _ => {}
        }
    }
}

/// The status that this request is answered with.
///
/// # Errors
/// As [`ask`].
pub fn status(address: SocketAddr, request: &[u8]) -> Outcome<u16> {
    ask(address, request, "").map(|(status, _)| status)
}

/// `None` while the status line is not all there.
fn parse(bytes: &[u8]) -> Outcome<Option<u16>> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut response = httparse::Response::new(&mut headers);
    response.parse(bytes)?;
    Ok(response.code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_is_known_as_soon_as_its_line_is_there() {
        for (bytes, wanted) in [
            ("HTTP/1.1 20", None),
            ("HTTP/1.1 200 OK\r\n", Some(200)),
            ("HTTP/1.1 401 \r\nContent-Length: 0\r\n\r\n", Some(401)),
        ] {
            assert_eq!(
                parse(bytes.as_bytes()).expect("it can be read"),
                wanted,
                "{bytes}"
            );
        }
        assert!(parse(b"SSH-2.0-OpenSSH").is_err());
    }
}
