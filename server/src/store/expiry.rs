//! What nobody can use any more is deleted.

use alc_core::time::Timestamp;

use super::{StoreError, Tx};
use crate::params;

/// Used codes and refresh tokens are kept this long past their end: seen again, they give a thief away.
const KEPT_MS: i64 = 24 * 3600 * 1000;

impl Tx {
    /// Deletes expired sessions, codes and tokens of every workspace.
    pub async fn delete_expired(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let now_ms = now.as_millis();
        let past = now.plus_millis(-KEPT_MS).as_millis();
        self.exec("DELETE FROM sessions WHERE workspace IS NOT NULL AND expires_at <= $1", params![now_ms]).await?;
        self.exec("DELETE FROM authorization_codes WHERE workspace IS NOT NULL AND expires_at <= $1", params![past])
            .await?;
        self.exec("DELETE FROM tokens WHERE workspace IS NOT NULL AND expires_at <= $1", params![past]).await?;
        Ok(())
    }
}
