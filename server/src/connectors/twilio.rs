//! Twilio's Programmable Messaging REST API (2010-04-01), and whatever speaks it.
//!
//! Sources: Twilio API reference "Message resource", "Security: validating requests", error dictionary 21xxx and 30xxx.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use sha1::Sha1;
use subtle::ConstantTimeEq as _;

use alc_core::time::Timestamp;

use super::causes::FailureCause;
use super::http::{NoAnswer, Outbound, Reach};
use super::sms::{NotTaken, Outgoing, Received, Remembered, Report, Taken};
use crate::settings::Sms;

/// Messages are listed in pages of 50; at 1600 characters, each escaped in JSON, the longest page is well below this.
const PAGE_SIZE: &str = "50";
const ANSWER_BYTES: usize = 1024 * 1024;

/// An account at the gateway.
pub struct Twilio<'a> {
    settings: &'a Sms,
    outbound: &'a Outbound,
}

/// What came in within a day, oldest first.
pub struct Inbox {
    pub received: Vec<Received>,
    /// Or there is more behind the last.
    pub is_all: bool,
}

#[derive(Deserialize)]
struct MessageResource {
    sid: String,
    #[serde(default)]
    body: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    direction: String,
    num_segments: Option<String>,
    num_media: Option<String>,
    /// RFC 2822.
    date_created: Option<String>,
    /// RFC 2822; null until it was sent.
    date_sent: Option<String>,
}

#[derive(Deserialize)]
struct MessageList {
    messages: Vec<MessageResource>,
    /// Path and query.
    next_page_uri: Option<String>,
}

#[derive(Deserialize)]
struct ErrorResource {
    code: Option<i64>,
}

impl<'a> Twilio<'a> {
    pub const fn new(settings: &'a Sms, outbound: &'a Outbound) -> Self {
        Self { settings, outbound }
    }

    /// Hands a message to the gateway; reports about it will come to its `status_callback`.
    pub async fn send(&self, message: Outgoing<'_>) -> Result<Taken, NotTaken> {
        let Outgoing { from, to, body, status_callback, .. } = message;
        let form = [("To", to), ("From", from), ("Body", body), ("StatusCallback", status_callback)];
        let url = self.messages_url();
        let answer = self.exchange(|client| client.post(url).form(&form)).await.map_err(|no_answer| {
            if no_answer.may_have_arrived() {
                NotTaken::Unknown(no_answer.to_string())
            } else {
                NotTaken::NotNow(no_answer.to_string())
            }
        })?;
        if answer.status.is_success() {
            // Taken, but under which id? The list will tell.
            let message: MessageResource = serde_json::from_slice(&answer.body)
                .map_err(|_| NotTaken::Unknown("the answer holds no message".into()))?;
            let segments =
                message.num_segments.and_then(|segments| segments.parse().ok()).filter(|segments| *segments > 0);
            return Ok(Taken { gateway_id: message.sid, report: Report::OnItsWay, segments });
        }
        let code = serde_json::from_slice::<ErrorResource>(&answer.body).ok().and_then(|error| error.code);
        Err(not_taken(answer.status.as_u16(), code))
    }

    /// What the gateway was given to send between two numbers since `since`, newest first. Whatever it still queues has no date of
    /// sending, so the dates are compared here.
    pub async fn outbox(&self, from: &str, to: &str, since: Timestamp) -> Result<Vec<Remembered>, String> {
        let query = [("To", to), ("From", from), ("PageSize", PAGE_SIZE)];
        let url = self.messages_url();
        let list = self.page(|client| client.get(url).query(&query)).await?;
        // One without a date is as new as can be.
        let is_new = |found: &MessageResource| found.date_created.as_deref().and_then(at).is_none_or(|at| at >= since);
        let found = list.messages.into_iter().filter(is_new);
        Ok(found.map(|found| Remembered { gateway_id: found.sid, body: found.body }).collect())
    }

    /// What came in at one of our numbers on the day of `since` (in UTC), from then on: all of it, or the oldest so many pages.
    pub async fn inbox(&self, our_number: &str, since: Timestamp) -> Result<Inbox, String> {
        let day = day(since)?;
        let query = [("To", our_number), ("DateSent>", &day), ("DateSent<", &day), ("PageSize", PAGE_SIZE)];
        let url = self.messages_url();
        let mut page = self.page(|client| client.get(url).query(&query)).await?;
        // The list begins with the newest, who are heard last: of a long one only its end is kept.
        let (mut kept, mut is_all) = (VecDeque::new(), true);
        loop {
            let count = page.messages.len();
            let received = page.messages.into_iter().filter_map(received).filter(|message| message.at >= since);
            let received: Vec<Received> = received.collect();
            // A page with older messages is the last that matters.
            let is_last = received.len() < count;
            kept.push_back(received);
            // The last need not be full, so one more is kept: else each look might bring the one message that the next begins with.
            if kept.len() > self.settings.inbox_pages + 1 {
                kept.pop_front();
                is_all = false;
            }
            let Some(next) = page.next_page_uri.filter(|_| !is_last) else { break };
            let url = format!("{}{next}", self.settings.base_url.trim_end_matches('/'));
            page = self.page(|client| client.get(url)).await?;
        }
        let received: Vec<Received> = kept.into_iter().flatten().collect();
        Ok(Inbox { received: received.into_iter().rev().collect(), is_all })
    }

