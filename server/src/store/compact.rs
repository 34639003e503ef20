//! Giving back the space of what was deleted, so that the file of the database does not hold it any more.

use super::{Engine, Store, StoreError, sqlite};

/// Those from which people are erased.
const TABLES: &str = "leads, conversations, messages, stray_messages, waiting_leads, phone_days, events, deliveries, attempts, record_updates, idempotency_keys, jobs";

impl Store {
    /// Takes its time, and on SQLite keeps writers waiting meanwhile.
    pub async fn compact(&self) -> Result<(), StoreError> {
        match &self.engine {
            Engine::Postgres(pools) => {
                Ok(pools.server.connect().await?.batch_execute(&format!("VACUUM {TABLES}")).await?)
            }
            Engine::Sqlite(threads) => {
                let (path, options) = (threads.path.clone(), self.options.clone());
                let compacted = tokio::task::spawn_blocking(move || {
                    let connection = sqlite::connect(&path, &options)?;
                    // The file is written anew, and the log of writes beside it is emptied.
                    Ok(connection.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)")?)
                });
                compacted.await.unwrap_or(Err(StoreError::Gone))
            }
        }
    }
}
