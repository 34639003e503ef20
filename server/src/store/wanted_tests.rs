//! Tests of webhooks, as their owners ask for them: however many ask at once, they are taken in together.

use std::collections::HashSet;

use alc_core::id::{DeliveryId, GrantId, WebhookId};
use serde_json::json;

use super::audit::AuditEntry;
use super::brought::rows;
use super::events::Event;
use super::gather::Together;
use super::{StoreError, Tx};
use crate::door::Door;

#[derive(Clone)]
pub struct WantedTest {
    pub door: Door,
    pub event: Event,
    pub webhook: WebhookId,
    pub trace: String,
    /// For the audit log.
    pub deed: AuditEntry,
}

impl Together for WantedTest {
    /// None: the grant has no such webhook.
    type Answer = Option<DeliveryId>;

    const READS: bool = false;

    async fn together(tx: &mut Tx, all: &[Self]) -> Result<Vec<Self::Answer>, StoreError> {
        let there = tx.webhooks_to_test(all).await?;
        let is_there = |test: &&Self| there.contains(&(test.event.grant.clone(), test.webhook.clone()));
        let wanted: Vec<&Self> = all.iter().filter(is_there).collect();
        let Some(first) = wanted.first() else { return Ok(vec![None; all.len()]) };
        let events: Vec<Event> = wanted.iter().map(|test| test.event.clone()).collect();
        tx.insert_events(&events).await?;
        let deliveries: Vec<_> = wanted.iter().map(|test| test.event.to(&test.webhook, &test.trace)).collect();
        let deeds: Vec<AuditEntry> = wanted.iter().map(|test| test.deed.clone()).collect();
        tx.audit_all(&deeds).await?;
        let mut made = tx.insert_deliveries(&first.door, &deliveries).await?.into_iter();
        Ok(all.iter().map(|test| if is_there(&test) { made.next() } else { None }).collect())
    }
}

impl Tx {
    async fn webhooks_to_test(&mut self, tests: &[WantedTest]) -> Result<HashSet<(GrantId, WebhookId)>, StoreError> {
        let brought = self.brought(&[("id", "TEXT"), ("workspace", "TEXT"), ("grant_id", "TEXT")]);
        let mut asked = HashSet::new();
        let tests = tests.iter().filter(|test| asked.insert((&test.event.grant, &test.webhook)));
        let tests = rows(tests.map(
            |test| json!({ "id": test.webhook, "workspace": test.event.workspace, "grant_id": test.event.grant }),
        ))?;
        let found = self
            .all(
                &format!(
                    "SELECT w.grant_id, w.id FROM {brought} CROSS JOIN webhooks w
                     WHERE w.id = brought.id AND w.workspace = brought.workspace AND w.grant_id = brought.grant_id
                       AND w.deleted_at IS NULL"
                ),
                &[tests],
                |row| Ok((row.text(0)?.into(), row.text(1)?.into())),
            )
            .await?;
        Ok(found.into_iter().collect())
    }
}
