//! What partners' callbacks say of records: each callback once, and of each record the newest.

use alc_core::id::{ConnectionId, WorkspaceId};
use alc_core::incoming::Position;
use alc_core::record::Seen;
use alc_core::time::Timestamp;

use super::{StoreError, Tx};
use crate::params;

/// The newest that is known of a record.
#[derive(Debug, Clone)]
pub struct RecordUpdate {
    pub workspace: WorkspaceId,
    pub connection: ConnectionId,
    pub record_id: String,
    pub position: Position,
    /// What to PATCH, as JSON.
    pub attributes: String,
}

/// What is kept of a record, and how far it got.
#[derive(Debug, Clone)]
pub struct KeptUpdate {
    pub update: RecordUpdate,
    /// Rises with each update of the record.
    pub revision: i64,
    /// The record says so already.
    pub is_written: bool,
}

impl Tx {
    /// Everything that is said about one record is taken in one after the other.
    pub async fn lock_record(&mut self, connection: &ConnectionId, record_id: &str) -> Result<(), StoreError> {
        self.lock(&format!("record {connection} {record_id}")).await
    }

    /// False when this callback has come in before.
    pub async fn insert_received_callback(
        &mut self,
        workspace: &WorkspaceId,
        connection: &ConnectionId,
        webhook_id: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let inserted = self
            .exec(
                "INSERT INTO received_callbacks (workspace, connection_id, webhook_id, received_at) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (connection_id, webhook_id) DO NOTHING",
                params![workspace.as_str(), connection.as_str(), webhook_id, now.as_millis()],
            )
            .await?;
        Ok(inserted == 1)
    }

    pub async fn record_update(
        &mut self,
        workspace: &WorkspaceId,
        connection: &ConnectionId,
        record_id: &str,
    ) -> Result<Option<KeptUpdate>, StoreError> {
        let row_name = row_name(connection, record_id);
        self.one(
            "SELECT lead_id, sequence, told_at, attributes, revision, written_revision FROM record_updates
             WHERE workspace = $1 AND connection_id = $2 AND record_id = $3",
            params![workspace.as_str(), connection.as_str(), record_id],
            |row| {
                let sequence = row.opt_int(1)?.map(u32::try_from).transpose();
                let sequence = sequence.map_err(|_| row.misfit(1, "is no sequence"))?;
                let seen = row.opt_text(0)?.zip(sequence).map(|(lead_id, sequence)| Seen { lead_id, sequence });
                let update = RecordUpdate {
                    workspace: workspace.clone(),
                    connection: connection.clone(),
                    record_id: record_id.to_owned(),
                    position: Position { seen, at: Timestamp::from_millis(row.int(2)?) },
                    attributes: row.sealed(3, "record_updates.attributes", &row_name)?,
                };
                let (revision, written) = (row.int(4)?, row.int(5)?);
                Ok(KeptUpdate { update, revision, is_written: written >= revision })
            },
        )
        .await
    }

    pub async fn save_record_update(&mut self, update: &RecordUpdate) -> Result<(), StoreError> {
        let row_name = row_name(&update.connection, &update.record_id);
        let attributes = self.vault().seal("record_updates.attributes", &row_name, &update.attributes);
        let seen = update.position.seen.as_ref();
        self.exec(
            "INSERT INTO record_updates (workspace, connection_id, record_id, lead_id, sequence, told_at, attributes)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (connection_id, record_id)
             DO UPDATE SET lead_id = $4, sequence = $5, told_at = $6, attributes = $7, revision = record_updates.revision + 1",
            params![
                update.workspace.as_str(),
                update.connection.as_str(),
                &update.record_id,
                seen.map(|seen| seen.lead_id.as_str()),
                seen.map(|seen| i64::from(seen.sequence)),
                update.position.at.as_millis(),
                attributes,
            ],
        )
        .await?;
        Ok(())
    }

    /// The record says what stood here at that revision.
    pub async fn note_record_written(&mut self, kept: &KeptUpdate) -> Result<(), StoreError> {
        let RecordUpdate { workspace, connection, record_id, .. } = &kept.update;
        self.exec(
            "UPDATE record_updates SET written_revision = $4
             WHERE workspace = $1 AND connection_id = $2 AND record_id = $3 AND written_revision < $4",
            params![workspace.as_str(), connection.as_str(), record_id, kept.revision],
        )
        .await?;
        Ok(())
    }
}

/// What a sealed value is bound to.
fn row_name(connection: &ConnectionId, record_id: &str) -> String {
    format!("{connection}/{record_id}")
}
