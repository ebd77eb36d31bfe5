//! Where the database is. The scheme chooses the backend.

use std::{
    fmt,
    net::IpAddr,
    path::{Path, PathBuf},
};

use crate::OpenError;

/// A database URL whose password never shows: neither in `Debug` nor in `Display` nor in errors.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(Place);

#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Place {
    File(PathBuf),
    Server { url: String, password: String },
}

impl DatabaseUrl {
    /// Reads `sqlite://relative/path.db`, `sqlite:///absolute/path.db`, `postgres://…` or `postgresql://…`
    /// (then whatever libpq takes in a URL). A server on another machine needs an `sslmode`: libpq's default goes on
    /// in plain text, and asks nobody who they are.
    ///
    /// # Errors
    /// A sentence that says what is taken. It doesn't quote the URL, which may hold a password.
    pub fn parse(text: &str) -> Result<Self, OpenError> {
        if let Some(path) = text.strip_prefix("sqlite://") {
            if path.is_empty() || path.ends_with('/') || path.starts_with(':') {
                return Err(OpenError::Url(
                    "the database URL names no file: write it like sqlite://data/latchkey.db"
                        .to_owned(),
                ));
            }
            return Ok(Self(Place::File(PathBuf::from(path))));
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            if leaves_the_machine(text) && !says_sslmode(text) {
                return Err(OpenError::Url(
                    "the database URL names a server on another machine and says nothing of TLS: add \
                     ?sslmode=verify-full (and &sslrootcert=/path/to/ca.pem for a CA of your own), or \
                     ?sslmode=disable if plain text is really wanted"
                        .to_owned(),
                ));
            }
            return Ok(Self(Place::Server {
                url: text.to_owned(),
                password: password(text).to_owned(),
            }));
        }
        Err(OpenError::Url(
            "the database URL must begin with sqlite:// or postgres://, as in sqlite://data/latchkey.db \
             or postgres://user:password@host/latchkey"
                .to_owned(),
        ))
    }

    /// The file, if the database is one.
    #[must_use]
    pub fn sqlite_path(&self) -> Option<&Path> {
        match &self.0 {
            Place::File(path) => Some(path),
            Place::Server { .. } => None,
        }
    }

    pub(crate) const fn place(&self) -> &Place {
        &self.0
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::File(path) => write!(f, "sqlite://{}", path.display()),
            Place::Server { url, password } => f.write_str(&scrub(url, password)),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The part before the parameters, and those.
fn parts(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    rest.split_once('?').unwrap_or((rest, ""))
}

fn parameter<'a>(url: &'a str, name: &str) -> Option<&'a str> {
    parts(url)
        .1
        .split('&')
        .find_map(|parameter| parameter.strip_prefix(name)?.strip_prefix('='))
}

/// Whether one of the hosts is neither this machine nor a socket on it.
fn leaves_the_machine(url: &str) -> bool {
    let (address, _) = parts(url);
    let named = address.rsplit_once('@').map_or(address, |(_, rest)| rest);
    let named = named.split('/').next().unwrap_or_default();
    // A parameter wins over what stands before the path (libpq, "Connection URIs").
    let hosts = match (parameter(url, "hostaddr"), parameter(url, "host")) {
        (Some(hosts), _) | (None, Some(hosts)) => hosts,
        (None, None) => named,
    };
    hosts.split(',').any(|host| {
        let host = decode(host).to_ascii_lowercase();
        let name = match host.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None if host.matches(':').count() == 1 => host.split(':').next().unwrap_or_default(),
            None => &host,
        };
        let is_here = name.is_empty()
            || name.starts_with(['/', '@'])
            || name == "localhost"
            || name
                .parse::<IpAddr>()
                .is_ok_and(|address| address.is_loopback());
        !is_here
    })
}

/// Whether somebody has decided about TLS: in the URL, in a service file, or in libpq's variable.
fn says_sslmode(url: &str) -> bool {
    parameter(url, "sslmode").is_some()
        || parameter(url, "service").is_some()
        || std::env::var_os("PGSSLMODE").is_some()
}

