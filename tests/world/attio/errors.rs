//! What Attio says when it refuses: a flat body of four keys, with the single findings when a body has the wrong shape.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde::Serialize;

#[derive(Debug, Serialize)]
pub(crate) struct AttioError {
    #[serde(serialize_with = "as_number")]
    status_code: StatusCode,
    r#type: &'static str,
    code: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    validation_errors: Vec<Issue>,
    #[serde(skip)]
    retry_at: Option<Timestamp>,
}

/// One thing wrong with the shape of a body.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Issue {
    pub(crate) code: &'static str,
    pub(crate) path: Vec<Step>,
    pub(crate) message: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Step {
    Key(String),
    Index(usize),
}

impl AttioError {
    /// The shape of the body or query is wrong; the findings say where.
    pub(crate) fn shape(issues: Vec<Issue>) -> Self {
        let mut error = Self::validation("Body payload validation error.");
        error.validation_errors = issues;
        error
    }

    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::bad_request("validation_type", message)
    }

    pub(crate) fn value_not_found(message: impl Into<String>) -> Self {
        Self::bad_request("value_not_found", message)
    }

    pub(crate) fn missing_value(message: impl Into<String>) -> Self {
        Self::bad_request("missing_value", message)
    }

    pub(crate) fn uniqueness_conflict(message: impl Into<String>) -> Self {
        Self::bad_request("uniqueness_conflict", message)
    }

    pub(crate) fn filter(message: impl Into<String>) -> Self {
        Self::bad_request("filter_error", message)
    }

    pub(crate) fn system_edit(message: impl Into<String>) -> Self {
        Self::bad_request("system_edit_unauthorized", message)
    }

    pub(crate) fn slug_conflict(message: impl Into<String>) -> Self {
        Self::of(StatusCode::CONFLICT, "invalid_request_error", "slug_conflict", message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::of(StatusCode::NOT_FOUND, "invalid_request_error", "not_found", message)
    }

    pub(crate) fn unauthorized() -> Self {
        let message = "The access token is unknown or has been revoked.";
        Self::of(StatusCode::UNAUTHORIZED, "auth_error", "unauthorized", message)
    }

    pub(crate) fn forbidden(scope: &str) -> Self {
        let message = format!("The access token lacks the scope \"{scope}\".");
        Self::of(StatusCode::FORBIDDEN, "auth_error", "unauthorized", message)
    }

    /// Attio always names the moment, as an HTTP date.
    pub(crate) fn rate_limited(retry_at: Timestamp) -> Self {
        let message = "Rate limit exceeded, please try again later";
        let mut error = Self::of(StatusCode::TOO_MANY_REQUESTS, "rate_limit_error", "rate_limit_exceeded", message);
        error.retry_at = Some(retry_at);
        error
    }

    fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::of(StatusCode::BAD_REQUEST, "invalid_request_error", code, message)
    }

    fn of(status_code: StatusCode, r#type: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        Self { status_code, r#type, code, message: message.into(), validation_errors: Vec::new(), retry_at: None }
    }
}

impl IntoResponse for AttioError {
    fn into_response(self) -> Response {
        let mut response = (self.status_code, Json(&self)).into_response();
        if let Some(moment) = self.retry_at {
            let date = moment.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_str(&date).expect("a date is ASCII"));
        }
        response
    }
}

impl From<&str> for Step {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

impl From<usize> for Step {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn as_number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}
