//! Tests of webhooks, as their owners ask for them: however many ask at once, they are taken in together.

use std::collections::HashSet;

use alc_core::id::{DeliveryId, GrantId, WebhookId};

use super::audit::AuditEntry;
use super::brought::Kind::Text;
use super::brought::{Brought, row};
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
        let mut asked = HashSet::new();
        let tests = tests.iter().filter(|test| asked.insert((&test.event.grant, &test.webhook)));
        let tests =
            tests.map(|test| row![test.webhook.as_str(), test.event.workspace.as_str(), test.event.grant.as_str()]);
        let tests = Brought::new([("id", Text), ("workspace", Text), ("grant_id", Text)], tests);
        let found = self
            .all_brought(
                &tests,
                &[],
                |tests| {
                    format!(
                        "SELECT w.grant_id, w.id FROM {tests} CROSS JOIN webhooks w
                         WHERE w.id = brought.id AND w.workspace = brought.workspace AND w.grant_id = brought.grant_id
                           AND w.deleted_at IS NULL"
                    )
                },
                |row| Ok((row.text(0)?.into(), row.text(1)?.into())),
            )
            .await?;
        Ok(found.into_iter().collect())
    }
}
