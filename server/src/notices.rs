//! What webhooks are told about webhooks.

use serde_json::{Map, Value, json};

use alc_core::id::{EventId, GrantId, WebhookId, WorkspaceId};

use crate::app::rfc3339;
use crate::event::EventName;
use crate::moves::Cause;
use crate::store::audit::{self, AuditEntry, Origin};
use crate::store::events::Event;
use crate::store::wanted_tests::WantedTest;
use crate::store::webhooks::DisabledReason;
use crate::store::{StoreError, Tx};

/// A callback that means nothing, to see whether callbacks arrive; `data` comes along as it is.
pub fn test(
    cause: &Cause,
    workspace: WorkspaceId,
    grant: GrantId,
    webhook: WebhookId,
    data: Option<Map<String, Value>>,
    deed: AuditEntry,
) -> WantedTest {
    let mut body = json!({ "type": EventName::WebhookTest, "timestamp": rfc3339(cause.now), "webhook_id": webhook });
    if let Some(data) = data {
        body["data"] = Value::Object(data);
    }
    let event = Event {
        id: EventId::from_unique(&cause.door.unique()),
        workspace,
        grant,
        name: EventName::WebhookTest,
        of_lead: None,
        body: body.to_string(),
        at: cause.now,
    };
    WantedTest { door: cause.door.clone(), event, webhook, trace: cause.trace.clone(), deed }
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
    let others = tx.webhooks_for(workspace, &event.grant, event.name).await?;
    let told: Vec<_> = others.iter().filter(|other| *other != id).map(|other| event.to(other, &cause.trace)).collect();
    tx.insert_deliveries(&cause.door, &told).await?;
    Ok(true)
}
