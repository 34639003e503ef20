//! `/api/v1/workspace`: how the token's workspace stands, and the confirmation that it may text the people whom it sends.

use ::http::HeaderMap;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::Json;
use super::caller::{Caller, ReadLeads, WriteLeads};
use super::etag;
use super::problem::ApiError;
use crate::app::{App, rfc3339};
use crate::store::audit::{AuditEntry, Origin};
use crate::store::consents::ConfirmedConsent;
use crate::store::tallies::Budget;
use crate::store::workspaces::Workspace;

/// Longer ones are no name.
const LONGEST_NAME: usize = 100;

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(read)).routes(routes!(confirm))
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Workspace)]
#[serde(rename_all = "camelCase")]
struct WorkspaceView {
    name: String,
    /// `live`, or `test`: then nobody is texted.
    #[schema(example = "live")]
    mode: &'static str,
    /// ISO 3166-1 alpha-2; reads phone numbers that come without a country.
    #[schema(required)]
    default_region: Option<String>,
    /// Who confirmed that the workspace may text the people it sends; null: nobody has.
    #[schema(required)]
    consent: Option<ConsentView>,
    /// Null: there is no limit.
    #[schema(required)]
    budget: Option<BudgetView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Consent)]
#[serde(rename_all = "camelCase")]
struct ConsentView {
    confirmed_by: String,
    #[schema(format = DateTime)]
    confirmed_at: String,
}

/// What is sent in a month (of UTC), in segments of SMS.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Budget)]
#[serde(rename_all = "camelCase")]
struct BudgetView {
    monthly_segments: i64,
    used_segments: i64,
}

impl WorkspaceView {
    fn new(workspace: Workspace, consent: Option<ConfirmedConsent>, budget: Budget) -> Self {
        Self {
            name: workspace.name,
            mode: workspace.mode.as_str(),
            default_region: workspace.default_region,
            consent: consent.map(ConsentView::from),
            budget: budget
                .monthly_segments
                .map(|monthly_segments| BudgetView { monthly_segments, used_segments: budget.used_segments }),
        }
    }
}

impl From<ConfirmedConsent> for ConsentView {
    fn from(consent: ConfirmedConsent) -> Self {
        Self { confirmed_by: consent.by, confirmed_at: rfc3339(consent.at) }
    }
}

/// Read the workspace.
///
/// How the token's workspace stands: its mode, who confirmed that it may text people, and what is left of its budget.
#[utoipa::path(
    get,
    path = "/api/v1/workspace",
    operation_id = "readWorkspace",
    tag = "Workspace",
    security(("oauth2" = ["leads:read"])),
    params(etag::IfNoneMatch),
    responses((status = 200, description = "The workspace.", body = WorkspaceView)),
)]
async fn read(State(app): State<App>, caller: Caller<ReadLeads>, headers: HeaderMap) -> Result<Response, ApiError> {
    let (id, now) = (caller.workspace, app.now());
    let found = app
        .store
        .read(async move |tx| {
            let Some(workspace) = tx.workspace(&id).await? else { return Ok(None) };
            Ok(Some(WorkspaceView::new(workspace, tx.confirmed_consent(&id).await?, tx.budget(&id, now).await?)))
        })
        .await?;
    etag::answer(&headers, &found.ok_or_else(ApiError::token_ended)?)
}

/// Who stands for it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Confirmation {
    /// The full name of whoever confirms it.
    #[schema(min_length = 1, max_length = 100, example = "Ada Lovelace")]
    name: String,
}

/// Confirm consent.
///
/// Somebody, by name, stands for it that the workspace may text the people it sends. Once is enough; the newest name is kept, and
/// the audit log has all.
#[utoipa::path(
    put,
    path = "/api/v1/workspace/consent",
    operation_id = "confirmConsent",
    tag = "Workspace",
    security(("oauth2" = ["leads:write"])),
    request_body = Confirmation,
    responses((status = 200, description = "It is confirmed.", body = ConsentView)),
    extensions(("x-problem-codes" = json!(["name_missing", "name_too_long"]))),
)]
async fn confirm(
    State(app): State<App>,
    caller: Caller<WriteLeads>,
    origin: Origin,
    Json(confirmation): Json<Confirmation>,
) -> Result<Json<ConsentView>, ApiError> {
    let name = confirmation.name.trim();
    if name.is_empty() {
        return Err(ApiError::unprocessable("name_missing", "The name is empty. Say who confirms it."));
    }
    if name.chars().count() > LONGEST_NAME {
        let detail = format!("The name has more than {LONGEST_NAME} characters. Shorten it.");
        return Err(ApiError::unprocessable("name_too_long", detail));
    }
    let consent = ConfirmedConsent { by: name.to_owned(), at: app.now() };
    let deed = AuditEntry {
        id: app.new_id(),
        workspace: Some(caller.workspace.clone()),
        actor: caller.grant.to_string(),
        action: "workspace.consent_confirmed",
        target: caller.workspace.to_string(),
        reason: None,
        affected: None,
        origin,
        at: consent.at,
    };
    let (workspace, kept) = (caller.workspace, consent.clone());
    app.store
        .write(async move |tx| {
            tx.confirm_consent(&workspace, &kept).await?;
            tx.audit(&deed).await
        })
        .await?;
    Ok(Json(consent.into()))
}
