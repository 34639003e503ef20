//! How deliveries end, many in one commit: the try goes into the log, the delivery says where it stands, and its job is done or comes
//! back, all behind the lease of the job. Who lost it meanwhile changes nothing.

use std::collections::HashSet;

use alc_core::id::{AttemptId, DeliveryId};
use alc_core::time::Timestamp;
use serde_json::json;

use super::brought::rows;
use super::deliveries::{Attempt, DeliveryState};
use super::delivery_log::EXCERPT;
use super::gather::Together;
use super::jobs::{Claimed, lease_lost};
use super::{StoreError, Tx, Val};

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
        let fence = |ending: &Ending| {
            let claimed = &ending.claimed;
            json!({ "id": claimed.id, "workspace": claimed.workspace, "lease": claimed.lease })
        };
        let mut ours = HashSet::new();
        let over: Vec<_> = endings.iter().filter(|one| matches!(one.next, NextTry::Over(_))).map(fence).collect();
        if !over.is_empty() {
            let brought = self.brought(&[("id", "TEXT"), ("workspace", "TEXT"), ("lease", "TEXT")]);
            let sql = format!(
                "DELETE FROM jobs WHERE (id, workspace, lease) IN (SELECT id, workspace, lease FROM {brought}) RETURNING id"
            );
            ours.extend(self.all(&sql, &[rows(over)?], |row| row.text(0)).await?);
        }
        let again = endings.iter().filter_map(|one| match &one.next {
            NextTry::Over(_) => None,
            NextTry::At(at, error) => {
                let mut row = fence(one);
                row["run_at"] = at.as_millis().into();
                row["error"] = error.as_str().into();
                Some(row)
            }
        });
        let again: Vec<_> = again.collect();
        if !again.is_empty() {
            let fence = [("id", "TEXT"), ("workspace", "TEXT"), ("lease", "TEXT")];
            let brought = self.brought(&[&fence[..], &[("run_at", "BIGINT"), ("error", "TEXT")]].concat());
            let sql = format!(
                "UPDATE jobs SET failures = failures + 1, run_at = brought.run_at, last_error = brought.error,
                                 lease = NULL, lease_until = NULL
                 FROM {brought} WHERE jobs.id = brought.id AND jobs.workspace = brought.workspace AND jobs.lease = brought.lease
                 RETURNING jobs.id"
            );
            ours.extend(self.all(&sql, &[rows(again)?], |row| row.text(0)).await?);
        }
        // The next of their lanes may be due.
        self.ring();
        Ok(ours)
    }

    async fn insert_attempts(&mut self, endings: &[&Ending]) -> Result<(), StoreError> {
        let vault = self.vault();
        let tried = endings.iter().filter_map(|ending| {
            let (id, attempt) = ending.attempt.as_ref()?;
            let excerpt = attempt.excerpt.as_ref().map(|text| vault.seal(EXCERPT, id.as_str(), text));
            Some(json!({
                "id": id, "workspace": ending.claimed.workspace, "delivery": ending.delivery, "status": attempt.status,
                "error": attempt.error, "latency_ms": attempt.latency_ms, "at": attempt.at.as_millis(), "excerpt": excerpt,
            }))
        });
        let tried: Vec<_> = tried.collect();
        if tried.is_empty() {
            return Ok(());
        }
        let brought = self.brought(&[
            ("id", "TEXT"),
            ("workspace", "TEXT"),
            ("delivery", "TEXT"),
            ("status", "BIGINT"),
            ("error", "TEXT"),
            ("latency_ms", "BIGINT"),
            ("at", "BIGINT"),
            ("excerpt", "TEXT"),
        ]);
        let sql = format!(
            "INSERT INTO attempts (id, workspace, delivery_id, status, error, latency_ms, created_at, excerpt)
             SELECT id, workspace, delivery, status, error, latency_ms, at, excerpt FROM {brought}"
        );
        self.exec(&sql, &[rows(tried)?]).await?;
        Ok(())
    }

    async fn save_deliveries(&mut self, endings: &[&Ending]) -> Result<(), StoreError> {
        let rows: Result<Val, StoreError> = rows(endings.iter().map(|ending| {
            let answered_at = match &ending.attempt {
                Some((_, attempt)) => attempt.at.plus_millis(attempt.latency_ms),
                None => ending.at,
            };
            let (ended_at, next_at) = match &ending.next {
                NextTry::Over(_) => (Some(answered_at.as_millis()), None),
                NextTry::At(at, _) => (None, Some(at.as_millis())),
            };
            json!({
                "id": ending.delivery, "workspace": ending.claimed.workspace, "state": ending.state().as_str(),
                "tries": i64::from(ending.attempt.is_some()), "ended_at": ended_at, "next_at": next_at,
            })
        }));
        let brought = self.brought(&[
            ("id", "TEXT"),
            ("workspace", "TEXT"),
            ("state", "TEXT"),
            ("tries", "BIGINT"),
            ("ended_at", "BIGINT"),
            ("next_at", "BIGINT"),
        ]);
        // One that has ended before, and was not tried now, is left as it is.
        let sql = format!(
            "UPDATE deliveries SET attempts = attempts + brought.tries, state = brought.state, ended_at = brought.ended_at,
                                   next_attempt_at = brought.next_at
             FROM {brought} WHERE deliveries.id = brought.id AND deliveries.workspace = brought.workspace
               AND (brought.tries > 0 OR deliveries.state = 'pending')"
        );
        self.exec(&sql, &[rows?]).await?;
        Ok(())
    }
}
