//! Errors of the endpoints that programs call, as RFC 6749 §5.2 wants them.

use ::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use oauth2::StandardErrorResponse;
use oauth2::basic::BasicErrorResponseType as Kind;

use super::params::{Broken, NotAForm};
use crate::http::problem::ApiError;
use crate::store::StoreError;

/// Descriptions are ASCII without quotes and backslashes: the RFC allows nothing else.
#[derive(Debug)]
pub struct OAuthError {
    status: StatusCode,
    kind: Kind,
    description: String,
}

impl OAuthError {
    fn new(kind: Kind, description: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, kind, description: description.into() }
    }

    pub fn invalid_request(description: impl Into<String>) -> Self {
        Self::new(Kind::InvalidRequest, description)
    }

    pub fn invalid_grant(description: impl Into<String>) -> Self {
        Self::new(Kind::InvalidGrant, description)
    }

    pub fn invalid_scope(description: impl Into<String>) -> Self {
        Self::new(Kind::InvalidScope, description)
    }

    pub fn unauthorized_client(description: impl Into<String>) -> Self {
        Self::new(Kind::UnauthorizedClient, description)
    }

    pub fn unsupported_grant_type(description: impl Into<String>) -> Self {
        Self::new(Kind::UnsupportedGrantType, description)
    }

    /// The same for an unknown client, a wrong secret and none: a stranger learns nothing.
    pub fn invalid_client() -> Self {
        let description = "The client is unknown, or its credentials are missing or wrong. Send client_id and client_secret \
                           by HTTP Basic or in the body, in one of them only.";
        Self { status: StatusCode::UNAUTHORIZED, ..Self::new(Kind::InvalidClient, description) }
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let body = StandardErrorResponse::new(self.kind, Some(self.description), None);
        let mut response = (self.status, axum::Json(body)).into_response();
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"alc\""));
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

impl From<NotAForm> for OAuthError {
    fn from(error: NotAForm) -> Self {
        let description = match error {
            NotAForm::ContentType => "Send the parameters as application/x-www-form-urlencoded.",
            NotAForm::Unread(_) => "The body is too large or broke off before its end.",
        };
        Self::invalid_request(description)
    }
}

impl From<&Broken> for OAuthError {
    fn from(broken: &Broken) -> Self {
        Self::invalid_request(broken.reason())
    }
}

impl From<StoreError> for OAuthError {
    fn from(error: StoreError) -> Self {
        // The problem knows which failure is which, and logs it.
        let status = ApiError::from(error).into_response().status();
        let (kind, description) = if status == StatusCode::SERVICE_UNAVAILABLE {
            ("temporarily_unavailable", "We are busy. Nothing was done; try again in a second.")
        } else {
            ("server_error", "Something went wrong on our side. Try again, and tell us if it stays.")
        };
        Self { status, ..Self::new(Kind::Extension(kind.to_owned()), description) }
    }
}
