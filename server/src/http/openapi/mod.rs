//! The API's description (OpenAPI 3.1), made of what stands at the handlers and at the types that serde reads and writes.
//!
//! A route gets into the router only together with its description ([`utoipa_axum`]). What follows from the kind of a route (which
//! problems it can answer with, which headers it sends) is filled in by [`answers`], from the one table of problems.

mod answers;
mod base;
mod example;
#[cfg(debug_assertions)]
pub mod kept;
mod page;

use std::sync::Arc;

use ::http::{HeaderMap, HeaderValue, StatusCode};
use axum::Extension;
use axum::body::Bytes;
use axum::response::Response;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::page::DocsPage;
use super::etag;
use super::pages;
use super::problem::ApiError;
use crate::app::App;

/// The description as it is sent, made once.
#[derive(Clone)]
pub struct Description(Arc<Made>);

struct Made {
    json: Bytes,
    page: DocsPage,
    #[cfg(debug_assertions)]
    openapi: OpenApi,
}

impl Description {
    /// What every description begins with.
    pub fn begin(public_url: &str) -> OpenApi {
        base::begin(public_url)
    }

    /// Of every route that was described.
    pub fn of(mut openapi: OpenApi) -> Self {
        answers::complete(&mut openapi);
        let json = serde_json::to_vec(&openapi).expect("a description has text keys only");
        Self(Arc::new(Made {
            json: json.into(),
            page: DocsPage::of(&openapi),
            #[cfg(debug_assertions)]
            openapi,
        }))
    }

    #[cfg(debug_assertions)]
    fn openapi(&self) -> &OpenApi {
        &self.0.openapi
    }
}

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(read)).routes(routes!(show))
}

/// This description.
///
/// OpenAPI 3.1, as JSON. `/docs` shows the same for people.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "readDescription",
    tag = "Service",
    params(etag::IfNoneMatch),
    responses((status = 200, description = "The description.", body = Object)),
)]
async fn read(Extension(description): Extension<Description>, headers: HeaderMap) -> Result<Response, ApiError> {
    etag::answer_bytes(&headers, description.0.json.clone(), HeaderValue::from_static("public, no-cache"))
}

/// This description, for people.
#[utoipa::path(
    get,
    path = "/docs",
    operation_id = "showDescription",
    tag = "Pages",
    responses((status = 200, description = "A page.", body = String, content_type = "text/html")),
)]
async fn show(Extension(description): Extension<Description>) -> Response {
    pages::page(StatusCode::OK, &description.0.page, "")
}
