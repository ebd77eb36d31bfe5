//! The lane beside the router. A reverse proxy asks about every request that it passes on, so what the router, a
//! request of its own and the middleware cost would be most of what an answer costs. `GET /forward-auth`, and
//! `POST /keys/verify` with a token, are answered from the request's head and body before any of them, by the same code
//! as behind the routes. Everything else goes on to those.

use std::{
    future::{Ready, ready},
    task::{Context, Poll},
};

use actix_http::{Request, Response};
use actix_web::{
    Error,
    body::BoxBody,
    dev::{AppConfig, Payload, RequestHead, Service, ServiceFactory, ServiceResponse},
    http::{Method, header::AUTHORIZATION},
    web,
};
use futures_util::future::{Either, FutureExt as _, LocalBoxFuture, MapOk, TryFutureExt as _};

use crate::{
    app::App,
    error::ApiResult,
    handlers::{forward_auth, verify},
    http::{
        check::Check,
        envelope::{CheckEnvelope, CheckRoute},
        input,
    },
};

/// `GET /forward-auth`.
pub const FORWARD_AUTH: CheckRoute = CheckRoute {
    method: Method::GET,
    path: "/api/v1/forward-auth",
};
/// `POST /keys/verify`.
pub const VERIFY: CheckRoute = CheckRoute {
    method: Method::POST,
    path: "/api/v1/keys/verify",
};

/// Makes a worker's service: the lane, and behind it what `routes` makes.
pub struct LaneFactory<F> {
    app: web::Data<App>,
    routes: F,
}

/// The lane, in front of `S`.
pub struct Lane<S> {
    app: web::Data<App>,
    routes: S,
}

impl<F> LaneFactory<F> {
    /// A lane in front of these routes.
    pub const fn new(app: web::Data<App>, routes: F) -> Self {
        Self { app, routes }
    }
}

impl<F> ServiceFactory<Request> for LaneFactory<F>
where
    F: ServiceFactory<
            Request,
            Config = AppConfig,
            Response = ServiceResponse<BoxBody>,
            Error = Error,
        >,
    F::Service: 'static,
    F::Future: 'static,
    F::InitError: 'static,
{
    type Response = Response<BoxBody>;
    type Error = Error;
    type Config = AppConfig;
    type Service = Lane<F::Service>;
    type InitError = F::InitError;
    type Future = LocalBoxFuture<'static, Result<Self::Service, Self::InitError>>;

    fn new_service(&self, config: AppConfig) -> Self::Future {
        let app = self.app.clone();
        let routes = self.routes.new_service(config);
        routes.map_ok(|routes| Lane { app, routes }).boxed_local()
    }
}

type Answer = Result<Response<BoxBody>, Error>;
type Routed<S> =
    MapOk<<S as Service<Request>>::Future, fn(ServiceResponse<BoxBody>) -> Response<BoxBody>>;

impl<S> Service<Request> for Lane<S>
where
    S: Service<Request, Response = ServiceResponse<BoxBody>, Error = Error>,
{
    type Response = Response<BoxBody>;
    type Error = Error;
    type Future = Either<Ready<Answer>, Either<LocalBoxFuture<'static, Answer>, Routed<S>>>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.routes.poll_ready(context)
    }

    fn call(&self, request: Request) -> Self::Future {
        let head = request.head();
        let is = |route: CheckRoute| head.method == route.method && head.uri.path() == route.path;
        match () {
            () if is(FORWARD_AUTH) => Either::Left(ready(Ok(decide(&self.app, head)))),
            // Without a token it is a person in the browser, whose session is looked up first.
            () if is(VERIFY) && head.headers.contains_key(AUTHORIZATION) => {
                let verified = verify_for_program(self.app.clone(), request);
                Either::Right(Either::Left(verified.boxed_local()))
            }
            () => {
                let answered: fn(ServiceResponse<BoxBody>) -> Response<BoxBody> = Response::from;
                let routed = self.routes.call(request).map_ok(answered);
                Either::Right(Either::Right(routed))
            }
        }
    }
}

/// The answer to `GET /forward-auth`.
pub fn decide(app: &App, head: &RequestHead) -> Response<BoxBody> {
    let envelope = CheckEnvelope::open();
    let check = Check::of(app, head);
    let decision = forward_auth::decide(&check).and_then(|pass| forward_auth::respond(&pass));
    envelope.close(&check, &FORWARD_AUTH, decision).into()
}

async fn verify_for_program(app: web::Data<App>, mut request: Request) -> Answer {
    let envelope = CheckEnvelope::open();
    let mut payload = request.take_payload();
    let check = Check::of(&app, request.head());
    let result = verify_body(&check, &mut payload).await;
    let response = result.map(verify::respond);
    Ok(envelope.close(&check, &VERIFY, response).into())
}

async fn verify_body(check: &Check<'_>, payload: &mut Payload) -> ApiResult<Vec<u8>> {
    let asks = verify::program(check)?;
    let body = input::body(check.app.config.body_limit, check.headers, payload).await?;
    verify::verify(check, asks, &body)
}
