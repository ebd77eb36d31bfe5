//! A request that asks whether a key is accepted, as far as the answer depends on it. It is no more than the web
//! framework's own head, so that the answer can also be found before there is a routed request.

use std::net::IpAddr;

use actix_web::dev::RequestHead;
use latchkey_types::Timestamp;

use super::{asked::Asked, origin};
use crate::{app::App, clock};

/// The surroundings of one check.
pub struct Check<'a> {
    /// The running server.
    pub app: &'a App,
    /// The request's first line and headers.
    pub head: &'a RequestHead,
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
        Self {
            app,
            head,
            ip: origin::client_ip(head, &app.config.trusted_proxies),
            now: clock::now(),
            asked: Asked::default(),
        }
    }

    /// The query of the URL, empty where there is none.
    #[must_use]
    pub fn query(&self) -> &'a str {
        self.head.uri.query().unwrap_or_default()
    }
}
