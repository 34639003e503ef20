//! JSON bodies, read strictly: what does not fit is refused with the place where it does not.

use ::http::{StatusCode, header};
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::problem::ApiError;

/// A JSON body, in or out.
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        parse(&read(request, state).await?).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// The bytes of a body that says it is JSON.
pub async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, ApiError> {
    let is_json = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).is_some_and(|kind| {
        let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
    });
    if !is_json {
        let detail = "The body must be JSON: send it with Content-Type: application/json.";
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", detail));
    }
    Bytes::from_request(request, state).await.map_err(|rejection| unread_body(rejection.status()))
}

/// Serde's messages name types and fields, and quote at most the value that does not fit; they go back to whoever sent it.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| ApiError::bad_request("malformed_json", "The body is not JSON: it is not UTF-8."))?;
    if has_nul(text) {
        let detail = "The body has a text with the character U+0000, which cannot be stored. Leave it out.";
        return Err(ApiError::unprocessable("invalid_body", detail));
    }
    // Serde would read a list as the fields in order; the API takes objects.
    if text.trim_start().starts_with('[') {
        return Err(ApiError::unprocessable(
            "invalid_body",
            "The body does not fit: it must be a JSON object, not a list.",
        ));
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        match inner.classify() {
            serde_json::error::Category::Data if path == "." => {
                ApiError::unprocessable("invalid_body", format!("The body does not fit: {inner}."))
            }
            serde_json::error::Category::Data => {
                ApiError::unprocessable("invalid_body", format!("`{path}` does not fit: {inner}."))
            }
            _ => ApiError::bad_request("malformed_json", format!("The body is not JSON: {inner}.")),
        }
    })?;
    json.end().map_err(|error| {
        ApiError::bad_request("malformed_json", format!("The body goes on after the JSON: {error}."))
    })?;
    Ok(value)
}

/// Whether a string or a key in the JSON holds U+0000, which PostgreSQL's texts cannot.
fn has_nul(json: &str) -> bool {
    // JSON can only write it escaped; whether the backslash is one is for the parser to say.
    json.contains("\\u0000") && serde_json::from_str(json).is_ok_and(|value: serde_json::Value| value_has_nul(&value))
}

fn value_has_nul(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::String(text) => text.contains('\0'),
        serde_json::Value::Array(items) => items.iter().any(value_has_nul),
        serde_json::Value::Object(fields) => {
            fields.iter().any(|(key, value)| key.contains('\0') || value_has_nul(value))
        }
        _ => false,
    }
}

/// A body that could not be read to its end.
pub fn unread_body(status: StatusCode) -> ApiError {
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        let detail = "The body is larger than we take (server.body_limit_bytes). Send less at a time.";
        return ApiError::new(status, "body_too_large", detail);
    }
    ApiError::bad_request("body_interrupted", "The body broke off before its end. Send the request again.")
}
