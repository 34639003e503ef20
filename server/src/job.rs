//! What happens later: one enum on one screen.
//!
//! A job carries ids, not data; it reads the truth when it runs, so running twice is safe. It is written in the same commit as
//! the fact that caused it ([`crate::store`]) and done by [`crate::jobs`].

use serde::{Deserialize, Serialize};

use alc_core::id::{ConnectionId, ConversationId, DeliveryId, GrantId, LeadId, MessageId, WebhookId, WorkspaceId};
use alc_core::time::Timestamp;

/// One thing to do later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Job {
    /// Find a number to text the lead from and say the first words, or wait in line.
    StartConversation { lead: LeadId },
    /// Hand one message to the gateway, once.
    SendMessage { message: MessageId },
    /// Nobody has answered for long enough: that is an answer too.
    HearSilence { conversation: ConversationId },
    /// Whatever the lead still waits for, it ends now.
    MeetDeadline { lead: LeadId },
    /// Cancel the live leads of a grant that are called off.
    CallOffLeads { grant: GrantId },
    /// Tell one webhook about one event.
    DeliverWebhook { delivery: DeliveryId },
    /// Write to a record the newest that a partner's callbacks said of it.
    WriteRecord { connection: ConnectionId, record_id: String },
    /// Look for replies to this number of ours that the gateway could not bring while we were away.
    ReadInbox { our_number: String },
    /// Delete sessions, codes and tokens that nobody can use any more.
    ForgetExpired,
}

impl Job {
    pub const KINDS: [&str; 9] = [
        "start_conversation",
        "send_message",
        "hear_silence",
        "meet_deadline",
        "call_off_leads",
        "deliver_webhook",
        "write_record",
        "read_inbox",
        "forget_expired",
    ];

    pub const fn kind(&self) -> &'static str {
        match self {
            Self::StartConversation { .. } => "start_conversation",
            Self::SendMessage { .. } => "send_message",
            Self::HearSilence { .. } => "hear_silence",
            Self::MeetDeadline { .. } => "meet_deadline",
            Self::CallOffLeads { .. } => "call_off_leads",
            Self::DeliverWebhook { .. } => "deliver_webhook",
            Self::WriteRecord { .. } => "write_record",
            Self::ReadInbox { .. } => "read_inbox",
            Self::ForgetExpired => "forget_expired",
        }
    }

    pub const fn line(&self) -> Line {
        if self.delivery().is_some() { Line::Deliveries } else { Line::Others }
    }

    /// Which delivery it carries out, if it is of that kind.
    pub const fn delivery(&self) -> Option<&DeliveryId> {
        if let Self::DeliverWebhook { delivery } = self { Some(delivery) } else { None }
    }
}

/// Which budget a job is done on: deliveries have one of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    Deliveries,
    Others,
}

impl Line {
    pub const ALL: [Self; 2] = [Self::Deliveries, Self::Others];
}

/// Where a job stands in line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Whom it keeps busy; bounds how many run at once.
    pub system: String,
    /// It waits for every earlier job of its lane.
    pub lane: String,
}

impl Place {
    /// What is said to a lead is said in order. A workspace with many leads keeps no other waiting.
    pub fn conversation(workspace: &WorkspaceId, lead: &LeadId) -> Self {
        Self { system: format!("sms/{workspace}"), lane: format!("sms/{lead}") }
    }

    /// Alarms wait for a time, not for each other.
    pub fn alarm(of: &str) -> Self {
        Self { system: "alarm".into(), lane: format!("alarm/{of}") }
    }

    /// The leads of one grant are called off in order.
    pub fn grant(grant: &GrantId) -> Self {
        Self { system: "grants".into(), lane: format!("grant/{grant}") }
    }

    /// A webhook hears of each lead in order; leads do not wait for each other. What is about no lead waits for nothing.
    pub fn webhook(webhook: &WebhookId, about: &str) -> Self {
        Self { system: format!("webhook/{webhook}"), lane: format!("webhook/{webhook}/{about}") }
    }

    /// The line in which a delivery stood before.
    pub fn in_lane_of_webhook(webhook: &WebhookId, lane: String) -> Self {
        Self { system: format!("webhook/{webhook}"), lane }
    }

    /// What is written to a record is written in order.
    pub fn record(connection: &ConnectionId, record_id: &str) -> Self {
        Self { system: format!("attio/{connection}"), lane: format!("attio/{connection}/{record_id}") }
    }

    pub fn inbox(our_number: &str) -> Self {
        Self { system: "inbox".into(), lane: format!("inbox/{our_number}") }
    }

    pub fn housekeeping() -> Self {
        Self { system: "housekeeping".into(), lane: "housekeeping".into() }
    }
}

/// A job ready to be written down.
#[derive(Debug, Clone)]
pub struct Planned {
    pub workspace: WorkspaceId,
    pub job: Job,
    pub place: Place,
    pub run_at: Timestamp,
    /// Ties what happens later to the request that caused it.
    pub trace: String,
}
