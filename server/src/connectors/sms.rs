//! SMS, in the words every gateway is translated into.

use alc_core::time::Timestamp;
use thiserror::Error;

/// The gateway took a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The gateway's own id of it.
    pub gateway_id: String,
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
