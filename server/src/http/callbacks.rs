//! `/callbacks/lead-processed/{connection}`: for workspaces without an app, any partner's signed callback reaches the record.
//!
//! Standard Webhooks: the signature covers id, time and raw body. Answered 200 only when the write is durable as a job.

use ::http::HeaderMap;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
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

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(receive))
}

/// What became of a callback.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Taken {
    /// It will be written to the record.
    Accepted,
    /// It came in before.
    Duplicate,
    /// Something newer came in before.
    Stale,
}

#[derive(Debug, Serialize, ToSchema)]
struct TakenCallback {
    result: Taken,
}

/// Take in a partner's callback.
///
/// For workspaces without an app: what a partner says of a record is written to it. Signed by Standard Webhooks with the
/// connection's own secret; 200 only when the write is durable.
#[utoipa::path(
    post,
    path = "/callbacks/lead-processed/{connection}",
    operation_id = "receiveCallback",
    tag = "Incoming",
    params(
        ("connection" = inline(ConnectionId), Path, description = "Whose records it is about."),
        ("webhook-id" = String, Header, description = "The same for each try of one callback.", max_length = 256, min_length = 1),
        ("webhook-timestamp" = i64, Header, description = "When it was signed, in seconds since 1970; at most five minutes ago."),
        ("webhook-signature" = String, Header, description = "`v1,` and the HMAC-SHA256 in base64; several with spaces between."),
    ),
    request_body = IncomingCallback,
    responses((status = 200, description = "It is kept, or need not be.", body = TakenCallback)),
    extensions(("x-problem-codes" = json!([
        "body_interrupted", "body_too_large", "busy", "invalid_callback", "missing_record_id", "missing_status", "not_found",
        "record_id_invalid", "signature_expired", "signature_mismatch", "signature_missing", "signature_timestamp_invalid",
        "unavailable", "webhook_id_too_long",
    ]))),
)]
async fn receive(
    State(app): State<App>,
    Trace(trace): Trace,
    PathId(id): PathId<ConnectionId>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<TakenCallback>, ApiError> {
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
    Ok(Json(TakenCallback { result: taken.await? }))
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
