//! Events and their deliveries: an announcement becomes one event, one delivery per webhook that wants it, and a job for each,
//! all in the commit of the move it announces.

use alc_core::callback::Announcement;
use alc_core::id::{AttemptId, DeliveryId, EventId, WebhookId, WorkspaceId};
use alc_core::lead::Lead;
use alc_core::signature::Secret;
use alc_core::time::Timestamp;

use super::{StoreError, Tx};
use crate::door::Door;
use crate::job::{Job, Place, Planned};
use crate::params;

/// What a delivery needs to be sent.
#[derive(Debug)]
pub struct DueDelivery {
    pub id: DeliveryId,
    pub webhook: WebhookId,
    pub event: EventId,
    /// Byte for byte what is signed and sent.
    pub body: String,
    pub attempts: u32,
    pub is_pending: bool,
    /// None when the webhook was deleted meanwhile.
    pub target: Option<Target>,
}

#[derive(Debug)]
pub struct Target {
    pub url: String,
    pub secret: Secret,
}

/// One try, as it went.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// None: no answer.
    pub status: Option<u16>,
    pub error: Option<String>,
    pub latency_ms: i64,
}

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    Pending,
    Delivered,
    /// Every try failed, or the receiver refused for good.
    Failed,
    /// Its webhook was deleted before it could be sent.
    Dropped,
}

impl DeliveryState {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Dropped => "dropped",
        }
    }
}

/// The body of an announcement is printed outside, where the clock's format lives.
#[derive(Debug, Clone)]
pub struct Printed {
    pub announcement: Announcement,
    pub body: String,
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
        let event = EventId::from_unique(&door.unique());
        let announcement = &printed.announcement;
        let body = self.vault().seal("events.body", event.as_str(), &printed.body);
        self.exec(
            "INSERT INTO events (id, workspace, grant_id, type, lead_id, sequence, body, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            params![
                event.as_str(),
                lead.workspace.as_str(),
                lead.grant.as_str(),
                announcement.event.as_str(),
                lead.id.as_str(),
                announcement.sequence,
                body,
                announcement.at.as_millis(),
            ],
        )
        .await?;
        for webhook in self.webhooks_for(&lead.workspace, &lead.grant, announcement.event).await? {
            let delivery = DeliveryId::from_unique(&door.unique());
            let place = Place::webhook(&webhook, &lead.id);
            self.exec(
                "INSERT INTO deliveries (id, workspace, webhook_id, event_id, lane, trace, state, attempts, created_at)
                 VALUES ($1, $2, $3, $4, $5, $6, 'pending', 0, $7)",
                params![
                    delivery.as_str(),
                    lead.workspace.as_str(),
                    webhook.as_str(),
                    event.as_str(),
                    &place.lane,
                    trace,
                    announcement.at.as_millis(),
                ],
            )
            .await?;
            let planned = Planned {
                workspace: lead.workspace.clone(),
                job: Job::DeliverWebhook { delivery },
                place,
                run_at: announcement.at,
                trace: trace.to_owned(),
            };
            self.enqueue(door, &planned).await?;
        }
        Ok(())
    }

    pub async fn due_delivery(
        &mut self,
        workspace: &WorkspaceId,
        id: &DeliveryId,
    ) -> Result<Option<DueDelivery>, StoreError> {
        self.one(
            "SELECT d.id, d.webhook_id, d.event_id, e.body, d.attempts, d.state, w.url, w.secret
             FROM deliveries d JOIN events e ON e.id = d.event_id AND e.workspace = d.workspace
             LEFT JOIN webhooks w ON w.id = d.webhook_id AND w.workspace = d.workspace AND (w.deleted_at IS NULL OR w.drains)
             WHERE d.workspace = $1 AND d.id = $2",
            params![workspace.as_str(), id.as_str()],
            |row| {
                let (webhook, event) = (row.text(1)?, row.text(2)?);
                let target = match (row.opt_text(6)?, row.opt_sealed(7, "webhooks.secret", &webhook)?) {
                    (Some(url), Some(secret)) => {
                        let secret = Secret::parse(&secret).map_err(|_| row.misfit(7, "is no signing secret"))?;
                        Some(Target { url, secret })
                    }
                    _ => None,
                };
                Ok(DueDelivery {
                    id: row.text(0)?.into(),
                    body: row.sealed(3, "events.body", &event)?,
                    attempts: u32::try_from(row.int(4)?).unwrap_or(u32::MAX),
                    is_pending: row.text(5)? == DeliveryState::Pending.as_str(),
                    webhook: webhook.into(),
                    event: event.into(),
                    target,
                })
            },
        )
        .await
    }

    /// Writes one try into the log and says where that leaves the delivery.
    pub async fn record_attempt(
        &mut self,
        door: &Door,
        workspace: &WorkspaceId,
        delivery: &DeliveryId,
        attempt: &Attempt,
        state: DeliveryState,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.exec(
            "INSERT INTO attempts (id, workspace, delivery_id, status, error, latency_ms, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            params![
                AttemptId::from_unique(&door.unique()).as_str(),
                workspace.as_str(),
                delivery.as_str(),
                attempt.status.map(i64::from),
                attempt.error.as_deref(),
                attempt.latency_ms,
                now.as_millis(),
            ],
        )
        .await?;
        let ended_at = (state != DeliveryState::Pending).then_some(now.as_millis());
        self.exec(
            "UPDATE deliveries SET attempts = attempts + 1, state = $3, ended_at = $4 WHERE workspace = $1 AND id = $2",
            params![workspace.as_str(), delivery.as_str(), state.as_str(), ended_at],
        )
        .await?;
        Ok(())
    }

    /// Its job gave up.
    pub async fn fail_delivery(
        &mut self,
        workspace: &WorkspaceId,
        id: &DeliveryId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.exec(
            "UPDATE deliveries SET state = 'failed', ended_at = $3 WHERE workspace = $1 AND id = $2 AND state = 'pending'",
            params![workspace.as_str(), id.as_str(), now.as_millis()],
        )
        .await?;
        Ok(())
    }

    /// The webhook is gone, so there is nobody to tell.
    pub async fn drop_delivery(
        &mut self,
        workspace: &WorkspaceId,
        id: &DeliveryId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.exec(
            "UPDATE deliveries SET state = 'dropped', ended_at = $3 WHERE workspace = $1 AND id = $2 AND state = 'pending'",
            params![workspace.as_str(), id.as_str(), now.as_millis()],
        )
        .await?;
        Ok(())
    }
}
