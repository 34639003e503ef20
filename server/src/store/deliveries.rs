//! Deliveries: one event to one webhook, with the tries it took. Each has a job that carries it out ([`Job::DeliverWebhook`]).

use alc_core::id::{AttemptId, DeliveryId, EventId, WebhookId, WorkspaceId};
use alc_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::brought::Kind::{Int, Text};
use super::brought::{Brought, row};
use super::delivery_log::EXCERPT;
use super::signing_secrets::{SigningSecrets, read_signing_secrets};
use super::webhooks::{CustomHeaders, read_headers};
use super::{Row, StoreError, Tx};
use crate::door::Door;
use crate::event::EventName;
use crate::job::{Job, Place, Planned};
use crate::params;

/// What a delivery needs to be sent.
#[derive(Debug)]
pub struct DueDelivery {
    pub id: DeliveryId,
    pub webhook: WebhookId,
    pub event: EventId,
    pub name: EventName,
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
    pub secrets: SigningSecrets,
    pub headers: CustomHeaders,
    pub is_disabled: bool,
    pub failing: Option<Failing>,
}

/// An endpoint that fails, with no success in between and no long silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failing {
    /// The first failure.
    pub since: Timestamp,
    /// The last that was noted; not every one is.
    pub last: Timestamp,
}

/// One try, as it went.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// When it began.
    pub at: Timestamp,
    /// None: no answer.
    pub status: Option<u16>,
    pub error: Option<String>,
    pub latency_ms: i64,
    /// The beginning of the answer.
    pub excerpt: Option<String>,
}

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    Pending,
    Delivered,
    /// Every try failed, the receiver refused for good, or the webhook was disabled.
    Failed,
    /// Its webhook was deleted before it could be sent.
    Dropped,
}

impl DueDelivery {
    /// A test says something about the endpoint to its owner, and nothing to us.
    pub fn is_test(&self) -> bool {
        self.name == EventName::WebhookTest
    }
}

impl DeliveryState {
    const ALL: [Self; 4] = [Self::Pending, Self::Delivered, Self::Failed, Self::Dropped];

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Dropped => "dropped",
        }
    }
}

/// A delivery to be made: whose, of what, in which line it waits.
#[derive(Debug, Clone)]
pub struct NewDelivery<'a> {
    pub workspace: &'a WorkspaceId,
    pub webhook: &'a WebhookId,
    pub event: &'a EventId,
    /// What the webhook hears of in order: a lead, or the event itself when it is about no lead.
    pub about: &'a str,
    pub trace: &'a str,
    pub at: Timestamp,
}

impl NewDelivery<'_> {
    fn job(&self, delivery: &DeliveryId) -> Planned {
        Planned {
            workspace: self.workspace.clone(),
            job: Job::DeliverWebhook { delivery: delivery.clone() },
            place: Place::webhook(self.webhook, self.about),
            run_at: self.at,
            trace: self.trace.to_owned(),
        }
    }
}

