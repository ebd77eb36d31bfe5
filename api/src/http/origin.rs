//! Where a request comes from, as far as it can be believed: forwarding headers count only when the
//! connection comes from a trusted proxy.

use std::net::IpAddr;

use actix_web::{dev::RequestHead, http::header::HeaderName};
use ipnet::IpNet;

use super::headers::{Headers, text};

static X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Whether a connection from this address is a trusted proxy's.
#[must_use]
pub fn is_trusted_proxy(peer: Option<IpAddr>, trusted: &[IpNet]) -> bool {
    peer.is_some_and(|ip| is_trusted(ip, trusted))
}

/// The caller's address: the connection's, or the last one in X-Forwarded-For that is not a trusted proxy.
#[must_use]
pub fn client_ip(
    peer: Option<IpAddr>,
    headers: &(impl Headers + ?Sized),
    trusted: &[IpNet],
) -> Option<IpAddr> {
    let peer = peer?;
    if !is_trusted(peer, trusted) {
        return Some(peer);
    }
    let forwarded: Vec<&str> = headers
        .values_of(&X_FORWARDED_FOR)
        .filter_map(text)
        .flat_map(|value| value.split(','))
        .collect();
    Some(walk_back(peer, &forwarded, trusted))
}

/// Whether a trusted proxy says that the caller used https.
#[must_use]
pub fn forwarded_https(request: &RequestHead, trusted: &[IpNet]) -> bool {
    // The header of the proxy nearest to us is the last one; the caller can only put theirs before it.
    is_trusted_proxy(peer(request), trusted)
        && request
            .headers
            .get_all("x-forwarded-proto")
            .last()
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.rsplit(',').next())
            .is_some_and(|proto| proto.trim().eq_ignore_ascii_case("https"))
}

/// Each proxy appends whom it heard from, so the list is believed from its end as far as proxies are
/// trusted. What can't be read ends the walk at the last address that could be.
fn walk_back(peer: IpAddr, forwarded: &[&str], trusted: &[IpNet]) -> IpAddr {
    let mut believed = peer;
    for entry in forwarded.iter().rev() {
        let Ok(ip) = entry.trim().parse::<IpAddr>() else {
            break;
        };
        believed = ip.to_canonical();
        if !is_trusted(believed, trusted) {
            break;
        }
    }
    believed
}

/// The address that a request's connection comes from.
#[must_use]
pub fn peer(request: &RequestHead) -> Option<IpAddr> {
    request.peer_addr.map(|address| address.ip().to_canonical())
}

fn is_trusted(ip: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(&ip))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forwarded_addresses_are_believed_from_the_end() {
        let trusted: Vec<IpNet> = vec![
            "127.0.0.0/8".parse().unwrap(),
            "10.0.0.0/8".parse().unwrap(),
        ];
        for (forwarded, wanted) in [
            (&[][..], "127.0.0.1"),
            (&["203.0.113.7"], "203.0.113.7"),
            (&["203.0.113.7", "10.0.0.2"], "203.0.113.7"),
            (&["6.6.6.6", "203.0.113.7", "10.0.0.2"], "203.0.113.7"),
            (&["6.6.6.6", "nonsense", "10.0.0.2"], "10.0.0.2"),
            (&["10.9.9.9"], "10.9.9.9"),
            (&[" ::ffff:203.0.113.7 "], "203.0.113.7"),
        ] {
            let peer = "127.0.0.1".parse().unwrap();
            assert_eq!(
                walk_back(peer, forwarded, &trusted).to_string(),
                wanted,
                "{forwarded:?}"
            );
        }
    }
}
