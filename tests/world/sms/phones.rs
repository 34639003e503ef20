//! The phones at the other end, and the levers a story pulls. These routes are ours, not the gateway's.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    gateway::{Gateway, ReplyError},
    message::{Direction, Message, MessageStatus},
    number::PhoneText,
};

/// One message as the owner of a phone sees it.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct PhoneMessage {
    pub direction: PhoneDirection,
    pub body: String,
    /// Our number in the exchange.
    pub number: String,
    pub status: MessageStatus,
    pub sid: String,
}

#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum PhoneDirection {
    ToLead,
    FromLead,
}

/// Oldest first.
pub(crate) fn thread(gateway: &Gateway, phone: &str) -> Vec<PhoneMessage> {
    let messages = gateway.messages().into_iter();
    messages.filter(|message| message.to == phone || message.from == phone).map(PhoneMessage::from).collect()
}

impl From<Message> for PhoneMessage {
    fn from(message: Message) -> Self {
        let Message { sid, from, to, body, status, .. } = message;
        match message.direction {
            Direction::OutboundApi => Self { direction: PhoneDirection::ToLead, body, number: from, status, sid },
            Direction::Inbound => Self { direction: PhoneDirection::FromLead, body, number: to, status, sid },
        }
    }
}

/// `GET /phones/{number}`: what this phone shows, newest last.
pub(crate) async fn get(State(gateway): State<Gateway>, Path(number): Path<String>) -> Result<Json<Value>, Refusal> {
    let phone = parse(&number)?;
    Ok(Json(json!({ "messages": thread(&gateway, &phone.to_string()) })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reply {
    body: String,
    /// The number that texted last, unless named.
    to: Option<String>,
}

/// `POST /phones/{number}/reply`: 202 once the service has taken the reply in.
pub(crate) async fn reply(
    State(gateway): State<Gateway>,
    Path(number): Path<String>,
    Json(reply): Json<Reply>,
) -> Result<Response, Refusal> {
    let phone = parse(&number)?;
    match gateway.reply(&phone.to_string(), reply.to, &reply.body).await {
        Ok(status) => Ok((StatusCode::ACCEPTED, Json(json!({ "service_status": status }))).into_response()),
        Err(error @ ReplyError::Unanswered(_)) => Err(Refusal(StatusCode::BAD_GATEWAY, error.to_string())),
        Err(error) => Err(Refusal(StatusCode::CONFLICT, error.to_string())),
    }
}

/// `PUT /phones/{number}/unreachable`: messages to this phone end undelivered from now on.
pub(crate) async fn make_unreachable(
    State(gateway): State<Gateway>,
    Path(number): Path<String>,
) -> Result<StatusCode, Refusal> {
    gateway.make_unreachable(&parse(&number)?);
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OptOut {
    from: String,
}

/// `PUT /phones/{number}/opt_out`: the gateway refuses messages from `from` to this phone from now on.
pub(crate) async fn opt_out(
    State(gateway): State<Gateway>,
    Path(number): Path<String>,
    Json(opt_out): Json<OptOut>,
) -> Result<StatusCode, Refusal> {
    gateway.opt_out(opt_out.from, &parse(&number)?);
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Inbound {
    url: String,
}

/// `PUT /_inbound`: where replies are brought.
pub(crate) async fn set_inbound(State(gateway): State<Gateway>, Json(inbound): Json<Inbound>) -> StatusCode {
    gateway.set_inbound(inbound.url);
    StatusCode::NO_CONTENT
}

/// `GET /_idle`: answers when no callback is pending.
pub(crate) async fn idle(State(gateway): State<Gateway>) -> StatusCode {
    gateway.idle().await;
    StatusCode::NO_CONTENT
}

/// `GET /_callbacks`: what the gateway sent on its own, and what it was answered.
pub(crate) async fn callbacks(State(gateway): State<Gateway>) -> Json<Value> {
    Json(json!({ "callbacks": gateway.outgoing.callbacks() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Muting {
    muted: bool,
}

/// `PUT /_callbacks`: whether status callbacks get lost from now on.
pub(crate) async fn mute(State(gateway): State<Gateway>, Json(muting): Json<Muting>) -> StatusCode {
    gateway.mute(muting.muted);
    StatusCode::NO_CONTENT
}

fn parse(number: &str) -> Result<PhoneText, Refusal> {
    let message = format!("{number} is no phone number; write it as +447400123456");
    PhoneText::parse(number).ok_or(Refusal(StatusCode::BAD_REQUEST, message))
}

/// A lever pulled wrongly.
pub(crate) struct Refusal(StatusCode, String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "message": self.1 }))).into_response()
    }
}
