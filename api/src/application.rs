//! Putting a server together, running it, and ending it.

use std::{
    net::{SocketAddr, TcpListener},
    sync::{Arc, OnceLock, atomic::AtomicBool},
    time::Duration,
};

use actix_web::{dev::ServerHandle, web};
use latchkey_gate::Gate;
use latchkey_keys::OpaqueToken;
use latchkey_store::{LockMode, OpenOptions, Store, users};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::broadcast,
    task::JoinHandle,
};

use crate::{
    app::{App, Ending},
    clock,
    config::{self, Config, ConfigError},
    error::ApiError,
    front,
    http::{idempotency::InFlight, refusals::Refusals},
    master_key,
    mcp::upstream::Upstreams,
    metrics::Metrics,
    password::Passwords,
    sessions,
    setup::Setup,
    throttle::{Callers, Throttle},
    tls::Identity,
};

/// How often usage counters are written.
const FLUSH_EVERY: Duration = Duration::from_secs(2);
/// How often what is over is cleared away.
const TIDY_EVERY: Duration = Duration::from_secs(15 * 60);
/// How long a write waits for another process that has SQLite's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// A server that listens already and doesn't answer yet.
pub struct Application {
    app: web::Data<App>,
    listener: TcpListener,
    identity: Option<Arc<Identity>>,
    setup_token: Option<OpaqueToken>,
}

impl Application {
    /// Opens the database, loads the index, and listens.
    ///
    /// # Errors
    /// One sentence that says what to do.
    pub fn build(config: Config) -> Result<Self, ConfigError> {
        let upstreams = Upstreams::new(config.upstreams.clone()).map_err(ConfigError)?;
        let identity = config.tls.clone().map(Identity::read).transpose();
        let identity = identity.map_err(ConfigError)?;
        let listener = listen(config.listen)?;
        let was_there = master_key::is_there(&config.master_key);
        let masters = master_key::obtain(&config.master_key, true)?;
        let store = Store::open(OpenOptions {
            url: config.database_url.clone(),
            masters: &masters,
            readers: config.database_readers,
            busy_timeout: BUSY_TIMEOUT,
            lock: LockMode::Serve,
        })
        .map_err(|e| master_key::refusal(&e, &config.master_key, was_there))?;
        drop(masters);
        master_key::warn_of_spare(store.spare());
        let ring = store.ring();
        let failed =
            |e: ApiError| ConfigError(e.inner().internal.clone().unwrap_or_else(|| e.to_string()));
        let gate = Gate::new(Arc::clone(&ring));
        // In this order nothing is committed unseen, and nothing is answered before all is known.
        store.observe(gate.clone());
        gate.load(&store).map_err(|e| ConfigError(e.to_string()))?;
        store.start_monitor();
        let setup_needed = store
            .read(|db| Ok::<_, ApiError>(users::count_users(db)? == 0))
            .map_err(failed)?;
        let configured = config.setup_token.as_ref().map(|token| token.as_str());
        let (setup, setup_token) = Setup::new(&ring, configured, setup_needed)
            .map_err(|e| ConfigError(format!("the system gave no randomness: {e}")))?;
        let address = listener
            .local_addr()
            .map_err(|e| ConfigError(format!("listen: the address can't be read ({e})")))?;
        let public_url = public_url(&config, address);
        let app = web::Data::new(App {
            own_origins: own_origins(&public_url, &config, address),
            is_readable_on_the_way: is_readable_on_the_way(&public_url),
            public_url,
            store,
            gate,
            ring,
            setup,
            passwords: Passwords::new().map_err(failed)?,
            throttle: Throttle::new(config.sign_in_attempts),
            callers: Callers::new(config.changes_per_minute, config.exports_per_minute),
            in_flight: InFlight::default(),
            closing: Arc::default(),
            endings: broadcast::channel(256).0,
            is_ending: AtomicBool::new(false),
            upstreams,
            recent: Arc::default(),
            refusals: Refusals::default(),
            metrics: Metrics::default(),
            contract: OnceLock::new(),
            config,
        });
        Ok(Self {
            app,
            listener,
            identity,
            setup_token: setup_token.filter(|_| setup_needed),
        })
    }

    /// Where it listens; the real port where the system chose one.
    ///
    /// # Errors
    /// When the system can't tell.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Where users reach it.
    #[must_use]
    pub fn public_url(&self) -> &str {
        &self.app.public_url
    }

    /// The setup URL, while nobody has set the instance up. `None` also when the token was configured:
    /// whoever configured it knows it.
    #[must_use]
    pub fn setup_url(&self) -> Option<String> {
        let token = self.setup_token.as_ref()?;
        Some(format!(
            "{}/setup#token={}",
            self.app.public_url,
            token.expose()
        ))
    }

    /// Whether somebody still has to set it up.
    #[must_use]
    pub fn is_setup_needed(&self) -> bool {
        self.app.setup.is_needed()
    }

    /// What all requests share; for tests that have to reach round HTTP.
    #[must_use]
    pub fn shared(&self) -> web::Data<App> {
        self.app.clone()
    }

