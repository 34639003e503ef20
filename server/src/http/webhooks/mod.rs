//! `/api/v1/webhooks`: who wants to be told of what. A webhook belongs to the grant it was made under; to any other caller it does
//! not exist.

mod deliveries;
mod draft;
mod secret;

use ::http::StatusCode;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde::Serialize;
use serde_json::json;

use alc_core::id::{GrantId, WebhookId, WorkspaceId};
use alc_core::signature::Secret;

use self::draft::{WebhookDraft, WebhookPatch};
use super::body::Json;
use super::caller::{Caller, ReadWebhooks, WriteWebhooks};
use super::path::PathId;
use super::problem::ApiError;
use super::trace::Trace;
use crate::app::{App, rfc3339};
use crate::event::EventName;
use crate::moves::{self, Cause};
use crate::notices;
use crate::store::StoreError;
use crate::store::audit::AuditEntry;
use crate::store::signing_secrets::SigningSecrets;
use crate::store::webhooks::{DisabledReason, Webhook};

pub fn router() -> Router<App> {
    Router::new()
        .route("/api/v1/webhooks", post(create).get(list))
        .route("/api/v1/webhooks/{webhook_id}", get(read).patch(change).delete(delete))
        .route("/api/v1/webhooks/{webhook_id}/rotate-secret", post(secret::rotate))
        .route("/api/v1/webhooks/{webhook_id}/secret", get(secret::read))
        .route("/api/v1/webhooks/{webhook_id}/test", post(test))
        .route("/api/v1/webhooks/{webhook_id}/deliveries", get(deliveries::list))
        .route("/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}", get(deliveries::read))
        .route("/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/replay", post(deliveries::replay))
        .route("/api/v1/webhooks/{webhook_id}/replay", post(deliveries::replay_since))
}

#[derive(Debug, Serialize)]
struct WebhookView {
    webhook_id: WebhookId,
    name: String,
    description: Option<String>,
    url: String,
    events: Vec<EventName>,
    /// The values may be secret, and are not shown.
    header_names: Vec<String>,
    enabled: bool,
    disabled_at: Option<String>,
    disabled_reason: Option<DisabledReason>,
    /// The first failure after the last success.
    failing_since: Option<String>,
    created_at: String,
    /// Shown when the webhook is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl WebhookView {
    fn new(webhook: Webhook, secret: Option<&Secret>) -> Self {
        Self {
            webhook_id: webhook.id,
            name: webhook.name,
            description: webhook.description,
            url: webhook.url,
            events: webhook.events,
            header_names: webhook.headers.0.into_keys().collect(),
            enabled: webhook.disabled.is_none(),
            disabled_at: webhook.disabled.map(|disabled| rfc3339(disabled.at)),
            disabled_reason: webhook.disabled.map(|disabled| disabled.reason),
            failing_since: webhook.failing_since.map(rfc3339),
            created_at: rfc3339(webhook.created_at),
            secret: secret.map(Secret::reveal),
        }
    }
}

/// `POST /api/v1/webhooks`: subscribe a URL. It is told of the leads sent under the same grant; the operator's own token subscribes
/// to the whole workspace. 201 with the signing secret.
async fn create(
    State(app): State<App>,
    caller: Caller<WriteWebhooks>,
    Trace(trace): Trace,
    Json(draft): Json<WebhookDraft>,
) -> Result<Response, ApiError> {
    let wanted = draft.check(&app)?;
    let webhook = Webhook {
        id: app.new_id(),
        workspace: caller.workspace,
        grant: caller.grant,
        whole_workspace: caller.is_operator,
        name: wanted.name,
        description: wanted.description,
        url: wanted.url,
        events: wanted.events,
        headers: wanted.headers,
        disabled: None,
        failing_since: None,
        created_at: app.now(),
    };
    let secret = fresh_secret(&app)?;
    let deed = deed(&app, &trace, "webhook.created", &webhook.workspace, &webhook.grant, &webhook.id);
    let (row, secrets) = (webhook.clone(), SigningSecrets::new(secret.clone()));
    let most = app.settings.webhooks.most_per_grant;
    let kept = app.store.write(async move |tx| {
        let is_live = tx.hold_live_grant(&row.workspace, &row.grant).await?;
        if is_live {
            if tx.webhooks(&row.workspace, &row.grant).await?.len() >= most {
                let cure = format!(
                    "There are {most} webhooks already (webhooks.most_per_grant). Delete one that nobody needs."
                );
                return Err(StoreError::refused("too_many_webhooks", cure));
            }
            tx.insert_webhook(&row, &secrets).await?;
            tx.audit(&deed).await?;
        }
        Ok(is_live)
    });
    if !kept.await? {
        return Err(ApiError::token_ended());
    }
    Ok((StatusCode::CREATED, Json(WebhookView::new(webhook, Some(&secret)))).into_response())
}

