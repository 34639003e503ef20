//! `/api/v1/webhooks`: who wants to be told of what. A webhook belongs to the grant it was made under; to any other caller it does
//! not exist.

mod deliveries;
mod draft;
mod secret;

use ::http::{HeaderMap, StatusCode, header};
use axum::extract::{FromRequest as _, Request, State};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use alc_core::id::{DeliveryId, EventId, GrantId, WebhookId, WorkspaceId};
use alc_core::signature::Secret;

use self::draft::{WebhookDraft, WebhookDraftWithEvents, WebhookPatch};
use super::body::Json;
use super::caller::{Caller, ReadWebhooks, WriteWebhooks};
use super::etag;
use super::path::PathId;
use super::problem::ApiError;
use crate::app::{App, rfc3339};
use crate::event::EventName;
use crate::moves::{self, Cause};
use crate::notices;
use crate::store::StoreError;
use crate::store::audit::{AuditEntry, Origin};
use crate::store::signing_secrets::SigningSecrets;
use crate::store::webhooks::{DisabledReason, Webhook};

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(read, change, delete))
        .routes(routes!(secret::rotate))
        .routes(routes!(secret::read))
        .routes(routes!(test))
        .routes(routes!(deliveries::list))
        .routes(routes!(deliveries::read))
        .routes(routes!(deliveries::replay))
        .routes(routes!(deliveries::replay_since))
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Webhook)]
struct WebhookView {
    webhook_id: WebhookId,
    name: String,
    #[schema(required)]
    description: Option<String>,
    #[schema(format = "uri")]
    url: String,
    events: Vec<EventName>,
    /// The values may be secret, and are not shown.
    header_names: Vec<String>,
    enabled: bool,
    #[schema(required, format = DateTime)]
    disabled_at: Option<String>,
    #[schema(required)]
    disabled_reason: Option<DisabledReason>,
    /// The first failure after the last success.
    #[schema(required, format = DateTime)]
    failing_since: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    /// Shown when the webhook is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
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

/// Subscribe a URL.
///
/// It is told of the leads sent under the same grant; the operator's own token subscribes to the whole workspace. The answer holds
/// the secret that callbacks are signed with (Standard Webhooks).
#[utoipa::path(
    post,
    path = "/api/v1/webhooks",
    operation_id = "createWebhook",
    tag = "Webhooks",
    security(("oauth2" = ["webhooks:write"])),
    request_body = WebhookDraftWithEvents,
    responses((status = 201, description = "The webhook, with its secret.", body = WebhookView)),
    extensions(("x-problem-codes" = json!([
        "description_too_long", "event_missing", "header_not_allowed", "invalid_header", "invalid_url", "name_too_long",
        "too_many_headers", "too_many_webhooks", "unknown_event", "url_not_allowed",
    ]))),
)]
async fn create(
    State(app): State<App>,
    caller: Caller<WriteWebhooks>,
    origin: Origin,
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
    let deed = deed(&app, &origin, "webhook.created", &webhook.workspace, &webhook.grant, &webhook.id);
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

/// Webhooks of a grant.
#[derive(Debug, Serialize, ToSchema)]
struct WebhookList {
    data: Vec<WebhookView>,
}

/// List webhooks.
///
/// Those of the token's grant.
#[utoipa::path(
    get,
    path = "/api/v1/webhooks",
    operation_id = "listWebhooks",
    tag = "Webhooks",
    security(("oauth2" = ["webhooks:read"])),
    params(etag::IfNoneMatch),
    responses((status = 200, description = "The webhooks, without their secrets.", body = WebhookList)),
)]
async fn list(State(app): State<App>, caller: Caller<ReadWebhooks>, headers: HeaderMap) -> Result<Response, ApiError> {
    let webhooks = app.store.read(async move |tx| tx.webhooks(&caller.workspace, &caller.grant).await).await?;
    let data = webhooks.into_iter().map(|webhook| WebhookView::new(webhook, None)).collect();
    etag::answer(&headers, &WebhookList { data })
}

/// Read a webhook.
///
/// Everything except secrets and the values of headers.
#[utoipa::path(
    get,
    path = "/api/v1/webhooks/{webhook_id}",
    operation_id = "readWebhook",
    tag = "Webhooks",
    security(("oauth2" = ["webhooks:read"])),
    params(("webhook_id" = inline(WebhookId), Path, description = "The webhook's id."), etag::IfNoneMatch),
    responses((status = 200, description = "The webhook.", body = WebhookView)),
)]
async fn read(
    State(app): State<App>,
    caller: Caller<ReadWebhooks>,
    PathId(id): PathId<WebhookId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let webhook = app.store.read(async move |tx| tx.webhook(&caller.workspace, &caller.grant, &id).await).await?;
    let webhook = webhook.ok_or_else(|| ApiError::not_found("webhook"))?;
    etag::answer(&headers, &WebhookView::new(webhook, None))
}

