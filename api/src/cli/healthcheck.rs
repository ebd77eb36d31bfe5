//! `latchkey healthcheck`: one request to `/readyz`, for containers that have no curl.

use std::{
    io::{Read as _, Write as _},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    time::Duration,
};

use clap::Args;

use super::say;
use crate::config::ConfigError;

const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Args)]
pub(super) struct HealthcheckArgs {
    /// The address that the server listens on; a wildcard means this machine.
    #[arg(long, env = "LATCHKEY_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
}

pub(super) fn run(args: &HealthcheckArgs) -> Result<(), ConfigError> {
    let mut address = args.listen;
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        });
    }
    let status = ask(address).map_err(|e| {
        ConfigError(format!(
            "nothing answers on {address} ({e}); is the server running?"
        ))
    })?;
    if status.starts_with("HTTP/1.1 200") {
        return say("ready");
    }
    Err(ConfigError(format!(
        "the server on {address} is not ready: {status}"
    )))
}

fn ask(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.take(16 * 1024).read_to_string(&mut answer)?;
    Ok(answer
        .lines()
        .next()
        .unwrap_or("an empty answer")
        .to_owned())
}
