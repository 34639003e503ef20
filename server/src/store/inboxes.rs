//! Inboxes: how far each of our numbers' inboxes at the gateway was read. The operator's own.

use alc_core::time::Timestamp;

use super::{StoreError, Tx};
use crate::params;

impl Tx {
    /// A number that is new to us: what came before was never ours.
    pub async fn open_inbox(&mut self, our_number: &str, now: Timestamp) -> Result<(), StoreError> {
        let sql = "INSERT INTO inboxes (our_number, read_until) VALUES ($1, $2) ON CONFLICT (our_number) DO NOTHING";
        self.exec(sql, params![our_number, now.as_millis()]).await?;
        Ok(())
    }

    pub async fn inbox_read_until(&mut self, our_number: &str) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT read_until FROM inboxes WHERE our_number = $1";
        self.one(sql, params![our_number], |row| Ok(Timestamp::from_millis(row.int(0)?))).await
    }

    pub async fn save_inbox_read_until(&mut self, our_number: &str, at: Timestamp) -> Result<(), StoreError> {
        self.exec("UPDATE inboxes SET read_until = $2 WHERE our_number = $1", params![our_number, at.as_millis()])
            .await?;
        Ok(())
    }
}
