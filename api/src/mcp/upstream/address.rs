//! Which addresses an upstream may be at. The rule is public addresses, and what the operator has allowed: a project's
//! owner must not reach through this server what only its network can.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use http::{Uri, uri::Scheme};
use ipnet::IpNet;

/// An address that upstreams must not be at, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAllowed {
    /// As it was resolved, or written in the URL.
    pub address: IpAddr,
    /// What it is.
    pub kind: Kind,
}

/// How a connection is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Plain http: whoever is on the way reads and changes what is sent, credentials included.
    Plain,
    /// https.
    Encrypted,
}

/// What an address is, and so why it is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A public one, which is refused on plain http.
    Public,
    /// This machine.
    Loopback,
    /// A network of one's own (RFC 1918, RFC 4193, RFC 8215).
    Private,
    /// A provider's network behind its address translation (RFC 6598).
    Shared,
    /// The same cable (RFC 3927, RFC 4291).
    LinkLocal,
    /// A cloud's own service, which gives credentials to whoever asks.
    Metadata,
    /// No address in particular; systems take it for this machine.
    Unspecified,
    /// Many machines at once.
    Multicast,
    /// Made for books (RFC 5737, RFC 3849, RFC 9637).
    Documentation,
    /// Everything else in the IANA special-purpose registries, and what isn't assigned.
    Reserved,
}

/// Whether an upstream may be at this address, if it is reached this way: plain http is for networks that the operator
/// has named, and on the way to a public address there is anybody.
///
/// An address that carries another one (IPv4-mapped, NAT64) is judged by what it carries, because that is where the
/// connection ends; so it is in a CIDR when that is.
///
/// # Errors
/// The address and what it is, unless it is in one of the networks, or public and reached by https.
pub fn check(address: IpAddr, way: Way, allow: &[IpNet]) -> Result<(), NotAllowed> {
    let real = carried(address);
    if allow.iter().any(|network| network.contains(&real)) {
        return Ok(());
    }
    let kind = match real {
        IpAddr::V4(address) => of_v4(address),
        IpAddr::V6(address) => of_v6(address),
    };
    let kind = kind.or((way == Way::Plain).then_some(Kind::Public));
    kind.map_or(Ok(()), |kind| Err(NotAllowed { address, kind }))
}

impl Way {
    /// How a connection to this URL is made. Anything but https is plain.
    pub(super) fn of(uri: &Uri) -> Self {
        if uri.scheme() == Some(&Scheme::HTTPS) {
            Self::Encrypted
        } else {
            Self::Plain
        }
    }
}

impl Kind {
    const fn words(self) -> &'static str {
        match self {
            Self::Public => "a public address for plain http",
            Self::Loopback => "a loopback address",
            Self::Private => "a private address",
            Self::Shared => "an address of a provider's inner network",
            Self::LinkLocal => "a link-local address",
            Self::Metadata => "the address of a cloud's metadata service",
            Self::Unspecified => "the unspecified address",
            Self::Multicast => "a multicast address",
            Self::Documentation => "an address for documentation",
            Self::Reserved => "a reserved address",
        }
    }
}

impl fmt::Display for NotAllowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} is {}, which the setting upstream_allow doesn't name",
            self.address,
            self.kind.words()
        )
    }
}

/// The address at which a connection to this one ends.
fn carried(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else {
        return address;
    };
    let [.., high, low] = v6.segments();
    let v4 = || {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        IpAddr::V4(Ipv4Addr::new(a, b, c, d))
    };
    match v6.segments() {
        // IPv4-mapped (RFC 4291 §2.5.5.2).
        [0, 0, 0, 0, 0, 0xffff, ..] => v4(),
        // NAT64's well-known prefix (RFC 6052 §2.1).
        [0x64, 0xff9b, 0, 0, 0, 0, ..] => v4(),
        _ => address,
    }
}

