//! A lead: one person sent for checking, from the draft that comes in to the stage it ends in.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::callback::Announcement;
use crate::id::{GrantId, LeadId, WorkspaceId};
use crate::outcome::Outcome;
use crate::record::RecordStatus;
use crate::time::Timestamp;

/// What a partner sends; nothing in it is believed yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LeadDraft {
    /// The record the outcome goes back to.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required, min_length = 1, max_length = 200, pattern = r"\S"))]
    pub record_id: String,
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 500, example = "Amelia Clarke"))]
    pub name: String,
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required, format = "phone-number", example = "+44 7400 123456"))]
    pub phone_number: String,
    /// ISO 3166-1 alpha-2: how to read a national phone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(format = "region", example = "GB"))]
    pub region: Option<String>,
    /// Which campaign of the workspace to use; without one, the campaign called `default`, or else the service's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(format = "kept-campaign", example = "default"))]
    pub campaign: Option<String>,
}

/// Why a draft is not a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
pub enum LeadRefused {
    #[error("The record's id is missing. Send the id of the record the outcome should go to.")]
    RecordIdMissing,
    #[error("The record's id is longer than 200 characters, so it is none of ours. Send the id of the record.")]
    RecordIdTooLong,
    #[error("The name is longer than 500 characters. Shorten it and send the lead again.")]
    NameTooLong,
    #[error(
        "No numbering plan goes with this country or region. Write the number with its country code, for example +44 7400 123456."
    )]
    RegionUnknown,
    #[error("This person has no phone number. Add a mobile number and try again.")]
    PhoneNumberMissing,
    #[error("The phone number cannot be read. Write it with its country code, for example +44 7400 123456.")]
    PhoneNumberUnreadable,
    #[error("No country uses this phone number. Check the digits and the country code.")]
    PhoneNumberInvalid,
    #[error("This number cannot receive text messages (a landline or a service number). Add a mobile number.")]
    PhoneNumberNotTextable,
}

impl LeadRefused {
    pub const ALL: [Self; 8] = [
        Self::RecordIdMissing,
        Self::RecordIdTooLong,
        Self::NameTooLong,
        Self::RegionUnknown,
        Self::PhoneNumberMissing,
        Self::PhoneNumberUnreadable,
        Self::PhoneNumberInvalid,
        Self::PhoneNumberNotTextable,
    ];

    /// The stable code callers see.
    pub const fn code(self) -> &'static str {
        match self {
            Self::RecordIdMissing => "record_id_missing",
            Self::RecordIdTooLong => "record_id_too_long",
            Self::NameTooLong => "name_too_long",
            Self::RegionUnknown => "region_unknown",
            Self::PhoneNumberMissing => "phone_number_missing",
            Self::PhoneNumberUnreadable => "phone_number_unreadable",
            Self::PhoneNumberInvalid => "phone_number_invalid",
            Self::PhoneNumberNotTextable => "phone_number_not_textable",
        }
    }
}

/// Attio's ids have 36.
pub const RECORD_ID_CHARACTERS: usize = 200;

/// Longer names are mistakes (or attacks); the longest real ones stay well below.
pub const NAME_CHARACTERS: usize = 500;

/// A draft that passed every check.
#[cfg(feature = "phones")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedLead {
    pub record_id: String,
    pub name: String,
    pub phone: crate::phone::Phone,
    pub campaign: Option<String>,
}

#[cfg(feature = "phones")]
impl LeadDraft {
    /// `default_region` reads national numbers of drafts that name no region themselves.
    pub fn check(&self, default_region: Option<crate::phone::Region>) -> Result<CheckedLead, LeadRefused> {
        use crate::phone::{InvalidPhone, Phone, Region};

        let record_id = self.record_id.trim();
        if record_id.is_empty() {
            return Err(LeadRefused::RecordIdMissing);
        }
        if record_id.chars().count() > RECORD_ID_CHARACTERS {
            return Err(LeadRefused::RecordIdTooLong);
        }
        if self.name.chars().count() > NAME_CHARACTERS {
            return Err(LeadRefused::NameTooLong);
        }
        if self.phone_number.trim().is_empty() {
            return Err(LeadRefused::PhoneNumberMissing);
        }
        let region = match self.region.as_deref().map(str::trim).filter(|code| !code.is_empty()) {
            // An international number needs no region, so an unknown one does no harm.
            Some(code) => Region::parse(code).map(Some).or_else(|_| match Phone::parse(&self.phone_number, None) {
                Ok(_) => Ok(None),
                Err(_) => Err(LeadRefused::RegionUnknown),
            })?,
            None => default_region,
        };
        let phone = Phone::parse(&self.phone_number, region).map_err(|invalid| match invalid {
            InvalidPhone::NotANumber => LeadRefused::PhoneNumberUnreadable,
            InvalidPhone::NotInUse => LeadRefused::PhoneNumberInvalid,
            InvalidPhone::CannotText => LeadRefused::PhoneNumberNotTextable,
        })?;
        Ok(CheckedLead {
            record_id: record_id.to_owned(),
            name: self.name.split_whitespace().collect::<Vec<_>>().join(" "),
            phone,
            campaign: self.campaign.clone(),
        })
    }
}

