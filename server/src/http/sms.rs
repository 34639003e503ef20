//! `/sms/{gateway}`: what lead's phones and the gateway tell us. Signature-checked; answered only when it is durable.

use std::collections::BTreeMap;

use ::http::{HeaderMap, StatusCode, header};
use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, OriginalUri, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;

use alc_core::consent::Consent;
use alc_core::conversation::{Turn, hear};
use alc_core::id::MessageId;
use alc_core::outcome::{Interest, Outcome};

use super::body::unread_body;
use super::path::PathId;
use super::problem::ApiError;
use super::trace::Trace;
use crate::app::App;
use crate::connectors::sms::Report;
use crate::connectors::twilio::Twilio;
use crate::moves::{self, Cause};
use crate::store::conversations::Conversation;
use crate::store::messages::{Message, MessageState};
use crate::store::{StoreError, Tx};

pub fn router() -> Router<App> {
    Router::new().route("/sms/twilio", post(receive)).route("/sms/twilio/status/{message}", post(report))
}

/// An inbound SMS, as far as we read it.
struct Inbound {
    id: MessageId,
    gateway_id: String,
    our_number: String,
    phone: String,
    body: String,
}

/// What the rules need besides the message itself.
struct Rules {
    campaign: alc_core::campaign::Campaign,
    silence_ms: i64,
}

/// `POST /sms/twilio`: an SMS came in. It is matched by its two numbers, heard, and what follows from it is kept in the same
/// commit; the same message told twice changes nothing. Answers with an empty TwiML document: replies are sent by jobs.
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
        phone: field(&form, "From")?.to_owned(),
        body: form.get("Body").cloned().unwrap_or_default(),
    };
    let rules =
        Rules { campaign: app.settings.campaign.clone(), silence_ms: app.settings.conversation.silence_s * 1000 };
    let cause = Cause { door: app.door.clone(), now: app.now(), trace };
    app.store.write(async move |tx| take_in(tx, &cause, &rules, &inbound).await).await?;
    Ok(twiml())
}

async fn take_in(tx: &mut Tx, cause: &Cause, rules: &Rules, inbound: &Inbound) -> Result<(), StoreError> {
    tx.lock_phone(&inbound.phone).await?;
    if tx.is_known_message(&inbound.gateway_id).await? {
        return Ok(());
    }
    let consent = Consent::read(&inbound.body);
    if consent == Some(Consent::Start) {
        tx.opt_in(&inbound.phone).await?;
    }
    if let Some(conversation) = tx.live_conversation(&inbound.our_number, &inbound.phone).await? {
        return hear_reply(tx, cause, rules, inbound, conversation).await;
    }
    // It matches nothing live: kept and shown, never guessed. A stop is a stop all the same.
    let (id, phone) = (&inbound.id, &inbound.phone);
    tx.insert_stray_message(id, &inbound.gateway_id, &inbound.our_number, phone, &inbound.body, cause.now).await?;
    if consent == Some(Consent::Stop) {
        moves::opt_out(tx, cause, phone, "keyword").await?;
    }
    Ok(())
}

async fn hear_reply(
    tx: &mut Tx,
    cause: &Cause,
    rules: &Rules,
    inbound: &Inbound,
    mut conversation: Conversation,
) -> Result<(), StoreError> {
    let Some(mut lead) = tx.lead(&conversation.workspace, &conversation.lead).await? else { return Ok(()) };
    let message = Message {
        id: inbound.id.clone(),
        workspace: conversation.workspace.clone(),
        conversation: conversation.id.clone(),
        lead: lead.id.clone(),
        body: inbound.body.clone(),
        state: MessageState::Received,
        gateway_id: Some(inbound.gateway_id.clone()),
        created_at: cause.now,
        sending_at: None,
    };
    tx.insert_message(&message).await?;
    moves::replied(tx, cause, &mut lead).await?;
    match hear(&rules.campaign, conversation.progress, &inbound.body) {
        Turn::Ask { say, progress } => {
            conversation.progress = progress;
            conversation.silent_at = cause.now.plus_millis(rules.silence_ms);
            tx.save_conversation(&conversation).await?;
            moves::say(tx, cause, &conversation, say).await
        }
        Turn::End { outcome, .. } if outcome.interest == Interest::OptedOut => {
            moves::opt_out(tx, cause, &inbound.phone, "keyword").await
        }
        Turn::End { say, outcome } => {
            if let Some(say) = say {
                moves::say(tx, cause, &conversation, say).await?;
            }
            moves::close(tx, cause, &mut lead, outcome).await
        }
    }
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
        Some(code) if Twilio::is_opt_out(code) => moves::opt_out(tx, cause, &lead.phone.clone(), "gateway").await,
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
