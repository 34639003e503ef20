//! The log of deliveries: what its owner sees of them, and how one that has ended is made again.

use alc_core::id::{DeliveryId, EventId, WebhookId, WorkspaceId};
use alc_core::time::Timestamp;

use super::brought::Kind::Text;
use super::brought::{Brought, row};
use super::deliveries::DeliveryState;
use super::{Row, StoreError, Tx};
use crate::door::Door;
use crate::event::EventName;
use crate::job::{Job, Line, Place, Planned};
use crate::params;

/// A delivery as its log shows it.
#[derive(Debug, Clone)]
pub struct LoggedDelivery {
    pub id: DeliveryId,
    pub event: EventId,
    pub name: EventName,
    pub state: DeliveryState,
    pub attempts: u32,
    /// When the next try is due, while it is pending.
    pub next_attempt_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

/// A try as its log shows it.
#[derive(Debug, Clone)]
pub struct LoggedAttempt {
    pub at: Timestamp,
    /// None: no answer.
    pub status: Option<u16>,
    pub error: Option<String>,
    pub latency_ms: i64,
    /// The beginning of the answer.
    pub excerpt: Option<String>,
}

/// Which part of the log to show.
#[derive(Debug, Clone)]
pub struct LogPage {
    pub state: Option<DeliveryState>,
    /// Those made before this one.
    pub before: Option<DeliveryId>,
    pub at_most: i64,
}

/// What to deliver again.
#[derive(Debug, Clone)]
pub struct Replay {
    pub workspace: WorkspaceId,
    pub webhook: WebhookId,
    pub now: Timestamp,
    pub trace: String,
}

/// Which of those that ended to deliver again.
#[derive(Debug, Clone)]
pub struct ReplayedPart {
    /// Those made at this moment or later …
    pub since: Timestamp,
    /// … and after this one, where an earlier part stopped.
    pub after: Option<DeliveryId>,
    pub only_failed: bool,
    pub at_most: usize,
}

/// How far a replay of many came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    pub count: usize,
    /// Behind which delivery to go on when that was not all.
    pub next: Option<DeliveryId>,
}

const COLUMNS: &str = "d.id, d.event_id, e.type, d.state, d.attempts, d.next_attempt_at, d.created_at, d.ended_at
                       FROM deliveries d JOIN events e ON e.id = d.event_id AND e.workspace = d.workspace";

impl Tx {
    /// The deliveries to a webhook, newest first.
    pub async fn deliveries(
        &mut self,
        workspace: &WorkspaceId,
        webhook: &WebhookId,
        page: &LogPage,
    ) -> Result<Vec<LoggedDelivery>, StoreError> {
        // Two texts, so that either finds its index.
        let of_state = if page.state.is_some() { "d.state = $3" } else { "$3 = ''" };
        self.all(
            &format!(
                "SELECT {COLUMNS} WHERE d.workspace = $1 AND d.webhook_id = $2
                 AND {of_state} AND ($4 = '' OR d.id < $4) ORDER BY d.id DESC LIMIT $5"
            ),
            params![
                workspace.as_str(),
                webhook.as_str(),
                page.state.map_or("", DeliveryState::as_str),
                page.before.as_ref().map_or("", DeliveryId::as_str),
                page.at_most,
            ],
            read_delivery,
        )
        .await
    }

    pub async fn delivery(
        &mut self,
        workspace: &WorkspaceId,
        webhook: &WebhookId,
        id: &DeliveryId,
    ) -> Result<Option<LoggedDelivery>, StoreError> {
        self.one(
            &format!("SELECT {COLUMNS} WHERE d.workspace = $1 AND d.webhook_id = $2 AND d.id = $3"),
            params![workspace.as_str(), webhook.as_str(), id.as_str()],
            read_delivery,
        )
        .await
    }

    /// The tries of a delivery, oldest first; of a very long row the newest.
    pub async fn attempts(
        &mut self,
        workspace: &WorkspaceId,
        delivery: &DeliveryId,
    ) -> Result<Vec<LoggedAttempt>, StoreError> {
        let mut attempts = self
            .all(
                "SELECT id, created_at, status, error, latency_ms, excerpt FROM attempts
                 WHERE workspace = $1 AND delivery_id = $2 ORDER BY id DESC LIMIT 200",
                params![workspace.as_str(), delivery.as_str()],
                |row| {
                    Ok(LoggedAttempt {
                        at: Timestamp::from_millis(row.int(1)?),
                        status: row.opt_int(2)?.and_then(|status| u16::try_from(status).ok()),
                        error: row.opt_text(3)?,
                        latency_ms: row.int(4)?,
                        excerpt: row.opt_sealed(5, EXCERPT, &row.text(0)?)?,
                    })
                },
            )
            .await?;
        attempts.reverse();
        Ok(attempts)
    }

    /// Makes a delivery again, under the same event id; one that still waits for its next try gets it now. False when there is no
    /// such delivery. Called behind [`Tx::lock_webhook`].
    pub async fn replay_delivery(&mut self, door: &Door, replay: &Replay, id: &DeliveryId) -> Result<bool, StoreError> {
        let found = self
            .one(
                "SELECT lane, state FROM deliveries WHERE workspace = $1 AND webhook_id = $2 AND id = $3",
                params![replay.workspace.as_str(), replay.webhook.as_str(), id.as_str()],
                |row| Ok((row.text(0)?, row.text(1)? == DeliveryState::Pending.as_str())),
            )
            .await?;
        let Some((lane, is_pending)) = found else { return Ok(false) };
        if is_pending {
            self.bring_forward(replay, &lane, id).await?;
        } else {
            self.deliver_again(door, replay, &[(id.clone(), lane)]).await?;
        }
        Ok(true)
    }

