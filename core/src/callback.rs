//! The callback: how a lead's move is told to whoever subscribed to it.
//!
//! The service renders an [`Announcement`] as the body it signs and posts; the app reads that body back as a
//! [`Callback`].

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::id::LeadId;
use crate::lead::EventType;
use crate::outcome::Outcome;
use crate::record::RecordStatus;
use crate::time::Timestamp;

/// A move of a lead, ready to be announced.
#[derive(Debug, Clone, PartialEq)]
pub struct Announcement {
    pub event: EventType,
    pub at: Timestamp,
    pub lead: LeadId,
    pub record_id: String,
    /// Rises by one with each announcement of this lead.
    pub sequence: u32,
    pub status: RecordStatus,
    pub outcome: Option<Outcome>,
    pub reason: Option<String>,
}

impl Announcement {
    /// `timestamp`: [`Announcement::at`] as RFC 3339 text.
    pub fn into_callback(self, timestamp: String) -> Callback {
        Callback {
            event: self.event.as_str().to_owned(),
            timestamp,
            record_id: self.record_id,
            status: self.status,
            lead_id: self.lead.as_str().to_owned(),
            sequence: self.sequence,
            outcome: self.outcome,
            reason: self.reason,
        }
    }
}

/// The body of a callback. `record_id` and `status` stay at the top level: the published SDK example reads them there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Callback {
    #[serde(rename = "type")]
    pub event: String,
    /// RFC 3339.
    pub timestamp: String,
    pub record_id: String,
    pub status: RecordStatus,
    pub lead_id: String,
    pub sequence: u32,
    #[serde(default)]
    pub outcome: Option<Outcome>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Why a body is not a callback.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidCallback {
    #[error("the body is not JSON: {0}")]
    NotJson(String),
    #[error("the body has no `record_id`, so there is no record to write to")]
    MissingRecordId,
    #[error("the body has no `status`, so there is nothing to write")]
    MissingStatus,
    #[error("the body is not a callback: {0}")]
    WrongShape(String),
}

impl InvalidCallback {
    /// The stable code callers see.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotJson(_) => "malformed_json",
            Self::MissingRecordId => "missing_record_id",
            Self::MissingStatus => "missing_status",
            Self::WrongShape(_) => "invalid_callback",
        }
    }
}

impl Callback {
    pub fn parse(body: &[u8]) -> Result<Self, InvalidCallback> {
        let value: serde_json::Value =
            serde_json::from_slice(body).map_err(|error| InvalidCallback::NotJson(error.to_string()))?;
        let text = |key: &str| value.get(key).and_then(serde_json::Value::as_str).is_some_and(|text| !text.is_empty());
        if !text("record_id") {
            return Err(InvalidCallback::MissingRecordId);
        }
        if !text("status") {
            return Err(InvalidCallback::MissingStatus);
        }
        serde_json::from_value(value).map_err(|error| InvalidCallback::WrongShape(error.to_string()))
    }
}
