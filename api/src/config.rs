//! The settings: flags first, then `LATCHKEY_*` variables. A wrong value stops the start with its name.

mod checks;
mod mcp;
#[cfg(test)]
mod tests;

use std::{fmt, net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};
use ipnet::IpNet;
use latchkey_store::DatabaseUrl;
use url::Url;
use zeroize::Zeroizing;

use self::checks::parse_network;
pub use self::{checks::is_loopback, mcp::McpArgs};
use crate::{mcp::upstream::UpstreamSettings, tls::TlsFiles};

/// Where the database is and what unlocks it: every command needs these.
#[derive(Args, Clone)]
pub struct DatabaseArgs {
    /// `sqlite://path/to/latchkey.db` or `postgres://user@host/name?sslmode=verify-full`.
    #[arg(
        long,
        env = "LATCHKEY_DATABASE_URL",
        default_value = "sqlite://data/latchkey.db",
        hide_env_values = true
    )]
    pub database_url: String,

    /// The master key, 64 hex digits (or 44 characters of Base64). Prefer the variable or the file: other
    /// users of the machine can see a process's flags.
    #[arg(long, env = "LATCHKEY_MASTER_KEY", hide_env_values = true)]
    pub master_key: Option<String>,

    /// The file that holds the master key. The first start creates it, readable by its owner only.
    /// [default: `latchkey.key` beside a SQLite database]
    #[arg(long, env = "LATCHKEY_MASTER_KEY_FILE")]
    pub master_key_file: Option<PathBuf>,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// `latchkey serve`.
#[derive(Args, Clone)]
pub struct ServeArgs {
    /// Database and master key.
    #[command(flatten)]
    pub database: DatabaseArgs,

    /// The address and port to listen on. A wildcard address needs `public_url`.
    #[arg(long, env = "LATCHKEY_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// Where users reach this server, such as `https://keys.example.com`. Endpoint URLs begin with it.
    /// [default: `http://` and the listening address; `https://` with `tls_cert`]
    #[arg(long, env = "LATCHKEY_PUBLIC_URL")]
    pub public_url: Option<Url>,

    /// Serve https itself, with the certificate (and those between it and its CA) in this PEM file. SIGHUP reads it
    /// again. Needs `tls_key`.
    #[arg(long, env = "LATCHKEY_TLS_CERT")]
    pub tls_cert: Option<PathBuf>,

    /// The certificate's private key, a PEM file.
    #[arg(long, env = "LATCHKEY_TLS_KEY")]
    pub tls_key: Option<PathBuf>,

    /// The setup token to expect instead of a fresh one, for scripted installs. Prefer the variable: other
    /// users of the machine can see a process's flags.
    #[arg(long, env = "LATCHKEY_SETUP_TOKEN", hide_env_values = true)]
    pub setup_token: Option<String>,

    /// Allow a `public_url` of plain http that is not on the loopback address. Passwords, cookies and keys
    /// can then be read on the way.
    #[arg(long, env = "LATCHKEY_INSECURE_HTTP", num_args = 0..=1, default_value_t = false, default_missing_value = "true")]
    pub insecure_http: bool,

    /// Addresses or CIDRs of reverse proxies whose X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Uri and
    /// X-Original-URI are believed, separated by commas.
    #[arg(long, env = "LATCHKEY_TRUSTED_PROXIES", value_delimiter = ',', value_parser = parse_network)]
    pub trusted_proxies: Vec<IpNet>,

    /// How log lines look. They go to stderr; `LATCHKEY_LOG` chooses what is logged (`info`, `debug`,
    /// `latchkey_api=debug,warn`, …).
    #[arg(long, env = "LATCHKEY_LOG_FORMAT", value_enum, default_value_t = LogFormat::Pretty)]
    pub log_format: LogFormat,

    /// A session that is not used for so many hours ends.
    #[arg(long, env = "LATCHKEY_SESSION_IDLE_HOURS", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=8760))]
    pub session_idle_hours: u32,

    /// A session ends after so many days, used or not.
    #[arg(long, env = "LATCHKEY_SESSION_DAYS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=365))]
    pub session_days: u32,

    /// Worker threads that answer requests. [default: one a core]
    #[arg(long, env = "LATCHKEY_WORKERS", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub workers: Option<u16>,

    /// Connections for reading from the database.
    #[arg(long, env = "LATCHKEY_DATABASE_READERS", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub database_readers: u32,

