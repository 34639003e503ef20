//! Partners' webhooks in the operator's hands: seen over all workspaces, switched off and on, tested, replayed, removed.

use alc_core::id::{DeliveryId, WebhookId};
use alc_core::time::Timestamp;
use anyhow::{Context as _, bail};

use super::{OPERATOR, Operator};
use crate::moves::{self, Cause};
use crate::notices;
use crate::store::audit::AuditEntry;
use crate::store::delivery_log::{LogPage, LoggedAttempt, LoggedDelivery, Replay, ReplayedPart};
use crate::store::gather::Together as _;
use crate::store::overseen::OverseenWebhook;
use crate::store::wanted_tests::WantedTest;
use crate::store::webhooks::DisabledReason;

/// To a commit.
const REPLAYED_AT_ONCE: usize = 500;
const LISTED_AT_ONCE: i64 = 200;

impl Operator {
    /// Every webhook, or those of the workspace of that name, oldest first.
    pub async fn webhooks(&self, workspace: Option<&str>) -> anyhow::Result<Vec<OverseenWebhook>> {
        let workspace = self.workspace_if_named(workspace).await?;
        let mut all: Vec<OverseenWebhook> = Vec::new();
        loop {
            let (workspace, after) = (workspace.clone(), all.last().map(|last| last.webhook.id.clone()));
            let page = self
                .store
                .read(async move |tx| tx.overseen_webhooks(workspace.as_ref(), after.as_ref(), LISTED_AT_ONCE).await);
            let page = page.await?;
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
        }
    }

    pub async fn webhook(&self, id: &str) -> anyhow::Result<OverseenWebhook> {
        let webhook = WebhookId::from(id);
        let found = self.store.read(async move |tx| tx.overseen_webhook(&webhook).await).await?;
        found.with_context(|| no_webhook(id))
    }

    /// What is announced from now on fails without a try; its grant's other webhooks are told. False when it was disabled before.
    pub async fn disable_webhook(&self, id: &str) -> anyhow::Result<bool> {
        let (webhook, cause) = (WebhookId::from(id), self.cause());
        let disabled = self.store.write(async move |tx| {
            tx.lock_webhook(&webhook).await?;
            let Some(found) = tx.overseen_webhook(&webhook).await? else { return Ok(None) };
            let reason = DisabledReason::ByOperator;
            let workspace = &found.webhook.workspace;
            notices::disable_by(tx, &cause, OPERATOR, workspace, &webhook, reason).await.map(Some)
        });
        disabled.await?.with_context(|| no_webhook(id))
    }

    /// It is told again of what happens; what failed meanwhile can be replayed. False when it was enabled before.
    pub async fn enable_webhook(&self, id: &str) -> anyhow::Result<bool> {
        let (webhook, entry) = (WebhookId::from(id), self.entry(None, "webhook.enabled", id));
        let enabled = self.store.write(async move |tx| {
            tx.lock_webhook(&webhook).await?;
            let Some(found) = tx.overseen_webhook(&webhook).await? else { return Ok(None) };
            let mut webhook = found.webhook;
            if webhook.disabled.is_none() {
                return Ok(Some(false));
            }
            (webhook.disabled, webhook.failing_since) = (None, None);
            tx.save_webhook(&webhook).await?;
            tx.audit(&AuditEntry { workspace: Some(webhook.workspace), ..entry.clone() }).await?;
            Ok(Some(true))
        });
        enabled.await?.with_context(|| no_webhook(id))
    }

    /// As if its owner had: with a grant's last webhook its live leads are called off.
    pub async fn delete_webhook(&self, id: &str) -> anyhow::Result<()> {
        let (webhook, cause) = (WebhookId::from(id), self.cause());
        let entry = self.entry(None, "webhook.deleted", id);
        let deleted = self.store.write(async move |tx| {
            let Some(found) = tx.overseen_webhook(&webhook).await? else { return Ok(false) };
            let (workspace, grant) = (found.webhook.workspace, found.webhook.grant);
            // Of two that delete the last two webhooks at once, one must see that it was the last.
            tx.hold_live_grant(&workspace, &grant).await?;
            if !tx.delete_webhook(&workspace, &grant, &webhook, cause.now).await? {
                return Ok(false);
            }
            tx.audit(&AuditEntry { workspace: Some(workspace.clone()), ..entry.clone() }).await?;
            if tx.webhooks(&workspace, &grant).await?.is_empty() {
                moves::call_off_leads(tx, &cause, &workspace, &grant, "The connection was removed.").await?;
            }
            Ok(true)
        });
        if deleted.await? { Ok(()) } else { bail!(no_webhook(id)) }
    }

