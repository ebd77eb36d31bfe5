//! How a connection to an upstream comes about: its name is resolved and every address checked here, and nothing else
//! is ever connected to.

use std::{
    error::Error,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
    vec,
};

use http::Uri;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::{
    client::legacy::connect::{HttpConnector, dns::Name},
    rt::TokioIo,
};
use ipnet::IpNet;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tower_service::Service;

use super::{
    address::{self, Way},
    fault::UpstreamFault,
};

/// Finds a peer that has vanished without a word, under a stream that may be silent for an hour.
const KEEPALIVE: Duration = Duration::from_secs(30);
/// How long what was sent may stay unacknowledged.
const UNACKNOWLEDGED: Duration = Duration::from_secs(60);

type Future<T> = Pin<Box<dyn std::future::Future<Output = Result<T, UpstreamFault>> + Send>>;

/// Connects within a time limit, which covers the name, TCP and TLS. Its errors are [`UpstreamFault`]s.
#[derive(Clone)]
pub(super) struct Connector {
    encrypted: HttpsConnector<HttpConnector<Resolver>>,
    /// A resolver learns the name alone, so each way has its own.
    plain: HttpsConnector<HttpConnector<Resolver>>,
    patience: Duration,
}

/// Gives only addresses that are allowed, and none where one of a name's addresses isn't: who mixes them wants to get
/// round the check.
#[derive(Clone)]
pub(super) struct Resolver {
    way: Way,
    allow: Arc<[IpNet]>,
}

impl Connector {
    pub(super) fn new(allow: Arc<[IpNet]>, tls: Arc<ClientConfig>, patience: Duration) -> Self {
        let connector = |way| {
            let allow = Arc::clone(&allow);
            let tcp = tcp(Resolver { way, allow }, patience);
            HttpsConnector::from((tcp, Arc::clone(&tls)))
        };
        Self {
            encrypted: connector(Way::Encrypted),
            plain: connector(Way::Plain),
            patience,
        }
    }
}

fn tcp(resolver: Resolver, patience: Duration) -> HttpConnector<Resolver> {
    let mut tcp = HttpConnector::new_with_resolver(resolver);
    // TLS is begun above it.
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    // Shared among a name's addresses, so that a dead first one leaves time for the next.
    tcp.set_connect_timeout(Some(patience));
    tcp.set_keepalive(Some(KEEPALIVE));
    tcp.set_keepalive_interval(Some(KEEPALIVE / 3));
    tcp.set_keepalive_retries(Some(3));
    #[cfg(target_os = "linux")]
    tcp.set_tcp_user_timeout(Some(UNACKNOWLEDGED));
    tcp
}

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<TokioIo<TcpStream>>;
    type Error = UpstreamFault;
    type Future = Future<Self::Response>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), UpstreamFault>> {
        // The connectors beneath are always ready.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = match Way::of(&uri) {
            Way::Encrypted => self.encrypted.call(uri),
            Way::Plain => self.plain.call(uri),
        };
        let patience = self.patience;
        Box::pin(async move {
            match tokio::time::timeout(patience, connecting).await {
                Ok(Ok(stream)) => Ok(stream),
                Ok(Err(error)) => Err(fault_of(&*error)),
                Err(_) => Err(UpstreamFault::ConnectTimeout),
            }
        })
    }
}

impl Service<Name> for Resolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = UpstreamFault;
    type Future = Future<Self::Response>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), UpstreamFault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let (way, allow) = (self.way, Arc::clone(&self.allow));
        Box::pin(async move {
            // The port is put in by the connector.
            let found = tokio::net::lookup_host((name.as_str(), 0))
                .await
                .map_err(|_| UpstreamFault::UnknownHost)?;
            checked(found.collect(), way, &allow).map(Vec::into_iter)
        })
    }
}

/// All of a name's addresses, if each may be connected to.
fn checked(
    addresses: Vec<SocketAddr>,
    way: Way,
    allow: &[IpNet],
) -> Result<Vec<SocketAddr>, UpstreamFault> {
    if addresses.is_empty() {
        return Err(UpstreamFault::UnknownHost);
    }
    for found in &addresses {
        address::check(found.ip(), way, allow).map_err(UpstreamFault::NotAllowed)?;
    }
    Ok(addresses)
}

/// The fault in a chain of errors: ours, if one is in it, else what the system or TLS says.
fn fault_of(error: &(dyn Error + 'static)) -> UpstreamFault {
    let mut next = Some(error);
    let mut said = None;
    while let Some(error) = next {
        if let Some(fault) = error.downcast_ref::<UpstreamFault>() {
            return fault.clone();
        }
        if let Some(error) = error.downcast_ref::<rustls::Error>() {
            return UpstreamFault::Tls(error.to_string());
        }
        next = match error.downcast_ref::<io::Error>() {
            Some(error) => {
                if error.kind() == io::ErrorKind::TimedOut {
                    return UpstreamFault::ConnectTimeout;
                }
                said = Some(error.kind().to_string());
                // What an error of I/O wraps is not its source, but the source is its source.
                error.get_ref().map(|inner| inner as _)
            }
            None => error.source(),
        };
    }
    UpstreamFault::Unreachable(said.unwrap_or_else(|| "no more is known".to_owned()))
}

/// The fault in an error of hyper's client.
pub(super) fn fault_of_call(error: &hyper_util::client::legacy::Error) -> UpstreamFault {
    if error.is_connect() {
        return fault_of(error);
    }
    let mut next = error.source();
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<hyper::Error>()
            && error.is_parse()
        {
            return UpstreamFault::BadAnswer;
        }
        next = error.source();
    }
    UpstreamFault::Lost
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_one_address_that_is_not_allowed_has_none() {
        let addresses = |texts: &[&str]| -> Vec<SocketAddr> {
            texts.iter().map(|text| text.parse().unwrap()).collect()
        };
        let allow = ["10.0.0.0/8".parse().unwrap()];
        let good = addresses(&["1.1.1.1:0", "[2606:4700::1]:0", "10.0.0.1:0"]);
        assert_eq!(
            checked(good.clone(), Way::Encrypted, &allow),
            Ok(good.clone())
        );
        // The same name over plain http: nobody but the operator's own network may be behind it.
        let Err(UpstreamFault::NotAllowed(no)) = checked(good, Way::Plain, &allow) else {
            panic!("plain http was allowed");
        };
        assert_eq!(no.kind, address::Kind::Public);
        let mixed = addresses(&["1.1.1.1:0", "10.0.0.1:0", "127.0.0.1:0"]);
        let Err(UpstreamFault::NotAllowed(no)) = checked(mixed, Way::Encrypted, &allow) else {
            panic!("it was allowed");
        };
        assert_eq!(no.address.to_string(), "127.0.0.1");
        assert_eq!(
            checked(Vec::new(), Way::Plain, &allow),
            Err(UpstreamFault::UnknownHost)
        );
    }
}