/// The text without the password, whether as it stands in the URL or decoded.
pub(crate) fn scrub(text: &str, password: &str) -> String {
    if password.is_empty() {
        return text.to_owned();
    }
    let mut clean = text.replace(password, "…");
    let decoded = decode(password);
    if !decoded.is_empty() {
        clean = clean.replace(&decoded, "…");
    }
    clean
}

/// The password of a PostgreSQL URL, before the host or as a parameter; empty if there is none.
fn password(url: &str) -> &str {
    let (address, parameters) = parts(url);
    // A password may hold an unescaped slash by mistake: better too much is taken for it than too little.
    let before_host = address
        .rsplit_once('@')
        .and_then(|(user, _)| user.split_once(':'))
        .map_or("", |(_, password)| password);
    if !before_host.is_empty() {
        return before_host;
    }
    parameters
        .split('&')
        .find_map(|parameter| parameter.strip_prefix("password="))
        .unwrap_or("")
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&first, others)) = rest.split_first() {
        let hex = others
            .get(..2)
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (first, hex) {
            (b'%', Some(byte)) => {
                decoded.push(byte);
                rest = others.get(2..).unwrap_or_default();
            }
            _ => {
                decoded.push(first);
                rest = others;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_chooses_the_backend() {
        let path = |text| {
            DatabaseUrl::parse(text)
                .unwrap()
                .sqlite_path()
                .map(Path::to_path_buf)
        };
        assert_eq!(
            path("sqlite://data/latchkey.db"),
            Some("data/latchkey.db".into())
        );
        assert_eq!(path("sqlite:///srv/l.db"), Some("/srv/l.db".into()));
        assert_eq!(path("postgresql:///latchkey"), None);
        for bad in [
            "",
            "latchkey.db",
            "sqlite://",
            "sqlite://:memory:",
            "sqlite:x.db",
            "mysql://h/d",
        ] {
            assert!(DatabaseUrl::parse(bad).is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn a_server_elsewhere_needs_a_word_about_tls() {
        for here in [
            "postgres:///l",
            "postgres://ada:x@127.0.0.1:5432/l",
            "postgres://ada@localhost/l",
            "postgres://[::1]:5432/l",
            "postgres://ada@%2Frun%2Fpostgresql/l",
            "postgres:///l?host=/run/postgresql",
            "postgres://db.example.com/l?host=localhost",
        ] {
            assert!(DatabaseUrl::parse(here).is_ok(), "{here}");
        }
        for elsewhere in [
            "postgres://db.example.com/l",
            "postgres://ada:x@db.example.com:5432/l",
            "postgres://10.0.0.5/l",
            "postgres://[2001:db8::1]:5432/l",
            "postgres://localhost,db.example.com/l",
            "postgres:///l?host=db.example.com",
            "postgres://localhost/l?hostaddr=192.0.2.7",
        ] {
            let refused = DatabaseUrl::parse(elsewhere).err().map(|e| e.to_string());
            let sentence = refused.unwrap_or_else(|| panic!("{elsewhere} was taken"));
            assert!(sentence.contains("sslmode=verify-full"), "{sentence}");
            let joined = if elsewhere.contains('?') { '&' } else { '?' };
            for mode in ["verify-full", "require", "disable"] {
                let url = format!("{elsewhere}{joined}sslmode={mode}");
                assert!(DatabaseUrl::parse(&url).is_ok(), "{url}");
            }
        }
    }

    #[test]
    fn the_password_never_shows() {
        for (text, shown) in [
            (
                "postgres://ada:s3cr%40t@db.example.com/l?sslmode=require",
                "postgres://ada:…@db.example.com/l?sslmode=require",
            ),
            (
                "postgres:///l?user=ada&password=s3cr%40t&host=localhost",
                "postgres:///l?user=ada&password=…&host=localhost",
            ),
            ("postgres://ada@localhost/l", "postgres://ada@localhost/l"),
        ] {
            let url = DatabaseUrl::parse(text).unwrap();
            assert_eq!(url.to_string(), shown);
            assert_eq!(format!("{url:?}"), shown);
        }
        assert_eq!(scrub("no s3cr@t here", "s3cr%40t"), "no … here");
    }
}
