//! Latchkey as a process: one worker on the server's core, over a database that was filled before.

use std::{
    env, fs,
    net::SocketAddr,
    time::{Duration, Instant},
};

use crate::{
    Outcome,
    bench::Bench,
    contender::{Answer, Contender, Proof, get, requests_in_turn, spread},
    load::Request,
    machine, probe,
    process::{Process, free_address, on_the_servers_core},
    stock::{self, Stock},
};

/// What a reverse proxy asks.
pub const FORWARD_AUTH: &str = "/api/v1/forward-auth";
/// What a program asks that was given a key.
const VERIFY: &str = "/api/v1/keys/verify";

/// A server that runs.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// What is in its database.
    pub stock: Stock,
    process: Process,
    /// How long it took to accept a key (or, without keys, to be ready).
    started_in: Duration,
}

impl Server {
    /// Fills a database with so many keys and starts a server over it; `settings` are more `LATCHKEY_` variables.
    ///
    /// # Errors
    /// When it doesn't start.
    pub fn start(bench: &Bench, keys: usize, settings: &[(&str, &str)]) -> Outcome<Self> {
        crate::say(&format!("  Latchkey with {keys} keys"));
        let stock = Stock::make(bench.folder("latchkey")?, keys)?;
        Self::over(bench, stock, settings)
    }

    /// Starts a server over a database that is there.
    ///
    /// # Errors
    /// When it doesn't start.
    pub fn over(bench: &Bench, stock: Stock, settings: &[(&str, &str)]) -> Outcome<Self> {
        let address = free_address()?;
        let mut command = on_the_servers_core(bench.server());
        // Nothing that is set for another server steers this one.
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("LATCHKEY_") {
                command.env_remove(name);
            }
        }
        command
            .current_dir(stock.folder())
            .arg("serve")
            .env("LATCHKEY_LISTEN", address.to_string())
            .env(
                "LATCHKEY_DATABASE_URL",
                format!("sqlite://{}", stock.database().display()),
            )
            .env("LATCHKEY_WORKERS", "1")
            // What limits people who change things must not limit the bench.
            .env("LATCHKEY_CHANGES_PER_MINUTE", "0")
            .envs(settings.iter().copied());
        let log = stock.folder().join("latchkey.log");
        let start = Instant::now();
        let mut process = Process::start("latchkey", &mut command, &log)?;
        let first = match stock.keys.first() {
            Some(key) => get(address, FORWARD_AUTH, &key.secret),
            None => Request::new("GET", address, "/readyz").bytes(),
        };
        let ready =
            process.until(|| probe::status(address, &first).is_ok_and(|status| status == 200));
        ready.map_err(|error| {
            format!("{error}: {}", fs::read_to_string(&log).unwrap_or_default())
        })?;
        Ok(Self {
            address,
            stock,
            started_in: start.elapsed(),
            process,
        })
    }

    /// Ends it; the database stays as it is.
    pub fn stop(self) -> Stock {
        drop(self.process);
        self.stock
    }

    /// How long it took from its start to the first accepted key.
    pub fn started_in(&self) -> Duration {
        self.started_in
    }

    /// Its resident memory, in MiB.
    ///
    /// # Errors
    /// When it has ended.
    pub fn resident_mib(&self) -> Outcome<f64> {
        machine::resident_mib(self.process.pid())
    }

    /// A request of its API with the token that may do everything.
    pub fn as_manager(&self, method: &str, path: &str) -> Request {
        Request::new(method, self.address, path)
            .header("Authorization", &format!("Bearer {}", self.stock.manager))
    }

    /// Keys' path in its project.
    pub fn keys_path(&self) -> String {
        format!("/api/v1/projects/{}/keys", self.stock.project_id)
    }

    /// `GET /api/v1/forward-auth` with live keys in turn.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn forward_auth(&self, name: &str) -> Outcome<Contender> {
        let keys = spread(&self.stock.keys, requests_in_turn());
        let keys: Vec<&str> = keys.iter().map(|key| key.secret.as_str()).collect();
        self.asked(name, &keys, Answer::Accepted)
    }

    /// The same with keys that are refused.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn refusing(&self, name: &str, keys: &[String]) -> Outcome<Contender> {
        let keys: Vec<&str> = spread(keys, requests_in_turn())
            .into_iter()
            .map(String::as_str)
            .collect();
        self.asked(name, &keys, Answer::Refused)
    }

    fn asked(&self, name: &str, keys: &[&str], answer: Answer) -> Outcome<Contender> {
        let request = |key: &str| get(self.address, FORWARD_AUTH, key);
        let requests: Vec<Vec<u8>> = keys.iter().map(|key| request(key)).collect();
        let status = match answer {
            Answer::Accepted => 200,
            Answer::Refused => 401,
        };
        let live = self
            .stock
            .keys
            .first()
            .map(|key| Proof::new(request(&key.secret), 200));
        let dead = stock::unknown(1)?
            .first()
            .map(|key| Proof::new(request(key), 401));
        let own = requests
            .first()
            .map(|request| Proof::new(request.clone(), status));
        Ok(Contender {
            name: name.to_owned(),
            address: self.address,
            answer,
            proofs: [live, dead, own].into_iter().flatten().collect(),
            requests,
            keeps: Vec::new(),
        })
    }

    /// `POST /api/v1/keys/verify` with the management token, for live keys in turn.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn verify(&self, name: &str) -> Outcome<Contender> {
        let authorization = format!("Bearer {}", self.stock.verifier);
        let request = |authorization: &str, key: &str| {
            Request::new("POST", self.address, VERIFY)
                .header("Authorization", authorization)
                .json(serde_json::json!({ "key": key }).to_string())
                .bytes()
        };
        let keys = spread(&self.stock.keys, requests_in_turn());
        let requests: Vec<Vec<u8>> = keys
            .iter()
            .map(|key| request(&authorization, &key.secret))
            .collect();
        // Whatever the key, it answers 200; who asks without a token is refused.
        let live = requests
            .first()
            .map(|live| Proof::saying(live.clone(), 200, "\"valid\":true"));
        let dead = stock::unknown(1)?
            .first()
            .map(|key| Proof::saying(request(&authorization, key), 200, "\"valid\":false"));
        let nobody = Some(Proof::new(request("Bearer nobody", "nothing"), 401));
        Ok(Contender {
            name: name.to_owned(),
            address: self.address,
            answer: Answer::Accepted,
            proofs: [live, dead, nobody].into_iter().flatten().collect(),
            requests,
            keeps: Vec::new(),
        })
    }
}
