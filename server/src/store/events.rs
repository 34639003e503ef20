//! Events: what we announce. An announcement becomes one event and one delivery per webhook that wants it, all in the commit of
//! the move it announces.

use alc_core::callback::Announcement;
use alc_core::id::{EventId, GrantId, LeadId, WorkspaceId};
use alc_core::lead::Lead;
use alc_core::time::Timestamp;

use super::brought::Kind::{Int, Text};
use super::brought::{Brought, row};
use super::deliveries::NewDelivery;
use super::{StoreError, Tx};
use crate::door::Door;
use crate::event::EventName;

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
        let webhooks = self.webhooks_for(&event.workspace, &event.grant, event.name).await?;
        let deliveries: Vec<_> = webhooks.iter().map(|webhook| event.to(webhook, trace)).collect();
        self.insert_deliveries(door, &deliveries).await?;
        Ok(())
    }

    pub async fn insert_event(&mut self, event: &Event) -> Result<(), StoreError> {
        self.insert_events(std::slice::from_ref(event)).await
    }

    pub async fn insert_events(&mut self, events: &[Event]) -> Result<(), StoreError> {
        let vault = self.vault();
        let rows = events.iter().map(|event| {
            row![
                event.id.as_str(),
                event.workspace.as_str(),
                event.grant.as_str(),
                event.name.as_str(),
                event.of_lead.as_ref().map(|(lead, _)| lead.as_str()),
                event.of_lead.as_ref().map(|(_, sequence)| *sequence),
                vault.seal("events.body", event.id.as_str(), &event.body),
                event.at.as_millis(),
            ]
        });
        let columns = [
            ("id", Text),
            ("workspace", Text),
            ("grant_id", Text),
            ("type", Text),
            ("lead", Text),
            ("sequence", Int),
            ("body", Text),
            ("at", Int),
        ];
        let events = Brought::new(columns, rows);
        self.exec_brought(events, &[], |rows| {
            format!(
                "INSERT INTO events (id, workspace, grant_id, type, lead_id, sequence, body, created_at)
                 SELECT id, workspace, grant_id, type, lead, sequence, body, at FROM {rows}"
            )
        })
        .await
    }
}
