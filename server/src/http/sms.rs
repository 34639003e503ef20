//! `/sms/{gateway}`: what lead's phones and the gateway tell us. Signature-checked; answered only when it is durable.

use std::collections::BTreeMap;

use ::http::{HeaderMap, StatusCode, header};
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, OriginalUri, State};
use axum::response::{IntoResponse as _, Response};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use alc_core::conversation::ASKED_TO_STOP;
use alc_core::id::MessageId;
use alc_core::outcome::{Interest, Outcome};

use super::body::unread_body;
use super::path::PathId;
use super::problem::ApiError;
use super::trace::Trace;
use crate::app::App;
use crate::connectors::causes::{FailureCause, summary_of};
use crate::connectors::sms::Report;
use crate::connectors::twilio::Twilio;
use crate::fail_point::FailPoint;
use crate::inbound::{self, Inbound};
use crate::moves::{self, Cause};
use crate::store::handsets::Handset;
use crate::store::messages::{Message, MessageState};
use crate::store::{StoreError, Tx};

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(receive)).routes(routes!(report))
}

/// What the gateway says of an SMS; of what else it sends nothing is read, but all of it is signed.
#[derive(ToSchema)]
#[schema(rename_all = "PascalCase")]
#[expect(
    dead_code,
    reason = "it only describes: the signature covers fields that nobody knows beforehand, so all are kept in a map"
)]
struct InboundForm {
    #[schema(min_length = 1)]
    message_sid: String,
    /// Our number.
    #[schema(min_length = 1)]
    to: String,
    /// The lead's number.
    #[schema(min_length = 1)]
    from: String,
    #[schema(nullable = false)]
    body: Option<String>,
    /// How many pictures came with it; they are noted, and never fetched.
    #[schema(nullable = false)]
    num_media: Option<String>,
}

/// What the gateway says of a message of ours.
#[derive(ToSchema)]
#[schema(rename_all = "PascalCase")]
#[expect(dead_code, reason = "it only describes, as above")]
struct StatusForm {
    #[schema(min_length = 1)]
    message_sid: String,
    #[schema(min_length = 1)]
    message_status: String,
    #[schema(nullable = false)]
    error_code: Option<String>,
}

/// Take in an SMS.
///
/// Called by the gateway, and signed by it (`X-Twilio-Signature`). Replies are sent later, so the answer is an empty TwiML document.
#[utoipa::path(
    post,
    path = "/sms/twilio",
    operation_id = "receiveSms",
    tag = "Incoming",
    params(("X-Twilio-Signature" = String, Header, description = "HMAC-SHA1 over the URL and the form.")),
    request_body(content = InboundForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "It is kept.", body = String, content_type = "text/xml")),
    extensions(("x-problem-codes" = json!([
        "body_interrupted", "body_too_large", "busy", "field_missing", "malformed_form", "not_a_form", "signature_mismatch", "unavailable",
    ]))),
)]
async fn receive(
    State(app): State<App>,
    Trace(trace): Trace,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    form: Result<Form<BTreeMap<String, String>>, FormRejection>,
) -> Result<Response, ApiError> {
    let form = read(form)?;
    check_signature(&app, &uri, &headers, &form)?;
    let inbound = Inbound {
        id: app.new_id(),
        gateway_id: field(&form, "MessageSid")?.to_owned(),
        our_number: field(&form, "To")?.to_owned(),
        from: Handset::real(field(&form, "From")?),
        body: form.get("Body").cloned().unwrap_or_default(),
        pictures: form.get("NumMedia").and_then(|count| count.parse().ok()).unwrap_or_default(),
        at: app.now(),
    };
    FailPoint::InboundReceived.reached();
    inbound::take_in(&app, trace, inbound).await?;
    FailPoint::InboundCommitted.reached();
    Ok(twiml())
}

