//! `/api/v1/event-types`: what a webhook can be told of. Open to everybody: it says nothing about anybody.

use axum::Router;
use axum::routing::get;
use serde_json::{Value, json};

use super::body::Json;
use crate::app::App;
use crate::event::EventName;

pub fn router() -> Router<App> {
    Router::new().route("/api/v1/event-types", get(list))
}

/// `GET /api/v1/event-types`: every type of event, with a JSON Schema of its callback's body.
async fn list() -> Json<Value> {
    let types = EventName::ALL.map(|event| {
        json!({
            "name": event,
            "description": event.description(),
            "can_be_subscribed": event.is_for_subscribers(),
            "schema": event.schema(),
        })
    });
    Json(json!({ "data": types }))
}
