//! The callback: how a lead's move is told to whoever subscribed to it.
//!
//! The service renders an [`Announcement`] as the body it signs and posts; the app reads that body back as a
//! [`Callback`].

use serde::Serialize;
use serde_json::Value;
use thiserror::Error;

use crate::id::LeadId;
use crate::lead::EventType;
use crate::outcome::{Answer, Interest, Outcome};
use crate::record::RecordStatus;
use crate::time::Timestamp;

/// A move of a lead, ready to be announced.
#[derive(Debug, Clone, PartialEq)]
pub struct Announcement {
    pub event: EventType,
    pub at: Timestamp,
    pub lead: LeadId,
    pub is_test: bool,
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
            test: self.is_test,
        }
    }
}

/// The body of a callback. `record_id` and `status` stay at the top level: the published SDK example reads them there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Callback {
    #[serde(rename = "type")]
    pub event: String,
    /// RFC 3339.
    pub timestamp: String,
    pub record_id: String,
    pub status: RecordStatus,
    pub lead_id: String,
    pub sequence: u32,
    pub outcome: Option<Outcome>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The lead was sent in test mode. Not there when it is not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub test: bool,
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
    /// Read field by field: the app carries this in every bundle, and a derived reader would take half as much again.
    pub fn parse(body: &[u8]) -> Result<Self, InvalidCallback> {
        let body: Value = serde_json::from_slice(body).map_err(|error| InvalidCallback::NotJson(error.to_string()))?;
        let named = |field| body[field].as_str().filter(|text| !text.is_empty());
        // The two that subscribers act on have codes of their own.
        let record_id = named("record_id").ok_or(InvalidCallback::MissingRecordId)?.to_owned();
        let status = named("status").ok_or(InvalidCallback::MissingStatus)?;
        Ok(Self {
            event: text(&body, "type")?,
            timestamp: text(&body, "timestamp")?,
            record_id,
            status: RecordStatus::parse(status).ok_or_else(|| wrong("status", "a status the record knows"))?,
            lead_id: text(&body, "lead_id")?,
            sequence: count(&body, "sequence")?,
            outcome: optional(&body["outcome"]).map(outcome).transpose()?,
            reason: optional(&body["reason"]).map(|_| text(&body, "reason")).transpose()?,
            test: body["test"] == true,
        })
    }
}

pub(crate) fn outcome(value: &Value) -> Result<Outcome, InvalidCallback> {
    let interest = value["interest"].as_str().and_then(Interest::parse);
    Ok(Outcome {
        interest: interest.ok_or_else(|| wrong("interest", "an interest the record knows"))?,
        confidence: value["confidence"].as_f64().ok_or_else(|| wrong("confidence", "a number"))?,
        summary: text(value, "summary")?,
        answers: value["answers"].as_array().into_iter().flatten().map(answer).collect::<Result<_, _>>()?,
    })
}

fn answer(value: &Value) -> Result<Answer, InvalidCallback> {
    Ok(Answer { question: text(value, "question")?, answer: text(value, "answer")? })
}

pub(crate) fn text(value: &Value, field: &str) -> Result<String, InvalidCallback> {
    value[field].as_str().map(str::to_owned).ok_or_else(|| wrong(field, "a string"))
}

pub(crate) fn count(value: &Value, field: &str) -> Result<u32, InvalidCallback> {
    let count = value[field].as_u64().and_then(|count| u32::try_from(count).ok());
    count.ok_or_else(|| wrong(field, "a whole number"))
}

/// `null` says as much as leaving the field out.
pub(crate) fn optional(value: &Value) -> Option<&Value> {
    (!value.is_null()).then_some(value)
}

fn wrong(field: &str, must_be: &str) -> InvalidCallback {
    InvalidCallback::WrongShape(["`", field, "` must be ", must_be].concat())
}
