//! A test of a webhook: a callback that means nothing, to see whether callbacks arrive.

use ::http::StatusCode;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use alc_core::id::{EventId, WebhookId};

use crate::app::{App, rfc3339};
use crate::event::EventName;
use crate::http::body::Json;
use crate::http::caller::{Caller, WriteWebhooks};
use crate::http::path::PathId;
use crate::http::problem::ApiError;
use crate::http::trace::Trace;
use crate::store::events::Event;

/// `POST …/test`: 202 with the delivery, in whose log the answer is shown. It is sent once, and to a disabled webhook as well.
pub(super) async fn send(
    State(app): State<App>,
    caller: Caller<WriteWebhooks>,
    Trace(trace): Trace,
    PathId(id): PathId<WebhookId>,
) -> Result<Response, ApiError> {
    let (now, event) = (app.now(), app.new_id::<EventId>());
    let body = json!({ "type": EventName::WebhookTest, "timestamp": rfc3339(now), "webhook_id": id }).to_string();
    let (door, event_id) = (app.door.clone(), event.clone());
    let delivery = app
        .store
        .write(async move |tx| {
            let webhook = tx.webhook(&caller.workspace, &caller.grant, &id).await?;
            let Some(webhook) = webhook else { return Ok(None) };
            let event = Event {
                id: event.clone(),
                workspace: webhook.workspace,
                grant: webhook.grant,
                name: EventName::WebhookTest,
                of_lead: None,
                body: body.clone(),
                at: now,
            };
            tx.insert_event(&event).await?;
            tx.insert_delivery(&door, &event.to(&id, &trace)).await.map(Some)
        })
        .await?;
    let delivery = delivery.ok_or_else(|| ApiError::not_found("webhook"))?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "delivery_id": delivery, "event_id": event_id }))).into_response())
}
