//! Which addresses a URL given to us by a stranger may lead to: public ones only.
//!
//! Source: the IANA IPv4 and IPv6 Special-Purpose Address Registries. IPv6 is judged the other way round: only global
//! unicast (`2000::/3`) is public, less what tunnels or documents.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};
use url::Host;

const fn v4(a: u8, b: u8, c: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, 0), prefix)
}

const fn v6(a: u16, b: u16, prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0), prefix)
}

const NOT_PUBLIC_V4: [Ipv4Net; 17] = [
    v4(0, 0, 0, 8),      // this network
    v4(10, 0, 0, 8),     // private
    v4(100, 64, 0, 10),  // carrier-grade NAT
    v4(127, 0, 0, 8),    // loopback
    v4(169, 254, 0, 16), // link-local, cloud metadata
    // A public address that leads from inside Azure to the host's own agent.
    Ipv4Net::new_assert(Ipv4Addr::new(168, 63, 129, 16), 32),
    v4(172, 16, 0, 12),   // private
    v4(192, 0, 0, 24),    // protocol assignments
    v4(192, 0, 2, 24),    // documentation
    v4(192, 31, 196, 24), // AS112
    v4(192, 88, 99, 24),  // 6to4 relay
    v4(192, 168, 0, 16),  // private
    v4(198, 18, 0, 15),   // benchmarking
    v4(198, 51, 100, 24), // documentation
    v4(203, 0, 113, 24),  // documentation
    v4(224, 0, 0, 4),     // multicast
    v4(240, 0, 0, 4),     // reserved, broadcast
];

const GLOBAL_UNICAST_V6: Ipv6Net = v6(0x2000, 0, 3);

const NOT_PUBLIC_V6: [Ipv6Net; 5] = [
    v6(0x2001, 0, 23),     // protocol assignments: Teredo, ORCHID, benchmarking
    v6(0x2001, 0xdb8, 32), // documentation
    v6(0x2002, 0, 16),     // 6to4: carries an IPv4 address of any kind
    v6(0x3fff, 0, 20),     // documentation
    v6(0x2620, 0x4f, 32),  // AS112
];

/// Whether anybody on the internet could reach this address.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !NOT_PUBLIC_V4.iter().any(|net| net.contains(&address)),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => is_public(IpAddr::V4(mapped)),
            None => GLOBAL_UNICAST_V6.contains(&address) && !NOT_PUBLIC_V6.iter().any(|net| net.contains(&address)),
        },
    }
}

/// Whether a host, as written in a URL, may be called: names are judged again when they are resolved.
pub fn host_may_be_public(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => is_public((*address).into()),
        Host::Ipv6(address) => is_public((*address).into()),
        Host::Domain(name) => !is_local_name(name),
    }
}

/// Whether a host is this machine: what `webhooks.allow_loopback` lets through in development.
pub fn host_is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(name) => trimmed(name) == "localhost",
    }
}

/// Names that never leave this machine or network (RFC 6761, RFC 6762, RFC 9476; `internal` by ICANN's reservation).
fn is_local_name(name: &str) -> bool {
    let name = trimmed(name);
    let last = name.rsplit('.').next().unwrap_or_default();
    !name.contains('.')
        || matches!(last, "localhost" | "local" | "internal" | "home" | "lan" | "alt" | "test" | "invalid")
}

fn trimmed(name: &str) -> &str {
    name.trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn judged(url: &str) -> bool {
        host_may_be_public(&url::Url::parse(url).unwrap().host().unwrap())
    }

    #[test]
    fn every_way_to_write_an_inward_address_is_refused() {
        for url in [
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://0177.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://[::ffff:169.254.169.254]/",
            "https://169.254.169.254/",
            "https://100.64.0.1/",
            "https://[64:ff9b::a00:1]/",
            "https://[fd00::1]/",
            "https://[fe80::1]/",
            "https://[2002:7f00:1::]/",
            "https://0/",
            "https://localhost/",
            "https://localhost./",
            "https://LOCALHOST/",
            "https://db.internal/",
            "https://printer.local/",
            "https://intranet/",
            "https://255.255.255.255/",
            "https://192.168.1.1/",
        ] {
            assert!(!judged(url), "{url} must be refused");
        }
    }

    #[test]
    fn public_hosts_pass() {
        for url in [
            "https://hooks.example.com/",
            "https://93.184.216.34/",
            "https://[2606:2800:220:1::1]/",
            "https://172.32.0.1/",
        ] {
            assert!(judged(url), "{url} must pass");
        }
    }
}
