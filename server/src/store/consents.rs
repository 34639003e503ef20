//! Who confirmed, and when, that a workspace may text the people whom it sends.

use alc_core::id::WorkspaceId;
use alc_core::time::Timestamp;

use super::{StoreError, Tx};
use crate::params;

const NAME: &str = "workspaces.consent_by";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfirmedConsent {
    pub by: String,
    pub at: Timestamp,
}

impl Tx {
    pub async fn confirmed_consent(&mut self, workspace: &WorkspaceId) -> Result<Option<ConfirmedConsent>, StoreError> {
        let sql = "SELECT consent_by, consent_at FROM workspaces WHERE id = $1 AND consent_at IS NOT NULL";
        self.one(sql, params![workspace.as_str()], |row| {
            Ok(ConfirmedConsent {
                by: row.sealed(0, NAME, workspace.as_str())?,
                at: Timestamp::from_millis(row.int(1)?),
            })
        })
        .await
    }

    /// The newest confirmation is kept; the audit log has all.
    pub async fn confirm_consent(
        &mut self,
        workspace: &WorkspaceId,
        consent: &ConfirmedConsent,
    ) -> Result<(), StoreError> {
        let by = self.vault().seal(NAME, workspace.as_str(), &consent.by);
        let sql = "UPDATE workspaces SET consent_by = $2, consent_at = $3 WHERE id = $1";
        self.exec(sql, params![workspace.as_str(), by, consent.at.as_millis()]).await.map(drop)
    }
}
