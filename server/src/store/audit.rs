//! The audit log: who did what to what, written in the same commit as the deed. Ids only, never names or addresses.

use alc_core::id::{AuditId, WorkspaceId};
use alc_core::time::Timestamp;

use super::{StoreError, Tx};
use crate::door::Door;
use crate::params;

#[derive(Debug, Clone)]
pub struct AuditEntry {
    pub id: AuditId,
    /// None where no workspace is concerned: a client made by the operator, a login with an unknown address.
    pub workspace: Option<WorkspaceId>,
    /// User, client, grant, "operator" or "unknown".
    pub actor: String,
    /// Noun and past participle: `user.created`.
    pub action: &'static str,
    pub target: String,
    pub trace: String,
    pub at: Timestamp,
}

impl AuditEntry {
    pub fn new_id(door: &Door) -> AuditId {
        AuditId::from_unique(&door.unique())
    }
}

impl Tx {
    pub async fn audit(&mut self, entry: &AuditEntry) -> Result<(), StoreError> {
        self.exec(
            "INSERT INTO audit (id, workspace, actor, action, target, trace, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            params![
                entry.id.as_str(),
                entry.workspace.as_ref().map_or("", WorkspaceId::as_str),
                &entry.actor,
                entry.action,
                &entry.target,
                &entry.trace,
                entry.at.as_millis()
            ],
        )
        .await
        .map(drop)
    }

    /// Actor, action and target of every entry, oldest first.
    #[cfg(test)]
    pub(crate) async fn audited(&mut self) -> Result<Vec<(String, String, String)>, StoreError> {
        self.all("SELECT actor, action, target FROM audit WHERE workspace IS NOT NULL ORDER BY id", params![], |row| {
            Ok((row.text(0)?, row.text(1)?, row.text(2)?))
        })
        .await
    }
}