    /// Makes a part of those again that ended, oldest first, in a few statements; of tests there is no replay. Called behind
    /// [`Tx::lock_webhook`].
    pub async fn replay_part(
        &mut self,
        door: &Door,
        replay: &Replay,
        part: &ReplayedPart,
    ) -> Result<Replayed, StoreError> {
        // Ids sort by time of birth, and no delivery is born before the time it is dated: the index finds where to begin.
        let first = format!("{}{:012x}", DeliveryId::PREFIX, part.since.as_millis().max(0));
        let also = if part.only_failed { DeliveryState::Failed } else { DeliveryState::Delivered };
        let mut found = self
            .all(
                "SELECT d.id, d.lane FROM deliveries d
                 JOIN events e ON e.id = d.event_id AND e.workspace = d.workspace
                 WHERE d.workspace = $1 AND d.webhook_id = $2 AND d.id >= $3 AND d.id > $8 AND d.created_at >= $4
                   AND d.state IN ('failed', $5) AND e.type <> $6 ORDER BY d.id LIMIT $7",
                params![
                    replay.workspace.as_str(),
                    replay.webhook.as_str(),
                    first,
                    part.since.as_millis(),
                    also.as_str(),
                    EventName::WebhookTest.as_str(),
                    i64::try_from(part.at_most.saturating_add(1)).unwrap_or(i64::MAX),
                    part.after.as_ref().map_or("", DeliveryId::as_str),
                ],
                |row| Ok((DeliveryId::from(row.text(0)?), row.text(1)?)),
            )
            .await?;
        let there_are_more = found.len() > part.at_most;
        found.truncate(part.at_most);
        let next = found.last().filter(|_| there_are_more).map(|(id, _)| id.clone());
        self.deliver_again(door, replay, &found).await?;
        Ok(Replayed { count: found.len(), next })
    }

    async fn bring_forward(&mut self, replay: &Replay, lane: &str, id: &DeliveryId) -> Result<(), StoreError> {
        let (workspace, now) = (replay.workspace.as_str(), replay.now.as_millis());
        // What waits for its turn behind it may have been moved to when it was due.
        let moved = self
            .exec(
                "UPDATE jobs SET run_at = $4 WHERE workspace = $1 AND lane = $2 AND dead_at IS NULL AND lease IS NULL AND run_at > $4
                 AND id >= (SELECT MIN(own.id) FROM jobs own WHERE own.workspace = $1 AND own.lane = $2 AND own.payload = $3
                                                                AND own.dead_at IS NULL)",
                params![workspace, lane, payload(id)?, now],
            )
            .await?;
        if moved > 0 {
            let sql = "UPDATE deliveries SET next_attempt_at = $3 WHERE workspace = $1 AND id = $2";
            self.exec(sql, params![workspace, id.as_str(), now]).await?;
            self.ring(Line::Deliveries, replay.now);
        }
        Ok(())
    }

    /// Each with the lane in which it stood before.
    async fn deliver_again(
        &mut self,
        door: &Door,
        replay: &Replay,
        ended: &[(DeliveryId, String)],
    ) -> Result<(), StoreError> {
        let mut again = Vec::with_capacity(ended.len());
        for (id, lane) in ended {
            again.push(row![lane, payload(id)?]);
        }
        let workspace = replay.workspace.as_str();
        let again = Brought::new([("lane", Text), ("payload", Text)], again);
        self.exec_brought(again, params![workspace], |rows| {
            format!(
                "DELETE FROM jobs WHERE workspace = $3 AND dead_at IS NOT NULL
                 AND (lane, payload) IN (SELECT brought.lane, brought.payload FROM {rows})"
            )
        })
        .await?;
        let again = Brought::new([("id", Text)], ended.iter().map(|(id, _)| row![id.as_str()]));
        self.exec_brought(again, params![workspace, replay.now.as_millis()], |rows| {
            format!(
                "UPDATE deliveries SET state = 'pending', ended_at = NULL, next_attempt_at = $3
                 WHERE workspace = $2 AND id IN (SELECT brought.id FROM {rows})"
            )
        })
        .await?;
        let planned = ended.iter().map(|(id, lane)| Planned {
            workspace: replay.workspace.clone(),
            job: Job::DeliverWebhook { delivery: id.clone() },
            place: Place::in_lane_of_webhook(&replay.webhook, lane.clone()),
            run_at: replay.now,
            trace: replay.trace.clone(),
        });
        let planned: Vec<_> = planned.collect();
        self.enqueue_all(door, &planned).await
    }
}

/// Where the beginning of an answer is sealed; whoever answers may say anything.
pub(super) const EXCERPT: &str = "attempts.excerpt";

/// A delivery's job carries its id and nothing else, so it can be found by what it carries.
fn payload(id: &DeliveryId) -> Result<String, StoreError> {
    super::jobs::payload(&Job::DeliverWebhook { delivery: id.clone() })
}

fn read_delivery(row: &Row<'_>) -> Result<LoggedDelivery, StoreError> {
    let at = |column| Ok::<_, StoreError>(row.opt_int(column)?.map(Timestamp::from_millis));
    let state = DeliveryState::parse(&row.text(3)?).ok_or_else(|| row.misfit(3, "is no state of a delivery"))?;
    Ok(LoggedDelivery {
        id: row.text(0)?.into(),
        event: row.text(1)?.into(),
        name: EventName::parse(&row.text(2)?).ok_or_else(|| row.misfit(2, "is no event type"))?,
        state,
        attempts: u32::try_from(row.int(4)?).unwrap_or(u32::MAX),
        next_attempt_at: at(5)?.filter(|_| state == DeliveryState::Pending),
        created_at: Timestamp::from_millis(row.int(6)?),
        ended_at: at(7)?,
    })
}
