//! Conditional requests (RFC 9110 §13): who shows the tag of what it has hears 304 while that is still so, and no body.

use ::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::body::Bytes;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use utoipa::IntoParams;

use super::problem::ApiError;

/// What a caller has already.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it only describes; the header is read by `has`, which takes lists of tags")]
pub struct IfNoneMatch {
    /// The `ETag` of what you have: while it is still so, the answer is 304 without a body.
    #[param(rename = "If-None-Match", value_type = String, required = false)]
    if_none_match: Option<String>,
}

/// Answers with `body` and its tag, or says that the caller has it already.
pub fn answer(request: &HeaderMap, body: &impl Serialize) -> Result<Response, ApiError> {
    let body = serde_json::to_vec(body).map_err(|_| ApiError::internal())?;
    // It is somebody's personal data: no shared cache may keep it, and nobody may show it without asking us.
    answer_bytes(request, body.into(), HeaderValue::from_static("private, no-cache"))
}

/// The same for JSON that is there already. The tag is made of the body itself, so nothing that is shown can change without it.
pub fn answer_bytes(request: &HeaderMap, body: Bytes, cached: HeaderValue) -> Result<Response, ApiError> {
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&Sha256::digest(&body)[..16]));
    let mut response = if has(request, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let kind = HeaderValue::from_static("application/json");
        ([(header::CONTENT_TYPE, kind)], body).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::ETAG, HeaderValue::from_str(&tag).map_err(|_| ApiError::internal())?);
    headers.insert(header::CACHE_CONTROL, cached);
    Ok(response)
}

/// Whether `If-None-Match` names this tag; weakly, as §13.1.2 has it.
fn has(request: &HeaderMap, tag: &str) -> bool {
    let lists = request.get_all(header::IF_NONE_MATCH).into_iter().filter_map(|list| list.to_str().ok());
    let mut tags = lists.flat_map(|list| list.split(',')).map(str::trim);
    tags.any(|shown| shown == "*" || shown.strip_prefix("W/").unwrap_or(shown) == tag)
}
