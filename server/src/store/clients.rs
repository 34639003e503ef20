//! OAuth clients of ours: programs that may ask a user for a grant. A deleted one keeps its row, so that old grants and audit
//! lines still lead to a name.

use alc_core::id::ClientId;
use alc_core::time::Timestamp;

use super::{Row, StoreError, Tx};
use crate::params;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    pub id: ClientId,
    /// Shown to the user who is asked to consent.
    pub name: String,
    /// None for a public client: one that cannot keep a secret.
    pub secret_hash: Option<String>,
    /// The secret before, while its holder changes over to the new one.
    pub old_secret: Option<OldSecret>,
    /// Compared exactly, character by character, but for the port of a loopback address.
    pub redirect_uris: Vec<String>,
    pub created_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldSecret {
    pub hash: String,
    pub retires_at: Timestamp,
}

impl Client {
    pub const fn is_public(&self) -> bool {
        self.secret_hash.is_none()
    }

    /// The secret that is being retired, while it is still good.
    pub fn live_old_secret(&self, now: Timestamp) -> Option<&OldSecret> {
        self.old_secret.as_ref().filter(|old| now < old.retires_at)
    }
}

impl Tx {
    pub async fn insert_client(&mut self, client: &Client) -> Result<(), StoreError> {
        let redirect_uris = serde_json::Value::from(client.redirect_uris.clone()).to_string();
        self.exec(
            "INSERT INTO oauth_clients (id, name, secret_hash, redirect_uris, created_at) VALUES ($1, $2, $3, $4, $5)",
            params![
                client.id.as_str(),
                &client.name,
                client.secret_hash.as_deref(),
                redirect_uris,
                client.created_at.as_millis()
            ],
        )
        .await
        .map(drop)
    }

    /// A client that was not deleted.
    pub async fn client(&mut self, id: &ClientId) -> Result<Option<Client>, StoreError> {
        self.one(
            "SELECT id, name, secret_hash, redirect_uris, created_at, old_secret_hash, old_secret_retires_at
             FROM oauth_clients
             WHERE id = $1 AND deleted_at IS NULL",
            params![id.as_str()],
            client,
        )
        .await
    }

    /// All that were not deleted, oldest first.
    pub async fn clients(&mut self) -> Result<Vec<Client>, StoreError> {
        self.all(
            "SELECT id, name, secret_hash, redirect_uris, created_at, old_secret_hash, old_secret_retires_at
             FROM oauth_clients
             WHERE deleted_at IS NULL ORDER BY id",
            params![],
            client,
        )
        .await
    }

    /// The secret in force becomes the old one, good until it retires; what was the old one before is good no longer. False when
    /// there is no such client, or it has no secret.
    pub async fn rotate_client_secret(
        &mut self,
        id: &ClientId,
        secret_hash: &str,
        retires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let rotated = self
            .exec(
                "UPDATE oauth_clients SET old_secret_hash = secret_hash, old_secret_retires_at = $3, secret_hash = $2
                 WHERE id = $1 AND deleted_at IS NULL AND secret_hash IS NOT NULL",
                params![id.as_str(), secret_hash, retires_at.as_millis()],
            )
            .await?;
        Ok(rotated == 1)
    }

    /// False when there is no such client; its grants are for the caller to end (`moves::end_grants_of`).
    ///
    /// Whoever makes a grant for a client takes the same lock and sees the client first, so none slips in behind this.
    pub async fn delete_client(&mut self, id: &ClientId, now: Timestamp) -> Result<bool, StoreError> {
        self.lock_client(id).await?;
        let deleted = self
            .exec(
                "UPDATE oauth_clients SET deleted_at = $2, secret_hash = NULL, old_secret_hash = NULL
                 WHERE id = $1 AND deleted_at IS NULL",
                params![id.as_str(), now.as_millis()],
            )
            .await?;
        Ok(deleted == 1)
    }

    pub async fn lock_client(&mut self, id: &ClientId) -> Result<(), StoreError> {
        self.lock(&format!("client {id}")).await
    }
}

fn client(row: &Row<'_>) -> Result<Client, StoreError> {
    let redirect_uris = serde_json::from_str(&row.text(3)?).map_err(|_| row.misfit(3, "is not a list of texts"))?;
    Ok(Client {
        id: row.text(0)?.into(),
        name: row.text(1)?,
        secret_hash: row.opt_text(2)?,
        redirect_uris,
        created_at: Timestamp::from_millis(row.int(4)?),
        old_secret: row
            .opt_text(5)?
            .zip(row.opt_int(6)?)
            .map(|(hash, retires_at)| OldSecret { hash, retires_at: Timestamp::from_millis(retires_at) }),
    })
}
