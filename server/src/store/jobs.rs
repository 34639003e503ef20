//! The queue: jobs are rows, claimed with a lease, removed when done, kept when they died.
//!
//! This file holds the one dialect fragment of the queue (`skip_locked`).

use alc_core::id::{JobId, WorkspaceId};
use alc_core::time::Timestamp;

use super::{Dialect, Row, StoreError, Tx};
use crate::door::Door;
use crate::job::{Job, Planned};
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
    lease: String,
}

/// What a claimer wants.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Only systems that begin with this, or (`wanted: false`) only those that do not.
    pub prefix: &'static str,
    pub wanted: bool,
    /// Systems with no room left, each between bars: `|sms||webhook/wh_1|`.
    pub full: String,
    pub at_most: usize,
    pub per_system: usize,
    pub lease_ms: i64,
}

impl Tx {
    /// Writes a job down; the runner wakes when this commit ends.
    pub async fn enqueue(&mut self, door: &Door, planned: &Planned) -> Result<(), StoreError> {
        let payload = serde_json::to_string(&planned.job).map_err(|error| StoreError::Database(error.to_string()))?;
        self.exec(
            "INSERT INTO jobs (id, workspace, system, lane, kind, payload, trace, run_at, failures, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9)",
            params![
                JobId::from_unique(&door.unique()).as_str(),
                planned.workspace.as_str(),
                &planned.place.system,
                &planned.place.lane,
                planned.job.kind(),
                payload,
                &planned.trace,
                planned.run_at.as_millis(),
                door.now().as_millis(),
            ],
        )
        .await?;
        self.ring();
        Ok(())
    }

    /// Claims jobs that are due, of every workspace: the queue belongs to the operator.
    ///
    /// Only the head of a lane can be claimed, whoever claims: order needs no lock. Each system gives at most `per_system`.
    pub async fn claim_jobs(&mut self, claim: &Claim, lease: &str, now: Timestamp) -> Result<Vec<Claimed>, StoreError> {
        let skip = self.skip_locked();
        // A replica of an older version leaves the jobs of a newer one alone.
        let kinds = Job::KINDS.map(|kind| format!("'{kind}'")).join(", ");
        let room = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        // The inner limit bounds the work when one system has a long queue; that system is then full and left out next time.
        let sql = format!(
            "UPDATE jobs SET lease = $1, lease_until = $2 WHERE id IN (
                SELECT id FROM jobs WHERE id IN (
                    SELECT id FROM (
                        SELECT id, run_at, ROW_NUMBER() OVER (PARTITION BY system ORDER BY run_at, id) AS place FROM (
                            SELECT j.id, j.run_at, j.system FROM jobs j
                            WHERE j.dead_at IS NULL AND j.run_at <= $3 AND (j.lease_until IS NULL OR j.lease_until <= $3)
                              AND j.kind IN ({kinds}) AND (substr(j.system, 1, length($4)) = $4) = $5
                              AND replace($6, '|' || j.system || '|', '') = $6
                              AND NOT EXISTS (SELECT 1 FROM jobs e WHERE e.lane = j.lane AND e.id < j.id AND e.dead_at IS NULL)
                            ORDER BY j.run_at, j.id LIMIT 512
                        ) AS due
                    ) AS fair WHERE place <= $7 ORDER BY run_at, id LIMIT $8
                ) AND dead_at IS NULL AND run_at <= $3 AND (lease_until IS NULL OR lease_until <= $3) {skip}
             ) RETURNING id, workspace, system, payload, trace, failures"
        );
        let (prefix, full) = (claim.prefix, &claim.full);
        let until = now.plus_millis(claim.lease_ms).as_millis();
        let limits = (room(claim.per_system), room(claim.at_most));
        let mut claimed = self
            .all(&sql, params![lease, until, now.as_millis(), prefix, claim.wanted, full, limits.0, limits.1], |row| {
                read_claimed(row, lease)
            })
            .await?;
        claimed.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(claimed)
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

    /// PostgreSQL's claimers step around each other's rows, SQLite has one writer and needs not.
    fn skip_locked(&self) -> &'static str {
        match self.dialect() {
            Dialect::Sqlite => "",
            Dialect::Postgres => "FOR UPDATE SKIP LOCKED",
        }
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
        self.ring();
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
        self.ring();
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
        self.ring();
        still_ours(kept)
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
        self.ring();
        still_ours(kept)
    }

    /// When to look again if nothing rings before: the next job that is not due yet, or the next lease to run out.
    pub async fn next_job_at(&mut self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let due = "SELECT run_at FROM jobs WHERE dead_at IS NULL AND run_at > $1 ORDER BY run_at LIMIT 1";
        let due = self.one(due, params![now.as_millis()], |row| row.int(0)).await?;
        let leased = "SELECT lease_until FROM jobs WHERE lease_until > $1 ORDER BY lease_until LIMIT 1";
        let leased = self.one(leased, params![now.as_millis()], |row| row.int(0)).await?;
        Ok(due.into_iter().chain(leased).min().map(Timestamp::from_millis))
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

fn read_claimed(row: &Row<'_>, lease: &str) -> Result<Claimed, StoreError> {
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
    if changed == 1 {
        return Ok(());
    }
    Err(StoreError::refused("lease_lost", "the job took longer than its lease and belongs to somebody else now"))
}
