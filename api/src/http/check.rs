//! A request that asks whether a key is accepted, as far as the answer depends on it. It is no more than its address and
//! headers, so that the answer can also be found before there is a routed request, or one of the framework at all.

use std::net::IpAddr;

use actix_web::{dev::RequestHead, http::header::HeaderMap};
use latchkey_types::Timestamp;

use super::{asked::Asked, headers::Headers, origin};
use crate::{app::App, clock};

/// The surroundings of one check.
pub struct Check<'a, H: ?Sized = HeaderMap> {
    /// The running server.
    pub app: &'a App,
    /// The request's headers.
    pub headers: &'a H,
    /// The query of the URL, empty where there is none.
    pub query: &'a str,
    /// The address that the connection comes from.
    pub peer: Option<IpAddr>,
    /// The caller's address, as far as trusted proxies tell.
    pub ip: Option<IpAddr>,
    /// When the request came in.
    pub now: Timestamp,
    /// What becomes known for the log.
    pub asked: Asked,
}

impl<'a> Check<'a> {
    /// The surroundings of this request.
    #[must_use]
    pub fn of(app: &'a App, head: &'a RequestHead) -> Self {
        let query = head.uri.query().unwrap_or_default();
        Self::new(app, &head.headers, query, origin::peer(head))
    }
}

impl<'a, H: Headers + ?Sized> Check<'a, H> {
    /// The surroundings of a request with these headers and this query, from this address.
    #[must_use]
    pub fn new(app: &'a App, headers: &'a H, query: &'a str, peer: Option<IpAddr>) -> Self {
        Self {
            app,
            headers,
            query,
            peer,
            ip: origin::client_ip(peer, headers, &app.config.trusted_proxies),
            now: clock::now(),
            asked: Asked::default(),
        }
    }
}
