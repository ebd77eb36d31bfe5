//! What a connection meets first. A reverse proxy keeps its connections open and asks the same thing thousands of times on
//! each, so the front answers checks of keys itself, from the bytes as they arrived: `request` says which requests it
//! takes, `answer` writes what is answered, and what decides is the same code as behind the routes.
//!
//! It knows only requests that are plain in every respect. With the first other one it hands the connection over to the web
//! framework, bytes and all, for good (`handed`): half a request, a body in pieces, an `Expect`, a wrong length, anything
//! that asks for a judgement. Connections that are encrypted here go to the framework from the start.

mod answer;
mod connection;
mod handed;
mod request;

use std::{net::TcpListener, rc::Rc, sync::Arc, time::Duration};

use actix_http::{HttpService, Request, Response, error::DispatchError, h1::H1Service};
use actix_server::{GracefulShutdownSignal, Server};
use actix_service::{
    IntoServiceFactory as _, Service, ServiceFactory, fn_factory, fn_service, map_config,
};
use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::{
    App as ActixApp, Error, body::BoxBody, dev::AppConfig, middleware::from_fn, rt::net::TcpStream,
    web,
};
use tokio::io::{AsyncRead, AsyncWrite};
use utoipa_actix_web::AppExt as _;

pub use self::answer::Answers;
use self::{connection::Front, handed::Handed};
use crate::{
    app::App, http::envelope, lane::LaneFactory, mcp::connection::Connection, routes, tls::Identity,
};

/// How long the first request of a connection may take to begin, and with the framework its whole head.
const FIRST_REQUEST: Duration = Duration::from_secs(10);
/// How long a connection may be idle between two requests.
const KEEP_ALIVE: Duration = Duration::from_secs(5);

/// The server on this listener: plain connections meet the front, encrypted ones the framework.
///
/// # Errors
/// When the listener can't be used, or TLS can't be set up.
pub fn server(
    app: &web::Data<App>,
    listener: TcpListener,
    identity: Option<&Arc<Identity>>,
) -> std::io::Result<Server> {
    let builder = Server::build()
        .workers(app.config.workers)
        .shutdown_timeout(app.config.shutdown.as_secs())
        .disable_signals();
    let ending = builder.graceful_shutdown_signal();
    let app = app.clone();
    let builder = match identity {
        None => builder.listen("latchkey", listener, move || {
            plain(app.clone(), ending.clone())
        })?,
        Some(identity) => {
            let tls = identity.server().map_err(std::io::Error::other)?;
            builder.listen("latchkey", listener, move || {
                framework(app.clone(), ending.clone(), under_tls).rustls_0_23(tls.clone())
            })?
        }
    };
    Ok(builder.run())
}

/// Plain connections: the front, and behind it the framework.
fn plain(
    app: web::Data<App>,
    ending: GracefulShutdownSignal,
) -> impl ServiceFactory<TcpStream, Config = (), Response = (), Error = DispatchError, InitError = ()>
{
    let framework = framework(app.clone(), ending.clone(), Handed::socket);
    fn_factory(move || {
        let front = Rc::new(Front::new(app.clone(), ending.clone()));
        let framework = framework.new_service(());
        async move {
            let framework = Rc::new(framework.await?);
            Ok(fn_service(move |mut stream: TcpStream| {
                let (front, framework) = (Rc::clone(&front), Rc::clone(&framework));
                async move {
                    let address = stream.peer_addr().ok();
                    let peer = address.map(|address| address.ip().to_canonical());
                    match front.serve(&mut stream, peer).await {
                        Some(unread) => {
                            framework.call((Handed::new(unread, stream), address)).await
                        }
                        None => Ok(()),
                    }
                }
            }))
        }
    })
}

fn under_tls(stream: &TlsStream<TcpStream>) -> &TcpStream {
    stream.get_ref().0
}

/// The web framework, on streams of this kind.
#[expect(
    clippy::type_complexity,
    reason = "what TLS is put before has to be named"
)]
fn framework<T: AsyncRead + AsyncWrite + Unpin + 'static>(
    app: web::Data<App>,
    ending: GracefulShutdownSignal,
    socket: fn(&T) -> &TcpStream,
) -> H1Service<
    T,
    impl ServiceFactory<
        Request,
        Config = (),
        Response = Response<BoxBody>,
        Error = Error,
        InitError = (),
        Service: Service<Request, Response = Response<BoxBody>, Error = Error, Future: 'static>,
        Future: 'static,
    >,
    BoxBody,
> {
    let routes = ActixApp::new()
        .app_data(app.clone())
        .wrap(from_fn(envelope::wrap))
        .into_utoipa_app()
        .configure(routes::api)
        .into_app()
        .configure(routes::rest);
    let lane = LaneFactory::new(app, routes.into_factory());
    HttpService::build()
        .graceful_shutdown_signal(move || {
            let ending = ending.clone();
            async move { ending.notified().await }
        })
        .keep_alive(KEEP_ALIVE)
        .client_request_timeout(FIRST_REQUEST)
        .client_disconnect_timeout(Duration::from_secs(1))
        // A client that leaves ends what it asked for; a half-closed one would keep it running unheard.
        .h1_allow_half_closed(false)
        .on_connect_ext(move |stream, about| Connection::remember(socket(stream), about))
        .h1(map_config(lane, |()| AppConfig::default()))
}
