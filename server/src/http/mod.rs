//! http listens: routes, who may call them, and what is answered.

mod always;
pub mod body;
mod callbacks;
pub mod caller;
mod campaigns;
mod client_address;
mod etag;
mod event_types;
mod health;
mod idempotency;
mod leads;
pub mod listener;
mod login;
pub mod oauth;
mod openapi;
mod pages;
mod path;
pub mod problem;
mod problems;
mod query;
mod rate_limit;
mod sandbox;
mod slow_body;
mod sms;
pub mod trace;
mod webhooks;
mod workspace;

use std::time::Duration;

use ::http::StatusCode;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::{Extension, Router};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;
use utoipa_axum::router::OpenApiRouter;

use self::openapi::Description;
use self::problem::{ApiError, render_bare_errors};
use self::rate_limit::Buckets;
use crate::app::App;

/// Every route there is, behind the layers that hold for all of them.
pub fn router(app: App) -> Router {
    let settings = &app.settings.server;
    let timeout = Duration::from_secs(settings.request_timeout_s);
    let (routes, openapi) = OpenApiRouter::with_openapi(Description::begin(&app.public_url))
        .merge(leads::router())
        .merge(campaigns::router())
        .merge(webhooks::router())
        .merge(workspace::router())
        .merge(event_types::router())
        .merge(sms::router())
        .merge(callbacks::router())
        .merge(sandbox::router())
        .merge(oauth::router())
        .merge(health::router())
        .merge(openapi::router())
        .merge(problems::router())
        .split_for_parts();
    let described = Extension(Description::of(openapi));
    let router = routes
        .layer(from_fn_with_state(app.clone(), oauth::first_use::note))
        .layer(DefaultBodyLimit::max(settings.body_limit_bytes))
        .layer(from_fn_with_state(Duration::from_secs(settings.body_read_timeout_s), slow_body::cut_off))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, timeout))
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
            axum::response::IntoResponse::into_response(ApiError::internal())
        }))
        .layer(from_fn(render_bare_errors))
        .layer(from_fn_with_state(
            Buckets::new(app.settings.limits.requests_per_minute, app.redis.clone()),
            rate_limit::meter,
        ));
    #[cfg(debug_assertions)]
    let router = router.layer(from_fn(openapi::kept::check));
    router.layer(described).layer(from_fn_with_state(app.clone(), trace::name_requests)).with_state(app)
}
