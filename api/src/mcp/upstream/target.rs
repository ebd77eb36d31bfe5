//! Where an upstream is and what it is sent in every call: checked when it is set, so that a call can't find out late.

use std::{fmt, net::IpAddr};

use http::{HeaderName, HeaderValue, Uri};
use latchkey_types::limits;
use url::{Host, Url};

use ipnet::IpNet;

use super::{
    address::{self, Kind, Way},
    headers,
};

/// An upstream as a project configures it. No `Debug`: its headers are likely credentials.
#[derive(Clone)]
pub struct Target {
    uri: Uri,
    /// The host, where it is an address already and no resolver will see it.
    literal: Option<IpAddr>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// What is wrong with a configured upstream: where, and what to do. It never repeats a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetFault {
    /// Which part it is.
    pub part: Part,
    /// A sentence for the person who set it.
    pub sentence: &'static str,
}

/// A part of a configured upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The URL.
    Url,
    /// The name of the header with this number, from 0.
    HeaderName(usize),
    /// The value of the header with this number, from 0.
    HeaderValue(usize),
    /// The headers as a whole.
    Headers,
}

impl Target {
    /// An upstream at this URL, to which each call carries these headers (name, value).
    ///
    /// The URL's path and query are used as they are. Whether its address is allowed is found out at each connection.
    ///
    /// # Errors
    /// The first part that can't be used.
    pub fn new<'a>(
        url: &str,
        headers: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, TargetFault> {
        let (uri, literal) = place(url).map_err(|sentence| TargetFault {
            part: Part::Url,
            sentence,
        })?;
        let mut checked = Vec::new();
        for (number, (name, value)) in headers.into_iter().enumerate() {
            if number >= limits::UPSTREAM_HEADERS_MAX {
                return Err(TargetFault {
                    part: Part::Headers,
                    sentence: "are too many; 20 are possible",
                });
            }
            let name = header_name(name).map_err(|sentence| TargetFault {
                part: Part::HeaderName(number),
                sentence,
            })?;
            let value = header_value(value).map_err(|sentence| TargetFault {
                part: Part::HeaderValue(number),
                sentence,
            })?;
            checked.push((name, value));
        }
        Ok(Self {
            uri,
            literal,
            headers: checked,
        })
    }

    /// Whether plain http can ever be right for it: known before connecting where its address stands in the URL, and
    /// where no network is named. What a name leads to is found out at each connection.
    ///
    /// # Errors
    /// The URL, and that it must be https.
    pub fn check_way(&self, allow: &[IpNet]) -> Result<(), TargetFault> {
        let is_plain = Way::of(&self.uri) == Way::Plain;
        let is_refused = match self.literal {
            Some(literal) => {
                address::check(literal, Way::Plain, allow).is_err_and(|no| no.kind == Kind::Public)
            }
            None => allow.is_empty(),
        };
        if is_plain && is_refused {
            return Err(TargetFault {
                part: Part::Url,
                sentence: "must begin with https://; plain http is for networks that the setting upstream_allow names",
            });
        }
        Ok(())
    }

    pub(super) fn uri(&self) -> &Uri {
        &self.uri
    }

    pub(super) fn literal(&self) -> Option<IpAddr> {
        self.literal
    }

    pub(super) fn headers(&self) -> &[(HeaderName, HeaderValue)] {
        &self.headers
    }
}

impl fmt::Display for TargetFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.part {
            Part::Url => write!(f, "The URL {}.", self.sentence),
            Part::HeaderName(number) => {
                write!(f, "The name of header {} {}.", number + 1, self.sentence)
            }
            Part::HeaderValue(number) => {
                write!(f, "The value of header {} {}.", number + 1, self.sentence)
            }
            Part::Headers => write!(f, "The headers {}.", self.sentence),
        }
    }
}

impl std::error::Error for TargetFault {}

fn place(text: &str) -> Result<(Uri, Option<IpAddr>), &'static str> {
    if text.len() > limits::UPSTREAM_URL_MAX {
        return Err("is too long");
    }
    let url =
        Url::parse(text).map_err(|_| "can't be read; it looks like https://mcp.example.com/mcp")?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("must begin with https:// or http://");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not hold a user name or password; set the header Authorization");
    }
    if url.fragment().is_some() {
        return Err("must not have a fragment (#…): no server gets to see it");
    }
    // The parser has read 127.1, 0x7f000001 and the like as the addresses that they are.
    let literal = match url.host().ok_or("must name a host")? {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
        Host::Domain(_) => None,
    };
    let uri = Uri::try_from(url.as_str()).map_err(|_| "has a character that must be encoded")?;
    Ok((uri, literal))
}

fn header_name(name: &str) -> Result<HeaderName, &'static str> {
    if name.len() > limits::UPSTREAM_HEADER_NAME_MAX {
        return Err("is too long");
    }
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| "is not a header's name")?;
    if headers::is_configurable(&name) {
        Ok(name)
    } else {
        Err("is one that Latchkey or the protocol sets itself")
    }
}

