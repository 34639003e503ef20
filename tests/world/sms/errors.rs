//! What the gateway says when it refuses: a number that its documentation explains, and a sentence.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SmsError {
    status: StatusCode,
    code: u32,
    message: String,
}

impl SmsError {
    pub(crate) fn unauthenticated() -> Self {
        Self::of(StatusCode::UNAUTHORIZED, 20003, "Authenticate")
    }

    pub(crate) fn not_found(path: &str) -> Self {
        Self::of(StatusCode::NOT_FOUND, 20404, format!("The requested resource {path} was not found"))
    }

    pub(crate) fn invalid_parameter(message: impl Into<String>) -> Self {
        Self::bad_request(20001, message)
    }

    pub(crate) fn body_missing() -> Self {
        Self::bad_request(21602, "Message body is required.")
    }

    pub(crate) fn from_missing() -> Self {
        Self::bad_request(21603, "A 'From' phone number is required.")
    }

    pub(crate) fn to_missing() -> Self {
        Self::bad_request(21604, "A 'To' phone number is required.")
    }

    pub(crate) fn to_invalid(to: &str) -> Self {
        Self::bad_request(21211, format!("Invalid 'To' Phone Number: {}", masked(to)))
    }

    pub(crate) fn from_invalid(from: &str) -> Self {
        Self::bad_request(21212, format!("Invalid From Number (caller ID): {from}"))
    }

    pub(crate) fn from_is_to() -> Self {
        Self::bad_request(21266, "'To' and 'From' number cannot be the same.")
    }

    pub(crate) fn from_not_ours(from: &str) -> Self {
        Self::bad_request(21606, format!("The 'From' number {from} does not belong to this account."))
    }

    pub(crate) fn opted_out() -> Self {
        Self::bad_request(21610, "The recipient has opted out of messages from this number.")
    }

    pub(crate) fn body_too_long() -> Self {
        Self::bad_request(21617, "The message body is longer than 1600 characters.")
    }

    pub(crate) fn callback_invalid(url: &str) -> Self {
        Self::bad_request(21609, format!("The 'StatusCallback' URL {url} is not a valid URL."))
    }

    /// A refusal of messages to one phone, with a code of the story's choice.
    pub(crate) fn as_told(code: u32) -> Self {
        Self::bad_request(code, "The message cannot be sent to this number.")
    }

    /// A failure the caller asked for.
    pub(crate) fn injected(status: StatusCode) -> Self {
        let code = match status {
            StatusCode::UNAUTHORIZED => 20003,
            StatusCode::NOT_FOUND => 20404,
            StatusCode::TOO_MANY_REQUESTS => 20429,
            status if status.is_client_error() => 20001,
            status => 20000 + u32::from(status.as_u16()),
        };
        Self::of(status, code, status.canonical_reason().unwrap_or("Failure"))
    }

    fn bad_request(code: u32, message: impl Into<String>) -> Self {
        Self::of(StatusCode::BAD_REQUEST, code, message)
    }

    fn of(status: StatusCode, code: u32, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }
}

impl IntoResponse for SmsError {
    fn into_response(self) -> Response {
        let body = json!({
            "code": self.code,
            "message": self.message,
            "more_info": format!("https://www.twilio.com/docs/errors/{}", self.code),
            "status": self.status.as_u16(),
        });
        (self.status, Json(body)).into_response()
    }
}

/// The gateway hides the end of a number in its messages.
fn masked(number: &str) -> String {
    let shown = number.chars().count().saturating_sub(4);
    number.chars().enumerate().map(|(place, letter)| if place < shown { letter } else { 'X' }).collect()
}
