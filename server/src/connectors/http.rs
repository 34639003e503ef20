//! The guarded way out: every HTTP request this service makes.
//!
//! A whole exchange has one deadline (connect, send, answer, body), a bounded answer and no redirects. Where the URL comes from
//! a stranger, the address is judged when its name is resolved, so a name that changes between check and connect gains nothing.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ::http::{HeaderMap, StatusCode};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;
use url::Url;

use super::address;
use crate::door::Names;

/// Who chose the URL decides how far it may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The operator wrote it into the settings: anywhere.
    Configured,
    /// A stranger gave it to us: public addresses over https only (and loopback, where the settings allow it).
    Public,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// At most the bytes asked for; longer bodies are cut.
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

const HTTPS: u16 = 443;

/// Those below belong to other services of a host (mail, remote shells, directories), which are not for strangers to have knocked at.
const FIRST_FREE_PORT: u16 = 1024;

/// Why there is no answer. Texts name no URL: paths and queries may hold secrets.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoAnswer {
    #[error("the address is not allowed: {0}")]
    Forbidden(&'static str),
    #[error("no connection: {0}")]
    NotSent(String),
    /// The request may have arrived.
    #[error("the answer did not come: {0}")]
    Lost(String),
    /// The request may have arrived.
    #[error("no answer within {0} ms")]
    TimedOut(u128),
}

impl NoAnswer {
    /// Whether the other side may have acted on the request.
    pub const fn may_have_arrived(&self) -> bool {
        matches!(self, Self::Lost(_) | Self::TimedOut(_))
    }
}

#[derive(Clone)]
pub struct Outbound {
    configured: reqwest::Client,
    public: reqwest::Client,
    allow_loopback: bool,
}

impl Outbound {
    #[expect(clippy::disallowed_methods, reason = "this is the guarded client everything else must use")]
    pub fn new(allow_loopback: bool, names: Arc<dyn Names>) -> Result<Self, reqwest::Error> {
        let builder = || {
            reqwest::Client::builder()
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none())
                .connect_timeout(Duration::from_secs(5))
                .user_agent(concat!("alc/", env!("CARGO_PKG_VERSION")))
        };
        Ok(Self {
            configured: builder().build()?,
            public: builder().dns_resolver(Arc::new(PublicOnly { allow_loopback, names })).build()?,
            allow_loopback,
        })
    }

    /// Whether a stranger may make us call this URL at all; asked when it is registered and before each request.
    pub fn judge(&self, url: &Url) -> Result<(), NoAnswer> {
        let host = url.host().ok_or(NoAnswer::Forbidden("the URL has no host"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(NoAnswer::Forbidden("the URL must not carry a user name or password"));
        }
        if self.allow_loopback && address::host_is_loopback(&host) && matches!(url.scheme(), "http" | "https") {
            return Ok(());
        }
        if url.port().is_some_and(|port| port < FIRST_FREE_PORT && port != HTTPS) {
            return Err(NoAnswer::Forbidden("the port must be 443, or 1024 and above"));
        }
        if url.scheme() != "https" {
            return Err(NoAnswer::Forbidden("the URL must begin with https://"));
        }
        if !address::host_may_be_public(&host) {
            return Err(NoAnswer::Forbidden("the URL must lead to a public address"));
        }
        Ok(())
    }

    /// One exchange. `deadline` covers all of it, `body_limit` bytes of the answer are kept.
    pub async fn send(
        &self,
        reach: Reach,
        deadline: Duration,
        body_limit: usize,
        request: impl FnOnce(&reqwest::Client) -> reqwest::RequestBuilder,
    ) -> Result<Answer, NoAnswer> {
        let client = match reach {
            Reach::Configured => &self.configured,
            Reach::Public => &self.public,
        };
        let request = request(client).build().map_err(|error| NoAnswer::NotSent(error.without_url().to_string()))?;
        if reach == Reach::Public {
            self.judge(request.url())?;
        }
        let exchange = async {
            let mut response = client.execute(request).await.map_err(no_answer)?;
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await.map_err(no_answer)? {
                let room = body_limit - body.len();
                body.extend_from_slice(&chunk[..chunk.len().min(room)]);
                if body.len() == body_limit {
                    break;
                }
            }
            Ok(Answer { status: response.status(), headers: response.headers().clone(), body })
        };
        tokio::time::timeout(deadline, exchange).await.unwrap_or(Err(NoAnswer::TimedOut(deadline.as_millis())))
    }
}