/// `GET /api/v1/webhooks`: the webhooks of the caller's grant.
async fn list(State(app): State<App>, caller: Caller<ReadWebhooks>) -> Result<Response, ApiError> {
    let webhooks = app.store.read(async move |tx| tx.webhooks(&caller.workspace, &caller.grant).await).await?;
    let views: Vec<WebhookView> = webhooks.into_iter().map(|webhook| WebhookView::new(webhook, None)).collect();
    Ok(Json(json!({ "data": views })).into_response())
}

/// `GET /api/v1/webhooks/{webhook_id}`: one webhook of the caller's grant: everything except secrets and the values of headers.
async fn read(
    State(app): State<App>,
    caller: Caller<ReadWebhooks>,
    PathId(id): PathId<WebhookId>,
) -> Result<Json<WebhookView>, ApiError> {
    let webhook = app.store.read(async move |tx| tx.webhook(&caller.workspace, &caller.grant, &id).await).await?;
    webhook.map(|webhook| Json(WebhookView::new(webhook, None))).ok_or_else(|| ApiError::not_found("webhook"))
}

/// `PATCH /api/v1/webhooks/{webhook_id}`: change what is given and leave the rest (RFC 7396). What is under way goes to the new URL
/// with its next try. `"enabled": true` resumes a webhook that was disabled; what failed meanwhile can be replayed.
async fn change(
    State(app): State<App>,
    caller: Caller<WriteWebhooks>,
    Trace(trace): Trace,
    PathId(id): PathId<WebhookId>,
    Json(patch): Json<WebhookPatch>,
) -> Result<Json<WebhookView>, ApiError> {
    let change = patch.check(&app)?;
    let deed = deed(&app, &trace, "webhook.changed", &caller.workspace, &caller.grant, &id);
    let now = app.now();
    let changed = app
        .store
        .write(async move |tx| {
            tx.lock_webhook(&id).await?;
            let Some(mut webhook) = tx.webhook(&caller.workspace, &caller.grant, &id).await? else { return Ok(None) };
            change.apply(&mut webhook, now)?;
            tx.save_webhook(&webhook).await?;
            tx.audit(&deed).await?;
            Ok(Some(webhook))
        })
        .await?;
    changed.map(|webhook| Json(WebhookView::new(webhook, None))).ok_or_else(|| ApiError::not_found("webhook"))
}

/// `DELETE /api/v1/webhooks/{webhook_id}`: 204, and 404 when asked again. With the grant's last webhook nobody is left to hear an
/// outcome, so its live conversations end: nobody is texted for nothing.
async fn delete(
    State(app): State<App>,
    caller: Caller<WriteWebhooks>,
    Trace(trace): Trace,
    PathId(id): PathId<WebhookId>,
) -> Result<StatusCode, ApiError> {
    let deed = deed(&app, &trace, "webhook.deleted", &caller.workspace, &caller.grant, &id);
    let cause = Cause { door: app.door.clone(), now: app.now(), trace };
    let deleted = app
        .store
        .write(async move |tx| {
            // Of two that delete the last two webhooks at once, one must see that it was the last.
            if !tx.hold_live_grant(&caller.workspace, &caller.grant).await?
                || !tx.delete_webhook(&caller.workspace, &caller.grant, &id, cause.now).await?
            {
                return Ok(false);
            }
            tx.audit(&deed).await?;
            if tx.webhooks(&caller.workspace, &caller.grant).await?.is_empty() {
                let reason = "The connection was removed.";
                moves::cancel_leads_of_grant(tx, &cause, &caller.workspace, &caller.grant, reason).await?;
            }
            Ok(true)
        })
        .await?;
    if deleted { Ok(StatusCode::NO_CONTENT) } else { Err(ApiError::not_found("webhook")) }
}

/// `POST …/test`: 202 with the delivery, in whose log the answer is shown. It is sent once, and to a disabled webhook as well.
async fn test(
    State(app): State<App>,
    caller: Caller<WriteWebhooks>,
    Trace(trace): Trace,
    PathId(id): PathId<WebhookId>,
) -> Result<Response, ApiError> {
    let cause = Cause { door: app.door.clone(), now: app.now(), trace };
    let planned = app
        .store
        .write(async move |tx| match tx.webhook(&caller.workspace, &caller.grant, &id).await? {
            Some(webhook) => notices::test(tx, &cause, &webhook).await.map(Some),
            None => Ok(None),
        })
        .await?;
    let (event, delivery) = planned.ok_or_else(|| ApiError::not_found("webhook"))?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "delivery_id": delivery, "event_id": event }))).into_response())
}

fn fresh_secret(app: &App) -> Result<Secret, ApiError> {
    Secret::from_key(app.door.random_bytes::<32>().to_vec()).map_err(|_| ApiError::internal())
}

/// The line of the audit log for what a grant does to a webhook of its own.
fn deed(
    app: &App,
    trace: &str,
    action: &'static str,
    workspace: &WorkspaceId,
    grant: &GrantId,
    webhook: &WebhookId,
) -> AuditEntry {
    AuditEntry {
        id: app.new_id(),
        workspace: Some(workspace.clone()),
        actor: grant.to_string(),
        action,
        target: webhook.to_string(),
        trace: trace.to_owned(),
        at: app.now(),
    }
}