/// From the IANA IPv4 special-purpose address registry. `None` is public.
fn of_v4(address: Ipv4Addr) -> Option<Kind> {
    Some(match address.octets() {
        // Azure's platform, in the midst of public addresses; Alibaba's in those for carriers; Oracle's.
        [168, 63, 129, 16] | [100, 100, 100, 200] | [192, 0, 0, 192] => Kind::Metadata,
        [169, 254, 169, 253 | 254] | [169, 254, 170, 2 | 23] => Kind::Metadata,
        [0, 0, 0, 0] => Kind::Unspecified,
        [127, ..] => Kind::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Kind::Private,
        [100, 64..=127, ..] => Kind::Shared,
        [169, 254, ..] => Kind::LinkLocal,
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Kind::Documentation,
        [224..=239, ..] => Kind::Multicast,
        // "This network", protocol assignments, 6to4 relays, benchmarks, class E and broadcast.
        [0, ..] | [192, 0, 0, _] | [192, 88, 99, _] | [198, 18 | 19, ..] | [240..=255, ..] => {
            Kind::Reserved
        }
        _ => return None,
    })
}

/// The other way round: only global unicast (2000::/3) can be public, and of that not what the IANA IPv6
/// special-purpose address registry takes out. `None` is public.
fn of_v6(address: Ipv6Addr) -> Option<Kind> {
    Some(match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => Kind::Unspecified,
        [0, 0, 0, 0, 0, 0, 0, 1] => Kind::Loopback,
        // AWS and Google.
        [0xfd00, 0x0ec2, 0, 0, 0, 0, 0, _] | [0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x0254] => {
            Kind::Metadata
        }
        [0xff00..=0xffff, ..] => Kind::Multicast,
        [0xfe80..=0xfebf, ..] => Kind::LinkLocal,
        // Unique local, the site-local ones of old, and NAT64 of one's own (RFC 8215).
        [0xfc00..=0xfdff, ..] | [0xfec0..=0xfeff, ..] | [0x64, 0xff9b, 1, ..] => Kind::Private,
        [0x2001, 0x0db8, ..] | [0x3fff, 0..=0x0fff, ..] => Kind::Documentation,
        // Protocol assignments with Teredo in them, and 6to4: tunnels that carry other addresses.
        [0x2001, 0..=0x01ff, ..] | [0x2002, ..] => Kind::Reserved,
        [0x2000..=0x3fff, ..] => return None,
        _ => Kind::Reserved,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(address: &str) -> Option<Kind> {
        let address = address.parse().unwrap();
        check(address, Way::Encrypted, &[]).err().map(|no| {
            assert_eq!(no.address, address);
            no.kind
        })
    }

    #[test]
    fn only_public_addresses_are_allowed_by_default() {
        use Kind::*;
        for (addresses, wanted) in [
            (
                "1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 \
                 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.0.1.0 192.167.255.255 192.169.0.0 \
                 198.17.255.255 198.20.0.0 223.255.255.255 2606:4700::1111 2a00:1450::1 2001:200::1 2001:db7::1 \
                 3ffe::1 ::ffff:8.8.8.8 64:ff9b::8.8.8.8",
                None,
            ),
            (
                "127.0.0.1 127.255.255.255 ::1 ::ffff:127.0.0.1 64:ff9b::127.0.0.1",
                Some(Loopback),
            ),
            (
                "10.0.0.0 10.255.255.255 172.16.0.1 172.31.255.255 192.168.0.1 ::ffff:10.1.2.3 64:ff9b::c0a8:1 \
                 64:ff9b:1::1 fc00::1 fdff:ffff::1 fec0::1",
                Some(Private),
            ),
            ("100.64.0.0 100.127.255.255 ::ffff:100.64.0.1", Some(Shared)),
            (
                "169.254.0.1 169.254.255.255 fe80::1 febf::1",
                Some(LinkLocal),
            ),
            (
                "169.254.169.254 169.254.170.2 168.63.129.16 100.100.100.200 192.0.0.192 fd00:ec2::254 \
                 fd20:ce::254 ::ffff:169.254.169.254 64:ff9b::a9fe:a9fe",
                Some(Metadata),
            ),
            ("0.0.0.0 :: ::ffff:0.0.0.0", Some(Unspecified)),
            ("224.0.0.1 239.255.255.255 ff02::1 ffff::1", Some(Multicast)),
            (
                "192.0.2.1 198.51.100.7 203.0.113.9 2001:db8::1 3fff::1 3fff:fff::1",
                Some(Documentation),
            ),
            (
                "0.1.2.3 192.0.0.1 192.88.99.1 198.18.0.1 198.19.255.255 240.0.0.1 255.255.255.255 \
                 ::127.0.0.1 ::8.8.8.8 100::1 2001::1 2001:1ff::1 2002:7f00:1::1 4000::1 5f00::1 \
                 ::ffff:0:127.0.0.1 64:ff9b:0:0:1::1",
                Some(Reserved),
            ),
        ] {
            for address in addresses.split_whitespace() {
                assert_eq!(kind(address), wanted, "{address}");
            }
        }
    }

    #[test]
    fn what_is_named_is_allowed_in_each_form_of_it_and_nothing_beside_it() {
        let allow: Vec<IpNet> = [
            "127.0.0.0/8",
            "10.1.0.0/16",
            "fd12::/16",
            "169.254.169.254/32",
        ]
        .map(|network| network.parse().unwrap())
        .to_vec();
        for (address, allowed) in [
            ("127.0.0.1", true),
            ("::ffff:127.0.0.1", true),
            ("::1", false),
            ("10.1.255.255", true),
            ("64:ff9b::10.1.2.3", true),
            ("10.2.0.1", false),
            ("fd12::9", true),
            ("fd13::9", false),
            ("169.254.169.254", true),
            ("169.254.169.253", false),
        ] {
            assert_eq!(
                check(address.parse().unwrap(), Way::Encrypted, &allow).is_ok(),
                allowed,
                "{address}"
            );
        }
    }

    #[test]
    fn a_network_of_all_ipv6_addresses_lets_no_ipv4_address_in() {
        let allow = ["::/0".parse().unwrap()];
        assert!(check("::1".parse().unwrap(), Way::Encrypted, &allow).is_ok());
        assert!(check("::ffff:127.0.0.1".parse().unwrap(), Way::Encrypted, &allow).is_err());
        assert!(check("64:ff9b::7f00:1".parse().unwrap(), Way::Encrypted, &allow).is_err());
    }

    #[test]
    fn plain_http_is_for_named_networks_only() {
        let allow: Vec<IpNet> = ["127.0.0.0/8", "8.8.8.0/24"]
            .map(|network| network.parse().unwrap())
            .to_vec();
        for (address, plain) in [
            ("127.0.0.1", None),
            ("8.8.8.8", None),
            ("::ffff:8.8.8.8", None),
            ("1.1.1.1", Some(Kind::Public)),
            ("2606:4700::1111", Some(Kind::Public)),
            ("64:ff9b::1.1.1.1", Some(Kind::Public)),
            ("10.0.0.1", Some(Kind::Private)),
        ] {
            let kind = |way| {
                check(address.parse().unwrap(), way, &allow)
                    .err()
                    .map(|no| no.kind)
            };
            assert_eq!(kind(Way::Plain), plain, "{address}");
            let encrypted = plain.filter(|kind| *kind != Kind::Public);
            assert_eq!(kind(Way::Encrypted), encrypted, "{address}");
        }
    }

    #[test]
    fn the_refusal_names_address_and_setting() {
        let no = check("::ffff:10.0.0.1".parse().unwrap(), Way::Plain, &[]).unwrap_err();
        assert_eq!(
            no.to_string(),
            "::ffff:10.0.0.1 is a private address, which the setting upstream_allow doesn't name"
        );
    }
}
