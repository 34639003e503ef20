//! `/health`: whether this process lives, and whether it is ready for work.

use ::http::StatusCode;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::Json;
use crate::app::App;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(health)).routes(routes!(ready)).routes(routes!(live))
}

#[derive(Debug, Serialize, ToSchema)]
struct Life {
    status: Well,
}

/// The one word of what is well.
#[derive(Debug, Serialize, ToSchema)]
enum Well {
    #[serde(rename = "ok")]
    Ok,
}

#[derive(Debug, Serialize, ToSchema)]
struct Readiness {
    status: Well,
    /// Which database it keeps its things in.
    database: &'static str,
    version: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
struct Unreadiness {
    status: Unwell,
    database: &'static str,
}

/// The one word of what is not.
#[derive(Debug, Serialize, ToSchema)]
enum Unwell {
    #[serde(rename = "unavailable")]
    Unavailable,
}

/// Whether the process lives.
#[utoipa::path(
    get,
    path = "/health/live",
    operation_id = "readLiveness",
    tag = "Service",
    responses((status = 200, description = "It answers.", body = Life)),
)]
async fn live() -> Json<Life> {
    Json(Life { status: Well::Ok })
}

/// Whether the service is ready for work.
///
/// The same as `/health/ready`.
#[utoipa::path(
    get,
    path = "/health",
    operation_id = "readHealth",
    tag = "Service",
    responses(
        (status = 200, description = "Its database answers.", body = Readiness),
        (status = 503, description = "Its database does not answer.", body = Unreadiness),
    ),
)]
async fn health(app: State<App>) -> Result<Json<Readiness>, (StatusCode, Json<Unreadiness>)> {
    ready(app).await
}

/// Whether the service is ready for work, for what sends requests to it.
#[utoipa::path(
    get,
    path = "/health/ready",
    operation_id = "readReadiness",
    tag = "Service",
    responses(
        (status = 200, description = "Its database answers.", body = Readiness),
        (status = 503, description = "Its database does not answer.", body = Unreadiness),
    ),
)]
async fn ready(State(app): State<App>) -> Result<Json<Readiness>, (StatusCode, Json<Unreadiness>)> {
    let database = app.store.engine();
    app.store.read(async |tx| tx.ping().await).await.map_err(|error| {
        tracing::error!(%error, "not ready");
        (StatusCode::SERVICE_UNAVAILABLE, Json(Unreadiness { status: Unwell::Unavailable, database }))
    })?;
    Ok(Json(Readiness { status: Well::Ok, database, version: env!("CARGO_PKG_VERSION") }))
}
