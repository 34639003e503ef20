//! `/problems/{code}`: what a problem's `type` leads to. Every code there is, with its cause and its cure, in one table.

use ::http::StatusCode;
use axum::extract::Path;
use axum::response::Response;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::pages::{ProblemPage, ProblemsPage};
use super::problem::{ApiError, Problem};
use crate::app::App;

/// A kind of problem, as its page explains it.
#[derive(Debug, Clone, Copy)]
pub struct Explained {
    pub code: &'static str,
    pub status: u16,
    pub cause: &'static str,
    pub cure: &'static str,
}

const fn explained(code: &'static str, status: u16, cause: &'static str, cure: &'static str) -> Explained {
    Explained { code, status, cause, cure }
}

/// In the order of the alphabet.
const PROBLEMS: &[Explained] = &[
    explained("batch_empty", 422, "The batch holds no lead.", "Send at least one."),
    explained("batch_too_large", 422, "The batch holds too many leads.", "Send at most 250 at a time."),
    explained(
        "body_interrupted",
        400,
        "The request ended before its body did.",
        "Send it again; check the connection and Content-Length.",
    ),
    explained(
        "body_too_large",
        413,
        "The body is larger than this service takes in (server.body_limit_bytes).",
        "Send less at a time.",
    ),
    explained(
        "body_too_slow",
        408,
        "The body did not arrive in the time this service gives it (server.body_read_timeout_s).",
        "Send it faster, or less at a time.",
    ),
    explained("budget_spent", 409, "The month's SMS budget is spent.", "Raise it, or wait for the next month."),
    explained(
        "busy",
        503,
        "More is waiting than can be done soon. Nothing of the request was done.",
        "Send it again after Retry-After.",
    ),
    explained(
        "campaign_unknown",
        422,
        "The lead names a campaign that its workspace does not have.",
        "Name one there is (GET /api/v1/campaigns), keep it first (PUT /api/v1/campaigns/{name}), or leave campaign out.",
    ),
    explained("consent_unconfirmed", 403, "Nobody stands for texting people.", "PUT /api/v1/workspace/consent."),
    explained("description_too_long", 422, "A description has more characters than are kept.", "Shorten it."),
    explained(
        "event_missing",
        422,
        "A webhook must subscribe to at least one type of event.",
        "Send event or events; GET /api/v1/event-types lists them.",
    ),
    explained("field_missing", 400, "A form lacks a field that is needed.", "Add the field that the detail names."),
    explained(
        "header_not_allowed",
        422,
        "A webhook's own headers may not replace those that HTTP or the signature need.",
        "Choose another name, such as X-Api-Key.",
    ),
    explained(
        "idempotency_key_in_flight",
        409,
        "A request with this Idempotency-Key is being done at this moment.",
        "Wait for its answer, or ask again in a second.",
    ),
    explained(
        "idempotency_key_malformed",
        400,
        "The Idempotency-Key cannot be read.",
        "Send one text of at most 255 visible characters, such as a UUID.",
    ),
    explained(
        "idempotency_key_reused",
        422,
        "This Idempotency-Key came with another body before.",
        "Send a new key with a new request.",
    ),
    explained(
        "insufficient_scope",
        403,
        "The token is good, but does not allow this.",
        "Connect again and grant the scope that the detail names.",
    ),
    explained(
        "internal",
        500,
        "Something went wrong on our side. It is in our log under the request's id.",
        "Try again; if it stays, tell us the X-Request-Id.",
    ),
    explained(
        "invalid_body",
        422,
        "The body is JSON, but does not have the shape that is needed.",
        "Correct the place that the detail names.",
    ),
    explained(
        "invalid_callback",
        400,
        "A signed callback holds something that cannot be read.",
        "Correct the field that the detail names.",
    ),
    explained("invalid_campaign", 422, "The campaign says what no SMS should.", "Correct the field that is named."),
    explained(
        "invalid_cursor",
        400,
        "The cursor is none that this service gave out for this list.",
        "Begin again without a cursor, and pass on next_cursor unchanged.",
    ),
    explained(
        "invalid_header",
        422,
        "A webhook's own header has a name or value that HTTP does not allow.",
        "Use visible ASCII characters.",
    ),
    explained("invalid_limit", 400, "limit is no number within the bounds.", "Send a number that the detail allows."),
    explained(
        "invalid_overlap",
        422,
        "The overlap of two secrets is longer than allowed, or negative.",
        "Send a number of seconds that the detail allows.",
    ),
    explained(
        "invalid_record_id",
        400,
        "record_id is no id by which leads could be found.",
        "Send the id of a record.",
    ),
    explained(
        "invalid_since",
        422,
        "The time since which deliveries are to be replayed cannot be read.",
        "Write since as RFC 3339, such as 2026-11-21T10:00:00Z.",
    ),
    explained("invalid_state", 400, "state is none that a delivery can have.", "Send one that the detail names."),
    explained("invalid_status", 400, "status is none that a lead can have.", "Send one that the detail names."),
    explained("invalid_time", 400, "A time cannot be read.", "Write it as RFC 3339, such as 2026-11-21T10:00:00Z."),
    explained("invalid_url", 422, "The URL cannot be read.", "Write it whole, beginning with https://."),
    explained(
        "lead_ended",
        409,
        "The lead has ended, so there is nothing left to call off.",
        "Send the person again if it is to be checked again.",
    ),
    explained("malformed_form", 400, "The form cannot be read.", "Send it URL-encoded, in UTF-8."),
    explained(
        "malformed_json",
        400,
        "The body is no JSON.",
        "Correct it where the detail says; the body must be UTF-8.",
    ),
    explained(
        "method_not_allowed",
        405,
        "The path is there, but not for this method.",
        "Use one that the Allow header names.",
    ),
    explained("missing_record_id", 400, "A callback names no record to write to.", "Send record_id at the top level."),
    explained("missing_status", 400, "A callback says nothing to write.", "Send status at the top level."),
    explained("name_missing", 422, "The confirmation names nobody.", "Say who confirms it."),
    explained("name_too_long", 422, "The name has more characters than any real one.", "Shorten it."),
    explained("no_such_route", 404, "There is nothing at this path.", "Check it against the list of routes."),
    explained(
        "not_a_form",
        415,
        "The body must be a form.",
        "Send it with Content-Type: application/x-www-form-urlencoded.",
    ),
    explained(
        "not_found",
        404,
        "There is no such thing, or it belongs to another grant.",
        "Check the id, and with whose token you ask.",
    ),
    explained("not_json", 415, "The body must be JSON.", "Send it with Content-Type: application/json."),
    explained(
        "phone_number_invalid",
        422,
        "No numbering plan knows the phone number.",
        "Check the digits and the country code.",
    ),
    explained(
        "phone_number_missing",
        422,
        "The person has no phone number.",
        "Add a mobile number and send the person again.",
    ),
    explained(
        "phone_number_not_textable",
        422,
        "Text messages do not reach this kind of number (a landline, a service number).",
        "Add a mobile number.",
    ),
    explained(
        "phone_number_unreadable",
        422,
        "The text holds no phone number.",
        "Write the number with its country code, such as +44 7400 123456.",
    ),
    explained(
        "rate_limited",
        429,
        "More requests came with this token than it may make (limits.requests_per_minute).",
        "Wait as long as Retry-After says.",
    ),
    explained("record_id_invalid", 400, "record_id is no id of a record in Attio.", "Send the record's UUID."),
    explained("record_id_missing", 422, "The lead names no record for the outcome.", "Send recordId."),
    explained("record_id_too_long", 422, "recordId is longer than any id.", "Send the id of the record."),
    explained(
        "region_unknown",
        422,
        "No numbering plan goes with this country or region.",
        "Write the number with its country code, or send an ISO 3166-1 alpha-2 code.",
    ),
    explained("repeated_parameter", 400, "A parameter stands in the query twice.", "Send it once."),
    explained(
        "signature_expired",
        401,
        "The signature was made more than five minutes ago, or ahead.",
        "Sign when you send, and set the clock.",
    ),
    explained(
        "signature_mismatch",
        401,
        "The signature was not made with our shared secret over what arrived.",
        "Sign the raw body with the current secret; check that nothing on the way changes body or URL.",
    ),
    explained(
        "signature_missing",
        401,
        "A header that the signature needs is missing.",
        "Send webhook-id, webhook-timestamp and webhook-signature (Standard Webhooks).",
    ),
    explained(
        "signature_timestamp_invalid",
        401,
        "webhook-timestamp is no number of seconds since 1970.",
        "Send the time of signing as whole seconds.",
    ),
    explained(
        "timed_out",
        503,
        "The request took longer than this service lets one take (server.request_timeout_s).",
        "Try again in a second; send less at a time.",
    ),
    explained(
        "token_invalid",
        401,
        "The access token is unknown, expired or revoked.",
        "Refresh it, or connect again.",
    ),
    explained(
        "token_missing",
        401,
        "The request brings no access token.",
        "Send it as Authorization: Bearer <token>; never in the URL.",
    ),
    explained("too_many_campaigns", 422, "The workspace has as many campaigns as it may.", "Remove one."),
    explained("too_many_headers", 422, "A webhook has more headers of its own than are kept.", "Leave some out."),
    explained(
        "too_many_secrets",
        422,
        "A webhook has more secrets in force than fit into one signature header.",
        "Wait until an older one has run out.",
    ),
    explained(
        "too_many_webhooks",
        422,
        "The grant has as many webhooks as it may (webhooks.most_per_grant).",
        "Delete one that nobody needs.",
    ),
    explained(
        "unavailable",
        503,
        "The database cannot be reached. Nothing of the request was done.",
        "Try again in a second.",
    ),
    explained("unknown_event", 422, "There is no such type of event.", "GET /api/v1/event-types lists them."),
    explained(
        "unknown_parameter",
        400,
        "The query has a parameter that this route does not know.",
        "Leave it out, or correct its name.",
    ),
    explained(
        "url_not_allowed",
        422,
        "The URL leads to where this service does not go: not https, a private address, or with a password in it.",
        "Give a public https:// address.",
    ),
    explained(
        "webhook_disabled",
        409,
        "The webhook is disabled, so nothing is sent to it.",
        "Enable it again, then replay.",
    ),
    explained("webhook_id_too_long", 400, "webhook-id is longer than an id.", "Send an id of at most 256 bytes."),
];