impl Tx {
    /// Writes deliveries down, and the jobs that carry them out.
    pub async fn insert_deliveries(
        &mut self,
        door: &Door,
        new: &[NewDelivery<'_>],
    ) -> Result<Vec<DeliveryId>, StoreError> {
        if new.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<_> = new.iter().map(|_| DeliveryId::from_unique(&door.unique())).collect();
        let planned: Vec<_> = new.iter().zip(&ids).map(|(new, id)| new.job(id)).collect();
        let rows = new.iter().zip(&ids).zip(&planned).map(|((new, id), planned)| {
            row![
                id.as_str(),
                new.workspace.as_str(),
                new.webhook.as_str(),
                new.event.as_str(),
                &planned.place.lane,
                new.trace,
                new.at.as_millis(),
            ]
        });
        let columns = [
            ("id", Text),
            ("workspace", Text),
            ("webhook", Text),
            ("event", Text),
            ("lane", Text),
            ("trace", Text),
            ("at", Int),
        ];
        self.exec_brought(Brought::new(columns, rows), &[], |rows| {
            format!(
                "INSERT INTO deliveries
                     (id, workspace, webhook_id, event_id, lane, trace, state, attempts, created_at, next_attempt_at)
                 SELECT id, workspace, webhook, event, lane, trace, 'pending', 0, at, at FROM {rows}"
            )
        })
        .await?;
        self.enqueue_all(door, &planned).await?;
        Ok(ids)
    }

    /// What is needed to carry these out, of all workspaces: the queue belongs to the operator.
    pub async fn due_deliveries(&mut self, ids: &[DeliveryId]) -> Result<Vec<DueDelivery>, StoreError> {
        let ids = Brought::new([("id", Text)], ids.iter().map(|id| row![id.as_str()]));
        self.all_brought(
            &ids,
            &[],
            |ids| {
                format!(
                    "SELECT d.id, d.webhook_id, d.event_id, e.type, e.body, d.attempts, d.state,
                            w.url, w.secret, w.retired_secrets, w.headers, w.disabled_at, w.failing_since, w.failed_at
                     FROM {ids} CROSS JOIN deliveries d
                     JOIN events e ON e.id = d.event_id AND e.workspace = d.workspace
                     LEFT JOIN webhooks w ON w.id = d.webhook_id AND w.workspace = d.workspace
                                         AND (w.deleted_at IS NULL OR w.drains)
                     WHERE d.id = brought.id"
                )
            },
            read_due,
        )
        .await
    }

    /// How long the endpoint has been failing, or none: it works again.
    pub async fn note_failing(
        &mut self,
        workspace: &WorkspaceId,
        webhook: &WebhookId,
        failing: Option<Failing>,
    ) -> Result<(), StoreError> {
        let (since, last) = failing.map(|failing| (failing.since.as_millis(), failing.last.as_millis())).unzip();
        self.exec(
            "UPDATE webhooks SET failing_since = $3, failed_at = $4 WHERE workspace = $1 AND id = $2",
            params![workspace.as_str(), webhook.as_str(), since, last],
        )
        .await?;
        Ok(())
    }

    /// Writes one try into the log and says where that leaves the delivery.
    pub async fn record_attempt(
        &mut self,
        door: &Door,
        workspace: &WorkspaceId,
        delivery: &DeliveryId,
        attempt: &Attempt,
        state: DeliveryState,
        next_attempt_at: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let id = AttemptId::from_unique(&door.unique());
        let excerpt = attempt.excerpt.as_ref().map(|text| self.vault().seal(EXCERPT, id.as_str(), text));
        self.exec(
            "INSERT INTO attempts (id, workspace, delivery_id, status, error, latency_ms, created_at, excerpt) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            params![
                id.as_str(),
                workspace.as_str(),
                delivery.as_str(),
                attempt.status.map(i64::from),
                attempt.error.as_deref(),
                attempt.latency_ms,
                attempt.at.as_millis(),
                excerpt,
            ],
        )
        .await?;
        let answered_at = attempt.at.plus_millis(attempt.latency_ms);
        let ended_at = (state != DeliveryState::Pending).then_some(answered_at.as_millis());
        self.exec(
            "UPDATE deliveries SET attempts = attempts + 1, state = $3, ended_at = $4, next_attempt_at = $5 WHERE workspace = $1 AND id = $2",
            params![
                workspace.as_str(),
                delivery.as_str(),
                state.as_str(),
                ended_at,
                next_attempt_at.map(Timestamp::as_millis),
            ],
        )
        .await?;
        Ok(())
    }

    /// It ends without another try: its job gave up, or its webhook is disabled or gone. One that has ended is left as it is.
    pub async fn end_delivery(
        &mut self,
        workspace: &WorkspaceId,
        id: &DeliveryId,
        state: DeliveryState,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.exec(
            "UPDATE deliveries SET state = $4, ended_at = $3 WHERE workspace = $1 AND id = $2 AND state = 'pending'",
            params![workspace.as_str(), id.as_str(), now.as_millis(), state.as_str()],
        )
        .await?;
        Ok(())
    }
}

fn read_due(row: &Row<'_>) -> Result<DueDelivery, StoreError> {
    let (webhook, event) = (row.text(1)?, row.text(2)?);
    let target = match row.opt_text(7)? {
        Some(url) => Some(Target {
            url,
            secrets: read_signing_secrets(row, [8, 9], &webhook)?,
            headers: read_headers(row, 10, &webhook)?,
            is_disabled: row.opt_int(11)?.is_some(),
            failing: read_failing(row, [12, 13])?,
        }),
        None => None,
    };
    Ok(DueDelivery {
        id: row.text(0)?.into(),
        name: EventName::parse(&row.text(3)?).ok_or_else(|| row.misfit(3, "is no event type"))?,
        body: row.sealed(4, "events.body", &event)?,
        attempts: u32::try_from(row.int(5)?).unwrap_or(u32::MAX),
        is_pending: row.text(6)? == DeliveryState::Pending.as_str(),
        webhook: webhook.into(),
        event: event.into(),
        target,
    })
}

fn read_failing(row: &Row<'_>, [since, last]: [usize; 2]) -> Result<Option<Failing>, StoreError> {
    let Some(since) = row.opt_int(since)?.map(Timestamp::from_millis) else { return Ok(None) };
    let last = row.opt_int(last)?.map_or(since, Timestamp::from_millis);
    Ok(Some(Failing { since, last }))
}
