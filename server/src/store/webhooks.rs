//! Webhooks: who wants to be told of what.

use alc_core::id::{GrantId, WebhookId, WorkspaceId};
use alc_core::lead::EventType;
use alc_core::signature::Secret;
use alc_core::time::Timestamp;

use super::{Row, StoreError, Tx};
use crate::params;

/// A subscriber to events. Its secret leaves the store only to sign.
#[derive(Debug, Clone)]
pub struct Webhook {
    pub id: WebhookId,
    pub workspace: WorkspaceId,
    pub grant: GrantId,
    /// The operator's: told of the leads of every grant.
    pub whole_workspace: bool,
    pub name: String,
    pub url: String,
    pub events: Vec<EventType>,
    pub created_at: Timestamp,
}

const COLUMNS: &str = "id, workspace, grant_id, whole_workspace, name, url, events, created_at";

impl Tx {
    pub async fn insert_webhook(&mut self, webhook: &Webhook, secret: &Secret) -> Result<(), StoreError> {
        let events = serde_json::to_string(&webhook.events).map_err(|error| StoreError::Database(error.to_string()))?;
        let secret = self.vault().seal("webhooks.secret", webhook.id.as_str(), &secret.reveal());
        self.exec(
            "INSERT INTO webhooks (id, workspace, grant_id, whole_workspace, name, url, events, secret, created_at, drains)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, FALSE)",
            params![
                webhook.id.as_str(),
                webhook.workspace.as_str(),
                webhook.grant.as_str(),
                webhook.whole_workspace,
                &webhook.name,
                &webhook.url,
                events,
                secret,
                webhook.created_at.as_millis(),
            ],
        )
        .await?;
        Ok(())
    }

    /// The webhooks of a grant, oldest first.
    pub async fn webhooks(&mut self, workspace: &WorkspaceId, grant: &GrantId) -> Result<Vec<Webhook>, StoreError> {
        self.all(
            &format!("SELECT {COLUMNS} FROM webhooks WHERE workspace = $1 AND grant_id = $2 AND deleted_at IS NULL ORDER BY id"),
            params![workspace.as_str(), grant.as_str()],
            read_webhook,
        )
        .await
    }

    pub async fn webhook(
        &mut self,
        workspace: &WorkspaceId,
        grant: &GrantId,
        id: &WebhookId,
    ) -> Result<Option<Webhook>, StoreError> {
        self.one(
            &format!("SELECT {COLUMNS} FROM webhooks WHERE workspace = $1 AND grant_id = $2 AND id = $3 AND deleted_at IS NULL"),
            params![workspace.as_str(), grant.as_str(), id.as_str()],
            read_webhook,
        )
        .await
    }

    /// Whom a move of a lead under `grant` is told to.
    pub async fn webhooks_for(
        &mut self,
        workspace: &WorkspaceId,
        grant: &GrantId,
        event: EventType,
    ) -> Result<Vec<WebhookId>, StoreError> {
        let found = self
            .all(
                "SELECT id, events FROM webhooks WHERE workspace = $1 AND (grant_id = $2 OR whole_workspace) AND deleted_at IS NULL ORDER BY id",
                params![workspace.as_str(), grant.as_str()],
                |row| Ok((WebhookId::from(row.text(0)?), read_events(row, 1)?)),
            )
            .await?;
        Ok(found.into_iter().filter(|(_, events)| events.contains(&event)).map(|(id, _)| id).collect())
    }

    /// False when there was none to delete.
    pub async fn delete_webhook(
        &mut self,
        workspace: &WorkspaceId,
        grant: &GrantId,
        id: &WebhookId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let deleted = self
            .exec(
                "UPDATE webhooks SET deleted_at = $4 WHERE workspace = $1 AND grant_id = $2 AND id = $3 AND deleted_at IS NULL",
                params![workspace.as_str(), grant.as_str(), id.as_str(), now.as_millis()],
            )
            .await?;
        Ok(deleted == 1)
    }

    /// They still hear what was announced before this, and nothing after.
    pub async fn delete_webhooks_of_grant(
        &mut self,
        workspace: &WorkspaceId,
        grant: &GrantId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.exec(
            "UPDATE webhooks SET deleted_at = $3, drains = TRUE WHERE workspace = $1 AND grant_id = $2 AND deleted_at IS NULL",
            params![workspace.as_str(), grant.as_str(), now.as_millis()],
        )
        .await?;
        Ok(())
    }
}

fn read_webhook(row: &Row<'_>) -> Result<Webhook, StoreError> {
    Ok(Webhook {
        id: row.text(0)?.into(),
        workspace: row.text(1)?.into(),
        grant: row.text(2)?.into(),
        whole_workspace: row.bool(3)?,
        name: row.text(4)?,
        url: row.text(5)?,
        events: read_events(row, 6)?,
        created_at: Timestamp::from_millis(row.int(7)?),
    })
}

fn read_events(row: &Row<'_>, column: usize) -> Result<Vec<EventType>, StoreError> {
    serde_json::from_str(&row.text(column)?).map_err(|_| row.misfit(column, "is no list of event types"))
}
