//! The guarded way out: every HTTP request this service makes.
//!
//! A whole exchange has one deadline (connect, send, answer, body), a bounded answer and no redirects. Where the URL comes from
//! a stranger, the address is judged when its name is resolved, so a name that changes between check and connect gains nothing.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ::http::{HeaderMap, StatusCode};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;
use url::Url;

use super::address;

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
    pub fn new(allow_loopback: bool) -> Result<Self, reqwest::Error> {
        let builder = || {
            reqwest::Client::builder()
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none())
                .connect_timeout(Duration::from_secs(5))
                .user_agent(concat!("alc/", env!("CARGO_PKG_VERSION")))
        };
        Ok(Self {
            configured: builder().build()?,
            public: builder().dns_resolver(Arc::new(PublicOnly { allow_loopback })).build()?,
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
}

#[derive(Debug, Error)]
#[error("the name resolves to no public address")]
struct Inward;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_loopback = self.allow_loopback;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found
                .filter(|found| address::is_public(found.ip()) || (allow_loopback && found.ip().is_loopback()))
                .collect();
            if allowed.is_empty() {
                return Err(Box::new(Inward) as Box<dyn std::error::Error + Send + Sync>);
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}
