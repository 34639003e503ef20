//! The log of a webhook's deliveries, and how to have them made again.

use ::http::{HeaderMap, StatusCode};
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use alc_core::id::{DeliveryId, EventId, WebhookId};
use alc_core::time::Timestamp;

use super::deed;
use crate::app::{App, rfc3339};
use crate::event::EventName;
use crate::http::body::Json;
use crate::http::caller::{Caller, ReadWebhooks, WriteWebhooks};
use crate::http::etag;
use crate::http::path::{PathId, PathIds};
use crate::http::problem::ApiError;
use crate::http::query::{self, Query};
use crate::store::audit::Origin;
use crate::store::deliveries::DeliveryState;
use crate::store::delivery_log::{LogPage, LoggedAttempt, LoggedDelivery, Replay, ReplayedPart};

/// Which deliveries, and which page of them.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DeliveryQuery {
    /// Only deliveries in this state.
    #[param(value_type = Option<DeliveryState>)]
    state: Option<String>,
    /// How many to show.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 250, default = 50)]
    limit: Option<String>,
    /// `next_cursor` of the page before.
    #[param(value_type = Option<DeliveryId>, inline)]
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReplayDraft {
    #[schema(format = DateTime)]
    since: String,
    /// `failed`: leave out what was delivered.
    state: Option<OnlyFailed>,
    /// `next_cursor` of the answer before, where that was not all.
    #[schema(value_type = Option<DeliveryId>)]
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum OnlyFailed {
    Failed,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Delivery)]
struct DeliveryView {
    delivery_id: DeliveryId,
    event_id: EventId,
    #[serde(rename = "type")]
    name: EventName,
    state: DeliveryState,
    attempts: u32,
    #[schema(required, format = DateTime)]
    next_attempt_at: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(required, format = DateTime)]
    ended_at: Option<String>,
}

/// A page of deliveries.
#[derive(Debug, Serialize, ToSchema)]
struct DeliveryPage {
    /// Newest first.
    data: Vec<DeliveryView>,
    /// Leads to the next page; null on the last.
    #[schema(required)]
    next_cursor: Option<DeliveryId>,
}

/// A delivery that is made again.
#[derive(Debug, Serialize, ToSchema)]
struct PlannedReplay {
    delivery_id: DeliveryId,
}

/// Deliveries that are made again.
#[derive(Debug, Serialize, ToSchema)]
struct PlannedReplays {
    replayed: usize,
    /// Where to go on, when that was too much for once.
    #[schema(required)]
    next_cursor: Option<DeliveryId>,
}

impl From<LoggedDelivery> for DeliveryView {
    fn from(delivery: LoggedDelivery) -> Self {
        Self {
            delivery_id: delivery.id,
            event_id: delivery.event,
            name: delivery.name,
            state: delivery.state,
            attempts: delivery.attempts,
            next_attempt_at: delivery.next_attempt_at.map(rfc3339),
            created_at: rfc3339(delivery.created_at),
            ended_at: delivery.ended_at.map(rfc3339),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DeliveryWithAttempts {
    #[serde(flatten)]
    delivery: DeliveryView,
    attempt_log: Vec<AttemptView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Attempt)]
struct AttemptView {
    #[schema(format = DateTime)]
    at: String,
    /// What the endpoint answered, if it did.
    #[schema(required)]
    status: Option<u16>,
    #[schema(required)]
    error: Option<String>,
    latency_ms: i64,
    /// The beginning of what the endpoint answered.
    #[schema(required)]
    response_excerpt: Option<String>,
}

impl From<LoggedAttempt> for AttemptView {
    fn from(attempt: LoggedAttempt) -> Self {
        Self {
            at: rfc3339(attempt.at),
            status: attempt.status,
            error: attempt.error,
            latency_ms: attempt.latency_ms,
            response_excerpt: attempt.excerpt,
        }
    }
}

/// List a webhook's deliveries.
///
/// Newest first.
#[utoipa::path(
    get,
    path = "/api/v1/webhooks/{webhook_id}/deliveries",
    operation_id = "listDeliveries",
    tag = "Webhooks",
    security(("oauth2" = ["webhooks:read"])),
    params(("webhook_id" = inline(WebhookId), Path, description = "The webhook's id."), DeliveryQuery, etag::IfNoneMatch),
    responses((status = 200, description = "A page of deliveries.", body = DeliveryPage)),
    extensions(("x-problem-codes" = json!(["invalid_cursor", "invalid_limit", "invalid_state"]))),
)]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller<ReadWebhooks>,
    PathId(id): PathId<WebhookId>,
    Query(query): Query<DeliveryQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (shown, page) = (query::limit(query.limit.as_deref())?, page(&query)?);
    let found = app
        .store
        .read(async move |tx| {
            if tx.webhook(&caller.workspace, &caller.grant, &id).await?.is_none() {
                return Ok(None);
            }
            tx.deliveries(&caller.workspace, &id, &page).await.map(Some)
        })
        .await?;
    let mut deliveries = found.ok_or_else(|| ApiError::not_found("webhook"))?;
    let there_are_more = deliveries.len() > shown;
    deliveries.truncate(shown);
    let next_cursor = deliveries.last().filter(|_| there_are_more).map(|last| last.id.clone());
    let data = deliveries.into_iter().map(DeliveryView::from).collect();
    etag::answer(&headers, &DeliveryPage { data, next_cursor })
}

