//! The headers of a request, however they are kept: the framework has them in a map, the front (`src/front.rs`) where they
//! arrived. What looks for a key reads both.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

/// Headers that can be looked up by name.
pub trait Headers {
    /// The values under this name, in their order, as they came.
    fn values_of<'a>(&'a self, name: &HeaderName) -> impl Iterator<Item = &'a [u8]>;

    /// The first value under this name.
    fn value_of<'a>(&'a self, name: &HeaderName) -> Option<&'a [u8]> {
        self.values_of(name).next()
    }
}

impl Headers for HeaderMap {
    fn values_of<'a>(&'a self, name: &HeaderName) -> impl Iterator<Item = &'a [u8]> {
        self.get_all(name).map(HeaderValue::as_bytes)
    }
}

impl Headers for [httparse::Header<'_>] {
    fn values_of<'a>(&'a self, name: &HeaderName) -> impl Iterator<Item = &'a [u8]> {
        self.iter()
            .filter(|header| header.name.eq_ignore_ascii_case(name.as_str()))
            .map(|header| header.value)
    }
}

/// A value as text, where it is nothing but visible ASCII, blanks and tabs (what `HeaderValue::to_str` takes).
#[must_use]
pub fn text(value: &[u8]) -> Option<&str> {
    let is_plain = value.iter().all(|b| matches!(b, b' '..=b'~' | b'\t'));
    is_plain.then(|| std::str::from_utf8(value).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_find_the_same() {
        let name = HeaderName::from_static("x-api-key");
        let mut map = HeaderMap::new();
        map.append(name.clone(), HeaderValue::from_static("one"));
        map.append(name.clone(), HeaderValue::from_static("two"));
        let header = |name, value| httparse::Header { name, value };
        let list = [
            header("X-API-Key", b"one".as_slice()),
            header("X-API-Keys", b"none"),
            header("x-api-key", b"two"),
        ];
        let wanted: [&[u8]; 2] = [b"one", b"two"];
        assert_eq!(map.values_of(&name).collect::<Vec<_>>(), wanted);
        assert_eq!(list[..].values_of(&name).collect::<Vec<_>>(), wanted);
        assert_eq!(map.value_of(&name), list[..].value_of(&name));
        assert_eq!(
            list[..1].value_of(&HeaderName::from_static("x-other")),
            None
        );
    }

    #[test]
    fn a_text_is_what_the_framework_takes_for_one() {
        for value in [
            &b""[..],
            b"a b\tc~",
            b"\x7f",
            "é".as_bytes(),
            b"\xff",
            b"a\0",
        ] {
            let framework = HeaderValue::from_bytes(value).ok();
            let framework = framework.as_ref().and_then(|value| value.to_str().ok());
            assert_eq!(text(value), framework, "{value:?}");
        }
    }
}