    /// Whether a request signed itself with our account's token: HMAC-SHA1 over the URL it was sent to and its sorted parameters.
    /// Without a token nobody can.
    pub fn signed_by_us(
        auth_token: &SecretString,
        url: &str,
        form: &BTreeMap<String, String>,
        signature: &str,
    ) -> bool {
        if auth_token.expose_secret().is_empty() {
            return false;
        }
        let mut mac = Hmac::<Sha1>::new_from_slice(auth_token.expose_secret().as_bytes())
            .expect("HMAC takes a key of any length");
        mac.update(url.as_bytes());
        for (name, value) in form {
            mac.update(name.as_bytes());
            mac.update(value.as_bytes());
        }
        let expected: [u8; 20] = mac.finalize().into_bytes().into();
        STANDARD.decode(signature).is_ok_and(|offered| bool::from(offered.as_slice().ct_eq(&expected)))
    }

    /// The meaning of `MessageStatus`.
    pub fn report(status: &str) -> Report {
        match status {
            "sent" => Report::Sent,
            "delivered" | "read" => Report::Delivered,
            "undelivered" => Report::Undelivered,
            "failed" | "canceled" => Report::Failed,
            _ => Report::OnItsWay,
        }
    }

    fn messages_url(&self) -> String {
        format!(
            "{}/2010-04-01/Accounts/{}/Messages.json",
            self.settings.base_url.trim_end_matches('/'),
            self.settings.account_sid
        )
    }

    async fn page(
        &self,
        request: impl FnOnce(&reqwest::Client) -> reqwest::RequestBuilder,
    ) -> Result<MessageList, String> {
        let answer = self.exchange(request).await.map_err(|error| error.to_string())?;
        if !answer.status.is_success() {
            return Err(format!("the gateway answered {} to a list of messages", answer.status.as_u16()));
        }
        serde_json::from_slice(&answer.body).map_err(|_| "the gateway's list cannot be read".to_owned())
    }

    async fn exchange(
        &self,
        request: impl FnOnce(&reqwest::Client) -> reqwest::RequestBuilder,
    ) -> Result<super::http::Answer, NoAnswer> {
        let deadline = Duration::from_millis(self.settings.timeout_ms);
        let (account, token) = (&self.settings.account_sid, self.settings.auth_token.expose_secret());
        self.outbound
            .send(Reach::Configured, deadline, ANSWER_BYTES, |client| request(client).basic_auth(account, Some(token)))
            .await
    }
}

fn day(at: Timestamp) -> Result<String, String> {
    let at = jiff::Timestamp::from_millisecond(at.as_millis()).map_err(|error| error.to_string())?;
    Ok(at.strftime("%Y-%m-%d").to_string())
}

fn received(message: MessageResource) -> Option<Received> {
    let at = at(message.date_sent.as_deref()?)?;
    let is_inbound = message.direction == "inbound";
    let pictures = message.num_media.and_then(|count| count.parse().ok()).unwrap_or_default();
    is_inbound.then_some(Received { gateway_id: message.sid, phone: message.from, body: message.body, pictures, at })
}

fn at(rfc2822: &str) -> Option<Timestamp> {
    let at = jiff::fmt::rfc2822::parse(rfc2822).ok()?;
    Some(Timestamp::from_millis(at.timestamp().as_millisecond()))
}

fn not_taken(status: u16, code: Option<i64>) -> NotTaken {
    let code = code.map_or_else(|| format!("http_{status}"), |code| code.to_string());
    let cause = FailureCause::of(&code);
    match status {
        // The account's settings are wrong: the operator can mend that, so it is worth another try.
        401 | 403 => NotTaken::NotNow(format!(
            "the gateway refused our account (code {code}); check sms.account_sid and sms.auth_token"
        )),
        408 => NotTaken::Unknown(format!("the gateway answered {status}")),
        429 => NotTaken::NotNow("the gateway asks us to slow down".into()),
        _ if cause == Some(FailureCause::OptedOut) => NotTaken::OptedOut { code },
        _ if cause.is_some_and(FailureCause::is_of_the_phone) => NotTaken::Unreachable { code },
        // The account is full or closed: that passes, or the operator mends it.
        _ if matches!(cause, Some(FailureCause::QueueOverflow | FailureCause::AccountSuspended)) => {
            NotTaken::NotNow(format!("the gateway takes nothing from us now (code {code})"))
        }
        400..=499 => NotTaken::Refused { code },
        _ => NotTaken::Unknown(format!("the gateway answered {status}")),
    }
}
