//! The queue: jobs are rows, claimed with a lease (see `claims`), removed when done, kept when they died.

use alc_core::id::{JobId, WorkspaceId};
use alc_core::time::Timestamp;

use super::brought::Kind::{Int, Text};
use super::brought::{Brought, row};
use super::{Row, StoreError, Tx};
use crate::door::Door;
use crate::job::{Job, Line, Planned};
use crate::params;

/// A job that is ours until its lease runs out.
#[derive(Debug, Clone)]
pub struct Claimed {
    pub id: JobId,
    pub workspace: WorkspaceId,
    pub system: String,
    pub job: Job,
    pub trace: String,
    /// Failed tries so far.
    pub failures: u32,
    /// Proof that the claim is still ours: another claimer writes another.
    pub(super) lease: String,
}

impl Tx {
    /// Writes jobs down, all in one statement; the runner wakes when this commit ends.
    pub(super) async fn enqueue_all(&mut self, door: &Door, planned: &[Planned]) -> Result<(), StoreError> {
        let mut rows = Vec::with_capacity(planned.len());
        for Planned { workspace, job, place, run_at, trace } in planned {
            let id = JobId::from_unique(&door.unique());
            rows.push(row![
                id.as_str(),
                workspace.as_str(),
                &place.system,
                &place.lane,
                job.kind(),
                payload(job)?,
                trace,
                run_at.as_millis(),
                door.now().as_millis(),
            ]);
            self.ring(job.line(), *run_at);
        }
        let columns = [
            ("id", Text),
            ("workspace", Text),
            ("system", Text),
            ("lane", Text),
            ("kind", Text),
            ("payload", Text),
            ("trace", Text),
            ("run_at", Int),
            ("created_at", Int),
        ];
        self.exec_brought(Brought::new(columns, rows), &[], |rows| {
            format!(
                "INSERT INTO jobs (id, workspace, system, lane, kind, payload, trace, run_at, failures, created_at)
                 SELECT id, workspace, system, lane, kind, payload, trace, run_at, 0, created_at FROM {rows}"
            )
        })
        .await
    }

    /// Writes a job down; the runner wakes when this commit ends.
    pub async fn enqueue(&mut self, door: &Door, planned: &Planned) -> Result<(), StoreError> {
        self.enqueue_all(door, std::slice::from_ref(planned)).await
    }

