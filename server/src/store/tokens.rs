//! Access and refresh tokens: kept as hashes, found by what was presented.

use alc_core::id::{GrantId, WorkspaceId};
use alc_core::time::Timestamp;

use super::{StoreError, Tx};
use crate::params;

/// What a live access token opens.
#[derive(Debug, Clone)]
pub struct Access {
    pub workspace: WorkspaceId,
    pub grant: GrantId,
    /// Space separated.
    pub scope: String,
    pub is_operator: bool,
}

impl Tx {
    /// The access a token gives at `now`; `None` when it is unknown, expired, or its grant is revoked.
    pub async fn access(&mut self, token_hash: &str, now: Timestamp) -> Result<Option<Access>, StoreError> {
        self.one(
            "SELECT t.workspace, t.grant_id, t.scope, g.client_id FROM tokens t JOIN grants g ON g.id = t.grant_id AND g.workspace = t.workspace
             WHERE t.token_hash = $1 AND t.kind = 'access' AND (t.expires_at IS NULL OR t.expires_at > $2) AND g.revoked_at IS NULL",
            params![token_hash, now.as_millis()],
            |row| {
                Ok(Access {
                    workspace: row.text(0)?.into(),
                    grant: row.text(1)?.into(),
                    scope: row.text(2)?,
                    is_operator: row.opt_text(3)?.is_none(),
                })
            },
        )
        .await
    }
}
