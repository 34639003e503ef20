//! `/api/v1/leads`: take leads in, say what became of them.

use ::http::StatusCode;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde::Serialize;
use serde_json::json;

use alc_core::id::LeadId;
use alc_core::lead::{Lead, LeadDraft, LeadStatus};
use alc_core::outcome::Outcome;
use alc_core::record::RecordStatus;

use super::body::Json;
use super::caller::{Caller, ReadLeads, WriteLeads};
use super::path::PathId;
use super::problem::ApiError;
use super::trace::Trace;
use crate::app::{App, region, rfc3339};
use crate::fail_point::FailPoint;
use crate::moves::{self, Cause};

pub fn router() -> Router<App> {
    Router::new()
        .route("/api/v1/leads", post(create).get(list))
        .route("/api/v1/leads/check", post(check))
        .route("/api/v1/leads/{id}", get(read))
}

/// A lead as partners see it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LeadView {
    id: LeadId,
    record_id: String,
    name: String,
    phone_number: String,
    campaign: Option<String>,
    status: LeadStatus,
    /// What the record shows.
    record_status: RecordStatus,
    sequence: u32,
    outcome: Option<Outcome>,
    reason: Option<String>,
    created_at: String,
    closed_at: Option<String>,
}

impl From<Lead> for LeadView {
    fn from(lead: Lead) -> Self {
        let status = lead.stage.status();
        Self {
            status,
            record_status: status.record_status(),
            outcome: lead.stage.outcome().cloned(),
            reason: lead.stage.reason().map(str::to_owned),
            closed_at: lead.stage.ended_at().map(rfc3339),
            created_at: rfc3339(lead.created_at),
            id: lead.id,
            record_id: lead.record_id,
            name: lead.name,
            phone_number: lead.phone,
            campaign: lead.campaign,
            sequence: lead.sequence,
        }
    }
}

/// `POST /api/v1/leads`: take a lead in, announce it and plan the first text, in one commit so that a crash loses none of them.
///
/// 201 with the lead; 200 with the live lead when this record is being checked already.
async fn create(
    State(app): State<App>,
    caller: Caller<WriteLeads>,
    Trace(trace): Trace,
    Json(draft): Json<LeadDraft>,
) -> Result<Response, ApiError> {
    if draft.campaign.is_some() {
        let detail = "This service has one campaign, and it has no name. Leave campaign out.";
        return Err(ApiError::unprocessable("campaign_unknown", detail));
    }
    let checked = draft.check(region(caller.default_region.as_deref()))?;
    let now = app.now();
    let (lead, announcement) = checked.accept(app.new_id(), caller.workspace, caller.grant, now);
    let deadline_at = now.plus_millis(app.settings.conversation.last_deadline_s * 1000);
    let cause = Cause { door: app.door.clone(), now, trace };

    let stored =
        app.store.write(async move |tx| moves::accept(tx, &cause, &lead, &announcement, deadline_at).await).await?;
    FailPoint::LeadCommitted.reached();
    let stored = stored.ok_or_else(ApiError::token_ended)?;

    let status = if stored.is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(LeadView::from(stored.lead))).into_response())
}

/// `POST /api/v1/leads/check`: the verdict only; nothing is stored. Always 200: a refusal is the answer, not an error.
async fn check(caller: Caller<WriteLeads>, Json(draft): Json<LeadDraft>) -> Response {
    let verdict = match draft.check(region(caller.default_region.as_deref())) {
        Ok(lead) => json!({
            "ok": true,
            "phoneNumber": lead.phone.as_e164(),
            "region": lead.phone.region().map(|region| region.as_str().to_owned()),
        }),
        Err(refused) => json!({ "ok": false, "code": refused.code(), "message": refused.to_string() }),
    };
    Json(verdict).into_response()
}

/// `GET /api/v1/leads/{id}`: one lead of the caller's grant (the operator sees the whole workspace).
async fn read(
    State(app): State<App>,
    caller: Caller<ReadLeads>,
    PathId(id): PathId<LeadId>,
) -> Result<Json<LeadView>, ApiError> {
    let workspace = caller.workspace.clone();
    let lead = app.store.read(async move |tx| tx.lead(&workspace, &id).await).await?;
    let lead = lead.filter(|lead| caller.is_operator || lead.grant == caller.grant);
    lead.map(|lead| Json(lead.into())).ok_or_else(|| ApiError::not_found("lead"))
}

/// Leads are listed newest first, this many at most.
const PAGE: i64 = 100;

/// `GET /api/v1/leads`: the newest leads of the caller's grant.
async fn list(State(app): State<App>, caller: Caller<ReadLeads>) -> Result<Response, ApiError> {
    let leads = app
        .store
        .read(async move |tx| tx.leads(&caller.workspace, &caller.grant, caller.is_operator, PAGE).await)
        .await?;
    let views: Vec<LeadView> = leads.into_iter().map(LeadView::from).collect();
    Ok(Json(json!({ "data": views })).into_response())
}
