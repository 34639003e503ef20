//! What webhooks are told about webhooks, as steps inside a commit.

use serde_json::json;

use alc_core::id::{DeliveryId, EventId, WebhookId, WorkspaceId};

use crate::app::rfc3339;
use crate::event::EventName;
use crate::moves::Cause;
use crate::store::audit::{self, AuditEntry, Origin};
use crate::store::events::Event;
use crate::store::webhooks::{DisabledReason, Webhook};
use crate::store::{StoreError, Tx};

/// Plans a callback that means nothing, to see whether callbacks arrive.
pub async fn test(tx: &mut Tx, cause: &Cause, webhook: &Webhook) -> Result<(EventId, DeliveryId), StoreError> {
    let event = Event {
        id: EventId::from_unique(&cause.door.unique()),
        workspace: webhook.workspace.clone(),
        grant: webhook.grant.clone(),
        name: EventName::WebhookTest,
        of_lead: None,
        body: json!({ "type": EventName::WebhookTest, "timestamp": rfc3339(cause.now), "webhook_id": webhook.id })
            .to_string(),
        at: cause.now,
    };
    tx.insert_event(&event).await?;
    let delivery = tx.insert_delivery(&cause.door, &event.to(&webhook.id, &cause.trace)).await?;
    Ok((event.id, delivery))
}

/// Stops telling an endpoint that is no use, and tells the other webhooks that wish to know: those of the same grant, and the
/// operator's. One that was disabled before is left as it is.
pub async fn disable(
    tx: &mut Tx,
    cause: &Cause,
    workspace: &WorkspaceId,
    id: &WebhookId,
    reason: DisabledReason,
) -> Result<(), StoreError> {
    disable_by(tx, cause, audit::SERVICE, workspace, id, reason).await.map(drop)
}

/// The same, for whoever does it; false when it was disabled before.
pub async fn disable_by(
    tx: &mut Tx,
    cause: &Cause,
    actor: &str,
    workspace: &WorkspaceId,
    id: &WebhookId,
    reason: DisabledReason,
) -> Result<bool, StoreError> {
    let Some(grant) = tx.disable_webhook(workspace, id, reason, cause.now).await? else { return Ok(false) };
    tracing::warn!(webhook = %id, reason = reason.as_str(), "webhook disabled");
    let deed = AuditEntry {
        id: AuditEntry::new_id(&cause.door),
        workspace: Some(workspace.clone()),
        actor: actor.to_owned(),
        action: "webhook.disabled",
        target: id.to_string(),
        reason: Some(reason.as_str()),
        affected: None,
        origin: Origin::here(cause.trace.clone()),
        at: cause.now,
    };
    tx.audit(&deed).await?;
    let body = json!({
        "type": EventName::WebhookDisabled,
        "timestamp": rfc3339(cause.now),
        "webhook_id": id,
        "reason": reason,
    });
    let event = Event {
        id: EventId::from_unique(&cause.door.unique()),
        workspace: workspace.clone(),
        grant,
        name: EventName::WebhookDisabled,
        of_lead: None,
        body: body.to_string(),
        at: cause.now,
    };
    tx.insert_event(&event).await?;
    for other in tx.webhooks_for(workspace, &event.grant, event.name).await? {
        if other != *id {
            tx.insert_delivery(&cause.door, &event.to(&other, &cause.trace)).await?;
        }
    }
    Ok(true)
}
