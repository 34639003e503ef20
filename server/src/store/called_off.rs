//! Leads that are called off with their grant, or with its last webhook: however many there are, one row says so at once, and
//! a job cancels them bit by bit.

use alc_core::id::{ClientId, GrantId, LeadId, UserId, WorkspaceId};
use alc_core::lead::Lead;
use alc_core::time::Timestamp;

use super::grants::Revocation;
use super::{StoreError, Tx};
use crate::params;

/// Which leads of a grant are called off, and why.
#[derive(Debug, Clone)]
pub struct CallingOff {
    /// Those with smaller ids.
    pub before: LeadId,
    /// A sentence for people.
    pub reason: &'static str,
}

impl CallingOff {
    /// Of a grant that ends: all there are, and those that are just being kept.
    pub fn all(reason: &'static str) -> Self {
        Self { before: LeadId::from_unique(&"f".repeat(32)), reason }
    }
}

/// Whose grants end together.
#[derive(Debug, Clone)]
pub enum GrantsOf {
    Client(ClientId),
    User(UserId),
}

impl Tx {
    /// From this commit on nobody texts these leads. Says how many are live.
    pub async fn call_off_leads(
        &mut self,
        workspace: &WorkspaceId,
        grant: &GrantId,
        which: &CallingOff,
    ) -> Result<i64, StoreError> {
        self.exec(
            "UPDATE grants SET called_off_before = $3, called_off_reason = $4 WHERE workspace = $1 AND id = $2",
            params![workspace.as_str(), grant.as_str(), which.before.as_str(), which.reason],
        )
        .await?;
        let live = self
            .one(
                "SELECT COUNT(*) FROM leads WHERE workspace = $1 AND grant_id = $2 AND id < $3 AND ended_at IS NULL",
                params![workspace.as_str(), grant.as_str(), which.before.as_str()],
                |row| row.int(0),
            )
            .await?;
        Ok(live.unwrap_or_default())
    }

    /// Why a lead is called off, if it is.
    pub async fn called_off(&mut self, lead: &Lead) -> Result<Option<String>, StoreError> {
        self.one(
            "SELECT called_off_reason FROM grants WHERE workspace = $1 AND id = $2 AND called_off_before > $3",
            params![lead.workspace.as_str(), lead.grant.as_str(), lead.id.as_str()],
            |row| row.text(0),
        )
        .await
    }

    /// The oldest live leads of a grant that are called off.
    pub async fn leads_called_off(
        &mut self,
        workspace: &WorkspaceId,
        grant: &GrantId,
        most: i64,
    ) -> Result<Vec<LeadId>, StoreError> {
        self.all(
            "SELECT l.id FROM grants g JOIN leads l ON l.grant_id = g.id AND l.workspace = g.workspace
             WHERE g.workspace = $1 AND g.id = $2 AND l.id < g.called_off_before AND l.ended_at IS NULL
             ORDER BY l.id LIMIT $3",
            params![workspace.as_str(), grant.as_str(), most],
            |row| Ok(row.text(0)?.into()),
        )
        .await
    }

    /// The webhooks of a grant hear of its own leads only, until these have ended.
    pub async fn confine_webhooks(&mut self, workspace: &WorkspaceId, grant: &GrantId) -> Result<(), StoreError> {
        self.exec(
            "UPDATE webhooks SET whole_workspace = FALSE WHERE workspace = $1 AND grant_id = $2 AND deleted_at IS NULL",
            params![workspace.as_str(), grant.as_str()],
        )
        .await
        .map(drop)
    }

    /// What is left of a grant that has ended, when its leads have.
    pub async fn wind_up_grant(
        &mut self,
        workspace: &WorkspaceId,
        grant: &GrantId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        // One that was being exchanged while many grants ended at once.
        self.delete_tokens(workspace, grant).await?;
        self.delete_webhooks_of_grant(workspace, grant, now).await
    }

    /// Ends every live grant of a client or user with its tokens, and calls their leads off; returns the grants, oldest first.
    /// A few statements for however many: a lock for each would not fit into PostgreSQL's table. What is just being made under
    /// one of them is found when it is wound up.
    pub async fn revoke_grants_of(
        &mut self,
        whose: &GrantsOf,
        why: &Revocation,
        which: &CallingOff,
    ) -> Result<Vec<(WorkspaceId, GrantId)>, StoreError> {
        let (column, id) = match whose {
            GrantsOf::Client(client) => ("client_id", client.as_str()),
            GrantsOf::User(user) => ("user_id", user.as_str()),
        };
        let mut ended = self
            .all(
                &format!(
                    "UPDATE grants SET revoked_at = $2, revoked_reason = $3, called_off_before = $4, called_off_reason = $5
                     WHERE {column} = $1 AND revoked_at IS NULL RETURNING workspace, id"
                ),
                params![id, why.at.as_millis(), why.reason, which.before.as_str(), which.reason],
                |row| Ok((WorkspaceId::from(row.text(0)?), GrantId::from(row.text(1)?))),
            )
            .await?;
        ended.sort_by(|a, b| a.1.cmp(&b.1));
        self.exec(
            &format!("DELETE FROM tokens WHERE grant_id IN (SELECT id FROM grants WHERE {column} = $1)"),
            params![id],
        )
        .await?;
        for (workspace, grant) in &ended {
            self.audit(&why.entry(workspace, grant)).await?;
        }
        Ok(ended)
    }
}