/// Who sends a lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    pub workspace: WorkspaceId,
    pub grant: GrantId,
    /// The workspace is in test mode.
    pub is_test: bool,
}

#[cfg(feature = "phones")]
impl CheckedLead {
    /// Takes the lead in. The announcement is the first of its sequence.
    pub fn accept(self, id: LeadId, sender: Sender, at: Timestamp) -> (Lead, Announcement) {
        let mut lead = Lead {
            id,
            workspace: sender.workspace,
            grant: sender.grant,
            is_test: sender.is_test,
            record_id: self.record_id,
            name: self.name,
            phone: self.phone.as_e164().to_owned(),
            campaign: self.campaign,
            stage: Stage::Accepted,
            sequence: 0,
            created_at: at,
        };
        let announcement = lead.announce(EventType::LeadCreated, at);
        (lead, announcement)
    }
}

/// Where a lead stands. Each stage carries the facts that are true in it and nowhere else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum Stage {
    /// Taken in; the first text is planned.
    Accepted,
    /// Another lead is talking on the same two numbers; this one waits for them.
    Queued,
    /// The first text is out.
    Contacted { at: Timestamp },
    /// The lead has answered at least once.
    InConversation { since: Timestamp },
    /// We know what we wanted to know, or that we never will.
    Closed { at: Timestamp, outcome: Outcome },
    /// Somebody called it off.
    Cancelled { at: Timestamp, reason: String },
    /// We gave up.
    Failed { at: Timestamp, reason: String },
}

impl Stage {
    /// The name stored and indexed beside the facts.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Queued => "queued",
            Self::Contacted { .. } => "contacted",
            Self::InConversation { .. } => "in_conversation",
            Self::Closed { .. } => "closed",
            Self::Cancelled { .. } => "cancelled",
            Self::Failed { .. } => "failed",
        }
    }

    pub const fn ended_at(&self) -> Option<Timestamp> {
        match self {
            Self::Closed { at, .. } | Self::Cancelled { at, .. } | Self::Failed { at, .. } => Some(*at),
            Self::Accepted | Self::Queued | Self::Contacted { .. } | Self::InConversation { .. } => None,
        }
    }

    pub const fn status(&self) -> LeadStatus {
        match self {
            Self::Accepted | Self::Queued => LeadStatus::Pending,
            Self::Contacted { .. } => LeadStatus::Contacted,
            Self::InConversation { .. } => LeadStatus::InConversation,
            Self::Closed { .. } => LeadStatus::Complete,
            Self::Cancelled { .. } => LeadStatus::Cancelled,
            Self::Failed { .. } => LeadStatus::Failed,
        }
    }

    pub fn outcome(&self) -> Option<&Outcome> {
        if let Self::Closed { outcome, .. } = self { Some(outcome) } else { None }
    }

    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Cancelled { reason, .. } | Self::Failed { reason, .. } => Some(reason),
            _ => None,
        }
    }
}

/// The stage as the API names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LeadStatus {
    Pending,
    Contacted,
    InConversation,
    Complete,
    Cancelled,
    Failed,
}

impl LeadStatus {
    /// What the record shows (`alc_status`).
    pub const fn record_status(self) -> RecordStatus {
        match self {
            Self::Pending | Self::Contacted | Self::InConversation => RecordStatus::Pending,
            Self::Complete => RecordStatus::Complete,
            Self::Cancelled => RecordStatus::Cancelled,
            Self::Failed => RecordStatus::Failed,
        }
    }
}

/// What a lead's moves are called when they are announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EventType {
    #[serde(rename = "lead.created")]
    LeadCreated,
    #[serde(rename = "lead.contacted")]
    LeadContacted,
    #[serde(rename = "lead.replied")]
    LeadReplied,
    #[serde(rename = "lead.processed")]
    LeadProcessed,
    #[serde(rename = "lead.failed")]
    LeadFailed,
}