/// Read a delivery and its tries.
#[utoipa::path(
    get,
    path = "/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}",
    operation_id = "readDelivery",
    tag = "Webhooks",
    security(("oauth2" = ["webhooks:read"])),
    params(
        ("webhook_id" = inline(WebhookId), Path, description = "The webhook's id."),
        ("delivery_id" = inline(DeliveryId), Path, description = "The delivery's id."),
        etag::IfNoneMatch,
    ),
    responses((status = 200, description = "The delivery.", body = DeliveryWithAttempts)),
)]
pub(super) async fn read(
    State(app): State<App>,
    caller: Caller<ReadWebhooks>,
    PathIds(webhook, id): PathIds<WebhookId, DeliveryId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let found = app
        .store
        .read(async move |tx| {
            if tx.webhook(&caller.workspace, &caller.grant, &webhook).await?.is_none() {
                return Ok(None);
            }
            let Some(delivery) = tx.delivery(&caller.workspace, &webhook, &id).await? else { return Ok(None) };
            let attempts = tx.attempts(&caller.workspace, &id).await?;
            Ok(Some((delivery, attempts)))
        })
        .await?;
    let (delivery, attempts) = found.ok_or_else(|| ApiError::not_found("delivery"))?;
    let attempt_log = attempts.into_iter().map(AttemptView::from).collect();
    etag::answer(&headers, &DeliveryWithAttempts { delivery: delivery.into(), attempt_log })
}

/// Replay a delivery.
///
/// The same event is delivered again under the same `webhook-id`, so that receivers can tell. One that waits for its next try gets
/// it now.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/replay",
    operation_id = "replayDelivery",
    tag = "Webhooks",
    security(("oauth2" = ["webhooks:write"])),
    params(
        ("webhook_id" = inline(WebhookId), Path, description = "The webhook's id."),
        ("delivery_id" = inline(DeliveryId), Path, description = "The delivery's id."),
    ),
    responses((status = 202, description = "It will be delivered again.", body = PlannedReplay)),
    extensions(("x-problem-codes" = json!(["webhook_disabled"]))),
)]
pub(super) async fn replay(
    State(app): State<App>,
    caller: Caller<WriteWebhooks>,
    origin: Origin,
    PathIds(webhook, id): PathIds<WebhookId, DeliveryId>,
) -> Result<Response, ApiError> {
    let deed = deed(&app, &origin, "webhook.replayed", &caller.workspace, &caller.grant, &webhook);
    let (door, delivery_id) = (app.door.clone(), id.clone());
    let replay = Replay { workspace: caller.workspace, webhook, now: app.now(), trace: origin.trace };
    let replayed = app
        .store
        .write(async move |tx| {
            tx.lock_webhook(&replay.webhook).await?;
            let Some(webhook) = tx.webhook(&replay.workspace, &caller.grant, &replay.webhook).await? else {
                return Ok(Ended::NotThere);
            };
            if tx.delivery(&replay.workspace, &replay.webhook, &id).await?.is_none() {
                return Ok(Ended::NotThere);
            }
            if webhook.disabled.is_some() {
                return Ok(Ended::Disabled);
            }
            tx.replay_delivery(&door, &replay, &id).await?;
            tx.audit(&deed).await?;
            Ok(Ended::Replayed(()))
        })
        .await?;
    replayed.or_refused("delivery")?;
    Ok((StatusCode::ACCEPTED, Json(PlannedReplay { delivery_id })).into_response())
}

