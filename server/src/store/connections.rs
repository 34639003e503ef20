//! Connections: our own links from a workspace to an outside system. Token and secret are sealed.

use alc_core::id::{ConnectionId, WorkspaceId};
use alc_core::signature::Secret;
use alc_core::time::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};

use super::{Row, StoreError, Tx};
use crate::params;

/// A link that is in force.
#[derive(Debug, Clone)]
pub struct Connection {
    pub id: ConnectionId,
    pub workspace: WorkspaceId,
    /// `attio`
    pub provider: String,
    /// What the outside system lets us in with.
    pub token: SecretString,
    /// What partners sign callbacks with.
    pub callback_secret: Secret,
    pub created_at: Timestamp,
}

/// A connection as its operator sees it again.
#[derive(Debug, Clone)]
pub struct ListedConnection {
    pub id: ConnectionId,
    pub workspace_name: String,
    pub provider: String,
    pub created_at: Timestamp,
}

const COLUMNS: &str = "id, workspace, provider, token, callback_secret, created_at";

impl Tx {
    pub async fn insert_connection(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let (vault, id) = (self.vault(), connection.id.as_str());
        let token = vault.seal("connections.token", id, connection.token.expose_secret());
        let secret = vault.seal("connections.callback_secret", id, &connection.callback_secret.reveal());
        self.exec(
            "INSERT INTO connections (id, workspace, provider, token, callback_secret, created_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
            params![
                id,
                connection.workspace.as_str(),
                &connection.provider,
                token,
                secret,
                connection.created_at.as_millis(),
            ],
        )
        .await?;
        Ok(())
    }

    pub async fn connection(
        &mut self,
        workspace: &WorkspaceId,
        id: &ConnectionId,
    ) -> Result<Option<Connection>, StoreError> {
        self.one(
            &format!("SELECT {COLUMNS} FROM connections WHERE workspace = $1 AND id = $2 AND removed_at IS NULL"),
            params![workspace.as_str(), id.as_str()],
            read_connection,
        )
        .await
    }

    /// A partner's callback names nothing but the connection; the signature shows whether it may.
    pub async fn called_connection(&mut self, id: &ConnectionId) -> Result<Option<Connection>, StoreError> {
        self.one(
            &format!("SELECT {COLUMNS} FROM connections WHERE id = $1 AND removed_at IS NULL"),
            params![id.as_str()],
            read_connection,
        )
        .await
    }

    /// Those in force, over all workspaces, oldest first.
    pub async fn connections(&mut self) -> Result<Vec<ListedConnection>, StoreError> {
        self.all(
            "SELECT c.id, w.name, c.provider, c.created_at FROM connections c JOIN workspaces w ON w.id = c.workspace
             WHERE c.removed_at IS NULL ORDER BY c.id",
            params![],
            |row| {
                Ok(ListedConnection {
                    id: row.text(0)?.into(),
                    workspace_name: row.text(1)?,
                    provider: row.text(2)?,
                    created_at: Timestamp::from_millis(row.int(3)?),
                })
            },
        )
        .await
    }

    /// Ends a connection and forgets its secrets and what was to be written; the workspace it was of, or None when there is none in force.
    pub async fn remove_connection(
        &mut self,
        id: &ConnectionId,
        now: Timestamp,
    ) -> Result<Option<WorkspaceId>, StoreError> {
        let updates = "DELETE FROM record_updates WHERE workspace IS NOT NULL AND connection_id = $1";
        self.exec(updates, params![id.as_str()]).await?;
        self.one(
            "UPDATE connections SET removed_at = $2, token = '', callback_secret = ''
             WHERE id = $1 AND removed_at IS NULL RETURNING workspace",
            params![id.as_str(), now.as_millis()],
            |row| Ok(row.text(0)?.into()),
        )
        .await
    }
}

fn read_connection(row: &Row<'_>) -> Result<Connection, StoreError> {
    let id = row.text(0)?;
    let secret = row.sealed(4, "connections.callback_secret", &id)?;
    Ok(Connection {
        workspace: row.text(1)?.into(),
        provider: row.text(2)?,
        token: row.sealed(3, "connections.token", &id)?.into(),
        callback_secret: Secret::parse(&secret).map_err(|_| row.misfit(4, "is no secret"))?,
        created_at: Timestamp::from_millis(row.int(5)?),
        id: id.into(),
    })
}
