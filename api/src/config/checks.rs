//! The rules of the settings: what `latchkey serve` was given becomes a `Config`, or a sentence that names the setting.

use std::{fmt, net::IpAddr, time::Duration};

use ipnet::IpNet;
use latchkey_keys::MasterKeys;
use latchkey_store::DatabaseUrl;
use url::{Host, Url};
use zeroize::Zeroizing;

use crate::tls::TlsFiles;

use super::{Config, ConfigError, DatabaseArgs, MasterKeySource, ServeArgs};

pub(super) fn parse_network(text: &str) -> Result<IpNet, String> {
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
                MasterKeys::parse(text).map_err(|e| wrong("master_key", e))?;
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
        let tls = match (self.tls_cert, self.tls_key) {
            (Some(cert), Some(key)) => Some(TlsFiles { cert, key }),
            (None, None) => None,
            (Some(_), None) => return Err(wrong("tls_key", "is needed with tls_cert")),
            (None, Some(_)) => return Err(wrong("tls_cert", "is needed with tls_key")),
        };
        if let Some(url) = &self.public_url {
            check_public_url(url, self.insecure_http)?;
            if tls.is_some() && url.scheme() != "https" {
                return Err(wrong("public_url", "must be https where tls_cert is set"));
            }
        } else if tls.is_none() && !self.listen.ip().is_loopback() && !self.insecure_http {
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
            tls,
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
            mcp_body_limit: self.mcp.mcp_body_limit as usize,
            mcp_calls_per_key: self.mcp.mcp_calls_per_key,
            upstreams: self.mcp.upstreams(),
            sign_in_attempts: self.sign_in_attempts,
            require_second_factor: self.require_second_factor,
            changes_per_minute: self.changes_per_minute,
            exports_per_minute: self.exports_per_minute,
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
