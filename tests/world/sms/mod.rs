//! A local SMS gateway in the shape of Twilio's REST API, with a phone at every number.
//!
//! Read it in the order of the `mod` lines: a message, the state, what is sent on its own, the routes. A message is
//! delivered as fast as the service answers the callbacks about it, which need not wait for the answer to the message itself. Not modelled: media, prices,
//! messaging services, the gateway's own words after STOP, and instructions in the answer
//! to an inbound message.

mod errors;
mod gateway;
mod message;
mod messages;
mod number;
mod outgoing;
mod phones;

mod signature;
#[cfg(test)]
mod tests;

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
};

use axum::{
    Router,
    extract::OriginalUri,
    response::IntoResponse,
    routing::{get, post, put},
};

use self::{errors::SmsError, gateway::Gateway};
pub use self::{
    gateway::ReplyError,
    message::MessageStatus,
    outgoing::Callback,
    phones::{PhoneDirection, PhoneMessage},
    signature::sign,
};
use crate::{
    clock::Clock,
    faults::{Fault, Faults, Held},
    requests::SeenRequest,
    serve::Listening,
};

/// How to start a [`LocalSms`].
#[derive(Clone, Debug)]
pub struct SmsOptions {
    pub listen: SocketAddr,
    pub account_sid: String,
    pub auth_token: String,
    /// The account's own numbers; with none, any number may send.
    pub numbers: Vec<String>,
    /// Where replies are brought; [`LocalSms::set_inbound`] changes it.
    pub inbound_url: Option<String>,
    /// Whether the gateway itself blocks a sender after STOP and lets it in again after START, as it does unless an account
    /// switches that off.
    pub takes_opt_outs: bool,
    pub clock: Clock,
}

impl Default for SmsOptions {
    /// A free port of this machine, and an account as the gateway sets it up.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            account_sid: "AC00000000000000000000000000000001".to_owned(),
            auth_token: "local-sms-token".to_owned(),
            numbers: Vec::new(),
            inbound_url: None,
            takes_opt_outs: true,
            clock: Clock::system(),
        }
    }
}

/// A running local SMS gateway. Dropping it stops it.
pub struct LocalSms {
    gateway: Gateway,
    faults: Faults,
    listening: Listening,
}

impl LocalSms {
    pub async fn start(options: SmsOptions) -> io::Result<Self> {
        let gateway = Gateway::new(&options);
        let faults = Faults::new(|status| SmsError::injected(status).into_response());
        let router = faults.guard(api(gateway.clone())).merge(levers(gateway.clone()));
        let listening = Listening::start(options.listen, router).await?;
        Ok(Self { gateway, faults, listening })
    }

    /// The address to use for `https://api.twilio.com`.
    pub fn url(&self) -> String {
        self.listening.url()
    }

    pub fn account_sid(&self) -> &str {
        &self.gateway.account_sid
    }

    pub fn auth_token(&self) -> &str {
        &self.gateway.auth_token
    }

    /// What the phone with this number shows, newest last.
    pub fn thread(&self, number: &str) -> Vec<PhoneMessage> {
        phones::thread(&self.gateway, number)
    }

    /// The owner of the phone answers the number that texted last; returns what the service answered the gateway.
    pub async fn reply(&self, number: &str, body: &str) -> Result<u16, ReplyError> {
        self.gateway.reply(number, None, body).await
    }

    pub fn set_inbound(&self, url: &str) {
        self.gateway.set_inbound(url.to_owned());
    }

    /// Messages to this phone end undelivered from now on.
    ///
    /// # Panics
    /// When `number` is not in E.164.
    pub fn make_unreachable(&self, number: &str) {
        self.gateway.make_unreachable(&e164(number));
    }

    /// The gateway refuses messages from `from` to this phone from now on.
    ///
    /// # Panics
    /// When `number` is not in E.164.
    pub fn opt_out(&self, from: &str, number: &str) {
        self.gateway.opt_out(from.to_owned(), &e164(number));
    }

    /// The gateway refuses messages to this phone with this code from now on, whoever sends them.
    ///
    /// # Panics
    /// When `number` is not in E.164.
    pub fn refuse(&self, number: &str, code: u32) {
        self.gateway.refuse(&e164(number), code);
    }

    /// From now on statuses change and nobody is told, as when callbacks get lost.
    pub fn mute_callbacks(&self, muted: bool) {
        self.gateway.mute(muted);
    }

    /// Messages are taken and stay queued from now on.
    pub fn be_slow(&self) {
        self.gateway.be_slow();
    }

    /// Waits until no callback is pending.
    pub async fn idle(&self) {
        self.gateway.idle().await;
    }

    /// What the gateway sent on its own so far.
    pub fn callbacks(&self) -> Vec<Callback> {
        self.gateway.outgoing.callbacks()
    }

    /// Every request of clients so far, in order of arrival.
    pub fn requests(&self) -> Vec<SeenRequest> {
        self.faults.requests()
    }

    /// Until it is so; looked at anew after every answer.
    pub async fn until(&self, is_so: impl Fn(&Self) -> bool) {
        self.faults.until(|| is_so(self)).await;
    }

    /// The next requests that match meet this fault.
    pub fn fail(&self, fault: Fault) {
        self.faults.add(fault);
    }

    /// Requests that match wait, undone, until the returned handle is released.
    pub fn hold(&self, method: &str, path_contains: &str) -> Held {
        self.faults.hold(method, path_contains, u32::MAX)
    }
}

fn e164(number: &str) -> number::PhoneText {
    number::PhoneText::parse(number).unwrap_or_else(|| panic!("{number} is no phone number in E.164"))
}

fn api(gateway: Gateway) -> Router {
    Router::new()
        .route("/2010-04-01/Accounts/{account}/Messages.json", post(messages::create).get(messages::list))
        .route("/2010-04-01/Accounts/{account}/Messages/{file}", get(messages::fetch))
        .fallback(async |OriginalUri(uri): OriginalUri| SmsError::not_found(uri.path()))
        .with_state(gateway)
}

fn levers(gateway: Gateway) -> Router {
    Router::new()
        .route("/phones/{number}", get(phones::get))
        .route("/phones/{number}/reply", post(phones::reply))
        .route("/phones/{number}/unreachable", put(phones::make_unreachable))
        .route("/phones/{number}/opt_out", put(phones::opt_out))
        .route("/_inbound", put(phones::set_inbound))
        .route("/_idle", get(phones::idle))
        .route("/_callbacks", get(phones::callbacks).put(phones::mute))
        .with_state(gateway)
}
