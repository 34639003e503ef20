//! Grants: one consent of one user to one client, or the operator's own. Tokens, webhooks and leads hang on one.

use alc_core::id::{ClientId, GrantId, UserId, WorkspaceId};
use alc_core::time::Timestamp;

use super::audit::{AuditEntry, Origin};
use super::{StoreError, Tx};
use crate::door::Door;
use crate::params;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    pub id: GrantId,
    pub workspace: WorkspaceId,
    /// User and client are both missing on a grant the operator made on the command line.
    pub user: Option<UserId>,
    pub client: Option<ClientId>,
    /// Space separated.
    pub scope: String,
    pub created_at: Timestamp,
}

/// Who ends a grant, and why. The door is for what ending it brings about: every consequence is a row with an id of its own.
#[derive(Clone)]
pub struct Revocation {
    pub door: Door,
    /// User, client, grant or "operator".
    pub actor: String,
    /// A stable word: `code_replayed`, `refresh_token_reused`, `token_revoked`, `client_deleted`, `expired`, …
    pub reason: &'static str,
    pub origin: Origin,
    pub at: Timestamp,
}

impl Revocation {
    /// Its line in the audit log.
    pub(super) fn entry(&self, workspace: &WorkspaceId, grant: &GrantId) -> AuditEntry {
        AuditEntry {
            id: AuditEntry::new_id(&self.door),
            workspace: Some(workspace.clone()),
            actor: self.actor.clone(),
            action: "grant.revoked",
            target: grant.to_string(),
            reason: Some(self.reason),
            affected: None,
            origin: self.origin.clone(),
            at: self.at,
        }
    }
}

impl Tx {
    pub async fn insert_grant(&mut self, grant: &Grant) -> Result<(), StoreError> {
        self.exec(
            "INSERT INTO grants (id, workspace, user_id, client_id, scope, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
            params![
                grant.id.as_str(),
                grant.workspace.as_str(),
                grant.user.as_ref().map(UserId::as_str),
                grant.client.as_ref().map(ClientId::as_str),
                &grant.scope,
                grant.created_at.as_millis()
            ],
        )
        .await
        .map(drop)
    }

    /// What a user gave a client and has not taken back: the scope of each live grant.
    pub async fn granted_scopes(
        &mut self,
        workspace: &WorkspaceId,
        user: &UserId,
        client: &ClientId,
    ) -> Result<Vec<String>, StoreError> {
        self.all(
            "SELECT DISTINCT scope FROM grants
             WHERE workspace = $1 AND user_id = $2 AND client_id = $3 AND revoked_at IS NULL",
            params![workspace.as_str(), user.as_str(), client.as_str()],
            |row| row.text(0),
        )
        .await
    }

    /// Whose a grant is; for the operator, who may name any.
    pub async fn workspace_of_grant(&mut self, grant: &GrantId) -> Result<Option<WorkspaceId>, StoreError> {
        self.one("SELECT workspace FROM grants WHERE id = $1", params![grant.as_str()], |row| Ok(row.text(0)?.into()))
            .await
    }

    /// Whether tokens may still be made for it. Holds the grant until the transaction ends, so no token is born while it is
    /// being revoked.
    pub async fn hold_live_grant(&mut self, workspace: &WorkspaceId, grant: &GrantId) -> Result<bool, StoreError> {
        self.lock_grant(grant).await?;
        self.is_live_grant(workspace, grant).await
    }

    /// Whether anything may still be done under it; it stays so until the transaction ends. Many may do something at once.
    pub async fn share_live_grant(&mut self, workspace: &WorkspaceId, grant: &GrantId) -> Result<bool, StoreError> {
        self.lock_shared(&lock_name(grant)).await?;
        self.is_live_grant(workspace, grant).await
    }

    async fn is_live_grant(&mut self, workspace: &WorkspaceId, grant: &GrantId) -> Result<bool, StoreError> {
        let live = self
            .one(
                "SELECT 1 FROM grants WHERE id = $1 AND workspace = $2 AND revoked_at IS NULL",
                params![grant.as_str(), workspace.as_str()],
                |_| Ok(()),
            )
            .await?;
        Ok(live.is_some())
    }

    /// Ends a grant and its tokens; false when it had ended before. Called by `moves::end_grant`, which ends the rest.
    pub async fn revoke_grant(
        &mut self,
        workspace: &WorkspaceId,
        grant: &GrantId,
        why: &Revocation,
    ) -> Result<bool, StoreError> {
        self.lock_grant(grant).await?;
        let revoked = self
            .exec(
                "UPDATE grants SET revoked_at = $3, revoked_reason = $4
                 WHERE id = $1 AND workspace = $2 AND revoked_at IS NULL",
                params![grant.as_str(), workspace.as_str(), why.at.as_millis(), why.reason],
            )
            .await?;
        if revoked == 0 {
            return Ok(false);
        }
        self.delete_tokens(workspace, grant).await?;
        self.audit(&why.entry(workspace, grant)).await?;
        Ok(true)
    }

    /// Of each grant ever made, oldest first: why it ended, if it did.
    #[cfg(test)]
    pub(crate) async fn grants_and_ends(&mut self) -> Result<Vec<Option<String>>, StoreError> {
        self.all("SELECT revoked_reason FROM grants WHERE workspace IS NOT NULL ORDER BY id", params![], |row| {
            row.opt_text(0)
        })
        .await
    }

    async fn lock_grant(&mut self, grant: &GrantId) -> Result<(), StoreError> {
        self.lock(&lock_name(grant)).await
    }
}

fn lock_name(grant: &GrantId) -> String {
    format!("grant {grant}")
}
