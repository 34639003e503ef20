//! Events: what we announce. An announcement becomes one event and one delivery per webhook that wants it, all in the commit of
//! the move it announces.

use alc_core::callback::Announcement;
use alc_core::id::{EventId, GrantId, LeadId, WorkspaceId};
use alc_core::lead::Lead;
use alc_core::time::Timestamp;

use super::deliveries::NewDelivery;
use super::{StoreError, Tx};
use crate::door::Door;
use crate::event::EventName;
use crate::params;

/// The body of an announcement is printed outside, where the clock's format lives.
#[derive(Debug, Clone)]
pub struct Printed {
    pub announcement: Announcement,
    pub body: String,
}

/// Something that happened, as it is told.
#[derive(Debug, Clone)]
pub struct Event {
    pub id: EventId,
    pub workspace: WorkspaceId,
    pub grant: GrantId,
    pub name: EventName,
    /// Of a lead's move: whose, and the how manieth.
    pub of_lead: Option<(LeadId, u32)>,
    pub body: String,
    pub at: Timestamp,
}

impl Event {
    /// What receivers hear of in order.
    fn about(&self) -> &str {
        self.of_lead.as_ref().map_or(self.id.as_str(), |(lead, _)| lead.as_str())
    }

    pub fn to<'a>(&'a self, webhook: &'a alc_core::id::WebhookId, trace: &'a str) -> NewDelivery<'a> {
        let (workspace, event, about) = (&self.workspace, &self.id, self.about());
        NewDelivery { workspace, webhook, event, about, trace, at: self.at }
    }
}

impl Tx {
    /// Announces a move of `lead` to the webhooks of its grant, and to those of the whole workspace.
    pub async fn announce(
        &mut self,
        door: &Door,
        lead: &Lead,
        printed: &Printed,
        trace: &str,
    ) -> Result<(), StoreError> {
        let announcement = &printed.announcement;
        let event = Event {
            id: EventId::from_unique(&door.unique()),
            workspace: lead.workspace.clone(),
            grant: lead.grant.clone(),
            name: EventName::Lead(announcement.event),
            of_lead: Some((lead.id.clone(), announcement.sequence)),
            body: printed.body.clone(),
            at: announcement.at,
        };
        self.insert_event(&event).await?;
        for webhook in self.webhooks_for(&event.workspace, &event.grant, event.name).await? {
            self.insert_delivery(door, &event.to(&webhook, trace)).await?;
        }
        Ok(())
    }

    pub async fn insert_event(&mut self, event: &Event) -> Result<(), StoreError> {
        let body = self.vault().seal("events.body", event.id.as_str(), &event.body);
        self.exec(
            "INSERT INTO events (id, workspace, grant_id, type, lead_id, sequence, body, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            params![
                event.id.as_str(),
                event.workspace.as_str(),
                event.grant.as_str(),
                event.name.as_str(),
                event.of_lead.as_ref().map(|(lead, _)| lead.as_str()),
                event.of_lead.as_ref().map(|(_, sequence)| *sequence),
                body,
                event.at.as_millis(),
            ],
        )
        .await?;
        Ok(())
    }
}
