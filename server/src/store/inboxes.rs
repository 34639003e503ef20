//! Inboxes: how far each of our numbers' inboxes at the gateway was read. The operator's own.

use alc_core::time::Timestamp;

use super::{StoreError, Tx};
use crate::params;

/// How far an inbox was read.
#[derive(Debug, Clone, Copy)]
pub struct ReadUntil {
    /// Everything was.
    pub all_until: Timestamp,
    /// Until here a look that did not come to its end.
    pub resume_at: Option<Timestamp>,
}

impl Tx {
    /// A number that is new to us: what came before was never ours.
    pub async fn open_inbox(&mut self, our_number: &str, now: Timestamp) -> Result<(), StoreError> {
        let sql = "INSERT INTO inboxes (our_number, read_until) VALUES ($1, $2) ON CONFLICT (our_number) DO NOTHING";
        self.exec(sql, params![our_number, now.as_millis()]).await?;
        Ok(())
    }

    pub async fn inbox_read_until(&mut self, our_number: &str) -> Result<Option<ReadUntil>, StoreError> {
        let sql = "SELECT read_until, resume_at FROM inboxes WHERE our_number = $1";
        self.one(sql, params![our_number], |row| {
            let resume_at = row.opt_int(1)?.map(Timestamp::from_millis);
            Ok(ReadUntil { all_until: Timestamp::from_millis(row.int(0)?), resume_at })
        })
        .await
    }

    /// Until here the look that is under way has come.
    pub async fn save_inbox_progress(&mut self, our_number: &str, at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE inboxes SET resume_at = $2 WHERE our_number = $1";
        self.exec(sql, params![our_number, at.as_millis()]).await.map(drop)
    }

    pub async fn save_inbox_read_until(&mut self, our_number: &str, at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE inboxes SET read_until = $2, resume_at = NULL WHERE our_number = $1";
        self.exec(sql, params![our_number, at.as_millis()]).await.map(drop)
    }
}
