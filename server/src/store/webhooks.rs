//! Webhooks: who wants to be told of what.

use std::collections::BTreeMap;
use std::fmt;

use alc_core::id::{GrantId, WebhookId, WorkspaceId};
use alc_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::signing_secrets::SigningSecrets;
use super::{Row, StoreError, Tx};
use crate::event::EventName;
use crate::params;

/// A subscriber to events. Its secrets leave the store only to sign, or to be shown to its owner.
#[derive(Debug, Clone)]
pub struct Webhook {
    pub id: WebhookId,
    pub workspace: WorkspaceId,
    pub grant: GrantId,
    /// The operator's: told of the leads of every grant.
    pub whole_workspace: bool,
    pub name: String,
    pub description: Option<String>,
    pub url: String,
    pub events: Vec<EventName>,
    pub headers: CustomHeaders,
    /// None: it is told of what happens.
    pub disabled: Option<Disabled>,
    /// The first failure after the last success.
    pub failing_since: Option<Timestamp>,
    pub created_at: Timestamp,
}

/// Why and since when a webhook is told nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disabled {
    pub at: Timestamp,
    pub reason: DisabledReason,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DisabledReason {
    /// Its owner said so.
    ByOwner,
    /// The service's operator said so.
    ByOperator,
    /// The endpoint said that it is gone for good (410).
    Gone,
    /// The endpoint has failed for too long.
    Failing,
}

impl DisabledReason {
    const ALL: [Self; 4] = [Self::ByOwner, Self::ByOperator, Self::Gone, Self::Failing];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ByOwner => "by_owner",
            Self::ByOperator => "by_operator",
            Self::Gone => "gone",
            Self::Failing => "failing",
        }
    }
}

/// Headers that a webhook's owner has us send with each callback, by their names in lower case. The values may be secret.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CustomHeaders(pub BTreeMap<String, String>);

impl fmt::Debug for CustomHeaders {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_set().entries(self.0.keys()).finish()
    }
}

const HEADERS: &str = "webhooks.headers";

const COLUMNS: &str = "id, workspace, grant_id, whole_workspace, name, url, events, created_at, description, headers,
                       disabled_at, disabled_reason, failing_since";

impl Tx {
    pub async fn insert_webhook(&mut self, webhook: &Webhook, secrets: &SigningSecrets) -> Result<(), StoreError> {
        let secret = self.seal_current_secret(&webhook.id, &secrets.current);
        self.exec(
            "INSERT INTO webhooks (id, workspace, grant_id, whole_workspace, name, url, events, secret, created_at, drains,
                                   description, headers)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, FALSE, $10, $11)",
            params![
                webhook.id.as_str(),
                webhook.workspace.as_str(),
                webhook.grant.as_str(),
                webhook.whole_workspace,
                &webhook.name,
                &webhook.url,
                json(&webhook.events)?,
                secret,
                webhook.created_at.as_millis(),
                webhook.description.as_deref(),
                self.seal_headers(webhook)?,
            ],
        )
        .await?;
        Ok(())
    }

    /// Everything about one webhook happens one after the other.
    pub async fn lock_webhook(&mut self, id: &WebhookId) -> Result<(), StoreError> {
        self.lock(&format!("webhook/{id}")).await
    }

    /// Writes down what its owner may change. Called behind [`Tx::lock_webhook`].
    pub async fn save_webhook(&mut self, webhook: &Webhook) -> Result<(), StoreError> {
        self.exec(
            "UPDATE webhooks SET name = $4, url = $5, events = $6, description = $7, headers = $8,
                                 disabled_at = $9, disabled_reason = $10, failing_since = $11
             WHERE workspace = $1 AND grant_id = $2 AND id = $3 AND deleted_at IS NULL",
            params![
                webhook.workspace.as_str(),
                webhook.grant.as_str(),
                webhook.id.as_str(),
                &webhook.name,
                &webhook.url,
                json(&webhook.events)?,
                webhook.description.as_deref(),
                self.seal_headers(webhook)?,
                webhook.disabled.map(|disabled| disabled.at.as_millis()),
                webhook.disabled.map(|disabled| disabled.reason.as_str()),
                webhook.failing_since.map(Timestamp::as_millis),
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

    /// Whom something that happened under `grant` is told to. The disabled are among them: what they miss is kept in their log.
    pub async fn webhooks_for(
        &mut self,
        workspace: &WorkspaceId,
        grant: &GrantId,
        event: EventName,
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

    /// The grant of a webhook that is disabled with this; none when it was disabled or deleted before.
    pub async fn disable_webhook(
        &mut self,
        workspace: &WorkspaceId,
        id: &WebhookId,
        reason: DisabledReason,
        now: Timestamp,
    ) -> Result<Option<GrantId>, StoreError> {
        self.one(
            "UPDATE webhooks SET disabled_at = $3, disabled_reason = $4
             WHERE workspace = $1 AND id = $2 AND disabled_at IS NULL AND deleted_at IS NULL RETURNING grant_id",
            params![workspace.as_str(), id.as_str(), now.as_millis(), reason.as_str()],
            |row| Ok(row.text(0)?.into()),
        )
        .await
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

    fn seal_headers(&self, webhook: &Webhook) -> Result<Option<String>, StoreError> {
        if webhook.headers.0.is_empty() {
            return Ok(None);
        }
        Ok(Some(self.vault().seal(HEADERS, webhook.id.as_str(), &json(&webhook.headers)?)))
    }
}

fn read_webhook(row: &Row<'_>) -> Result<Webhook, StoreError> {
    let id = row.text(0)?;
    Ok(Webhook {
        workspace: row.text(1)?.into(),
        grant: row.text(2)?.into(),
        whole_workspace: row.bool(3)?,
        name: row.text(4)?,
        url: row.text(5)?,
        events: read_events(row, 6)?,
        created_at: Timestamp::from_millis(row.int(7)?),
        description: row.opt_text(8)?,
        headers: read_headers(row, 9, &id)?,
        disabled: read_disabled(row, [10, 11])?,
        failing_since: row.opt_int(12)?.map(Timestamp::from_millis),
        id: id.into(),
    })
}

fn read_events(row: &Row<'_>, column: usize) -> Result<Vec<EventName>, StoreError> {
    serde_json::from_str(&row.text(column)?).map_err(|_| row.misfit(column, "is no list of event types"))
}

pub(super) fn read_headers(row: &Row<'_>, column: usize, webhook: &str) -> Result<CustomHeaders, StoreError> {
    match row.opt_sealed(column, HEADERS, webhook)? {
        Some(headers) => serde_json::from_str(&headers).map_err(|_| row.misfit(column, "is no set of headers")),
        None => Ok(CustomHeaders::default()),
    }
}

fn read_disabled(row: &Row<'_>, [at, reason]: [usize; 2]) -> Result<Option<Disabled>, StoreError> {
    let (Some(since), Some(text)) = (row.opt_int(at)?, row.opt_text(reason)?) else { return Ok(None) };
    let known = DisabledReason::ALL.into_iter().find(|known| known.as_str() == text);
    let reason = known.ok_or_else(|| row.misfit(reason, "is no reason that this version knows"))?;
    Ok(Some(Disabled { at: Timestamp::from_millis(since), reason }))
}

fn json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Database(error.to_string()))
}
