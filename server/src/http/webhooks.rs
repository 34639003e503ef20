//! `/api/v1/webhooks`: who wants to be told of what.

use ::http::StatusCode;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;

use alc_core::id::WebhookId;
use alc_core::lead::EventType;
use alc_core::signature::Secret;

use super::body::Json;
use super::caller::{Caller, ReadWebhooks, WriteWebhooks};
use super::path::PathId;
use super::problem::ApiError;
use super::trace::Trace;
use crate::app::{App, rfc3339};
use crate::moves::{self, Cause};
use crate::store::webhooks::Webhook;

pub fn router() -> Router<App> {
    Router::new()
        .route("/api/v1/webhooks", post(create).get(list))
        .route("/api/v1/webhooks/{webhook_id}", get(read).delete(delete))
}

/// Longer names are mistakes.
const NAME_CHARACTERS: usize = 200;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WebhookDraft {
    #[serde(default)]
    name: String,
    url: String,
    /// One event type, as the published SDK example sends it …
    event: Option<String>,
    /// … or several.
    #[serde(default)]
    events: Vec<String>,
}

#[derive(Debug, Serialize)]
struct WebhookView {
    webhook_id: WebhookId,
    name: String,
    url: String,
    events: Vec<EventType>,
    created_at: String,
    /// Shown once, when the webhook is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl WebhookView {
    fn new(webhook: Webhook, secret: Option<&Secret>) -> Self {
        Self {
            webhook_id: webhook.id,
            name: webhook.name,
            url: webhook.url,
            events: webhook.events,
            created_at: rfc3339(webhook.created_at),
            secret: secret.map(Secret::reveal),
        }
    }
}

/// `POST /api/v1/webhooks`: subscribe a URL. It is told of the leads sent under the same grant; the operator's own token subscribes
/// to the whole workspace. 201 with the signing secret, which is not shown again.
async fn create(
    State(app): State<App>,
    caller: Caller<WriteWebhooks>,
    Json(draft): Json<WebhookDraft>,
) -> Result<Response, ApiError> {
    let events = draft.events()?;
    let url = draft.url(&app)?;
    if draft.name.chars().count() > NAME_CHARACTERS {
        return Err(ApiError::unprocessable("name_too_long", "The name is longer than 200 characters. Shorten it."));
    }
    let webhook = Webhook {
        id: app.new_id(),
        workspace: caller.workspace,
        grant: caller.grant,
        whole_workspace: caller.is_operator,
        name: draft.name,
        url,
        events,
        created_at: app.now(),
    };
    let secret = Secret::from_key(app.door.random_bytes::<32>().to_vec()).map_err(|_| ApiError::internal())?;

    let (row, key) = (webhook.clone(), secret.clone());
    let kept = app.store.write(async move |tx| {
        let is_live = tx.share_live_grant(&row.workspace, &row.grant).await?;
        if is_live {
            tx.insert_webhook(&row, &key).await?;
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

/// `GET /api/v1/webhooks/{webhook_id}`: one webhook of the caller's grant.
async fn read(
    State(app): State<App>,
    caller: Caller<ReadWebhooks>,
    PathId(id): PathId<WebhookId>,
) -> Result<Json<WebhookView>, ApiError> {
    let webhook = app.store.read(async move |tx| tx.webhook(&caller.workspace, &caller.grant, &id).await).await?;
    webhook.map(|webhook| Json(WebhookView::new(webhook, None))).ok_or_else(|| ApiError::not_found("webhook"))
}

/// `DELETE /api/v1/webhooks/{webhook_id}`: 204, and 404 when asked again. With the grant's last webhook nobody is left to hear an
/// outcome, so its live conversations end: nobody is texted for nothing.
async fn delete(
    State(app): State<App>,
    caller: Caller<WriteWebhooks>,
    Trace(trace): Trace,
    PathId(id): PathId<WebhookId>,
) -> Result<StatusCode, ApiError> {
    let cause = Cause { door: app.door.clone(), now: app.now(), trace };
    let deleted = app
        .store
        .write(async move |tx| {
            let deleted = tx.delete_webhook(&caller.workspace, &caller.grant, &id, cause.now).await?;
            if deleted && tx.webhooks(&caller.workspace, &caller.grant).await?.is_empty() {
                moves::cancel_leads_of_grant(
                    tx,
                    &cause,
                    &caller.workspace,
                    &caller.grant,
                    "The connection was removed.",
                )
                .await?;
            }
            Ok(deleted)
        })
        .await?;
    if deleted { Ok(StatusCode::NO_CONTENT) } else { Err(ApiError::not_found("webhook")) }
}

impl WebhookDraft {
    fn events(&self) -> Result<Vec<EventType>, ApiError> {
        let mut events = Vec::new();
        for name in self.event.iter().chain(&self.events) {
            let event = EventType::parse(name).ok_or_else(|| {
                let known = EventType::ALL.map(EventType::as_str).join(", ");
                ApiError::unprocessable("unknown_event", format!("There is no such event type. Choose among {known}."))
            })?;
            if !events.contains(&event) {
                events.push(event);
            }
        }
        if events.is_empty() {
            return Err(ApiError::unprocessable("event_missing", "Say which event to send: `event` or `events`."));
        }
        Ok(events)
    }

    fn url(&self, app: &App) -> Result<String, ApiError> {
        let cure = "Use an absolute https:// URL that leads to a public address.";
        let url = Url::parse(&self.url)
            .map_err(|_| ApiError::unprocessable("invalid_url", format!("The URL cannot be read. {cure}")))?;
        app.outbound
            .judge(&url)
            .map_err(|refused| ApiError::unprocessable("url_not_allowed", format!("{refused}. {cure}")))?;
        Ok(url.into())
    }
}