fn no_answer(error: reqwest::Error) -> NoAnswer {
    use std::error::Error as _;

    let connecting = error.is_connect() || error.is_builder();
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(Inward) = cause.downcast_ref::<Inward>() {
            return NoAnswer::Forbidden("the name resolves to no public address");
        }
        text = cause.to_string();
        source = cause.source();
    }
    if connecting { NoAnswer::NotSent(text) } else { NoAnswer::Lost(text) }
}

/// Resolves names to public addresses only.
struct PublicOnly {
    allow_loopback: bool,
    names: Arc<dyn Names>,
}

#[derive(Debug, Error)]
#[error("the name resolves to no public address")]
struct Inward;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_loopback = self.allow_loopback;
        let found = self.names.look_up(name.as_str().to_owned());
        Box::pin(async move {
            let may_be_called = |ip: &IpAddr| address::is_public(*ip) || (allow_loopback && ip.is_loopback());
            let found = found.await?.into_iter().filter(may_be_called);
            let allowed: Vec<SocketAddr> = found.map(|ip| SocketAddr::new(ip, 0)).collect();
            if allowed.is_empty() {
                return Err(Box::new(Inward) as Box<dyn std::error::Error + Send + Sync>);
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::sync::Mutex;

    use tokio::net::TcpListener;

    use super::*;

    /// Each look-up of any name finds the next of these.
    struct Changing(Mutex<Vec<Vec<&'static str>>>);

    impl Names for Changing {
        fn look_up(&self, _: String) -> Pin<Box<dyn Future<Output = std::io::Result<Vec<IpAddr>>> + Send>> {
            let found = self.0.lock().unwrap().remove(0);
            Box::pin(async move { Ok(found.into_iter().map(|ip| ip.parse().unwrap()).collect()) })
        }
    }

    fn outbound(lookups: Vec<Vec<&'static str>>) -> Outbound {
        // A process may choose its TLS provider once.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Outbound::new(false, Arc::new(Changing(Mutex::new(lookups)))).unwrap()
    }

    async fn asked(outbound: &Outbound, port: u16) -> NoAnswer {
        let url = format!("https://hooks.example.com:{port}/alc");
        outbound.judge(&Url::parse(&url).unwrap()).expect("by its name it could be public");
        let deadline = Duration::from_secs(5);
        outbound.send(Reach::Public, deadline, 64, |client| client.get(url)).await.unwrap_err()
    }

    /// The name may have led to a public address when somebody looked before: what counts is where it leads when it is called.
    #[tokio::test]
    async fn a_name_that_leads_inward_when_it_is_called_is_not_called() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        for inward in [
            "127.0.0.1",
            "::1",
            "::ffff:127.0.0.1",
            "10.0.0.1",
            "100.64.0.1",
            "169.254.169.254",
            "168.63.129.16",
            "192.168.1.1",
            "fd00:ec2::254",
            "fe80::1",
            "64:ff9b::7f00:1",
            "0.0.0.0",
        ] {
            let refused = asked(&outbound(vec![vec![inward]]), port).await;
            assert_eq!(refused, NoAnswer::Forbidden("the name resolves to no public address"), "{inward}");
        }
        let nobody = tokio::time::timeout(Duration::ZERO, listener.accept()).await;
        assert!(nobody.is_err(), "somebody was called: {nobody:?}");
    }

    /// Several addresses for one name: those that lead inward are passed over, not tried after the others failed.
    #[tokio::test]
    async fn of_several_addresses_only_the_public_are_left() {
        let names = Arc::new(Changing(Mutex::new(vec![vec!["93.184.216.34", "127.0.0.1", "::1", "169.254.169.254"]])));
        let resolver = PublicOnly { allow_loopback: false, names };
        let found: Vec<_> = resolver.resolve("hooks.example.com".parse().unwrap()).await.unwrap().collect();
        assert_eq!(found, ["93.184.216.34:0".parse().unwrap()]);
    }
}
