//! Phones that said stop: found by a keyed hash, for no phone stands here. The operator's own, as a stop holds over all workspaces.

use alc_core::time::Timestamp;

use super::leads::PHONE_INDEX;
use super::{StoreError, Tx};
use crate::params;

impl Tx {
    pub async fn has_opted_out(&mut self, phone: &str) -> Result<bool, StoreError> {
        let index = self.vault().index(PHONE_INDEX, phone);
        Ok(self.one("SELECT 1 FROM opt_outs WHERE phone_index = $1", params![index], |_| Ok(())).await?.is_some())
    }

    /// `source`: `keyword` (the lead said so) or `gateway` (the gateway knew).
    pub async fn opt_out(&mut self, phone: &str, source: &str, now: Timestamp) -> Result<(), StoreError> {
        let index = self.vault().index(PHONE_INDEX, phone);
        self.exec(
            "INSERT INTO opt_outs (phone_index, source, created_at) VALUES ($1, $2, $3) ON CONFLICT (phone_index) DO UPDATE SET created_at = $3",
            params![index, source, now.as_millis()],
        )
        .await?;
        Ok(())
    }

    /// Undoes an opt-out that was made before `at`.
    pub async fn opt_in(&mut self, phone: &str, at: Timestamp) -> Result<(), StoreError> {
        let index = self.vault().index(PHONE_INDEX, phone);
        let sql = "DELETE FROM opt_outs WHERE phone_index = $1 AND created_at <= $2";
        self.exec(sql, params![index, at.as_millis()]).await?;
        Ok(())
    }
}
