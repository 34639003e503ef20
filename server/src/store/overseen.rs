//! What the operator sees and does over all workspaces: webhooks, users and grants, each with whose it is.

use alc_core::id::{ClientId, GrantId, UserId, WebhookId, WorkspaceId};
use alc_core::time::Timestamp;

use super::webhooks::Webhook;
use super::{StoreError, Tx};
use crate::params;

/// A webhook, and the name of its workspace.
#[derive(Debug, Clone)]
pub struct OverseenWebhook {
    pub workspace_name: String,
    pub webhook: Webhook,
}

/// A user as the operator sees one.
#[derive(Debug, Clone)]
pub struct OverseenUser {
    pub id: UserId,
    pub workspace: WorkspaceId,
    pub workspace_name: String,
    pub email: String,
    pub role: String,
    pub live_grants: i64,
    pub created_at: Timestamp,
}

/// A live grant, whoever gave it.
#[derive(Debug, Clone)]
pub struct OverseenGrant {
    pub id: GrantId,
    pub workspace_name: String,
    /// None: the operator's own.
    pub client: Option<ClientId>,
    pub user: Option<UserId>,
    pub scope: String,
    pub created_at: Timestamp,
}

impl Tx {
    /// Oldest first; behind `after`.
    pub async fn overseen_webhooks(
        &mut self,
        workspace: Option<&WorkspaceId>,
        after: Option<&WebhookId>,
        most: i64,
    ) -> Result<Vec<OverseenWebhook>, StoreError> {
        let found = self
            .all(
                "SELECT h.workspace, h.grant_id, h.id, w.name FROM webhooks h JOIN workspaces w ON w.id = h.workspace
                 WHERE h.deleted_at IS NULL AND ($1 = '' OR h.workspace = $1) AND h.id > $2 ORDER BY h.id LIMIT $3",
                params![workspace.map_or("", WorkspaceId::as_str), after.map_or("", WebhookId::as_str), most],
                |row| Ok((row.text(0)?.into(), row.text(1)?.into(), row.text(2)?.into(), row.text(3)?)),
            )
            .await?;
        let mut webhooks = Vec::with_capacity(found.len());
        for (workspace, grant, id, workspace_name) in found {
            // Gone meanwhile: no longer one of them.
            let webhook = self.webhook(&workspace, &grant, &id).await?;
            webhooks.extend(webhook.map(|webhook| OverseenWebhook { workspace_name, webhook }));
        }
        Ok(webhooks)
    }

    /// The operator names a webhook by its id alone.
    pub async fn overseen_webhook(&mut self, id: &WebhookId) -> Result<Option<OverseenWebhook>, StoreError> {
        let found = self
            .one(
                "SELECT h.workspace, h.grant_id, w.name FROM webhooks h JOIN workspaces w ON w.id = h.workspace
                 WHERE h.id = $1 AND h.deleted_at IS NULL",
                params![id.as_str()],
                |row| Ok((row.text(0)?.into(), row.text(1)?.into(), row.text(2)?)),
            )
            .await?;
        let Some((workspace, grant, workspace_name)) = found else { return Ok(None) };
        let webhook = self.webhook(&workspace, &grant, id).await?;
        Ok(webhook.map(|webhook| OverseenWebhook { workspace_name, webhook }))
    }

    /// Oldest first.
    pub async fn overseen_users(&mut self, workspace: Option<&WorkspaceId>) -> Result<Vec<OverseenUser>, StoreError> {
        self.all(
            "SELECT u.id, u.workspace, w.name, u.email, u.role, u.created_at,
                    (SELECT COUNT(*) FROM grants g WHERE g.user_id = u.id AND g.revoked_at IS NULL)
             FROM users u JOIN workspaces w ON w.id = u.workspace WHERE ($1 = '' OR u.workspace = $1) ORDER BY u.id",
            params![workspace.map_or("", WorkspaceId::as_str)],
            |row| {
                let id = row.text(0)?;
                Ok(OverseenUser {
                    workspace: row.text(1)?.into(),
                    workspace_name: row.text(2)?,
                    email: row.sealed(3, "users.email", &id)?,
                    role: row.text(4)?,
                    created_at: Timestamp::from_millis(row.int(5)?),
                    live_grants: row.int(6)?,
                    id: id.into(),
                })
            },
        )
        .await
    }

    /// Every live grant, oldest first.
    pub async fn overseen_grants(&mut self, workspace: Option<&WorkspaceId>) -> Result<Vec<OverseenGrant>, StoreError> {
        self.all(
            "SELECT g.id, w.name, g.client_id, g.user_id, g.scope, g.created_at
             FROM grants g JOIN workspaces w ON w.id = g.workspace
             WHERE g.revoked_at IS NULL AND ($1 = '' OR g.workspace = $1) ORDER BY g.id",
            params![workspace.map_or("", WorkspaceId::as_str)],
            |row| {
                Ok(OverseenGrant {
                    id: row.text(0)?.into(),
                    workspace_name: row.text(1)?,
                    client: row.opt_text(2)?.map(Into::into),
                    user: row.opt_text(3)?.map(Into::into),
                    scope: row.text(4)?,
                    created_at: Timestamp::from_millis(row.int(5)?),
                })
            },
        )
        .await
    }
}