    /// The jobs are still being done: nobody else may have them before `until`. Those that are just ending, or are ours no more,
    /// are left alone.
    pub async fn renew_leases(&mut self, running: &[Claimed], until: Timestamp) -> Result<(), StoreError> {
        let skip = self.skip_locked();
        let sql = format!(
            "UPDATE jobs SET lease_until = $4 WHERE id IN (
                SELECT id FROM jobs WHERE id = $1 AND workspace = $2 AND lease = $3 {skip}
             )"
        );
        for claimed in running {
            let (id, workspace) = (claimed.id.as_str(), claimed.workspace.as_str());
            self.exec(&sql, params![id, workspace, &claimed.lease, until.as_millis()]).await?;
        }
        Ok(())
    }

    /// The job is ours until `until`, or an error: called in the commit before an effect that must not happen twice.
    pub async fn hold_lease(&mut self, claimed: &Claimed, until: Timestamp) -> Result<(), StoreError> {
        let held = self
            .exec(
                "UPDATE jobs SET lease_until = $4 WHERE id = $1 AND workspace = $2 AND lease = $3",
                params![claimed.id.as_str(), claimed.workspace.as_str(), &claimed.lease, until.as_millis()],
            )
            .await?;
        still_ours(held)
    }

    /// The job is done. Called in the commit of its effect: if the lease was lost meanwhile, the effect is undone too.
    pub async fn finish_job(&mut self, claimed: &Claimed) -> Result<(), StoreError> {
        let done = self
            .exec(
                "DELETE FROM jobs WHERE id = $1 AND workspace = $2 AND lease = $3",
                params![claimed.id.as_str(), claimed.workspace.as_str(), &claimed.lease],
            )
            .await?;
        // The next of the lane may be due.
        self.ring_now(claimed.job.line());
        still_ours(done)
    }

    /// The job failed and comes back at `run_at`.
    pub async fn retry_job(&mut self, claimed: &Claimed, run_at: Timestamp, error: &str) -> Result<(), StoreError> {
        let kept = self
            .exec(
                "UPDATE jobs SET failures = failures + 1, run_at = $4, lease = NULL, lease_until = NULL, last_error = $5
                 WHERE id = $1 AND workspace = $2 AND lease = $3",
                params![claimed.id.as_str(), claimed.workspace.as_str(), &claimed.lease, run_at.as_millis(), error],
            )
            .await?;
        self.ring(claimed.job.line(), run_at);
        still_ours(kept)
    }

    /// The job comes back at `run_at`, with nothing counted against it.
    pub async fn postpone_job(&mut self, claimed: &Claimed, run_at: Timestamp) -> Result<(), StoreError> {
        let kept = self
            .exec(
                "UPDATE jobs SET run_at = $4, lease = NULL, lease_until = NULL WHERE id = $1 AND workspace = $2 AND lease = $3",
                params![claimed.id.as_str(), claimed.workspace.as_str(), &claimed.lease, run_at.as_millis()],
            )
            .await?;
        self.ring(claimed.job.line(), run_at);
        still_ours(kept)
    }

    /// What waits in a lane for a later time, with nothing counted against it, need not wait any longer.
    pub async fn wake_lane(&mut self, workspace: &WorkspaceId, lane: &str, now: Timestamp) -> Result<(), StoreError> {
        self.exec(
            "UPDATE jobs SET run_at = $3 WHERE workspace = $1 AND lane = $2 AND run_at > $3
               AND failures = 0 AND lease IS NULL AND dead_at IS NULL",
            params![workspace.as_str(), lane, now.as_millis()],
        )
        .await?;
        for line in Line::ALL {
            self.ring(line, now);
        }
        Ok(())
    }

    /// The job gave up: kept as a dead letter, out of its lane's way.
    pub async fn bury_job(&mut self, claimed: &Claimed, now: Timestamp, error: &str) -> Result<(), StoreError> {
        let kept = self
            .exec(
                "UPDATE jobs SET failures = failures + 1, dead_at = $4, lease = NULL, lease_until = NULL, last_error = $5
                 WHERE id = $1 AND workspace = $2 AND lease = $3",
                params![claimed.id.as_str(), claimed.workspace.as_str(), &claimed.lease, now.as_millis(), error],
            )
            .await?;
        self.ring_now(claimed.job.line());
        still_ours(kept)
    }

    /// When to look again if nothing rings before: the next job of a line that is not due yet.
    pub async fn next_job_at(&mut self, line: Line, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let live = line_text(line);
        let sql = format!("SELECT MIN(run_at) FROM jobs WHERE {live} AND run_at > $1");
        let next = self.one(&sql, params![now.as_millis()], |row| row.opt_int(0)).await?.flatten();
        Ok(next.map(Timestamp::from_millis))
    }

    /// How many jobs could run at `now` or are running: those that wait behind another of their lane are not counted.
    pub async fn busy_jobs(&mut self, now: Timestamp) -> Result<i64, StoreError> {
        let sql = "SELECT COUNT(*) FROM jobs j WHERE j.dead_at IS NULL AND j.run_at <= $1
             AND NOT EXISTS (SELECT 1 FROM jobs e WHERE e.lane = j.lane AND e.id < j.id AND e.dead_at IS NULL)";
        Ok(self.one(sql, params![now.as_millis()], |row| row.int(0)).await?.unwrap_or_default())
    }

    /// Makes a schedule's turn ours if it is due: one claimer gets it, over all replicas.
    pub async fn take_schedule(&mut self, name: &str, now: Timestamp, next_at: Timestamp) -> Result<bool, StoreError> {
        let taken = self
            .exec(
                "INSERT INTO schedules (name, next_at) VALUES ($1, $2)
                 ON CONFLICT (name) DO UPDATE SET next_at = $2 WHERE schedules.next_at <= $3",
                params![name, next_at.as_millis(), now.as_millis()],
            )
            .await?;
        Ok(taken == 1)
    }
}

/// What lives in a line, as the indexes say it.
pub(super) const fn line_text(line: Line) -> &'static str {
    match line {
        Line::Deliveries => "dead_at IS NULL AND kind = 'deliver_webhook'",
        Line::Others => "dead_at IS NULL AND kind <> 'deliver_webhook'",
    }
}

/// What the row of a job carries.
pub(super) fn payload(job: &Job) -> Result<String, StoreError> {
    serde_json::to_string(job).map_err(|error| StoreError::Database(error.to_string()))
}

pub(super) fn read_claimed(row: &Row<'_>, lease: &str) -> Result<Claimed, StoreError> {
    let payload = row.text(3)?;
    Ok(Claimed {
        id: row.text(0)?.into(),
        workspace: row.text(1)?.into(),
        system: row.text(2)?,
        job: serde_json::from_str(&payload).map_err(|_| row.misfit(3, "is no job that this version knows"))?,
        trace: row.text(4)?,
        failures: u32::try_from(row.int(5)?).unwrap_or(u32::MAX),
        lease: lease.to_owned(),
    })
}

fn still_ours(changed: u64) -> Result<(), StoreError> {
    if changed == 1 { Ok(()) } else { Err(lease_lost()) }
}

pub(super) fn lease_lost() -> StoreError {
    StoreError::refused("lease_lost", "the job took longer than its lease and belongs to somebody else now")
}
