//! `latchkey healthcheck`: one request to `/readyz`, for containers that have no curl.

use std::{
    io::{self, BufRead as _, BufReader, Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use clap::Args;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use super::say;
use crate::{config::ConfigError, tls};

const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Args)]
pub(super) struct HealthcheckArgs {
    /// The address that the server listens on; a wildcard means this machine.
    #[arg(long, env = "LATCHKEY_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,

    /// The certificate with which the server serves https; the check takes no other.
    #[arg(long, env = "LATCHKEY_TLS_CERT")]
    tls_cert: Option<PathBuf>,
}

pub(super) fn run(args: &HealthcheckArgs) -> Result<(), ConfigError> {
    let mut address = args.listen;
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        });
    }
    let tls = match &args.tls_cert {
        Some(file) => Some(tls::client_of_one(file).map_err(ConfigError)?),
        None => None,
    };
    let status = ask(address, tls).map_err(|e| {
        let hint = match &args.tls_cert {
            Some(_) => "is the server running, with the certificate in tls_cert?",
            None => "is the server running? One that serves https needs tls_cert here",
        };
        ConfigError(format!("nothing answers on {address} ({e}); {hint}"))
    })?;
    if status.starts_with("HTTP/1.1 200") {
        return say("ready");
    }
    if !status.starts_with("HTTP/") {
        return Err(ConfigError(format!(
            "what answers on {address} speaks no http; does the server serve https (tls_cert)?"
        )));
    }
    Err(ConfigError(format!(
        "the server on {address} is not ready: {status}"
    )))
}

fn ask(address: SocketAddr, tls: Option<Arc<ClientConfig>>) -> io::Result<String> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    match tls {
        None => talk(stream, address),
        Some(config) => {
            let client = ClientConnection::new(config, address.ip().into());
            let client = client.map_err(io::Error::other)?;
            talk(StreamOwned::new(client, stream), address)
        }
    }
}

fn talk(mut stream: impl Read + Write, address: SocketAddr) -> io::Result<String> {
    write!(
        stream,
        "GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    // One line is enough, whatever comes after it and however the connection ends.
    let mut line = Vec::new();
    BufReader::new(stream.take(16 * 1024)).read_until(b'\n', &mut line)?;
    Ok(match String::from_utf8_lossy(&line).trim() {
        "" => "an empty answer".to_owned(),
        line => line.to_owned(),
    })
}