impl Explained {
    fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The problem as it is answered, with its cure for a detail.
    pub fn example(&self) -> Value {
        json!(Problem::new(self.status(), self.code, self.cure.to_owned()))
    }
}

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(read))
}

pub fn find(code: &str) -> Option<&'static Explained> {
    PROBLEMS.iter().find(|problem| problem.code == code)
}

/// Every kind of problem there is.
#[utoipa::path(
    get,
    path = "/problems",
    operation_id = "listProblems",
    tag = "Pages",
    responses((status = 200, description = "A page.", body = String, content_type = "text/html")),
)]
async fn list() -> Response {
    ProblemsPage { problems: PROBLEMS }.respond()
}

/// Cause and cure of a kind of problem.
///
/// What the `type` of a problem leads to.
#[utoipa::path(
    get,
    path = "/problems/{code}",
    operation_id = "readProblem",
    tag = "Pages",
    params(("code" = String, Path, description = "The `code` of the problem.", example = "not_found")),
    responses((status = 200, description = "A page.", body = String, content_type = "text/html")),
    extensions(("x-problem-codes" = json!(["not_found"]))),
)]
async fn read(Path(code): Path<String>) -> Result<Response, ApiError> {
    let problem = find(&code).ok_or_else(|| ApiError::not_found("kind of problem"))?;
    Ok(ProblemPage { problem, title: problem.status().canonical_reason().unwrap_or("Error") }.respond())
}

#[cfg(test)]
mod tests {
    use alc_core::lead::LeadRefused;

    use super::*;

    #[test]
    fn each_code_is_explained_once_and_in_order() {
        assert!(PROBLEMS.is_sorted_by(|a, b| a.code < b.code));
    }

    #[test]
    fn every_verdict_on_a_lead_is_explained() {
        for refused in LeadRefused::ALL {
            assert!(find(refused.code()).is_some(), "{} needs a line here", refused.code());
        }
    }

    #[test]
    fn causes_and_cures_are_sentences() {
        for Explained { code, cause, cure, .. } in PROBLEMS {
            assert!(cause.ends_with('.') && cure.ends_with('.'), "{code}");
        }
    }
}
