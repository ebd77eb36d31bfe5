//! The one extractor. actix polls the extractors of a handler together and the first error wins, so the
//! order of checks is only certain inside a single one: cross-site → credential (401) → a second factor, where one is
//! required (403) → permission (403) → load (404) → role (403) → limit (429) → input (400, 413, 415, 422).

use std::{marker::PhantomData, net::IpAddr};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web};
use futures_util::future::{FutureExt as _, LocalBoxFuture};
use latchkey_types::Timestamp;

use super::{
    caller::Caller,
    cross_site,
    input::Input,
    limit::{ByMethod, Limit},
    origin,
};
use crate::{
    app::App,
    clock,
    error::{ApiError, ApiResult},
    throttle::Budget,
};

/// What a handler asks for: `A` says who may come in, `I` what they have to send, `L` what it counts against. A
/// handler can't get at its input without having named who may.
pub struct Guard<A, I = (), L = ByMethod> {
    /// What `A` found: the caller, and what they may work on.
    pub access: A,
    /// What the caller sent.
    pub input: I,
    /// The request's surroundings.
    pub call: Call,
    counted: PhantomData<L>,
}

/// The surroundings of one request.
#[derive(Clone)]
pub struct Call {
    /// The running server.
    pub app: web::Data<App>,
    /// The request.
    pub request: HttpRequest,
    /// The caller's address, as far as trusted proxies tell.
    pub ip: Option<IpAddr>,
    /// When the request came in.
    pub now: Timestamp,
    /// Whether a session is taken also where this server requires a second factor and its person has none yet.
    pub(super) admits_one_factor: bool,
}

/// Who may come in.
pub trait Access: Sized + 'static {
    /// Whether an unsafe request is checked for coming from another site even without a cookie: setting up
    /// and signing in give a cookie, so they must not be driven by a foreign page either.
    const GIVES_COOKIE: bool = false;

    /// Whether a session is taken also where this server requires a second factor and its person has none yet: what
    /// is needed to turn one on, and nothing else.
    const ADMITS_ONE_FACTOR: bool = false;

    /// Checks credential, permission, existence and role, in this order.
    ///
    /// # Errors
    /// 401, 403 or 404; 503 when the database can't tell.
    fn authorise(call: &Call) -> impl Future<Output = ApiResult<Self>>;

    /// Who it is, if that is known: whose requests are counted.
    fn caller(&self) -> Option<&Caller>;
}

impl Call {
    /// The surroundings of this request.
    ///
    /// # Errors
    /// When the server was put together wrongly.
    pub fn of(request: &HttpRequest) -> ApiResult<Self> {
        let app = request
            .app_data::<web::Data<App>>()
            .cloned()
            .ok_or_else(|| ApiError::internal("the application has no state"))?;
        let ip = origin::client_ip(
            origin::peer(request.head()),
            request.headers(),
            &app.config.trusted_proxies,
        );
        Ok(Self {
            app,
            request: request.clone(),
            ip,
            now: clock::now(),
            admits_one_factor: false,
        })
    }

    /// A part of the path, read as an id. Something that can't be an id is simply not there.
    ///
    /// # Errors
    /// 404.
    pub fn path_id<T: std::str::FromStr>(&self, name: &str) -> ApiResult<T> {
        self.request
            .match_info()
            .query(name)
            .parse()
            .map_err(|_| ApiError::not_found())
    }

    /// The address as the audit log keeps it.
    #[must_use]
    pub fn ip_text(&self) -> Option<String> {
        self.ip.map(|ip| ip.to_string())
    }

    /// A header's text, if it is there and readable.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    }
}

impl<A: Access, I: Input, L: Limit<I>> FromRequest for Guard<A, I, L> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, ApiResult<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let call = Call::of(request);
        let mut payload = payload.take();
        async move {
            let mut call = call?;
            call.admits_one_factor = A::ADMITS_ONE_FACTOR;
            cross_site::check(&call, A::GIVES_COOKIE)?;
            let access = A::authorise(&call).await?;
            let count = |budget: Option<Budget>| match (budget, access.caller()) {
                (Some(budget), Some(caller)) => call.app.callers.count(caller.user_id, budget),
                _ => Ok(()),
            };
            count(L::budget(call.request.method()))?;
            let input = I::read(&call, &mut payload).await?;
            count(L::budget_of(&input))?;
            Ok(Self {
                access,
                input,
                call,
                counted: PhantomData,
            })
        }
        .boxed_local()
    }
}
