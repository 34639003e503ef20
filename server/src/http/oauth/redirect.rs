//! Redirect URIs: which may be registered, which of a request match, and how an answer is put onto one. They are compared
//! exactly, so everything that could be read in two ways is refused before it is registered.

use ::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use thiserror::Error;
use url::{Host, Url};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidRedirectUri {
    #[error("it is not an absolute URI of printable ASCII characters")]
    NotAUri,
    #[error("it has a fragment (#…), which never reaches a server; leave it out")]
    HasFragment,
    #[error("it has a user name or password; leave them out")]
    HasUserInfo,
    #[error("it uses http to a host that is not this machine; use https")]
    NotSecure,
    #[error("its scheme is neither https, nor http to a loopback address, nor an app's own (com.example.app:)")]
    Scheme,
}

/// Whether a client may have this redirect URI.
pub fn check(uri: &str) -> Result<(), InvalidRedirectUri> {
    if !uri.bytes().all(|byte| byte.is_ascii_graphic()) || uri.contains(['\\', '"', '<', '>']) {
        return Err(InvalidRedirectUri::NotAUri);
    }
    let parsed = Url::parse(uri).map_err(|_| InvalidRedirectUri::NotAUri)?;
    if parsed.fragment().is_some() {
        return Err(InvalidRedirectUri::HasFragment);
    }
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err(InvalidRedirectUri::HasUserInfo);
    }
    match parsed.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(&parsed) => Ok(()),
        "http" => Err(InvalidRedirectUri::NotSecure),
        // RFC 8252 §7.1: a reversed domain name, so it cannot be `javascript:` or `data:`.
        scheme if scheme.contains('.') => Ok(()),
        _ => Err(InvalidRedirectUri::Scheme),
    }
}

/// Whether a client that registered one URI may be answered at another: at the same, character by character, for every cleverer
/// comparison has been tricked. Only an app on the person's own machine cannot know its port beforehand (RFC 8252 §7.3), so
/// that of an http loopback address, and nothing else of it, may be any.
pub fn matches(registered: &str, asked: &str) -> bool {
    registered == asked
        || without_loopback_port(registered)
            .is_some_and(|registered| without_loopback_port(asked).is_some_and(|asked| asked == registered))
}

/// What stands before and after the port of an http loopback URI. Names like `localhost` can be made to lead elsewhere.
fn without_loopback_port(uri: &str) -> Option<(&str, &str)> {
    let host = ["http://127.0.0.1", "http://[::1]"].into_iter().find(|host| uri.starts_with(host))?;
    let rest = &uri[host.len()..];
    let after = match rest.strip_prefix(':') {
        None => rest,
        Some(rest) => {
            let digits = rest.len() - rest.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
            // One way to write a port, so that nothing can be hidden in it.
            let is_port = !rest.starts_with('0') && rest[..digits].parse::<u16>().is_ok();
            is_port.then(|| &rest[digits..])?
        }
    };
    (after.is_empty() || after.starts_with(['/', '?'])).then_some((host, after))
}