    /// Answers until the process is told to end, then lets what is under way finish, and writes the last
    /// counters. `started` gets the handle that ends it.
    ///
    /// # Errors
    /// When the workers can't be started.
    pub async fn run_until_stopped(
        self,
        started: impl FnOnce(ServerHandle),
    ) -> std::io::Result<()> {
        // Before the first answer: until then a signal would end the process without any order.
        let signals = (
            signal(SignalKind::terminate())?,
            signal(SignalKind::interrupt())?,
        );
        let app = self.app.clone();
        let server = front::server(&app, self.listener, self.identity.as_ref())?;
        let reloader = reload_on_signal(self.identity)?;
        let handle = server.handle();
        let housekeeping = actix_web::rt::spawn(keep_house(app.clone()));
        let ender = actix_web::rt::spawn(end_on_signal(app.clone(), handle.clone(), signals));
        started(handle);
        let outcome = server.await;
        ender.abort();
        reloader.abort();
        housekeeping.abort();
        let (gate, store) = (app.gate.clone(), app.store.clone());
        let closed = web::block(move || {
            if let Err(error) = gate.flush(&store, clock::now()) {
                tracing::warn!(%error, "the last usage counters could not be written");
            }
            store.close();
        })
        .await;
        if let Err(error) = closed {
            tracing::warn!(%error, "the database was not closed in order");
        }
        tracing::info!("ended");
        outcome
    }
}

fn listen(address: SocketAddr) -> Result<TcpListener, ConfigError> {
    let listener = TcpListener::bind(address).map_err(|e| {
        let remedy = match e.kind() {
            std::io::ErrorKind::AddrInUse => "another program listens there; choose another port",
            std::io::ErrorKind::PermissionDenied => "this user may not; choose a port above 1023",
            _ => "choose an address of this machine",
        };
        ConfigError(format!("listen: {address} can't be used ({e}): {remedy}"))
    })?;
    Ok(listener)
}

fn public_url(config: &Config, address: SocketAddr) -> String {
    match &config.public_url {
        Some(url) => url.origin().ascii_serialization(),
        None => format!("{}://{address}", scheme(config)),
    }
}

fn is_readable_on_the_way(public_url: &str) -> bool {
    let is_plain = public_url.starts_with("http://");
    is_plain && !url::Url::parse(public_url).is_ok_and(|url| config::is_loopback(&url))
}

/// Pages of these origins are ours: the public one, and this machine's names on the bound port.
fn own_origins(public_url: &str, config: &Config, address: SocketAddr) -> Vec<String> {
    let (scheme, port) = (scheme(config), address.port());
    let mut origins = vec![public_url.to_owned()];
    origins.extend(
        ["localhost", "127.0.0.1", "[::1]"].map(|name| format!("{scheme}://{name}:{port}")),
    );
    origins
}

/// What the listening port speaks.
fn scheme(config: &Config) -> &'static str {
    if config.tls.is_some() {
        "https"
    } else {
        "http"
    }
}

/// Reads certificate and key again on each SIGHUP. A pair that can't be used is told, and the one before goes on. Without
/// them the signal does nothing, instead of ending the server.
fn reload_on_signal(identity: Option<Arc<Identity>>) -> std::io::Result<JoinHandle<()>> {
    let mut hangup = signal(SignalKind::hangup())?;
    Ok(actix_web::rt::spawn(async move {
        while hangup.recv().await.is_some() {
            let Some(identity) = identity.clone() else {
                tracing::info!("SIGHUP: there is no certificate to read again");
                continue;
            };
            match web::block(move || identity.reload()).await {
                Ok(Ok(())) => tracing::info!("the certificate was read again"),
                Ok(Err(error)) => {
                    tracing::error!(%error, "the certificate could not be read again; the one before goes on");
                }
                Err(error) => tracing::error!(%error, "the certificate could not be read again"),
            }
        }
    }))
}

async fn end_on_signal(
    app: web::Data<App>,
    handle: ServerHandle,
    (mut term, mut interrupt): (Signal, Signal),
) {
    tokio::select! {
        _ = term.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("ending: requests under way may finish");
    app.ended(Ending::Server);
    handle.stop(true).await;
}

/// Writes counters, forgets what is over.
async fn keep_house(app: web::Data<App>) {
    let mut flush = tokio::time::interval(FLUSH_EVERY);
    let mut tidy = tokio::time::interval(TIDY_EVERY);
    loop {
        tokio::select! {
            _ = flush.tick() => {
                let unlogged = app.refusals.take_unlogged();
                if unlogged > 0 {
                    tracing::info!(count = unlogged, "further checks were refused, without a line each");
                }
                let (gate, store) = (app.gate.clone(), app.store.clone());
                let flushed = web::block(move || gate.flush(&store, clock::now())).await;
                if let Ok(Err(error)) = flushed {
                    app.metrics.flush_failed();
                    tracing::warn!(%error, "usage counters could not be written; they are kept");
                }
            }
            _ = tidy.tick() => {
                app.throttle.tidy();
                app.callers.tidy();
                if let Err(error) = sessions::forget_expired(&app, clock::now()).await {
                    tracing::warn!(%error, "ended sessions could not be cleared away");
                }
            }
        }
    }
}
