//! A webhook's signing secret: shown to its owner, and exchanged for another without a callback that nobody can verify.

use ::http::header;
use axum::extract::{FromRequest as _, Request, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use alc_core::id::WebhookId;

use super::{deed, fresh_secret};
use crate::app::{App, rfc3339};
use crate::http::body::Json;
use crate::http::caller::{Caller, WriteWebhooks};
use crate::http::path::PathId;
use crate::http::problem::ApiError;
use crate::store::StoreError;
use crate::store::audit::Origin;

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Rotation {
    /// How long the secret of before goes on signing; the setting's own time when it is not said.
    #[schema(minimum = 0)]
    overlap_s: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Rotated {
    webhook_id: WebhookId,
    secret: String,
    /// Until then each callback is signed with both.
    #[schema(format = DateTime)]
    previous_secret_expires_at: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Secret)]
pub(super) struct SecretView {
    webhook_id: WebhookId,
    secret: String,
}

/// Rotate a webhook's secret.
///
/// A new secret signs from now on; the one before signs beside it until the overlap ends. The body may be left out.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{webhook_id}/rotate-secret",
    operation_id = "rotateSecret",
    tag = "Webhooks",
    security(("oauth2" = ["webhooks:write"])),
    params(("webhook_id" = inline(WebhookId), Path, description = "The webhook's id.")),
    request_body = Option<Rotation>,
    responses((status = 200, description = "The new secret.", body = Rotated)),
    extensions(("x-problem-codes" = json!(["invalid_overlap", "too_many_secrets"]))),
)]
pub(super) async fn rotate(
    State(app): State<App>,
    caller: Caller<WriteWebhooks>,
    origin: Origin,
    PathId(id): PathId<WebhookId>,
    request: Request,
) -> Result<Json<Rotated>, ApiError> {
    let overlap_ms = overlap_s(&app, request).await? * 1000;
    let fresh = fresh_secret(&app)?;
    let deed = deed(&app, &origin, "webhook.secret_rotated", &caller.workspace, &caller.grant, &id);
    let (webhook, secret, now) = (id.clone(), fresh.reveal(), app.now());
    let most = app.settings.webhooks.most_old_secrets;
    let rotated = app
        .store
        .write(async move |tx| {
            tx.lock_webhook(&id).await?;
            let secrets = tx.signing_secrets(&caller.workspace, &caller.grant, &id).await?;
            let Some(secrets) = secrets else { return Ok(false) };
            let secrets = secrets.rotate(fresh.clone(), now, overlap_ms, most).map_err(|_| {
                let cure = "Too many earlier secrets still sign. Wait until one expires, or give a shorter overlap_s.";
                StoreError::refused("too_many_secrets", cure)
            })?;
            tx.save_signing_secrets(&caller.workspace, &id, &secrets).await?;
            tx.audit(&deed).await?;
            Ok(true)
        })
        .await?;
    if !rotated {
        return Err(ApiError::not_found("webhook"));
    }
    let previous_secret_expires_at = rfc3339(now.plus_millis(overlap_ms));
    Ok(Json(Rotated { webhook_id: webhook, secret, previous_secret_expires_at }))
}

/// Read a webhook's secret.
///
/// The current one, for those who may also make one. Each look is in the audit log.
#[utoipa::path(
    get,
    path = "/api/v1/webhooks/{webhook_id}/secret",
    operation_id = "readSecret",
    tag = "Webhooks",
    security(("oauth2" = ["webhooks:write"])),
    params(("webhook_id" = inline(WebhookId), Path, description = "The webhook's id.")),
    responses((status = 200, description = "The secret.", body = SecretView)),
)]
pub(super) async fn read(
    State(app): State<App>,
    caller: Caller<WriteWebhooks>,
    origin: Origin,
    PathId(id): PathId<WebhookId>,
) -> Result<Json<SecretView>, ApiError> {
    let deed = deed(&app, &origin, "webhook.secret_read", &caller.workspace, &caller.grant, &id);
    let webhook_id = id.clone();
    let secrets = app
        .store
        .write(async move |tx| {
            let secrets = tx.signing_secrets(&caller.workspace, &caller.grant, &id).await?;
            if secrets.is_some() {
                tx.audit(&deed).await?;
            }
            Ok(secrets)
        })
        .await?;
    let secrets = secrets.ok_or_else(|| ApiError::not_found("webhook"))?;
    Ok(Json(SecretView { webhook_id, secret: secrets.current.reveal() }))
}

/// The body may be left out.
async fn overlap_s(app: &App, request: Request) -> Result<i64, ApiError> {
    let longest = app.settings.webhooks.secret_overlap_s;
    let rotation = if request.headers().contains_key(header::CONTENT_TYPE) {
        Json::<Option<Rotation>>::from_request(request, app).await?.0.unwrap_or_default()
    } else {
        Rotation::default()
    };
    match rotation.overlap_s {
        None => Ok(longest),
        Some(overlap_s) if (0..=longest).contains(&overlap_s) => Ok(overlap_s),
        Some(_) => {
            let cure = format!("overlap_s must be between 0 and {longest}, which is what you get without it.");
            Err(ApiError::unprocessable("invalid_overlap", cure))
        }
    }
}
