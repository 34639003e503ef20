//! SMS that belong to no conversation: kept, and never guessed to belong to one.

use alc_core::id::MessageId;
use alc_core::time::Timestamp;

use super::handsets::Handset;
use super::{StoreError, Tx};
use crate::params;

/// One that is kept.
#[derive(Debug, Clone)]
pub struct StrayMessage {
    pub body: String,
    pub received_at: Timestamp,
}

impl Tx {
    /// What a phone said to a number of ours beside all conversations, oldest first.
    pub async fn stray_messages_from(
        &mut self,
        our_number: &str,
        from: &Handset,
    ) -> Result<Vec<StrayMessage>, StoreError> {
        let index = from.index(self.vault());
        self.all(
            "SELECT id, body, received_at FROM stray_messages WHERE our_number = $1 AND phone_index = $2 ORDER BY received_at, id",
            params![our_number, index],
            |row| {
                let id = row.text(0)?;
                let received_at = Timestamp::from_millis(row.int(2)?);
                Ok(StrayMessage { body: row.sealed(1, "stray_messages.body", &id)?, received_at })
            },
        )
        .await
    }

    /// Keeps an SMS that belongs to no conversation, for the operator to see. False when it was kept before.
    pub async fn insert_stray_message(
        &mut self,
        id: &MessageId,
        gateway_id: &str,
        our_number: &str,
        from: &Handset,
        body: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let vault = self.vault();
        let args = params![
            id.as_str(),
            gateway_id,
            our_number,
            vault.seal("stray_messages.phone", id.as_str(), from.number()),
            from.index(vault),
            vault.seal("stray_messages.body", id.as_str(), body),
            now.as_millis(),
        ]
        .to_vec();
        let inserted = self
            .exec(
                "INSERT INTO stray_messages (id, gateway_id, our_number, phone, phone_index, body, received_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (gateway_id) DO NOTHING",
                &args,
            )
            .await?;
        Ok(inserted == 1)
    }
}
