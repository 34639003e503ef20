//! Dead letters: jobs that gave up, kept until the operator has them done after all, or drops them.

use alc_core::id::{DeliveryId, JobId, WebhookId, WorkspaceId};
use alc_core::time::Timestamp;

use super::{Row, StoreError, Tx};
use crate::job::Job;
use crate::params;

/// A job that gave up.
#[derive(Debug, Clone)]
pub struct DeadLetter {
    pub id: JobId,
    pub workspace: WorkspaceId,
    /// None for what is the operator's own.
    pub workspace_name: Option<String>,
    pub kind: String,
    /// None for a kind that this version does not know.
    pub job: Option<Job>,
    pub failures: u32,
    pub last_error: String,
    pub created_at: Timestamp,
    pub dead_at: Timestamp,
}

/// Which of them.
#[derive(Debug, Clone, Default)]
pub struct DeadLetterFilter {
    pub workspace: Option<WorkspaceId>,
    pub kind: Option<String>,
    /// Behind this one.
    pub after: Option<JobId>,
    pub most: i64,
}

const COLUMNS: &str =
    "j.id, j.workspace, w.name, j.kind, j.payload, j.failures, COALESCE(j.last_error, ''), j.created_at, j.dead_at
                       FROM jobs j LEFT JOIN workspaces w ON w.id = j.workspace";

impl Tx {
    /// Oldest jobs first.
    pub async fn dead_letters(&mut self, filter: &DeadLetterFilter) -> Result<Vec<DeadLetter>, StoreError> {
        self.all(
            &format!(
                "SELECT {COLUMNS} WHERE j.dead_at IS NOT NULL AND ($1 = '' OR j.workspace = $1) AND ($2 = '' OR j.kind = $2)
                 AND j.id > $3 ORDER BY j.id LIMIT $4"
            ),
            params![
                filter.workspace.as_ref().map_or("", WorkspaceId::as_str),
                filter.kind.as_deref().unwrap_or_default(),
                filter.after.as_ref().map_or("", JobId::as_str),
                filter.most,
            ],
            read_dead_letter,
        )
        .await
    }

    /// The operator names one by its id alone.
    pub async fn dead_letter(&mut self, id: &JobId) -> Result<Option<DeadLetter>, StoreError> {
        self.one(
            &format!("SELECT {COLUMNS} WHERE j.id = $1 AND j.dead_at IS NOT NULL"),
            params![id.as_str()],
            read_dead_letter,
        )
        .await
    }

    /// Puts a dead letter back into the queue, due now, with all its tries before it. False when it is none any more.
    pub async fn replay_dead_letter(&mut self, letter: &DeadLetter, now: Timestamp) -> Result<bool, StoreError> {
        let (workspace, now_ms) = (letter.workspace.as_str(), now.as_millis());
        let revived = self
            .exec(
                "UPDATE jobs SET dead_at = NULL, failures = 0, run_at = $3, lease = NULL, lease_until = NULL
                 WHERE workspace = $1 AND id = $2 AND dead_at IS NOT NULL",
                params![workspace, letter.id.as_str(), now_ms],
            )
            .await?;
        if let (1, Some(Job::DeliverWebhook { delivery })) = (revived, &letter.job) {
            self.exec(
                "UPDATE deliveries SET state = 'pending', ended_at = NULL, next_attempt_at = $3
                 WHERE workspace = $1 AND id = $2 AND state = 'failed'",
                params![workspace, delivery.as_str(), now_ms],
            )
            .await?;
        }
        if let Some(job) = &letter.job {
            self.ring(job.line(), now);
        }
        Ok(revived == 1)
    }

    /// Forgets a dead letter. False when it is none any more.
    pub async fn drop_dead_letter(&mut self, letter: &DeadLetter) -> Result<bool, StoreError> {
        let dropped = self
            .exec(
                "DELETE FROM jobs WHERE workspace = $1 AND id = $2 AND dead_at IS NOT NULL",
                params![letter.workspace.as_str(), letter.id.as_str()],
            )
            .await?;
        Ok(dropped == 1)
    }

    /// The webhook of a delivery that would end untried if it were made again, because its webhook is disabled or gone.
    pub async fn deaf_webhook_of(
        &mut self,
        workspace: &WorkspaceId,
        delivery: &DeliveryId,
    ) -> Result<Option<WebhookId>, StoreError> {
        self.one(
            "SELECT d.webhook_id FROM deliveries d
             JOIN webhooks h ON h.id = d.webhook_id AND h.workspace = d.workspace
             WHERE d.workspace = $1 AND d.id = $2
               AND (h.disabled_at IS NOT NULL OR (h.deleted_at IS NOT NULL AND NOT h.drains))",
            params![workspace.as_str(), delivery.as_str()],
            |row| Ok(row.text(0)?.into()),
        )
        .await
    }
}

fn read_dead_letter(row: &Row<'_>) -> Result<DeadLetter, StoreError> {
    Ok(DeadLetter {
        id: row.text(0)?.into(),
        workspace: row.text(1)?.into(),
        workspace_name: row.opt_text(2)?,
        kind: row.text(3)?,
        job: serde_json::from_str(&row.text(4)?).ok(),
        failures: u32::try_from(row.int(5)?).unwrap_or(u32::MAX),
        last_error: row.text(6)?,
        created_at: Timestamp::from_millis(row.int(7)?),
        dead_at: Timestamp::from_millis(row.int(8)?),
    })
}
