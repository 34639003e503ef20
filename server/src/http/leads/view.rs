//! Leads as partners see them.

use serde::Serialize;
use utoipa::ToSchema;

use alc_core::id::{LeadId, MessageId};
use alc_core::lead::{Lead, LeadStatus};
use alc_core::outcome::Outcome;
use alc_core::record::RecordStatus;

use crate::app::rfc3339;
use crate::connectors::causes::FailureCause;
use crate::store::holds::{HeldFor, Hold};
use crate::store::messages::{Message, MessageState};

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Lead)]
#[serde(rename_all = "camelCase")]
pub struct LeadView {
    id: LeadId,
    record_id: String,
    name: String,
    /// E.164.
    #[schema(example = "+447400123456")]
    phone_number: String,
    #[schema(required)]
    campaign: Option<String>,
    status: LeadStatus,
    /// What the record shows.
    record_status: RecordStatus,
    /// Rises with each change that is announced.
    sequence: u32,
    #[schema(required)]
    outcome: Option<Outcome>,
    /// Where to read what was said: the lead with its conversation.
    #[schema(format = "uri")]
    transcript_url: String,
    /// Why it was cancelled or given up.
    #[schema(required)]
    reason: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(required, format = DateTime)]
    closed_at: Option<String>,
    /// Sent in test mode: nobody was texted. Not there when it was not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    test: bool,
}

impl LeadView {
    pub fn new(lead: Lead, public_url: &str) -> Self {
        let status = lead.stage.status();
        Self {
            status,
            record_status: status.record_status(),
            outcome: lead.stage.outcome().cloned(),
            reason: lead.stage.reason().map(str::to_owned),
            closed_at: lead.stage.ended_at().map(rfc3339),
            created_at: rfc3339(lead.created_at),
            transcript_url: format!("{public_url}/api/v1/leads/{}", lead.id),
            id: lead.id,
            record_id: lead.record_id,
            name: lead.name,
            phone_number: lead.phone,
            campaign: lead.campaign,
            sequence: lead.sequence,
            test: lead.is_test,
        }
    }
}

/// A lead, and what was said.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LeadWithConversation {
    #[serde(flatten)]
    lead: LeadView,
    /// The next text goes out then; null when nothing holds it.
    #[schema(required, format = DateTime)]
    waiting_until: Option<String>,
    /// Why it waits.
    #[schema(required)]
    waiting_for: Option<HeldFor>,
    /// Null for the operator, who sees that a grant's leads exist, not what they say.
    #[schema(required)]
    conversation: Option<ConversationView>,
}

impl LeadWithConversation {
    pub fn new(lead: Lead, hold: Option<Hold>, messages: Option<Vec<Message>>, public_url: &str) -> Self {
        let conversation = messages
            .map(|messages| ConversationView { messages: messages.into_iter().map(MessageView::from).collect() });
        Self {
            lead: LeadView::new(lead, public_url),
            waiting_until: hold.map(|hold| rfc3339(hold.until)),
            waiting_for: hold.map(|hold| hold.reason),
            conversation,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Conversation)]
struct ConversationView {
    /// In order of time; empty before the first text.
    messages: Vec<MessageView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Message)]
#[serde(rename_all = "camelCase")]
struct MessageView {
    id: MessageId,
    direction: Direction,
    body: String,
    state: MessageState,
    /// What the gateway, or we, noted when it did not arrive.
    #[schema(required)]
    error_code: Option<String>,
    /// What that means.
    #[schema(required)]
    cause: Option<FailureCause>,
    #[schema(format = DateTime)]
    created_at: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Direction {
    /// From the lead.
    In,
    /// To the lead.
    Out,
}

impl From<Message> for MessageView {
    fn from(message: Message) -> Self {
        Self {
            direction: if message.state == MessageState::Received { Direction::In } else { Direction::Out },
            state: message.state,
            cause: message.error_code.as_deref().and_then(FailureCause::of),
            error_code: message.error_code,
            created_at: rfc3339(message.created_at),
            id: message.id,
            body: message.body,
        }
    }
}

/// Every status, with the word the API has for it.
pub const STATUSES: [(&str, LeadStatus); 6] = [
    ("pending", LeadStatus::Pending),
    ("contacted", LeadStatus::Contacted),
    ("in_conversation", LeadStatus::InConversation),
    ("complete", LeadStatus::Complete),
    ("cancelled", LeadStatus::Cancelled),
    ("failed", LeadStatus::Failed),
];

/// The word of a lead's status.
pub fn word_of(lead: &Lead) -> &'static str {
    let status = lead.stage.status();
    STATUSES.iter().find(|(_, known)| *known == status).map_or("unknown", |(word, _)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_named_as_they_are_printed() {
        for (word, status) in STATUSES {
            assert_eq!(serde_json::to_value(status).unwrap(), word);
        }
    }
}