/// Hear how far a message got.
///
/// Called by the gateway, and signed by it. Reports come twice and out of order; only news counts.
#[utoipa::path(
    post,
    path = "/sms/twilio/status/{message}",
    operation_id = "receiveSmsStatus",
    tag = "Incoming",
    params(
        ("message" = inline(MessageId), Path, description = "Our id of the message."),
        ("X-Twilio-Signature" = String, Header, description = "HMAC-SHA1 over the URL and the form."),
    ),
    request_body(content = StatusForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 204, description = "It is noted.")),
    extensions(("x-problem-codes" = json!([
        "body_interrupted", "body_too_large", "busy", "field_missing", "malformed_form", "not_a_form", "not_found", "signature_mismatch",
        "unavailable",
    ]))),
)]
async fn report(
    State(app): State<App>,
    Trace(trace): Trace,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    PathId(message): PathId<MessageId>,
    form: Result<Form<BTreeMap<String, String>>, FormRejection>,
) -> Result<StatusCode, ApiError> {
    let form = read(form)?;
    check_signature(&app, &uri, &headers, &form)?;
    let gateway_id = field(&form, "MessageSid")?.to_owned();
    let report = Twilio::report(field(&form, "MessageStatus")?);
    let code = form.get("ErrorCode").filter(|code| !code.is_empty()).cloned();
    let cause = Cause { door: app.door.clone(), now: app.now(), trace };
    let known = app
        .store
        .write(async move |tx| {
            let Some(message) = tx.reported_message(&message).await? else { return Ok(false) };
            note_report(tx, &cause, &message, &gateway_id, report, code.as_deref()).await?;
            Ok(true)
        })
        .await?;
    if known { Ok(StatusCode::NO_CONTENT) } else { Err(ApiError::not_found("message")) }
}

async fn note_report(
    tx: &mut Tx,
    cause: &Cause,
    message: &Message,
    gateway_id: &str,
    report: Report,
    code: Option<&str>,
) -> Result<(), StoreError> {
    let Some(lead) = tx.lead(&message.workspace, &message.lead).await? else { return Ok(()) };
    tx.lock_phone(&lead.phone).await?;
    let Some(message) = tx.message(&message.workspace, &message.id).await? else { return Ok(()) };
    let Some(mut lead) = tx.lead(&lead.workspace, &lead.id).await? else { return Ok(()) };
    let state = match report {
        // Any report proves that the gateway has it.
        Report::OnItsWay | Report::Sent => MessageState::Sent,
        Report::Delivered => MessageState::Delivered,
        Report::Undelivered => MessageState::Undelivered,
        Report::Failed => MessageState::Failed,
    };
    if !message.state.may_become(state) {
        return Ok(());
    }
    tx.save_message_state(&message, state, Some(gateway_id), code, cause.now).await?;
    if matches!(state, MessageState::Sent | MessageState::Delivered) {
        return moves::contacted(tx, cause, &mut lead).await;
    }
    match code {
        Some(code) if FailureCause::of(code) == Some(FailureCause::OptedOut) => {
            moves::opt_out(tx, cause, &Handset::of(&lead), "gateway", ASKED_TO_STOP).await
        }
        // A lead that has answered can be reached: one text that got lost does not undo that.
        _ if matches!(lead.stage, alc_core::lead::Stage::InConversation { .. }) => Ok(()),
        _ => {
            let outcome = Outcome::certain(Interest::Unreachable, summary_of(code.unwrap_or_default()));
            moves::close(tx, cause, &mut lead, outcome).await
        }
    }
}

fn read(form: Result<Form<BTreeMap<String, String>>, FormRejection>) -> Result<BTreeMap<String, String>, ApiError> {
    form.map(|Form(form)| form).map_err(|rejection| match rejection {
        FormRejection::InvalidFormContentType(_) => {
            let detail = "The body must be a form: send it with Content-Type: application/x-www-form-urlencoded.";
            ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_a_form", detail)
        }
        FormRejection::BytesRejection(rejection) => unread_body(rejection.status()),
        _ => ApiError::bad_request("malformed_form", "The form cannot be read. Send it URL-encoded, in UTF-8."),
    })
}

/// Twilio signs the URL it was told to call, as the outside writes it.
fn check_signature(
    app: &App,
    uri: &::http::Uri,
    headers: &HeaderMap,
    form: &BTreeMap<String, String>,
) -> Result<(), ApiError> {
    let path = uri.path_and_query().map_or("", |path| path.as_str());
    let url = format!("{}{path}", app.public_url);
    let signature = headers.get("x-twilio-signature").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if Twilio::signed_by_us(&app.settings.sms.auth_token, &url, form, signature) {
        return Ok(());
    }
    let detail = "X-Twilio-Signature does not match. Check sms.auth_token, and that server.public_url is the address the gateway calls.";
    Err(ApiError::new(StatusCode::UNAUTHORIZED, "signature_mismatch", detail))
}

fn field<'a>(form: &'a BTreeMap<String, String>, name: &str) -> Result<&'a str, ApiError> {
    let missing = || ApiError::bad_request("field_missing", format!("The form has no {name}."));
    form.get(name).map(String::as_str).filter(|value| !value.is_empty()).ok_or_else(missing)
}

fn twiml() -> Response {
    ([(header::CONTENT_TYPE, "text/xml")], r#"<?xml version="1.0" encoding="UTF-8"?><Response/>"#).into_response()
}