/// Replay everything since a moment.
///
/// What was to be delivered since then is delivered again, in order: what failed, and (unless `"state": "failed"`) what was delivered
/// as well. When that was too much for once (`webhooks.replayed_at_most`), the same request with `next_cursor` as its `cursor` goes on.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{webhook_id}/replay",
    operation_id = "replaySince",
    tag = "Webhooks",
    security(("oauth2" = ["webhooks:write"])),
    params(("webhook_id" = inline(WebhookId), Path, description = "The webhook's id.")),
    request_body = ReplayDraft,
    responses((status = 202, description = "They will be delivered again.", body = PlannedReplays)),
    extensions(("x-problem-codes" = json!(["invalid_since", "invalid_cursor", "webhook_disabled"]))),
)]
pub(super) async fn replay_since(
    State(app): State<App>,
    caller: Caller<WriteWebhooks>,
    origin: Origin,
    PathId(id): PathId<WebhookId>,
    Json(draft): Json<ReplayDraft>,
) -> Result<Response, ApiError> {
    let part = ReplayedPart {
        since: draft.since()?,
        after: cursor(draft.cursor.as_deref()).map_err(|cure| ApiError::bad_request("invalid_cursor", cure))?,
        only_failed: draft.state.is_some(),
        at_most: app.settings.webhooks.replayed_at_most,
    };
    let deed = deed(&app, &origin, "webhook.replayed", &caller.workspace, &caller.grant, &id);
    let door = app.door.clone();
    let replay = Replay { workspace: caller.workspace, webhook: id, now: app.now(), trace: origin.trace };
    let replayed = app
        .store
        .write(async move |tx| {
            tx.lock_webhook(&replay.webhook).await?;
            match tx.webhook(&replay.workspace, &caller.grant, &replay.webhook).await? {
                None => return Ok(Ended::NotThere),
                Some(webhook) if webhook.disabled.is_some() => return Ok(Ended::Disabled),
                Some(_) => {}
            }
            let replayed = tx.replay_part(&door, &replay, &part).await?;
            tx.audit(&deed.clone().of_many(replayed.count)).await?;
            Ok(Ended::Replayed(replayed))
        })
        .await?;
    let replayed = replayed.or_refused("webhook")?;
    let body = PlannedReplays { replayed: replayed.count, next_cursor: replayed.next };
    Ok((StatusCode::ACCEPTED, Json(body)).into_response())
}

/// How a request to deliver again ended.
enum Ended<T> {
    Replayed(T),
    NotThere,
    Disabled,
}

impl<T> Ended<T> {
    fn or_refused(self, what: &str) -> Result<T, ApiError> {
        match self {
            Self::Replayed(how) => Ok(how),
            Self::NotThere => Err(ApiError::not_found(what)),
            Self::Disabled => {
                let cure = "The webhook is disabled. Resume it with {\"enabled\": true}, then replay.";
                Err(ApiError::new(StatusCode::CONFLICT, "webhook_disabled", cure))
            }
        }
    }
}

impl ReplayDraft {
    fn since(&self) -> Result<Timestamp, ApiError> {
        let at: Result<jiff::Timestamp, _> = self.since.parse();
        at.map(|at| Timestamp::from_millis(at.as_millisecond())).map_err(|_| {
            let cure = "`since` must be a time such as 2026-11-21T10:00:00Z (RFC 3339).";
            ApiError::unprocessable("invalid_since", cure)
        })
    }
}

/// One more than is shown, to know whether there are more.
fn page(query: &DeliveryQuery) -> Result<LogPage, ApiError> {
    let state = query.state.as_deref().map(|text| {
        DeliveryState::parse(text).ok_or_else(|| {
            let cure = "state must be one of pending, delivered, failed, dropped.";
            ApiError::bad_request("invalid_state", cure)
        })
    });
    let before = cursor(query.cursor.as_deref()).map_err(|cure| ApiError::bad_request("invalid_cursor", cure))?;
    let at_most = i64::try_from(query::limit(query.limit.as_deref())?).unwrap_or(i64::MAX).saturating_add(1);
    Ok(LogPage { state: state.transpose()?, before, at_most })
}

/// A delivery behind which to go on, or what to do instead.
fn cursor(text: Option<&str>) -> Result<Option<DeliveryId>, &'static str> {
    let is_one = |text: &str| {
        text.strip_prefix(DeliveryId::PREFIX)
            .is_some_and(|rest| rest.len() == 32 && rest.bytes().all(|digit| digit.is_ascii_hexdigit()))
    };
    match text {
        None => Ok(None),
        Some(text) if is_one(text) => Ok(Some(DeliveryId::from(text))),
        Some(_) => {
            Err("This is no cursor of ours. Take next_cursor of the answer before, as it is, or begin without one.")
        }
    }
}
