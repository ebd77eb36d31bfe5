//! The server of one test.

use std::{
    sync::{Arc, RwLock},
    thread::JoinHandle,
    time::Duration,
};

use actix_web::{dev::ServerHandle, web};
use latchkey_api::{
    app::{App, Ending},
    application::Application,
    config::{Config, MasterKeySource},
    mcp::upstream::UpstreamSettings,
};
use latchkey_store::DatabaseUrl;
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::{
    actor::{Actor, PASSWORD},
    place::Place,
};

/// What setting up takes.
pub const SETUP_TOKEN: &str = "the-setup-token-of-every-test";
/// Known, so that a database can be opened again.
const MASTER_KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// A running server with its database. Both are gone when it is dropped.
pub struct TestServer {
    // Dropped before the database that it uses, and that before the folder that may hold it.
    running: Option<Running>,
    place: Place,
    _folder: TempDir,
    config: Config,
    host: Arc<Host>,
}

/// Where a server is to be found; callers keep it over a restart, which changes the port.
pub struct Host {
    base: RwLock<String>,
    pub client: reqwest::Client,
}

struct Running {
    app: web::Data<App>,
    handle: ServerHandle,
    thread: JoinHandle<()>,
}

impl TestServer {
    /// A server on a fresh database, with the usual settings of a test.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// The same with other settings.
    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let place = Place::fresh(folder.path());
        let mut config = config(&place);
        change(&mut config);
        // A connection for each request: nothing of one request can help or hinder the next.
        let client = reqwest::Client::builder()
            .pool_max_idle_per_host(0)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .expect("a client can be made");
        let host = Arc::new(Host {
            base: RwLock::default(),
            client,
        });
        Self {
            running: None,
            place,
            _folder: folder,
            config,
            host,
        }
        .launched()
        .await
    }

    /// A path of this server as a URL.
    pub fn url(&self, path: &str) -> String {
        self.host.url(path)
    }

    /// Where its database is.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// What all requests share, for what HTTP doesn't let a test do.
    pub fn shared(&self) -> &web::Data<App> {
        &self.running.as_ref().expect("the server runs").app
    }

    /// Sets the instance up as Ada, its administrator, who is signed in by cookie.
    pub async fn set_up(&self) -> Actor {
        let body = json!({
            "setup_token": SETUP_TOKEN, "name": "Ada", "email": "ada@example.com", "password": PASSWORD,
        });
        let answer = self.anonymous().post("/api/v1/setup", body).send().await;
        Actor::signed_in(&self.host, &answer)
    }

    /// Somebody without a credential.
    pub fn anonymous(&self) -> Actor {
        Actor::anonymous(&self.host)
    }

    /// Ends the server in order and starts it again on the same database, on another port. Actors of before
    /// go on.
    pub async fn restart(mut self) -> Self {
        self.end(true).await;
        self.launched().await
    }

    /// The same with other settings.
    pub async fn restart_with(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        self.restart().await
    }

    /// Ends the server in order and removes its database.
    pub async fn stop(mut self) {
        self.end(true).await;
    }

    async fn launched(mut self) -> Self {
        let (started, starting) = oneshot::channel();
        let config = self.config.clone();
        let thread = std::thread::spawn(move || serve(config, started));
        let Ok((app, address, handle)) = starting.await else {
            let outcome = thread.join();
            panic!("the server didn't start: {outcome:?}");
        };
        let scheme = self.config.tls.as_ref().map_or("http", |_| "https");
        *self.host.base.write().expect("nobody panicked here") = format!("{scheme}://{address}");
        self.running = Some(Running {
            app,
            handle,
            thread,
        });
        self
    }

    async fn end(&mut self, graceful: bool) {
        let Some(running) = self.running.take() else {
            return;
        };
        running.app.ended(Ending::Server);
        running.handle.stop(graceful).await;
        drop(running.app);
        let thread = running.thread;
        let joined = tokio::task::spawn_blocking(move || thread.join()).await;
        assert!(matches!(joined, Ok(Ok(()))), "the server panicked");
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if let Some(Running {
            app,
            handle,
            thread,
        }) = self.running.take()
        {
            // The order to stop is given at once; the future would only wait for it.
            drop(handle.stop(false));
            drop(app);
            let outcome = thread.join();
            assert!(
                outcome.is_ok() || std::thread::panicking(),
                "the server panicked"
            );
        }
    }
}

impl Host {
    pub fn url(&self, path: &str) -> String {
        let base = self.base.read().expect("nobody panicked here");
        match path.starts_with('/') {
            true => format!("{base}{path}"),
            false => format!("{base}/api/v1/{path}"),
        }
    }
}

type Started = (web::Data<App>, std::net::SocketAddr, ServerHandle);

fn serve(config: Config, started: oneshot::Sender<Started>) {
    actix_web::rt::System::new().block_on(async move {
        let application = Application::build(config).unwrap_or_else(|e| panic!("{e}"));
        let address = application.address().expect("the server listens");
        let app = application.shared();
        let outcome = application
            .run_until_stopped(move |handle| {
                // A test that has given up needs no server.
                let _ = started.send((app, address, handle));
            })
            .await;
        outcome.expect("the server runs to its end");
    });
}

fn config(place: &Place) -> Config {
    Config {
        database_url: DatabaseUrl::parse(&place.url()).expect("the harness makes good URLs"),
        master_key: MasterKeySource::Given(Zeroizing::new(MASTER_KEY.to_owned())),
        listen: ([127, 0, 0, 1], 0).into(),
        public_url: None,
        setup_token: Some(Zeroizing::new(SETUP_TOKEN.to_owned())),
        tls: None,
        insecure_http: false,
        trusted_proxies: Vec::new(),
        session_idle: Duration::from_secs(12 * 3600),
        session_max: Duration::from_secs(30 * 24 * 3600),
        workers: 2,
        database_readers: 2,
        body_limit: 256 * 1024,
        mcp_body_limit: 256 * 1024,
        mcp_calls_per_key: 8,
        // Tests have their upstreams on this machine.
        upstreams: UpstreamSettings {
            allow: vec!["127.0.0.0/8".parse().expect("a network")],
            ..UpstreamSettings::default()
        },
        // Tests sign in often, and all from one address.
        sign_in_attempts: 100_000,
        require_second_factor: false,
        // And change much in a minute.
        changes_per_minute: 0,
        exports_per_minute: 0,
        metrics_open: false,
        assets: None,
        shutdown: Duration::from_secs(5),
    }
}