fn is_loopback(uri: &Url) -> bool {
    match uri.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// What a page must name in `form-action` so that its form may end there: Chrome holds redirects to it too.
pub fn form_action(uri: &str) -> String {
    match Url::parse(uri) {
        // A policy cannot name an IPv6 address; its scheme is as near as it gets.
        Ok(uri) if matches!(uri.scheme(), "http" | "https") && !matches!(uri.host(), Some(Host::Ipv6(_))) => {
            uri.origin().ascii_serialization()
        }
        Ok(uri) => format!("{}:", uri.scheme()),
        Err(_) => String::new(),
    }
}

/// Where a person ends up, for showing it to them.
pub fn host(uri: &str) -> String {
    match Url::parse(uri) {
        Ok(uri) => uri.host_str().map_or_else(|| format!("{}:", uri.scheme()), str::to_owned),
        Err(_) => String::new(),
    }
}

/// Sends the browser back to the client. 303, or it would POST there what the form held.
pub fn send(uri: &str, answer: &[(&str, &str)]) -> Response {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(answer).finish();
    let separator = match uri.split_once('?') {
        None => "?",
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    };
    let Ok(location) = HeaderValue::from_str(&format!("{uri}{separator}{query}")) else {
        // Registered ones are printable ASCII, and the query is percent-encoded.
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let headers = [(header::LOCATION, location), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (StatusCode::SEE_OTHER, headers).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_read_in_two_ways_is_not_registered() {
        use InvalidRedirectUri::*;
        for (uri, verdict) in [
            ("https://app.attio.com/callback?x=1", Ok(())),
            ("http://127.0.0.1:3000/callback", Ok(())),
            ("http://[::1]/callback", Ok(())),
            ("http://localhost:3000/", Ok(())),
            ("com.example.app:/callback", Ok(())),
            ("/callback", Err(NotAUri)),
            ("https://a.example/ b", Err(NotAUri)),
            ("https://a.example\\@b.example/", Err(NotAUri)),
            ("https://exämple.com/", Err(NotAUri)),
            ("https://a.example/#", Err(HasFragment)),
            ("https://user@a.example/", Err(HasUserInfo)),
            ("http://a.example/", Err(NotSecure)),
            ("http://localhost.example/", Err(NotSecure)),
            ("javascript:alert(1)", Err(Scheme)),
            ("data:text/html,x", Err(Scheme)),
        ] {
            assert_eq!(check(uri), verdict, "{uri}");
        }
    }

    #[test]
    fn only_the_port_of_a_loopback_address_may_differ() {
        for (registered, asked) in [
            ("http://127.0.0.1/cb", "http://127.0.0.1:51004/cb"),
            ("http://127.0.0.1:3000/cb?x=1", "http://127.0.0.1:65535/cb?x=1"),
            ("http://127.0.0.1:3000/cb", "http://127.0.0.1/cb"),
            ("http://[::1]/cb", "http://[::1]:51004/cb"),
            ("http://127.0.0.1", "http://127.0.0.1:8080"),
            ("https://a.example/cb", "https://a.example/cb"),
        ] {
            assert!(matches(registered, asked), "{registered} {asked}");
        }
        for (registered, asked) in [
            ("http://127.0.0.1/cb", "http://127.0.0.1:51004/cb/"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:51004/cb?x"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:51004/CB"),
            ("http://127.0.0.1/cb", "https://127.0.0.1:51004/cb"),
            ("http://127.0.0.1/cb", "HTTP://127.0.0.1:51004/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.2:51004/cb"),
            ("http://127.0.0.1/cb", "http://[::1]:51004/cb"),
            ("http://127.0.0.1/cb", "http://localhost:51004/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:@evil.example/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:1@evil.example/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1@evil.example/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1.evil.example/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:0/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:080/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:+80/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:65536/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:80\\cb"),
            ("http://localhost/cb", "http://localhost:51004/cb"),
            ("https://127.0.0.1/cb", "https://127.0.0.1:51004/cb"),
            ("https://a.example/cb", "https://a.example:444/cb"),
        ] {
            assert!(!matches(registered, asked), "{registered} {asked}");
        }
    }

    #[test]
    fn the_answer_is_added_to_the_query_and_encoded() {
        let location = |uri: &str| send(uri, &[("state", "a b&c\r\n")]).headers()["location"].clone();
        assert_eq!(location("https://a.example/cb"), "https://a.example/cb?state=a+b%26c%0D%0A");
        assert_eq!(location("https://a.example/cb?x=1"), "https://a.example/cb?x=1&state=a+b%26c%0D%0A");
        assert_eq!(location("com.example:/cb?"), "com.example:/cb?state=a+b%26c%0D%0A");
    }

    #[test]
    fn a_form_may_end_at_the_client() {
        assert_eq!(form_action("https://a.example:8443/cb?x"), "https://a.example:8443");
        assert_eq!(form_action("com.example.app:/cb"), "com.example.app:");
        assert_eq!(form_action("com.example.app://cb/x"), "com.example.app:");
        assert_eq!(form_action("http://[::1]:3000/cb"), "http:");
    }
}
