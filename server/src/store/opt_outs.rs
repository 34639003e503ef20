//! Phones that said stop: found by a keyed hash, for no phone stands here. The operator's own, as a stop holds over all workspaces
//! (one that was said to a sandbox, in that sandbox).

use alc_core::time::Timestamp;

use super::handsets::Handset;
use super::{StoreError, Tx};
use crate::params;

impl Tx {
    pub async fn has_opted_out(&mut self, phone: &Handset) -> Result<bool, StoreError> {
        let index = phone.index(self.vault());
        Ok(self.one("SELECT 1 FROM opt_outs WHERE phone_index = $1", params![index], |_| Ok(())).await?.is_some())
    }

    /// `source`: `keyword` (the lead said so) or `gateway` (the gateway knew).
    pub async fn opt_out(&mut self, phone: &Handset, source: &str, now: Timestamp) -> Result<(), StoreError> {
        let index = phone.index(self.vault());
        self.exec(
            "INSERT INTO opt_outs (phone_index, source, created_at) VALUES ($1, $2, $3) ON CONFLICT (phone_index) DO UPDATE SET created_at = $3",
            params![index, source, now.as_millis()],
        )
        .await?;
        Ok(())
    }

    /// Undoes an opt-out that was made before `at`.
    pub async fn opt_in(&mut self, phone: &Handset, at: Timestamp) -> Result<(), StoreError> {
        let index = phone.index(self.vault());
        let sql = "DELETE FROM opt_outs WHERE phone_index = $1 AND created_at <= $2";
        self.exec(sql, params![index, at.as_millis()]).await?;
        Ok(())
    }
}
