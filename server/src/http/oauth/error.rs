//! Errors of the endpoints that programs call, as RFC 6749 §5.2 wants them.

use std::collections::BTreeMap;

use ::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::openapi::response::Response as Described;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

use super::params::{Broken, NotAForm};
use crate::http::problem::ApiError;
use crate::store::StoreError;

/// What the endpoints that programs call answer instead of a problem.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OAuthError)]
pub struct ErrorBody {
    error: Kind,
    error_description: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = OAuthErrorCode)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    InvalidRequest,
    InvalidClient,
    InvalidGrant,
    InvalidScope,
    UnauthorizedClient,
    UnsupportedGrantType,
    TemporarilyUnavailable,
    ServerError,
}

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
        let body = ErrorBody { error: self.kind, error_description: self.description };
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

impl IntoResponses for OAuthError {
    fn responses() -> BTreeMap<String, RefOr<Described>> {
        let answers = [
            ("400", "The request is refused; `error` says why."),
            ("401", "The client is unknown, or did not prove who it is."),
            ("500", "Something went wrong on our side."),
            ("503", "We are busy; nothing was done."),
        ];
        let described = |about| {
            let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("OAuthError"))).build();
            ResponseBuilder::new().description(about).content("application/json", body).build().into()
        };
        answers.into_iter().map(|(status, about)| (status.to_owned(), described(about))).collect()
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
            (Kind::TemporarilyUnavailable, "We are busy. Nothing was done; try again in a second.")
        } else {
            (Kind::ServerError, "Something went wrong on our side. Try again, and tell us if it stays.")
        };
        Self { status, ..Self::new(kind, description) }
    }
}
