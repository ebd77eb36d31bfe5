//! Which requests the front takes: those that are plain in every respect. All others are the framework's, which knows how to
//! read them, and how to refuse them.

use httparse::{EMPTY_HEADER, Header, Status};

use crate::lane::{FORWARD_AUTH, VERIFY};

/// More headers than a check has.
const MOST_HEADERS: usize = 32;

/// Room for the headers of one request.
pub type Room<'a> = [Header<'a>; MOST_HEADERS];

/// Empty room.
pub const ROOM: Room<'static> = [EMPTY_HEADER; MOST_HEADERS];

/// Which check is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `GET /forward-auth`.
    ForwardAuth,
    /// `POST /keys/verify`, by a program.
    Verify,
}

/// A plain request for a check, all of it.
pub struct Request<'a, 'r> {
    /// Which check.
    pub kind: Kind,
    /// The query of the address.
    pub query: &'a str,
    /// The headers.
    pub headers: &'r [Header<'a>],
    /// The body.
    pub body: &'a [u8],
    /// How many bytes of the connection it takes.
    pub length: usize,
}

/// The request that these bytes begin with, if it is for the front. Bodies are taken up to this many bytes.
pub fn plain<'a, 'r>(
    bytes: &'a [u8],
    room: &'r mut Room<'a>,
    longest_body: usize,
) -> Option<Request<'a, 'r>> {
    // Most others are recognised by their first bytes.
    let kind = match bytes.first()? {
        b'G' => Kind::ForwardAuth,
        b'P' => Kind::Verify,
        _ => return None,
    };
    let mut parsed = httparse::Request::new(room);
    let Ok(Status::Complete(head)) = parsed.parse(bytes) else {
        return None;
    };
    let address = parsed.path?;
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let route = match kind {
        Kind::ForwardAuth => FORWARD_AUTH,
        Kind::Verify => VERIFY,
    };
    let is_ours = parsed.method == Some(route.method.as_str()) && path == route.path;
    if !is_ours || parsed.version != Some(1) || !query.bytes().all(is_of_query) {
        return None;
    }
    let headers: &'r [Header<'a>] = parsed.headers;
    let length = body_length(headers)?;
    let is_plain = match kind {
        Kind::ForwardAuth => length == 0,
        // Without a token it is a person in the browser, whose session is looked up first.
        Kind::Verify => length <= longest_body && named(headers, "authorization").next().is_some(),
    };
    let body = bytes.get(head..head.checked_add(length)?)?;
    is_plain.then_some(Request {
        kind,
        query,
        headers,
        body,
        length: head + length,
    })
}

/// The length of the body, where nothing else is said about how the message or the connection goes on.
fn body_length(headers: &[Header<'_>]) -> Option<usize> {
    let mut length = None;
    for Header { name, value } in headers {
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        if is("content-length") {
            let is_second = length.replace(decimal(value)?).is_some();
            if is_second {
                return None;
            }
        }
        let is_kept = !is("connection") || value.eq_ignore_ascii_case(b"keep-alive");
        if !is_kept || is("expect") || is("upgrade") || is("transfer-encoding") {
            return None;
        }
    }
    Some(length.unwrap_or(0))
}

/// A number of at most seven digits, and nothing else.
fn decimal(text: &[u8]) -> Option<usize> {
    let is_number = matches!(text.len(), 1..=7) && text.iter().all(u8::is_ascii_digit);
    is_number.then(|| {
        let digits = text.iter().map(|digit| usize::from(digit - b'0'));
        digits.fold(0, |number, digit| 10 * number + digit)
    })
}

/// Whether a query may have this byte as it is (RFC 3986 §3.4). Of others the framework knows which it forgives.
fn is_of_query(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%".contains(&byte)
}

fn named<'r>(headers: &'r [Header<'_>], name: &str) -> impl Iterator<Item = &'r [u8]> {
    let with_name = headers
        .iter()
        .filter(move |h| h.name.eq_ignore_ascii_case(name));
    with_name.map(|header| header.value)
}

#[cfg(test)]
mod tests;
