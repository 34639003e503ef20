//! Every request gets an id: the caller's own if it sends a sane one, else a new one. It comes back as `X-Request-Id`, stands on
//! every log line, and travels with the jobs the request causes.

use ::http::request::Parts;
use ::http::{HeaderName, HeaderValue};
use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

use super::client_address;
use super::problem::ApiError;
use crate::app::App;
use crate::store::audit::Origin;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longer ids are somebody's mistake; they would be stored with every job.
const LONGEST: usize = 64;

/// What ties everything that follows from a request to it.
#[derive(Debug, Clone)]
pub struct Trace(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Trace {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().cloned().ok_or_else(ApiError::internal)
    }
}

/// What the audit log says of where a deed came from.
impl FromRequestParts<App> for Origin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let Trace(trace) = Trace::from_request_parts(parts, app).await?;
        Ok(Self { trace, address: client_address::whole(parts, app) })
    }
}

/// Middleware: names the request, logs it once when it ends. Paths are logged as patterns: ids and queries may be personal.
pub async fn name_requests(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let given = request.headers().get(&REQUEST_ID).and_then(|id| id.to_str().ok());
    let id = given.filter(|id| is_sane(id)).map_or_else(|| app.door.unique(), str::to_owned);
    request.extensions_mut().insert(Trace(id.clone()));

    let route = request.extensions().get::<MatchedPath>().map_or("no route", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", method = %request.method(), route, trace = %id);
    let started = app.now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let latency_ms = app.now().since(started);
    span.in_scope(|| tracing::info!(status = response.status().as_u16(), latency_ms, "answered"));
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// What ids are made of where requests come from: UUIDs, ULIDs, `req_…`, `Root=1-67891233-…`. Nothing that a log, a header or a page
/// could take for something else.
fn is_sane(id: &str) -> bool {
    (1..=LONGEST).contains(&id.len()) && id.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_.=".contains(&c))
}
