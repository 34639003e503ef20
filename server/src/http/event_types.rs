//! `/api/v1/event-types`: what a webhook can be told of. Open to everybody: it says nothing about anybody.

use ::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::etag;
use super::problem::ApiError;
use crate::app::App;
use crate::event::EventName;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Every type of event.
#[derive(Debug, Serialize, ToSchema)]
struct EventTypes {
    data: Vec<EventTypeView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EventType)]
struct EventTypeView {
    name: EventName,
    description: &'static str,
    can_be_subscribed: bool,
    /// JSON Schema (2020-12) of the callback's body.
    #[schema(value_type = Object)]
    schema: Value,
}

impl From<EventName> for EventTypeView {
    fn from(event: EventName) -> Self {
        Self {
            name: event,
            description: event.description(),
            can_be_subscribed: event.is_for_subscribers(),
            schema: event.schema(),
        }
    }
}

/// List event types.
///
/// What a webhook can be told of, each with a JSON Schema of its callback's body. Open to everybody.
#[utoipa::path(
    get,
    path = "/api/v1/event-types",
    operation_id = "listEventTypes",
    tag = "Webhooks",
    params(etag::IfNoneMatch),
    responses((status = 200, description = "Every type of event.", body = EventTypes)),
)]
async fn list(headers: HeaderMap) -> Result<Response, ApiError> {
    etag::answer(&headers, &EventTypes { data: EventName::ALL.map(EventTypeView::from).into() })
}
