//! `/callbacks/lead-processed/{connection}`: for workspaces without an app, any partner's signed callback reaches the record.
//!
//! Standard Webhooks: the signature covers id, time and raw body. Answered 200 only when the write is durable as a job.

use ::http::HeaderMap;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use serde_json::json;
use uuid::Uuid;

use alc_core::callback::InvalidCallback;
use alc_core::id::ConnectionId;
use alc_core::incoming::IncomingCallback;
use alc_core::signature::{self, Headers};
use alc_core::time::Timestamp;

use super::body::{Json, unread_body};
use super::path::PathId;
use super::problem::ApiError;
use super::trace::Trace;
use crate::app::{App, rfc3339};
use crate::job::{Job, Place, Planned};
use crate::store::connections::Connection;
use crate::store::record_updates::RecordUpdate;
use crate::store::{StoreError, Tx};

/// Ids are compared, kept and never looked into.
const LONGEST_WEBHOOK_ID: usize = 256;

pub fn router() -> Router<App> {
    Router::new().route("/callbacks/lead-processed/{connection}", post(receive))
}

/// What became of a callback.
#[derive(Debug, Clone, Copy)]
enum Taken {
    /// It will be written to the record.
    Accepted,
    /// It came in before.
    Duplicate,
    /// Something newer came in before.
    Stale,
}

async fn receive(
    State(app): State<App>,
    Trace(trace): Trace,
    PathId(id): PathId<ConnectionId>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    let body = body.map_err(|rejection| unread_body(rejection.status()))?;
    let connection = app.store.read(async move |tx| tx.called_connection(&id).await).await?;
    let connection = connection.ok_or_else(|| ApiError::not_found("connection"))?;
    let (webhook_id, now) = (believed(&connection, &headers, &body, app.now())?, app.now());
    let callback = IncomingCallback::parse(&body)?;
    // It stands in a path at Attio, so nothing but an id may.
    let record_id = Uuid::try_parse(&callback.record_id)
        .map_err(|_| ApiError::bad_request("record_id_invalid", "record_id is no id of a record in Attio (a UUID)."))?;
    // A clock that is far ahead would make everything that follows look old.
    let told_at = callback.timestamp.as_deref().map(moment).transpose()?.unwrap_or(now);
    let told_at = told_at.min(now.plus_millis(signature::TOLERANCE_MS));
    let values = serde_json::Value::from(callback.values(&rfc3339(told_at)));
    let update = RecordUpdate {
        workspace: connection.workspace,
        connection: connection.id,
        record_id: record_id.to_string(),
        position: callback.position(told_at),
        attributes: values.to_string(),
    };
    let planned = Planned {
        workspace: update.workspace.clone(),
        job: Job::WriteRecord { connection: update.connection.clone(), record_id: update.record_id.clone() },
        place: Place::record(&update.connection, &update.record_id),
        run_at: now,
        trace,
    };
    let door = app.door.clone();
    let taken = app.store.write(async move |tx| {
        let taken = take_in(tx, &update, &webhook_id, now).await?;
        if matches!(taken, Taken::Accepted) {
            tx.enqueue(&door, &planned).await?;
        }
        Ok(taken)
    });
    let result = match taken.await? {
        Taken::Accepted => "accepted",
        Taken::Duplicate => "duplicate",
        Taken::Stale => "stale",
    };
    Ok(Json(json!({ "result": result })).into_response())
}

async fn take_in(tx: &mut Tx, update: &RecordUpdate, webhook_id: &str, now: Timestamp) -> Result<Taken, StoreError> {
    tx.lock_record(&update.connection, &update.record_id).await?;
    if !tx.insert_received_callback(&update.workspace, &update.connection, webhook_id, now).await? {
        return Ok(Taken::Duplicate);
    }
    let earlier = tx.record_update(&update.workspace, &update.connection, &update.record_id).await?;
    if earlier.is_some_and(|earlier| !update.position.may_follow(&earlier.update.position)) {
        return Ok(Taken::Stale);
    }
    tx.save_record_update(update).await?;
    Ok(Taken::Accepted)
}

/// The callback's id, once its signature is known to be the connection's.
fn believed(connection: &Connection, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<String, ApiError> {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let signed = Headers {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
    };
    signature::verify(std::slice::from_ref(&connection.callback_secret), signed, body, now)
        .map_err(|bad| ApiError::unauthorized(bad.code(), format!("{bad}.")))?;
    if signed.id.len() > LONGEST_WEBHOOK_ID {
        let detail = format!("webhook-id is longer than {LONGEST_WEBHOOK_ID} bytes.");
        return Err(ApiError::bad_request("webhook_id_too_long", detail));
    }
    Ok(signed.id.to_owned())
}

fn moment(text: &str) -> Result<Timestamp, ApiError> {
    let detail = "timestamp is no moment in RFC 3339, such as 2026-11-21T10:00:00Z.";
    let at: jiff::Timestamp = text.parse().map_err(|_| ApiError::bad_request("invalid_callback", detail))?;
    Ok(Timestamp::from_millis(at.as_millisecond()))
}

impl From<InvalidCallback> for ApiError {
    fn from(invalid: InvalidCallback) -> Self {
        Self::bad_request(invalid.code(), format!("{invalid}."))
    }
}
