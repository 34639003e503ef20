//! What the operator does with connections by hand; the command line is a thin shell around this.

use alc_core::id::{ConnectionId, WorkspaceId};
use alc_core::signature::Secret;
use anyhow::{Context as _, bail};
use secrecy::SecretString;

use crate::operator::{Operator, Place};
use crate::store::audit::AuditEntry;
use crate::store::connections::{Connection, ListedConnection};

/// A connection as its maker gets to see it, once.
pub struct NewConnection {
    pub id: ConnectionId,
    /// Below the service's public URL: where partners post callbacks.
    pub callback_path: String,
    /// What partners sign them with.
    pub callback_secret: String,
}

impl Operator {
    /// Lets partners' callbacks write to the records of an Attio workspace, with an access token that the workspace's admin made.
    pub async fn connect_attio(&self, place: Place, token: &str) -> anyhow::Result<NewConnection> {
        let token = token.trim();
        if token.is_empty() || token.chars().any(|c| c.is_whitespace() || c.is_control()) {
            bail!("the access token must be one word; paste it as Attio shows it");
        }
        let (place, id) = (place.checked()?, self.new_id::<ConnectionId>());
        let secret = Secret::from_key(self.door.random_bytes::<32>().to_vec())?;
        let made = NewConnection {
            callback_path: format!("/callbacks/lead-processed/{id}"),
            callback_secret: secret.reveal(),
            id: id.clone(),
        };
        let connection = Connection {
            id,
            workspace: WorkspaceId::from(String::new()),
            provider: "attio".to_owned(),
            token: SecretString::from(token),
            callback_secret: secret,
            created_at: self.door.now(),
        };
        let entry = self.entry(None, "connection.created", connection.id.as_str());
        let workspace = self.workspace_draft(&place);
        let kept = self.store.write(async move |tx| {
            let workspace = place.settle(tx, &workspace).await?;
            tx.insert_connection(&Connection { workspace: workspace.clone(), ..connection.clone() }).await?;
            tx.audit(&AuditEntry { workspace: Some(workspace), ..entry.clone() }).await
        });
        kept.await?;
        Ok(made)
    }

    pub async fn connections(&self) -> anyhow::Result<Vec<ListedConnection>> {
        Ok(self.store.read(async |tx| tx.connections().await).await?)
    }

    /// Partners' callbacks find nothing there any more, and the token is forgotten.
    pub async fn remove_connection(&self, id: &str) -> anyhow::Result<()> {
        let (connection, now) = (ConnectionId::from(id), self.door.now());
        let entry = self.entry(None, "connection.removed", id);
        let removed = self.store.write(async move |tx| {
            let Some(workspace) = tx.remove_connection(&connection, now).await? else { return Ok(None) };
            tx.audit(&AuditEntry { workspace: Some(workspace), ..entry.clone() }).await.map(Some)
        });
        removed
            .await?
            .with_context(|| format!("there is no connection {id}; `alc connection list` shows those there are"))
    }
}
