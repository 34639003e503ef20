//! `/health`: whether this process lives, and whether it is ready for work.

use ::http::StatusCode;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde_json::json;

use super::body::Json;
use crate::app::App;

pub fn router() -> Router<App> {
    Router::new().route("/health", get(ready)).route("/health/ready", get(ready)).route("/health/live", get(live))
}

/// `GET /health/live`: the process answers.
async fn live() -> Response {
    Json(json!({ "status": "ok" })).into_response()
}

/// `GET /health` and `GET /health/ready`: the store answers too; 503 when it does not.
async fn ready(State(app): State<App>) -> Response {
    let database = app.store.engine();
    match app.store.read(async |tx| tx.ping().await).await {
        Ok(()) => {
            Json(json!({ "status": "ok", "database": database, "version": env!("CARGO_PKG_VERSION") })).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "not ready");
            let body = json!({ "status": "unavailable", "database": database });
            (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
        }
    }
}
