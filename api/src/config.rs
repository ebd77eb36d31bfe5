//! The settings: flags first, then `LATCHKEY_*` variables. A wrong value stops the start with its name.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use clap::{Args, ValueEnum};
use ipnet::IpNet;
use latchkey_keys::MasterKey;
use latchkey_store::DatabaseUrl;
use url::{Host, Url};
use zeroize::Zeroizing;

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
    /// [default: `http://` and the listening address]
    #[arg(long, env = "LATCHKEY_PUBLIC_URL")]
    pub public_url: Option<Url>,

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

    /// Attempts to sign in to one account within a minute; from one address three times as many.
    #[arg(long, env = "LATCHKEY_SIGN_IN_ATTEMPTS", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub sign_in_attempts: u32,

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
    /// Attempts to sign in per account and minute.
    pub sign_in_attempts: u32,
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

fn parse_network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    text.parse::<IpNet>()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| "expected an address or a CIDR such as 10.0.0.0/8".to_owned())
}

/// A short fixed error for a setting.
fn wrong(name: &str, sentence: impl fmt::Display) -> ConfigError {
    ConfigError(format!("{name}: {sentence}"))
}

impl DatabaseArgs {
    /// The database's place and the master key's source.
    ///
    /// # Errors
    /// When the URL is not of a known kind, or no place for the master key is known.
    pub fn check(&self) -> Result<(DatabaseUrl, MasterKeySource), ConfigError> {
        let url = DatabaseUrl::parse(&self.database_url).map_err(|e| wrong("database_url", e))?;
        let source = match (&self.master_key, &self.master_key_file) {
            (Some(_), Some(_)) => {
                return Err(wrong(
                    "master_key",
                    "is given together with master_key_file; give one",
                ));
            }
            (Some(text), None) => {
                // The text itself never gets into the message.
                MasterKey::parse(text).map_err(|e| wrong("master_key", e))?;
                MasterKeySource::Given(Zeroizing::new(text.clone()))
            }
            (None, Some(file)) => MasterKeySource::File(file.clone()),
            (None, None) => match url.sqlite_path() {
                Some(path) => MasterKeySource::File(path.with_file_name("latchkey.key")),
                None => {
                    return Err(wrong(
                        "master_key_file",
                        "is needed with PostgreSQL; name a file that outlives this machine's restarts, \
                         or set LATCHKEY_MASTER_KEY",
                    ));
                }
            },
        };
        Ok((url, source))
    }
}

impl ServeArgs {
    /// These settings, checked together.
    ///
    /// # Errors
    /// A sentence that names the setting and what to do.
    pub fn check(self) -> Result<Config, ConfigError> {
        let (database_url, master_key) = self.database.check()?;
        if self.listen.ip().is_unspecified() && self.public_url.is_none() {
            return Err(wrong(
                "public_url",
                format_args!(
                    "is needed when listening on {}: set it to the address that users open, \
                     such as https://keys.example.com",
                    self.listen.ip()
                ),
            ));
        }
        if let Some(url) = &self.public_url {
            check_public_url(url, self.insecure_http)?;
        } else if !self.listen.ip().is_loopback() && !self.insecure_http {
            return Err(wrong(
                "public_url",
                format_args!(
                    "is needed when listening on {}: set it to an https address, or set insecure_http \
                     if plain http is really wanted",
                    self.listen.ip()
                ),
            ));
        }
        if let Some(token) = &self.setup_token
            && !(16..=256).contains(&token.len())
        {
            return Err(wrong("setup_token", "must have 16 to 256 characters"));
        }
        if let Some(folder) = &self.assets
            && !folder.join("index.html").is_file()
        {
            return Err(wrong(
                "assets",
                format_args!(
                    "{} has no index.html; make it with `cargo xtask frontend`",
                    folder.display()
                ),
            ));
        }
        Ok(Config {
            database_url,
            master_key,
            listen: self.listen,
            public_url: self.public_url,
            setup_token: self.setup_token.map(Zeroizing::new),
            insecure_http: self.insecure_http,
            trusted_proxies: self.trusted_proxies,
            session_idle: Duration::from_secs(u64::from(self.session_idle_hours) * 3600),
            session_max: Duration::from_secs(u64::from(self.session_days) * 24 * 3600),
            workers: self.workers.map_or_else(
                || std::thread::available_parallelism().map_or(2, usize::from),
                usize::from,
            ),
            database_readers: self.database_readers,
            body_limit: self.body_limit as usize,
            sign_in_attempts: self.sign_in_attempts,
            metrics_open: self.metrics_open,
            assets: self.assets,
            shutdown: Duration::from_secs(self.shutdown_seconds),
        })
    }
}

fn check_public_url(url: &Url, insecure_http: bool) -> Result<(), ConfigError> {
    let name = "public_url";
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(wrong(
            name,
            "must begin with https:// (or http://) and name a host",
        ));
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(wrong(
            name,
            "must be an origin without a path, such as https://keys.example.com",
        ));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong(name, "must not hold a user name or password"));
    }
    if url.scheme() == "http" && !is_loopback(url) && !insecure_http {
        return Err(wrong(
            name,
            "is plain http on a name that is not this machine's own: use https, or set insecure_http \
             if that is really wanted",
        ));
    }
    Ok(())
}

/// Whether a URL's host is this machine itself.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        serve: ServeArgs,
    }

    fn check(flags: &[&str]) -> Result<Config, String> {
        let cli = Cli::try_parse_from(std::iter::once(&"latchkey").chain(flags))
            .map_err(|e| e.to_string())?;
        cli.serve.check().map_err(|e| e.to_string())
    }

    #[test]
    fn the_defaults_are_good() {
        let config = check(&[]).unwrap();
        assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
        assert!(
            matches!(config.master_key, MasterKeySource::File(path) if path.ends_with("data/latchkey.key"))
        );
    }

    #[test]
    fn a_wrong_setting_is_named() {
        for (flags, name) in [
            (&["--listen", "nowhere"][..], "--listen"),
            (&["--listen", "0.0.0.0:80"], "public_url"),
            (&["--listen", "192.0.2.1:80"], "public_url"),
            (&["--public-url", "ftp://x"], "public_url"),
            (&["--public-url", "https://x/path"], "public_url"),
            (&["--public-url", "https://u:p@x"], "public_url"),
            (&["--public-url", "http://keys.example.com"], "public_url"),
            (&["--database-url", "mysql://x"], "database_url"),
            (&["--database-url", "postgres://x/y"], "master_key_file"),
            (&["--master-key", "short"], "master_key"),
            (&["--setup-token", "short"], "setup_token"),
            (
                &["--trusted-proxies", "10.0.0.0/8,nonsense"],
                "--trusted-proxies",
            ),
            (&["--session-days", "0"], "--session-days"),
            (&["--log-format", "xml"], "--log-format"),
            (&["--assets", "/nowhere"], "assets"),
        ] {
            let message = check(flags).err().unwrap_or_default();
            assert!(message.contains(name), "{flags:?} said {message:?}");
        }
    }

    #[test]
    fn plain_http_is_fine_on_this_machine_or_when_asked_for() {
        assert!(check(&["--public-url", "http://localhost:8080"]).is_ok());
        assert!(check(&["--public-url", "http://[::1]:8080"]).is_ok());
        assert!(check(&["--public-url", "http://keys.lan", "--insecure-http"]).is_ok());
        assert!(
            check(&[
                "--listen",
                "0.0.0.0:80",
                "--public-url",
                "https://keys.example.com"
            ])
            .is_ok()
        );
    }
}
