//! How deliveries end, many in one commit: the try goes into the log, the delivery says where it stands, and its job is done or comes
//! back, all behind the lease of the job. Who lost it meanwhile changes nothing.

use std::collections::HashSet;

use alc_core::id::{AttemptId, DeliveryId};
use alc_core::time::Timestamp;

use super::brought::Kind::{Int, Text};
use super::brought::{Brought, row};
use super::deliveries::{Attempt, DeliveryState};
use super::delivery_log::EXCERPT;
use super::gather::Together;
use super::jobs::{Claimed, lease_lost};
use super::{StoreError, Tx};
use crate::job::Line;

/// What came of a delivery, as long as it concerns nothing but itself: its webhook stays as it is.
#[derive(Debug, Clone)]
pub struct Ending {
    pub claimed: Claimed,
    pub delivery: DeliveryId,
    /// None: there was nobody to call.
    pub attempt: Option<(AttemptId, Attempt)>,
    pub next: NextTry,
    pub at: Timestamp,
}

/// Whether its job comes back.
#[derive(Debug, Clone)]
pub enum NextTry {
    Over(DeliveryState),
    At(Timestamp, String),
}

impl Ending {
    const fn state(&self) -> DeliveryState {
        match self.next {
            NextTry::Over(state) => state,
            NextTry::At(..) => DeliveryState::Pending,
        }
    }
}

impl Together for Ending {
    /// An error of its own when its lease was lost.
    type Answer = Result<(), StoreError>;

    const READS: bool = false;

    async fn together(tx: &mut Tx, all: &[Self]) -> Result<Vec<Self::Answer>, StoreError> {
        let ours = tx.end_jobs(all).await?;
        let kept: Vec<&Self> = all.iter().filter(|ending| ours.contains(ending.claimed.id.as_str())).collect();
        tx.insert_attempts(&kept).await?;
        tx.save_deliveries(&kept).await?;
        let answer = |ending: &Self| if ours.contains(ending.claimed.id.as_str()) { Ok(()) } else { Err(lease_lost()) };
        Ok(all.iter().map(answer).collect())
    }
}

impl Tx {
    /// Deletes the jobs that are done and plans those that come back; says which were still ours.
    async fn end_jobs(&mut self, endings: &[Ending]) -> Result<HashSet<String>, StoreError> {
        let fence = |one: &Ending| {
            let claimed = &one.claimed;
            row![claimed.id.as_str(), claimed.workspace.as_str(), &claimed.lease]
        };
        let over = endings.iter().filter(|one| matches!(one.next, NextTry::Over(_)));
        let over = Brought::new([("id", Text), ("workspace", Text), ("lease", Text)], over.map(fence));
        let over = self.all_brought(
            &over,
            &[],
            |over| {
                format!(
                    "DELETE FROM jobs WHERE (id, workspace, lease) IN
                         (SELECT brought.id, brought.workspace, brought.lease FROM {over})
                     RETURNING id, EXISTS (SELECT 1 FROM jobs next WHERE next.lane = jobs.lane AND next.id > jobs.id
                                                                    AND next.dead_at IS NULL)"
                )
            },
            |row| Ok((row.text(0)?, row.bool(1)?)),
        );
        let over = over.await?;
        if over.iter().any(|(_, is_waited_for)| *is_waited_for) {
            // The next of its lane may be due.
            self.ring_now(Line::Deliveries);
        }
        let mut ours: HashSet<String> = over.into_iter().map(|(id, _)| id).collect();
        let again = endings.iter().filter_map(|one| match &one.next {
            NextTry::Over(_) => None,
            NextTry::At(at, error) => {
                let [id, workspace, lease] = fence(one);
                Some([id, workspace, lease, at.as_millis().into(), error.into()])
            }
        });
        let columns = [("id", Text), ("workspace", Text), ("lease", Text), ("run_at", Int), ("error", Text)];
        let again = Brought::new(columns, again);
        let again = self.all_brought(
            &again,
            &[],
            |again| {
                format!(
                    "UPDATE jobs SET failures = failures + 1, run_at = brought.run_at, last_error = brought.error,
                                     lease = NULL, lease_until = NULL
                     FROM {again} WHERE jobs.id = brought.id AND jobs.workspace = brought.workspace
                                    AND jobs.lease = brought.lease
                     RETURNING jobs.id"
                )
            },
            |row| row.text(0),
        );
        ours.extend(again.await?);
        for ending in endings {
            if let NextTry::At(at, _) = &ending.next {
                self.ring(Line::Deliveries, *at);
            }
        }
        Ok(ours)
    }

    async fn insert_attempts(&mut self, endings: &[&Ending]) -> Result<(), StoreError> {
        let vault = self.vault();
        let tried = endings.iter().filter_map(|ending| {
            let (id, attempt) = ending.attempt.as_ref()?;
            Some(row![
                id.as_str(),
                ending.claimed.workspace.as_str(),
                ending.delivery.as_str(),
                attempt.status.map(i64::from),
                attempt.error.as_deref(),
                attempt.latency_ms,
                attempt.at.as_millis(),
                attempt.excerpt.as_ref().map(|text| vault.seal(EXCERPT, id.as_str(), text)),
            ])
        });
        let columns = [
            ("id", Text),
            ("workspace", Text),
            ("delivery", Text),
            ("status", Int),
            ("error", Text),
            ("latency_ms", Int),
            ("at", Int),
            ("excerpt", Text),
        ];
        let tried = Brought::new(columns, tried);
        self.exec_brought(tried, &[], |tried| {
            format!(
                "INSERT INTO attempts (id, workspace, delivery_id, status, error, latency_ms, created_at, excerpt)
                 SELECT id, workspace, delivery, status, error, latency_ms, at, excerpt FROM {tried}"
            )
        })
        .await
    }

    async fn save_deliveries(&mut self, endings: &[&Ending]) -> Result<(), StoreError> {
        let ended = endings.iter().map(|ending| {
            let answered_at = match &ending.attempt {
                Some((_, attempt)) => attempt.at.plus_millis(attempt.latency_ms),
                None => ending.at,
            };
            let (ended_at, next_at) = match &ending.next {
                NextTry::Over(_) => (Some(answered_at.as_millis()), None),
                NextTry::At(at, _) => (None, Some(at.as_millis())),
            };
            row![
                ending.delivery.as_str(),
                ending.claimed.workspace.as_str(),
                ending.state().as_str(),
                i64::from(ending.attempt.is_some()),
                ended_at,
                next_at,
            ]
        });
        let columns =
            [("id", Text), ("workspace", Text), ("state", Text), ("tries", Int), ("ended_at", Int), ("next_at", Int)];
        // One that has ended before, and was not tried now, is left as it is.
        self.exec_brought(Brought::new(columns, ended), &[], |ended| {
            format!(
                "UPDATE deliveries SET attempts = attempts + brought.tries, state = brought.state,
                                       ended_at = brought.ended_at, next_attempt_at = brought.next_at
                 FROM {ended} WHERE deliveries.id = brought.id AND deliveries.workspace = brought.workspace
                   AND (brought.tries > 0 OR deliveries.state = 'pending')"
            )
        })
        .await
    }
}