fn header_value(value: &str) -> Result<HeaderValue, &'static str> {
    if value.len() > limits::UPSTREAM_HEADER_VALUE_MAX {
        return Err("is too long");
    }
    let mut value = HeaderValue::from_str(value)
        .map_err(|_| "has a character that can't stand in a header, such as a line break")?;
    // Whatever prints it, in this process or in a library, prints the word Sensitive.
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(url: &str, headers: &[(&str, &str)]) -> Option<Part> {
        Target::new(url, headers.iter().copied())
            .err()
            .map(|fault| fault.part)
    }

    #[test]
    fn urls_that_cannot_be_called_are_refused() {
        for url in [
            "",
            "mcp.example.com",
            "ftp://mcp.example.com",
            "unix:/run/mcp.sock",
            "https://",
            "https://ada:secret@mcp.example.com/",
            "https://ada@mcp.example.com/",
            "https://mcp.example.com/#top",
            "https://mcp example.com/",
            "http://1.2.3.4.5/",
            &format!("https://mcp.example.com/{}", "x".repeat(2048)),
        ] {
            assert_eq!(fault(url, &[]), Some(Part::Url), "{url:?}");
        }
        for url in [
            "http://mcp.example.com",
            "https://mcp.example.com:8443/a/b?team=1&x=%2F",
            "https://[2001:db8::1]/mcp",
            "https://bücher.example/mcp",
        ] {
            assert_eq!(fault(url, &[]), None, "{url:?}");
        }
    }

    #[test]
    fn plain_http_to_a_public_address_is_refused_before_anybody_connects() {
        let named = ["10.0.0.0/8".parse().unwrap(), "9.9.9.9/32".parse().unwrap()];
        for (url, alone, with_named) in [
            ("https://mcp.example.com/mcp", true, true),
            ("https://1.1.1.1/mcp", true, true),
            // A name may lead into a named network, if there is one.
            ("http://mcp.example.com/mcp", false, true),
            ("http://1.1.1.1/mcp", false, false),
            ("http://0x01010101/mcp", false, false),
            ("http://[2606:4700::1111]/mcp", false, false),
            ("HTTP://[::ffff:1.1.1.1]/mcp", false, false),
            ("http://9.9.9.9/mcp", false, true),
            // Said when the connection is tried, with what it is.
            ("http://10.1.2.3/mcp", true, true),
        ] {
            let target = Target::new(url, []).unwrap();
            assert_eq!(target.check_way(&[]).is_ok(), alone, "{url}");
            let fault = target.check_way(&named).err();
            assert_eq!(fault.is_none(), with_named, "{url}");
            if let Some(fault) = fault {
                assert_eq!(fault.part, Part::Url);
                assert!(fault.sentence.contains("upstream_allow"));
            }
        }
    }

    #[test]
    fn an_address_is_recognised_however_it_is_written() {
        for host in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f.0.0.1",
            "0177.0.0.1",
            "127.0.0.1.",
        ] {
            let target = Target::new(&format!("http://{host}:1/"), []).unwrap();
            let loopback = IpAddr::from([127, 0, 0, 1]);
            assert_eq!(target.literal(), Some(loopback), "{host}");
            assert_eq!(target.uri().host(), Some("127.0.0.1"), "{host}");
        }
        let target = Target::new("http://[::ffff:7f00:1]/", []).unwrap();
        assert_eq!(target.literal(), Some("::ffff:127.0.0.1".parse().unwrap()));
        assert_eq!(
            Target::new("http://localhost/", []).unwrap().literal(),
            None
        );
    }

    #[test]
    fn headers_of_the_connection_the_protocol_and_latchkey_cannot_be_configured() {
        let url = "https://mcp.example.com/mcp";
        for name in [
            "Connection",
            "Content-Length",
            "Host",
            "MCP-Protocol-Version",
            "Mcp-Session-Id",
            "Transfer-Encoding",
            "X-Latchkey-Key-Id",
            "Content-Type",
            "Accept",
            "a b",
            "",
        ] {
            assert_eq!(
                fault(url, &[("X-Team", "1"), (name, "x")]),
                Some(Part::HeaderName(1)),
                "{name}"
            );
        }
        for name in [
            "Authorization",
            "X-API-Key",
            "Cookie",
            "Origin",
            "User-Agent",
        ] {
            assert_eq!(fault(url, &[(name, "x")]), None, "{name}");
        }
        assert_eq!(
            fault(url, &[("X-Team", "a\r\nX-Evil: 1")]),
            Some(Part::HeaderValue(0))
        );
        assert_eq!(fault(url, &[("X-Team", "a"); 21]), Some(Part::Headers));
    }

    #[test]
    fn a_configured_value_is_printed_by_nobody() {
        let target = Target::new("https://mcp.example.com/", [("X-Team", "hunter2")]).unwrap();
        assert!(!format!("{:?}", target.headers()).contains("hunter2"));
    }

    #[test]
    fn a_fault_never_repeats_a_value() {
        let fault = Target::new("https://ada:hunter2@mcp.example.com/", [])
            .err()
            .unwrap();
        assert!(!fault.to_string().contains("hunter2"));
        let fault = Target::new("https://mcp.example.com/", [("X-Team", "hunter2\n")])
            .err()
            .unwrap();
        assert!(!fault.to_string().contains("hunter2"));
    }
}
