//! SMS, in the words every gateway is translated into, and which gateway carries whose.

use alc_core::id::MessageId;
use alc_core::lead::Lead;
use alc_core::time::Timestamp;
use thiserror::Error;

use super::http::Outbound;
use super::sandbox;
use super::twilio::Twilio;
use crate::settings::Sms;

/// A message on its way out.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    pub id: &'a MessageId,
    pub from: &'a str,
    pub to: &'a str,
    pub body: &'a str,
    /// Where reports about it go.
    pub status_callback: &'a str,
}

/// Who carries a lead's messages.
pub enum Gateway<'a> {
    Twilio(Twilio<'a>),
    /// Nobody does: the lead was sent in test mode.
    Sandbox,
}

impl<'a> Gateway<'a> {
    pub const fn of(lead: &Lead, settings: &'a Sms, outbound: &'a Outbound) -> Self {
        if lead.is_test { Self::Sandbox } else { Self::Twilio(Twilio::new(settings, outbound)) }
    }

    pub async fn send(&self, message: Outgoing<'_>) -> Result<Taken, NotTaken> {
        match self {
            Self::Twilio(twilio) => twilio.send(message).await,
            Self::Sandbox => Ok(sandbox::take(message.id)),
        }
    }
}

/// The gateway took a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The gateway's own id of it.
    pub gateway_id: String,
    /// How far it got.
    pub report: Report,
    /// In how many segments it goes, where the gateway says so.
    pub segments: Option<i64>,
}

/// Why the gateway did not (surely) take a message.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotTaken {
    /// The phone told the gateway to stop.
    #[error("the phone has opted out at the gateway (code {code})")]
    OptedOut { code: String },
    /// No SMS reaches this phone.
    #[error("the gateway cannot reach this phone (code {code})")]
    Unreachable { code: String },
    /// The gateway will refuse it every time.
    #[error("the gateway refused the message (code {code})")]
    Refused { code: String },
    /// Surely not taken; later it may be.
    #[error("the gateway took nothing: {0}")]
    NotNow(String),
    /// Nobody can say: look before sending again.
    #[error("whether the gateway took the message is unknown: {0}")]
    Unknown(String),
}

/// A message as the gateway remembers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    pub gateway_id: String,
    pub body: String,
}

/// An SMS to one of our numbers, as the gateway keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    pub gateway_id: String,
    pub phone: String,
    pub body: String,
    /// How many came with it; they are never fetched.
    pub pictures: u32,
    pub at: Timestamp,
}

/// What a status report of the gateway means to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// On its way; nothing new to us.
    OnItsWay,
    Sent,
    Delivered,
    Undelivered,
    Failed,
}
