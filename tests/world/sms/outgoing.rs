//! What the gateway sends on its own: status callbacks and the replies of people, signed.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde::Serialize;

use super::{
    message::{Message, MessageStatus},
    signature::sign,
};

/// As long as the gateway waits for a webhook.
const PATIENCE: Duration = Duration::from_secs(15);

#[derive(Clone)]
pub(crate) struct Outgoing {
    http: reqwest::Client,
    auth_token: Arc<str>,
    callbacks: Arc<Mutex<Vec<Callback>>>,
}

/// A request the gateway made, and how it was received.
#[derive(Clone, Debug, Serialize)]
pub struct Callback {
    pub url: String,
    pub form: Vec<(String, String)>,
    /// `None` when no answer came.
    pub status: Option<u16>,
}

impl Outgoing {
    #[expect(
        clippy::disallowed_methods,
        reason = "the gateway is the outside world; the service's own client is not for it"
    )]
    pub(crate) fn new(auth_token: &str) -> Self {
        // Another local system or the service itself may have installed it already; any one will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build();
        Self {
            http: http.expect("a client without certificates of its own can be built"),
            auth_token: auth_token.into(),
            callbacks: Arc::default(),
        }
    }

    pub(crate) async fn tell_status(&self, account_sid: &str, message: &Message, url: &str) {
        let mut form = common(account_sid, message);
        form.push(("MessageStatus".to_owned(), message.status.text().to_owned()));
        form.extend(message.error_code.map(|code| ("ErrorCode".to_owned(), code.to_string())));
        // A status callback is tried once; the log keeps how it went.
        let _ = self.post(url, form).await;
    }

    pub(crate) async fn bring_inbound(&self, account_sid: &str, message: &Message, url: &str) -> Result<u16, String> {
        let mut form = common(account_sid, message);
        form.push(("SmsMessageSid".to_owned(), message.sid.clone()));
        form.push(("Body".to_owned(), message.body.clone()));
        form.push(("NumMedia".to_owned(), "0".to_owned()));
        form.push(("NumSegments".to_owned(), message.segments().to_string()));
        self.post(url, form).await
    }

    pub(crate) fn callbacks(&self) -> Vec<Callback> {
        self.callbacks.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn post(&self, url: &str, form: Vec<(String, String)>) -> Result<u16, String> {
        let signature = sign(&self.auth_token, url, &form);
        let request = self.http.post(url).header("X-Twilio-Signature", signature).form(&form);
        let answer = match request.send().await {
            Ok(response) => Ok(response.status().as_u16()),
            Err(error) => Err(error.to_string()),
        };
        let callback = Callback { url: url.to_owned(), form, status: answer.as_ref().ok().copied() };
        self.callbacks.lock().unwrap_or_else(PoisonError::into_inner).push(callback);
        answer
    }
}

fn common(account_sid: &str, message: &Message) -> Vec<(String, String)> {
    let status = if message.status == MessageStatus::Received { "received" } else { message.status.text() };
    [
        ("AccountSid", account_sid),
        ("ApiVersion", "2010-04-01"),
        ("From", &message.from),
        ("MessageSid", &message.sid),
        ("SmsSid", &message.sid),
        ("SmsStatus", status),
        ("To", &message.to),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}