    /// Plans a callback that means nothing; its delivery shows what came of it.
    pub async fn test_webhook(&self, id: &str) -> anyhow::Result<DeliveryId> {
        let (webhook, cause) = (WebhookId::from(id), self.cause());
        let entry = self.entry(None, "webhook.tested", id);
        let planned = self.store.write(async move |tx| {
            let Some(OverseenWebhook { webhook, .. }) = tx.overseen_webhook(&webhook).await? else { return Ok(None) };
            let deed = AuditEntry { workspace: Some(webhook.workspace.clone()), ..entry.clone() };
            let wanted = notices::test(&cause, webhook.workspace, webhook.grant, webhook.id, None, deed);
            Ok(WantedTest::together(tx, &[wanted]).await?.pop().flatten())
        });
        planned.await?.with_context(|| no_webhook(id))
    }

    /// Its newest deliveries, newest first.
    pub async fn deliveries(&self, id: &str, page: LogPage) -> anyhow::Result<Vec<LoggedDelivery>> {
        let OverseenWebhook { webhook, .. } = self.webhook(id).await?;
        let found = self.store.read(async move |tx| tx.deliveries(&webhook.workspace, &webhook.id, &page).await);
        Ok(found.await?)
    }

    /// One delivery, and its tries.
    pub async fn delivery(&self, id: &str, delivery: &str) -> anyhow::Result<(LoggedDelivery, Vec<LoggedAttempt>)> {
        let OverseenWebhook { webhook, .. } = self.webhook(id).await?;
        let wanted = DeliveryId::from(delivery);
        let found = self.store.read(async move |tx| {
            let Some(found) = tx.delivery(&webhook.workspace, &webhook.id, &wanted).await? else { return Ok(None) };
            let attempts = tx.attempts(&webhook.workspace, &wanted).await?;
            Ok(Some((found, attempts)))
        });
        found.await?.with_context(|| no_delivery(id, delivery))
    }

    /// Has one delivery made again.
    pub async fn replay_delivery(&self, id: &str, delivery: &str) -> anyhow::Result<()> {
        let (replay, door, wanted) = (self.replay(id).await?, self.door.clone(), DeliveryId::from(delivery));
        let entry = self.entry(Some(replay.workspace.clone()), "webhook.replayed", id).of_many(1);
        let replayed = self.store.write(async move |tx| {
            tx.lock_webhook(&replay.webhook).await?;
            let replayed = tx.replay_delivery(&door, &replay, &wanted).await?;
            if replayed {
                tx.audit(&entry).await?;
            }
            Ok(replayed)
        });
        if replayed.await? { Ok(()) } else { bail!(no_delivery(id, delivery)) }
    }

    /// Has everything made again that was to be delivered since then, or what failed of it; says how many deliveries.
    pub async fn replay_deliveries(&self, id: &str, since: Timestamp, only_failed: bool) -> anyhow::Result<usize> {
        let replay = self.replay(id).await?;
        let (mut count, mut after) = (0, None);
        loop {
            let (replay, door) = (replay.clone(), self.door.clone());
            let part = ReplayedPart { since, after, only_failed, at_most: REPLAYED_AT_ONCE };
            let entry = self.entry(Some(replay.workspace.clone()), "webhook.replayed", id);
            let replayed = self.store.write(async move |tx| {
                tx.lock_webhook(&replay.webhook).await?;
                let replayed = tx.replay_part(&door, &replay, &part).await?;
                tx.audit(&entry.clone().of_many(replayed.count)).await?;
                Ok(replayed)
            });
            let replayed = replayed.await?;
            count += replayed.count;
            after = replayed.next;
            if after.is_none() {
                return Ok(count);
            }
        }
    }

    /// Of a webhook that may be told something.
    async fn replay(&self, id: &str) -> anyhow::Result<Replay> {
        let OverseenWebhook { webhook, .. } = self.webhook(id).await?;
        if webhook.disabled.is_some() {
            bail!("{id} is disabled; `alc webhooks enable {id}` resumes it, then replay");
        }
        Ok(Replay {
            workspace: webhook.workspace,
            webhook: webhook.id,
            now: self.door.now(),
            trace: self.door.unique(),
        })
    }

    pub(crate) fn cause(&self) -> Cause {
        Cause { door: self.door.clone(), now: self.door.now(), trace: self.door.unique() }
    }
}

fn no_webhook(id: &str) -> String {
    format!("there is no webhook {id}; `alc webhooks list` shows those there are")
}

fn no_delivery(webhook: &str, delivery: &str) -> String {
    format!("{webhook} has no delivery {delivery}; `alc webhooks deliveries {webhook}` shows its newest")
}
