//! Grants that nothing leads to any more.

use alc_core::id::{GrantId, WorkspaceId};
use alc_core::time::Timestamp;

use super::{StoreError, Tx};
use crate::params;

impl Tx {
    /// Live grants of every workspace that no code or token leads to any more, oldest first.
    pub async fn spent_grants(&mut self, now: Timestamp, most: i64) -> Result<Vec<(WorkspaceId, GrantId)>, StoreError> {
        self.all(
            &format!(
                "SELECT g.workspace, g.id FROM grants g WHERE g.revoked_at IS NULL {SPENT} ORDER BY g.id LIMIT $2"
            ),
            params![now.as_millis(), most],
            |row| Ok((row.text(0)?.into(), row.text(1)?.into())),
        )
        .await
    }

    /// Whether that is true of a grant whose lock is held: of two who come at once, one redeems a code and the other sees it.
    pub async fn is_spent_grant(
        &mut self,
        workspace: &WorkspaceId,
        grant: &GrantId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let found = self
            .one(
                &format!(
                    "SELECT 1 FROM grants g WHERE g.id = $2 AND g.workspace = $3 AND g.revoked_at IS NULL {SPENT}"
                ),
                params![now.as_millis(), grant.as_str(), workspace.as_str()],
                |_| Ok(()),
            )
            .await?;
        Ok(found.is_some())
    }
}

/// A refresh token that was exchanged leads nowhere; an access token does as long as it lasts, used or not.
const SPENT: &str = "
    AND NOT EXISTS (
        SELECT 1 FROM tokens t WHERE t.grant_id = g.id AND t.workspace = g.workspace
            AND (t.expires_at IS NULL OR t.expires_at > $1) AND (t.kind = 'access' OR t.used_at IS NULL))
    AND NOT EXISTS (
        SELECT 1 FROM authorization_codes c WHERE c.grant_id = g.id AND c.workspace = g.workspace
            AND c.expires_at > $1 AND c.used_at IS NULL)";
