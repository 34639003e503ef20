//! Authorization codes: kept as hashes, good for one exchange, bound to client, redirect URI and PKCE challenge.

use alc_core::id::{ClientId, GrantId, WorkspaceId};
use alc_core::time::Timestamp;

use super::{StoreError, Tx};
use crate::params;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    pub hash: String,
    pub workspace: WorkspaceId,
    pub grant: GrantId,
    pub client: ClientId,
    pub redirect_uri: String,
    /// PKCE S256.
    pub challenge: Option<String>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub used_at: Option<Timestamp>,
}

impl Tx {
    pub async fn insert_code(&mut self, code: &Code) -> Result<(), StoreError> {
        self.exec(
            "INSERT INTO authorization_codes
                 (code_hash, workspace, grant_id, client_id, redirect_uri, code_challenge, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            params![
                &code.hash,
                code.workspace.as_str(),
                code.grant.as_str(),
                code.client.as_str(),
                &code.redirect_uri,
                code.challenge.as_deref(),
                code.created_at.as_millis(),
                code.expires_at.as_millis()
            ],
        )
        .await
        .map(drop)
    }

    /// The code, with the scope of its grant, used and expired ones too. Holds it until the transaction ends: of two who
    /// redeem it at once, the second sees that it was used.
    pub async fn hold_code(&mut self, hash: &str) -> Result<Option<(Code, String)>, StoreError> {
        self.lock(&format!("code {hash}")).await?;
        self.one(
            "SELECT c.workspace, c.grant_id, c.client_id, c.redirect_uri, c.code_challenge, c.created_at, c.expires_at,
                 c.used_at, g.scope
             FROM authorization_codes c JOIN grants g ON g.id = c.grant_id AND g.workspace = c.workspace
             WHERE c.code_hash = $1",
            params![hash],
            |row| {
                let code = Code {
                    hash: hash.to_owned(),
                    workspace: row.text(0)?.into(),
                    grant: row.text(1)?.into(),
                    client: row.text(2)?.into(),
                    redirect_uri: row.text(3)?,
                    challenge: row.opt_text(4)?,
                    created_at: Timestamp::from_millis(row.int(5)?),
                    expires_at: Timestamp::from_millis(row.int(6)?),
                    used_at: row.opt_int(7)?.map(Timestamp::from_millis),
                };
                Ok((code, row.text(8)?))
            },
        )
        .await
    }

    pub async fn use_code(&mut self, code: &Code, now: Timestamp) -> Result<(), StoreError> {
        self.exec(
            "UPDATE authorization_codes SET used_at = $3 WHERE code_hash = $1 AND workspace = $2",
            params![&code.hash, code.workspace.as_str(), now.as_millis()],
        )
        .await
        .map(drop)
    }
}
