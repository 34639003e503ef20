//! SMS that belong to no conversation: kept, and never guessed to belong to one.

use alc_core::id::MessageId;
use alc_core::time::Timestamp;

use super::leads::PHONE_INDEX;
use super::{StoreError, Tx};
use crate::params;

impl Tx {
    /// Keeps an SMS that belongs to no conversation, for the operator to see. False when it was kept before.
    pub async fn insert_stray_message(
        &mut self,
        id: &MessageId,
        gateway_id: &str,
        our_number: &str,
        phone: &str,
        body: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let vault = self.vault();
        let args = params![
            id.as_str(),
            gateway_id,
            our_number,
            vault.seal("stray_messages.phone", id.as_str(), phone),
            vault.index(PHONE_INDEX, phone),
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