impl EventType {
    pub const ALL: [Self; 5] =
        [Self::LeadCreated, Self::LeadContacted, Self::LeadReplied, Self::LeadProcessed, Self::LeadFailed];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LeadCreated => "lead.created",
            Self::LeadContacted => "lead.contacted",
            Self::LeadReplied => "lead.replied",
            Self::LeadProcessed => "lead.processed",
            Self::LeadFailed => "lead.failed",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.as_str() == text)
    }
}

/// One person sent for checking, from one record, under one grant.
#[derive(Debug, Clone, PartialEq)]
pub struct Lead {
    pub id: LeadId,
    pub workspace: WorkspaceId,
    pub grant: GrantId,
    /// Sent in test mode: nobody is texted, and the lead talks on a phone of the sandbox.
    pub is_test: bool,
    pub record_id: String,
    pub name: String,
    /// E.164.
    pub phone: String,
    pub campaign: Option<String>,
    pub stage: Stage,
    /// How many of its moves have been announced.
    pub sequence: u32,
    pub created_at: Timestamp,
}

/// The move came too late: the lead has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the lead has already ended")]
pub struct LeadEnded;

impl Lead {
    /// Its numbers are busy with another lead: wait. Nothing is announced; to the outside it is still pending.
    pub fn queue(&mut self) -> Result<(), LeadEnded> {
        self.ensure_live()?;
        self.stage = Stage::Queued;
        Ok(())
    }

    /// The first text is out. Later texts change nothing.
    pub fn contacted(&mut self, at: Timestamp) -> Result<Option<Announcement>, LeadEnded> {
        self.ensure_live()?;
        if !matches!(self.stage, Stage::Accepted | Stage::Queued) {
            return Ok(None);
        }
        self.stage = Stage::Contacted { at };
        Ok(Some(self.announce(EventType::LeadContacted, at)))
    }

    /// The lead answered. Only the first answer is announced.
    pub fn replied(&mut self, at: Timestamp) -> Result<Option<Announcement>, LeadEnded> {
        self.ensure_live()?;
        if matches!(self.stage, Stage::InConversation { .. }) {
            return Ok(None);
        }
        self.stage = Stage::InConversation { since: at };
        Ok(Some(self.announce(EventType::LeadReplied, at)))
    }

    pub fn close(&mut self, at: Timestamp, outcome: Outcome) -> Result<Announcement, LeadEnded> {
        self.ensure_live()?;
        self.stage = Stage::Closed { at, outcome };
        Ok(self.announce(EventType::LeadProcessed, at))
    }

    pub fn cancel(&mut self, at: Timestamp, reason: impl Into<String>) -> Result<Announcement, LeadEnded> {
        self.ensure_live()?;
        self.stage = Stage::Cancelled { at, reason: reason.into() };
        Ok(self.announce(EventType::LeadFailed, at))
    }

    pub fn fail(&mut self, at: Timestamp, reason: impl Into<String>) -> Result<Announcement, LeadEnded> {
        self.ensure_live()?;
        self.stage = Stage::Failed { at, reason: reason.into() };
        Ok(self.announce(EventType::LeadFailed, at))
    }

    /// What was found turned out otherwise after the end. The lead stays where and when it ended; none when it ended without an outcome.
    pub fn correct(&mut self, at: Timestamp, outcome: Outcome) -> Option<Announcement> {
        let Stage::Closed { at: closed_at, .. } = self.stage else { return None };
        self.stage = Stage::Closed { at: closed_at, outcome };
        Some(self.announce(EventType::LeadProcessed, at))
    }

    pub const fn is_live(&self) -> bool {
        self.stage.ended_at().is_none()
    }

    fn ensure_live(&self) -> Result<(), LeadEnded> {
        if self.is_live() { Ok(()) } else { Err(LeadEnded) }
    }

    fn announce(&mut self, event: EventType, at: Timestamp) -> Announcement {
        self.sequence += 1;
        Announcement {
            event,
            at,
            lead: self.id.clone(),
            is_test: self.is_test,
            record_id: self.record_id.clone(),
            sequence: self.sequence,
            status: self.stage.status().record_status(),
            outcome: self.stage.outcome().cloned(),
            reason: self.stage.reason().map(str::to_owned),
        }
    }
}
