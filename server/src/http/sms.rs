//! `/sms/{gateway}`: what lead's phones and the gateway tell us. Signature-checked; answered only when it is durable.

use std::collections::BTreeMap;

use ::http::{HeaderMap, StatusCode, header};
use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, OriginalUri, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;

use alc_core::id::MessageId;
use alc_core::outcome::{Interest, Outcome};

use super::body::unread_body;
use super::path::PathId;
use super::problem::ApiError;
use super::trace::Trace;
use crate::app::App;
use crate::connectors::sms::Report;
use crate::connectors::twilio::Twilio;
use crate::fail_point::FailPoint;
use crate::inbound::{self, Inbound};
use crate::moves::{self, Cause};
use crate::store::handsets::Handset;
use crate::store::messages::{Message, MessageState};
use crate::store::{StoreError, Tx};

pub fn router() -> Router<App> {
    Router::new().route("/sms/twilio", post(receive)).route("/sms/twilio/status/{message}", post(report))
}

/// `POST /sms/twilio`: an SMS came in, see [`crate::inbound`]. Answers with an empty TwiML document: replies are sent by jobs.
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
        at: app.now(),
    };
    FailPoint::InboundReceived.reached();
    inbound::take_in(&app, trace, inbound).await?;
    FailPoint::InboundCommitted.reached();
    Ok(twiml())
}

/// `POST /sms/twilio/status/{message}`: how far one of our messages got. Reports come twice and out of order; only news counts.
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
        Some(code) if Twilio::is_opt_out(code) => moves::opt_out(tx, cause, &Handset::of(&lead), "gateway").await,
        // A lead that has answered can be reached: one text that got lost does not undo that.
        _ if matches!(lead.stage, alc_core::lead::Stage::InConversation { .. }) => Ok(()),
        _ => {
            let outcome = Outcome::certain(Interest::Unreachable, "The text could not be delivered to this phone.");
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
