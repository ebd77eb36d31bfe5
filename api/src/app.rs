//! What all requests of a server share.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering},
};

use actix_web::{rt::task::spawn_blocking, web};
use latchkey_gate::Gate;
use latchkey_keys::KeyRing;
use latchkey_store::{Db, Store, Tx};
use latchkey_types::{ProjectId, SessionId, TokenId, UserId};
use tokio::{
    sync::{broadcast, oneshot},
    time::timeout,
};

use crate::{
    config::Config,
    error::{ApiError, ApiResult},
    handlers::revoke::Closing,
    http::{idempotency::InFlight, refusals::Refusals},
    mcp::{recent::Recent, upstream::Upstreams},
    metrics::Metrics,
    openapi::Contract,
    password::Passwords,
    routes,
    setup::Setup,
    throttle::{Callers, Throttle},
};

/// The running server, as handlers see it.
pub struct App {
    /// The settings.
    pub config: Config,
    /// Where users reach this server, without a slash at its end.
    pub public_url: String,
    /// Whether that is plain http over a network, where others can read and alter what goes by.
    pub is_readable_on_the_way: bool,
    /// Origins whose pages are ours: `public_url`, and loopback names on the bound port.
    pub own_origins: Vec<String>,
    /// The database.
    pub store: Store,
    /// The door.
    pub gate: Arc<Gate>,
    /// The keys derived from the master key.
    pub ring: Arc<KeyRing>,
    /// Whether somebody has to set this instance up, and the token for it.
    pub setup: Setup,
    /// Password hashing.
    pub passwords: Passwords,
    /// Limits on attempts to sign in.
    pub throttle: Throttle,
    /// Limits on what signed-in callers do.
    pub callers: Callers,
    /// Creations under way.
    pub in_flight: InFlight,
    /// Receipts whose streams are being counted.
    pub closing: Arc<Closing>,
    /// Sessions that end, so that what they have open ends with them.
    pub endings: broadcast::Sender<Ending>,
    /// Calls the teams' own MCP servers.
    pub upstreams: Upstreams,
    /// The last calls of each project's endpoint.
    pub recent: Arc<Recent>,
    /// Whether the server is ending: for what is opened after that was told.
    pub is_ending: AtomicBool,
    /// Lines in the log about refused checks.
    pub refusals: Refusals,
    /// Counters for `/metrics`.
    pub metrics: Metrics,
    /// The API's own description; see [`App::contract`].
    pub contract: OnceLock<Contract>,
}

/// A session or all of a user's access that has just ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// This session.
    Session(SessionId),
    /// Everything of this user.
    User(UserId),
    /// This management token.
    Token(TokenId),
    /// A user's membership of a project.
    Member(ProjectId, UserId),
    /// The server itself: it shuts down.
    Server,
}

impl App {
    /// The API's own description, made when somebody first asks for it: it takes longer than the rest of a start.
    ///
    /// # Errors
    /// 500 when it can't be written.
    pub fn contract(&self) -> ApiResult<&Contract> {
        if let Some(contract) = self.contract.get() {
            return Ok(contract);
        }
        let made = Contract::new(routes::description())?;
        Ok(self.contract.get_or_init(|| made))
    }

    /// Runs a query on a thread where waiting is allowed.
    ///
    /// # Errors
    /// Those of `f`; 503 when the database can't be read.
    pub async fn read<T, F>(&self, f: F) -> ApiResult<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Db) -> ApiResult<T> + Send + 'static,
    {
        let store = self.store.clone();
        self.block(move || store.read(f)).await
    }

    /// Makes one change on a thread where waiting is allowed, in a transaction that it may share with others that come at
    /// the same time. What it changes reaches the gate before this returns, and also when the caller has left.
    ///
    /// # Errors
    /// Those of `f`, with nothing changed; 503 when the database can't be written.
    pub async fn write<T, F>(&self, f: F) -> ApiResult<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> ApiResult<T> + Send + 'static,
    {
        self.change(f, |outcome| outcome).await
    }

    /// Like [`App::write`], and tells what ended with the commit, also when the caller has left.
    ///
    /// # Errors
    /// Those of `f`, with nothing changed; 503 when the database can't be written.
    pub async fn write_ending<T, F>(&self, f: F) -> ApiResult<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> ApiResult<(T, Vec<Ending>)> + Send + 'static,
    {
        let endings = self.endings.clone();
        self.change(f, move |outcome| {
            let (value, ended) = outcome?;
            for ending in ended {
                // Nobody listening is fine.
                let _ = endings.send(ending);
            }
            Ok(value)
        })
        .await
    }

    /// Queues a change, and sees to it that somebody makes it. `and_then` is done in any case, with what came of it.
    async fn change<T, U, F, G>(&self, f: F, and_then: G) -> ApiResult<U>
    where
        T: Send + 'static,
        U: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> ApiResult<T> + Send + 'static,
        G: FnOnce(ApiResult<T>) -> ApiResult<U> + Send + 'static,
    {
        let span = tracing::Span::current();
        let (tell, mut told) = oneshot::channel();
        let (place, attendant) = self.store.enqueue(
            move |tx| span.in_scope(|| f(tx)),
            move |outcome| {
                // The caller may have left.
                let _ = tell.send(and_then(outcome));
            },
        );
        if let Some(attendant) = attendant {
            // It may be at work for others when this caller has its answer.
            drop(spawn_blocking(move || attendant.run()));
        }
        let outcome = match timeout(latchkey_store::PATIENCE, &mut told).await {
            Ok(outcome) => outcome,
            Err(_) => {
                self.store.withdraw(place);
                told.await
            }
        };
        outcome.map_err(ApiError::internal)?
    }

    /// Runs something that computes for long, or waits.
    ///
    /// # Errors
    /// Those of `f`; 503 when the server is ending.
    pub async fn block<T, F>(&self, f: F) -> ApiResult<T>
    where
        T: Send + 'static,
        F: FnOnce() -> ApiResult<T> + Send + 'static,
    {
        let span = tracing::Span::current();
        web::block(move || span.in_scope(f)).await?
    }

    /// Runs a whole operation in a task of its own: a handler's future is dropped when its client leaves,
    /// and what has to follow a commit must not be dropped with it.
    ///
    /// # Errors
    /// Those of the operation; 500 if it panicked.
    pub async fn finish<T: 'static>(
        operation: impl Future<Output = ApiResult<T>> + 'static,
    ) -> ApiResult<T> {
        use tracing::Instrument as _;
        actix_web::rt::spawn(operation.in_current_span())
            .await
            .map_err(ApiError::internal)?
    }

    /// Tells whoever has something open that this has ended.
    pub fn ended(&self, ending: Ending) {
        if matches!(ending, Ending::Server) {
            self.is_ending.store(true, Ordering::SeqCst);
        }
        // Nobody listening is fine.
        let _ = self.endings.send(ending);
    }

    /// Whether pages of this origin are ours.
    #[must_use]
    pub fn is_own_origin(&self, origin: &str) -> bool {
        self.own_origins.iter().any(|own| own == origin)
    }
}
