//! Where a request comes from, for limits: the peer, or whom our own proxies heard (`server.trusted_proxies`). A request that went
//! around a proxy, or one whose proxy says nothing, is counted as its peer's: no address would mean no limit.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use ::http::request::Parts;
use axum::extract::{ConnectInfo, FromRequestParts};

use crate::app::App;

/// As limits count it: an IPv4 address, or the /64 of an IPv6 one, which is what one household gets. None where nobody says.
pub struct ClientAddress(pub Option<String>);

impl FromRequestParts<App> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self(address(parts, app.settings.server.trusted_proxies).map(as_counted)))
    }
}

/// The same whole, for the audit log.
pub fn whole(parts: &Parts, app: &App) -> Option<String> {
    address(parts, app.settings.server.trusted_proxies).map(|address| address.to_canonical().to_string())
}

fn address(parts: &Parts, trusted_proxies: usize) -> Option<IpAddr> {
    let peer = || parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
    if trusted_proxies == 0 { peer() } else { forwarded(parts, trusted_proxies).or_else(peer) }
}

fn forwarded(parts: &Parts, trusted_proxies: usize) -> Option<IpAddr> {
    // What stands further left was sent along by whoever asks, and may be made up.
    let headers = parts.headers.get_all("x-forwarded-for").into_iter().filter_map(|value| value.to_str().ok());
    let heard: Vec<&str> = headers.flat_map(|value| value.split(',')).map(str::trim).collect();
    let client = heard.get(heard.len().checked_sub(trusted_proxies)?)?;
    client.parse().ok().or_else(|| client.parse().ok().map(|with_port: SocketAddr| with_port.ip()))
}

fn as_counted(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use ::http::Request;

    use super::*;

    fn counted(forwarded: &[&str], trusted_proxies: usize) -> Option<String> {
        let mut request = Request::builder().extension(ConnectInfo(SocketAddr::from(([192, 0, 2, 9], 443))));
        for value in forwarded {
            request = request.header("X-Forwarded-For", *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        address(&parts, trusted_proxies).map(as_counted)
    }

    #[test]
    fn only_what_our_own_proxies_say_is_believed() {
        assert_eq!(counted(&["203.0.113.1"], 0).as_deref(), Some("192.0.2.9"));
        assert_eq!(counted(&["made up, 198.51.100.7"], 1).as_deref(), Some("198.51.100.7"));
        assert_eq!(counted(&["203.0.113.1", "198.51.100.7, 192.0.2.1"], 2).as_deref(), Some("198.51.100.7"));
        assert_eq!(counted(&["198.51.100.7:1234"], 1).as_deref(), Some("198.51.100.7"));
        for unknown in [&[][..], &["unknown"], &[""]] {
            assert_eq!(counted(unknown, 1).as_deref(), Some("192.0.2.9"));
        }
        assert_eq!(counted(&["198.51.100.7"], 2).as_deref(), Some("192.0.2.9"), "it went around a proxy");
    }

    #[test]
    fn addresses_of_one_household_are_one() {
        assert_eq!(counted(&["2001:db8:1:2:3:4:5:6"], 1).as_deref(), Some("2001:db8:1:2::/64"));
        assert_eq!(counted(&["[2001:db8:1:2::9]:443"], 1).as_deref(), Some("2001:db8:1:2::/64"));
        assert_eq!(counted(&["::ffff:198.51.100.7"], 1).as_deref(), Some("198.51.100.7"));
    }
}