/// Change a webhook.
///
/// What is given changes and the rest stays (RFC 7396). What is under way goes to the new URL with its next try. `"enabled": true`
/// resumes a webhook that was disabled; what failed meanwhile can be replayed.
#[utoipa::path(
    patch,
    path = "/api/v1/webhooks/{webhook_id}",
    operation_id = "changeWebhook",
    tag = "Webhooks",
    security(("oauth2" = ["webhooks:write"])),
    params(("webhook_id" = inline(WebhookId), Path, description = "The webhook's id.")),
    request_body = WebhookPatch,
    responses((status = 200, description = "The webhook as it is now.", body = WebhookView)),
    extensions(("x-problem-codes" = json!([
        "description_too_long", "event_missing", "header_not_allowed", "invalid_header", "invalid_url", "name_too_long",
        "too_many_headers", "unknown_event", "url_not_allowed",
    ]))),
)]
async fn change(
    State(app): State<App>,
    caller: Caller<WriteWebhooks>,
    origin: Origin,
    PathId(id): PathId<WebhookId>,
    Json(patch): Json<WebhookPatch>,
) -> Result<Json<WebhookView>, ApiError> {
    let change = patch.check(&app)?;
    let deed = deed(&app, &origin, "webhook.changed", &caller.workspace, &caller.grant, &id);
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

/// Remove a webhook.
///
/// With the grant's last webhook nobody is left to hear an outcome, so its live conversations end: nobody is texted for nothing.
#[utoipa::path(
    delete,
    path = "/api/v1/webhooks/{webhook_id}",
    operation_id = "deleteWebhook",
    tag = "Webhooks",
    security(("oauth2" = ["webhooks:write"])),
    params(("webhook_id" = inline(WebhookId), Path, description = "The webhook's id.")),
    responses((status = 204, description = "It is gone.")),
)]
async fn delete(
    State(app): State<App>,
    caller: Caller<WriteWebhooks>,
    origin: Origin,
    PathId(id): PathId<WebhookId>,
) -> Result<StatusCode, ApiError> {
    let deed = deed(&app, &origin, "webhook.deleted", &caller.workspace, &caller.grant, &id);
    let cause = Cause { door: app.door.clone(), now: app.now(), trace: origin.trace };
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
                moves::call_off_leads(tx, &cause, &caller.workspace, &caller.grant, reason).await?;
            }
            Ok(true)
        })
        .await?;
    if deleted { Ok(StatusCode::NO_CONTENT) } else { Err(ApiError::not_found("webhook")) }
}

/// What a test carries to the endpoint. The whole body may be left out.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TestDraft {
    /// The callback carries it as it is.
    #[schema(value_type = Option<Object>)]
    data: Option<serde_json::Map<String, Value>>,
}

/// A test under way.
#[derive(Debug, Serialize, ToSchema)]
struct PlannedTest {
    /// In its log the endpoint's answer is shown.
    delivery_id: DeliveryId,
    event_id: EventId,
}

/// Test a webhook.
///
/// A `webhook.test` event is sent once, and to a disabled webhook as well; with `{"data": {…}}` in the request, the callback carries
/// that.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{webhook_id}/test",
    operation_id = "testWebhook",
    tag = "Webhooks",
    security(("oauth2" = ["webhooks:write"])),
    params(("webhook_id" = inline(WebhookId), Path, description = "The webhook's id.")),
    request_body = Option<TestDraft>,
    responses((status = 202, description = "It will be sent.", body = PlannedTest)),
)]
async fn test(
    State(app): State<App>,
    caller: Caller<WriteWebhooks>,
    origin: Origin,
    PathId(id): PathId<WebhookId>,
    request: Request,
) -> Result<Response, ApiError> {
    let draft = if request.headers().contains_key(header::CONTENT_TYPE) {
        Json::<Option<TestDraft>>::from_request(request, &app).await?.0.unwrap_or_default()
    } else {
        TestDraft::default()
    };
    let deed = deed(&app, &origin, "webhook.tested", &caller.workspace, &caller.grant, &id);
    let cause = Cause { door: app.door.clone(), now: app.now(), trace: origin.trace };
    let wanted = notices::test(&cause, caller.workspace, caller.grant, id, draft.data, deed);
    let event_id = wanted.event.id.clone();
    let delivery_id = app.tests.ask(wanted).await?.ok_or_else(|| ApiError::not_found("webhook"))?;
    Ok((StatusCode::ACCEPTED, Json(PlannedTest { delivery_id, event_id })).into_response())
}

fn fresh_secret(app: &App) -> Result<Secret, ApiError> {
    Secret::from_key(app.door.random_bytes::<32>().to_vec()).map_err(|_| ApiError::internal())
}

/// The line of the audit log for what a grant does to a webhook of its own.
fn deed(
    app: &App,
    origin: &Origin,
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
        reason: None,
        affected: None,
        origin: origin.clone(),
        at: app.now(),
    }
}