    /// The longest request body, in bytes. The REST API takes at most this.
    #[arg(long, env = "LATCHKEY_BODY_LIMIT", default_value_t = 256 * 1024, value_parser = clap::value_parser!(u32).range(1024..=64 * 1024 * 1024))]
    pub body_limit: u32,

    /// The MCP endpoint.
    #[command(flatten)]
    pub mcp: McpArgs,

    /// Attempts to sign in to one account within a minute; from one address three times as many.
    #[arg(long, env = "LATCHKEY_SIGN_IN_ATTEMPTS", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub sign_in_attempts: u32,

    /// Ask everybody to turn on a second factor: until then, a browser session reaches nothing else. API keys and
    /// management tokens go on working.
    #[arg(long, env = "LATCHKEY_REQUIRE_SECOND_FACTOR", num_args = 0..=1, default_value_t = false, default_missing_value = "true")]
    pub require_second_factor: bool,

    /// Changes that one person may make within a minute, with all their sessions and management tokens; 0 is no limit.
    /// What takes rights away, such as a revoke, is never held back.
    #[arg(long, env = "LATCHKEY_CHANGES_PER_MINUTE", default_value_t = 600, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub changes_per_minute: u32,

    /// Pages and exports of the audit log that one person may read within a minute; 0 is no limit.
    #[arg(long, env = "LATCHKEY_EXPORTS_PER_MINUTE", default_value_t = 60, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub exports_per_minute: u32,

    /// Let anybody read `/metrics`; otherwise it takes a management token with `read`.
    #[arg(long, env = "LATCHKEY_METRICS_OPEN", num_args = 0..=1, default_value_t = false, default_missing_value = "true")]
    pub metrics_open: bool,

    /// Serve the browser app from this folder instead of from the program itself: `frontend/dist` while
    /// working on it.
    #[arg(long, env = "LATCHKEY_ASSETS")]
    pub assets: Option<PathBuf>,

    /// After SIGTERM, requests under way have so many seconds to end.
    #[arg(long, env = "LATCHKEY_SHUTDOWN_SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(0..=600))]
    pub shutdown_seconds: u64,
}

/// The settings of a server, checked.
#[derive(Clone)]
pub struct Config {
    /// Where the database is.
    pub database_url: DatabaseUrl,
    /// The master key itself, if it was given, and otherwise the file that holds or will hold it.
    pub master_key: MasterKeySource,
    /// Where to listen; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Where users reach this server; `None` is the listening address.
    pub public_url: Option<Url>,
    /// The certificate and key with which it serves https itself.
    pub tls: Option<TlsFiles>,
    /// The setup token to expect, if one was chosen.
    pub setup_token: Option<Zeroizing<String>>,
    /// Plain http beyond the loopback address is wanted.
    pub insecure_http: bool,
    /// Whose forwarding headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// An unused session ends after this.
    pub session_idle: Duration,
    /// Any session ends after this.
    pub session_max: Duration,
    /// Worker threads.
    pub workers: usize,
    /// Reading connections to the database.
    pub database_readers: u32,
    /// Longest body of a REST request, in bytes.
    pub body_limit: usize,
    /// The longest body of a call at an MCP endpoint, in bytes.
    pub mcp_body_limit: usize,
    /// Calls of one key at a time.
    pub mcp_calls_per_key: u32,
    /// How projects' own MCP servers are called.
    pub upstreams: UpstreamSettings,
    /// Attempts to sign in per account and minute.
    pub sign_in_attempts: u32,
    /// Sessions of people without a second factor reach only what is needed to turn one on.
    pub require_second_factor: bool,
    /// Changes per person and minute; 0 is no limit.
    pub changes_per_minute: u32,
    /// Reads of the audit log per person and minute; 0 is no limit.
    pub exports_per_minute: u32,
    /// `/metrics` is open to anybody.
    pub metrics_open: bool,
    /// The folder that the browser app is served from, if not from the program itself.
    pub assets: Option<PathBuf>,
    /// How long a graceful shutdown waits.
    pub shutdown: Duration,
}

/// Where the master key comes from.
#[derive(Clone)]
pub enum MasterKeySource {
    /// Given as a setting.
    Given(Zeroizing<String>),
    /// In this file, which the first start creates.
    File(PathBuf),
}

/// A setting that can't be used: its name, what is wrong, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(pub String);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}
