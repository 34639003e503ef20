//! The one error of the HTTP edge: what went wrong, as an RFC 9457 problem with a stable code and a cure.
//!
//! Only this folder decides status codes. Callers see the code and the sentence; the cause goes to the log, once, here.

use ::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use alc_core::lead::LeadRefused;

use super::problems;
use crate::store::StoreError;

/// What is answered when something is refused or fails (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Leads to a page with cause and cure.
    #[serde(rename = "type")]
    #[schema(format = "uri-reference", example = "/problems/not_found")]
    kind: String,
    /// The status in words.
    #[schema(example = "Not Found")]
    title: &'static str,
    #[schema(minimum = 400, maximum = 599, example = 404)]
    status: u16,
    /// Stays as it is; programs go by it.
    #[schema(example = "not_found")]
    code: &'static str,
    /// What is wrong this time, and what to do about it.
    detail: String,
}

impl Problem {
    pub fn new(status: StatusCode, code: &'static str, detail: String) -> Self {
        // Relative to the host it was asked of, so it resolves wherever the service is reached.
        let kind = format!("/problems/{code}");
        Self { kind, title: status.canonical_reason().unwrap_or("Error"), status: status.as_u16(), code, detail }
    }
}

/// The code of a problem that is being answered, for the layers around.
#[derive(Debug, Clone, Copy)]
pub struct ProblemCode(pub &'static str);

/// A refusal or a failure, ready to be answered.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    detail: String,
    header: Option<(HeaderName, HeaderValue)>,
}

impl ApiError {
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        debug_assert!(
            problems::find(code).is_some_and(|explained| explained.status == status.as_u16()),
            "{code} needs a line in http/problems.rs, with the status {status}"
        );
        Self { status, code, detail: detail.into(), header: None }
    }

    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        self.header = HeaderValue::from_str(value).ok().map(|value| (name, value));
        self
    }

    pub fn bad_request(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    pub fn unprocessable(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
    }

    /// The same for "never existed" and "belongs to somebody else": an id tells a stranger nothing.
    pub fn not_found(what: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            format!("There is no such {what}, or it belongs to another grant."),
        )
    }

    pub fn unauthorized(code: &'static str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let challenge = format!("Bearer error=\"invalid_token\", error_description=\"{detail}\"");
        Self::new(StatusCode::UNAUTHORIZED, code, detail).with_header(header::WWW_AUTHENTICATE, &challenge)
    }

    pub fn token_ended() -> Self {
        let detail = "The access token is unknown, expired or revoked. Refresh it or connect again.";
        Self::unauthorized("token_invalid", detail)
    }

    pub fn insufficient_scope(scope: &str) -> Self {
        let detail =
            format!("This needs the scope {scope}, which the token does not have. Connect again and grant it.");
        Self::new(StatusCode::FORBIDDEN, "insufficient_scope", detail)
            .with_header(header::WWW_AUTHENTICATE, &format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\""))
    }

    pub fn internal() -> Self {
        let detail =
            "Something went wrong on our side; the request id leads us to it. Try again, and tell us if it stays.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }

    pub const fn code(&self) -> &'static str {
        self.code
    }

    pub fn detail(&self) -> &str {
        &self.detail
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, axum::Json(Problem::new(self.status, self.code, self.detail))).into_response();
        response.extensions_mut().insert(ProblemCode(self.code));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some((name, value)) = self.header {
            headers.insert(name, value);
        }
        response
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let unavailable = |code, detail: &str| {
            Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail).with_header(header::RETRY_AFTER, "1")
        };
        match error {
            StoreError::Refused { code, detail } => {
                let status = problems::find(code).and_then(|explained| StatusCode::from_u16(explained.status).ok());
                Self::new(status.unwrap_or(StatusCode::UNPROCESSABLE_ENTITY), code, detail)
            }
            StoreError::Busy | StoreError::Again => {
                unavailable("busy", "We are busy. Nothing was done; try again in a second.")
            }
            StoreError::Unavailable(_) => {
                tracing::error!(%error, "the store is unavailable");
                unavailable("unavailable", "The database cannot be reached. Nothing was done; try again in a second.")
            }
            error => {
                tracing::error!(%error, "the store failed");
                Self::internal()
            }
        }
    }
}

impl From<LeadRefused> for ApiError {
    fn from(refused: LeadRefused) -> Self {
        Self::unprocessable(refused.code(), refused.to_string())
    }
}

/// Answers that axum or a layer gave as bare text (no route, wrong method, a body too large, a panic) become problems as well.
pub async fn render_bare_errors(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let is_bare =
        response.headers().get(header::CONTENT_TYPE).is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    let error = match response.status() {
        _ if !is_bare => return response,
        StatusCode::NOT_FOUND => ApiError::new(
            StatusCode::NOT_FOUND,
            "no_such_route",
            "There is nothing at this path. /docs shows every one there is, and /openapi.json tells programs.",
        ),
        StatusCode::METHOD_NOT_ALLOWED => ApiError::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "This path does not take this method; see the Allow header.",
        ),
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body_too_large",
            "The body is larger than we take (server.body_limit_bytes). Send less at a time.",
        ),
        StatusCode::REQUEST_TIMEOUT => ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "timed_out",
            "The request took too long (server.request_timeout_s). Try again in a second.",
        )
        .with_header(header::RETRY_AFTER, "1"),
        StatusCode::INTERNAL_SERVER_ERROR => ApiError::internal(),
        _ => return response,
    };
    let allow = response.headers().get(header::ALLOW).cloned();
    let mut rendered = error.into_response();
    if let Some(allow) = allow {
        rendered.headers_mut().insert(header::ALLOW, allow);
    }
    rendered
}
