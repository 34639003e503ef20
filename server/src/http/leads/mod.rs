//! `/api/v1/leads`: take leads in, say what became of them, call them off.

mod batch;
mod list;
mod view;

use ::http::{HeaderMap, StatusCode};
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use serde_json::json;

use alc_core::callback::Announcement;
use alc_core::id::{GrantId, LeadId, WorkspaceId};
use alc_core::lead::{Lead, LeadDraft, Sender};

pub(super) use self::view::word_of;
use self::view::{LeadView, LeadWithConversation};

use super::body::Json;
use super::caller::{Caller, ReadLeads, Scope, WriteLeads};
use super::etag;
use super::idempotency::{Answer, InFlight, Keyed};
use super::path::PathId;
use super::problem::ApiError;
use super::trace::Trace;
use crate::app::{App, region};
use crate::fail_point::FailPoint;
use crate::moves::{self, Cause};
use crate::store::audit::AuditEntry;
use crate::store::workspaces::Mode;
use crate::store::{StoreError, Tx};

pub fn router() -> Router<App> {
    Router::new()
        .route("/api/v1/leads", post(create).get(list::list))
        .route("/api/v1/leads/check", post(check))
        .route("/api/v1/leads/batch", post(batch::create))
        .route("/api/v1/leads/{id}", get(read))
        .route("/api/v1/leads/{id}/cancel", post(cancel))
        .layer(Extension(InFlight::default()))
}

/// `POST /api/v1/leads`: take a lead in, announce it and plan the first text, in one commit so that a crash loses none of them.
///
/// 201 with the lead; 200 with the live lead when this record is being checked already. With an Idempotency-Key, a request that is
/// sent again is answered as it was the first time.
async fn create(
    State(app): State<App>,
    caller: Caller<WriteLeads>,
    Trace(trace): Trace,
    request: Keyed<LeadDraft>,
) -> Result<Response, ApiError> {
    let (draft, once, _busy) = request.begin(&app, &caller)?;
    let (lead, announcement) = accepted(&app, &caller, &draft)?;
    let deadline_at = lead.created_at.plus_millis(app.settings.conversation.last_deadline_s * 1000);
    let cause = Cause { door: app.door.clone(), now: lead.created_at, trace };

    let answer = app
        .store
        .write(async move |tx| {
            if let Some(earlier) = once.earlier(tx).await? {
                return Ok(Some(earlier));
            }
            let Some(stored) = moves::accept(tx, &cause, &lead, &announcement, deadline_at).await? else {
                return Ok(None);
            };
            let status = if stored.is_new { StatusCode::CREATED } else { StatusCode::OK };
            let answer = Answer::json(status, &LeadView::from(stored.lead))?;
            once.keep(tx, &answer).await?;
            Ok(Some(answer))
        })
        .await?;
    FailPoint::LeadCommitted.reached();
    answer.map(Answer::into_response).ok_or_else(ApiError::token_ended)
}

/// The draft as a lead of the caller's, if it can be one, and what is announced of it first.
fn accepted(app: &App, caller: &Caller<WriteLeads>, draft: &LeadDraft) -> Result<(Lead, Announcement), ApiError> {
    if draft.campaign.is_some() {
        let detail = "This service has one campaign, and it has no name. Leave campaign out.";
        return Err(ApiError::unprocessable("campaign_unknown", detail));
    }
    let checked = draft.check(region(caller.default_region.as_deref()))?;
    let sender =
        Sender { workspace: caller.workspace.clone(), grant: caller.grant.clone(), is_test: caller.mode == Mode::Test };
    Ok(checked.accept(app.new_id(), sender, app.now()))
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

/// `GET /api/v1/leads/{id}`: one lead of the caller's grant, with what was said (the operator sees the whole workspace's leads, and
/// reads the conversations of its own). 304 while it is as the caller's `If-None-Match` has it.
async fn read(
    State(app): State<App>,
    caller: Caller<ReadLeads>,
    PathId(id): PathId<LeadId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let whose = Whose::of(&caller);
    let found = app
        .store
        .read(async move |tx| {
            let Some(lead) = whose.lead(tx, &id).await? else { return Ok(None) };
            if lead.grant != whose.grant {
                return Ok(Some((lead, None)));
            }
            let messages = tx.messages_of_lead(&lead.workspace, &lead.id).await?;
            Ok(Some((lead, Some(messages))))
        })
        .await?;
    let (lead, messages) = found.ok_or_else(|| ApiError::not_found("lead"))?;
    etag::answer(&headers, &LeadWithConversation::new(lead, messages))
}

/// What came of calling a lead off.
enum Cancelled {
    Now(Lead),
    /// It had ended before.
    TooLate(Lead),
    Unknown,
}

/// `POST /api/v1/leads/{id}/cancel`: call a live lead off. Its record says Cancelled and nobody is texted any more. 409 when it has
/// ended already.
async fn cancel(
    State(app): State<App>,
    caller: Caller<WriteLeads>,
    Trace(trace): Trace,
    PathId(id): PathId<LeadId>,
) -> Result<Json<LeadView>, ApiError> {
    let whose = Whose::of(&caller);
    let cause = Cause { door: app.door.clone(), now: app.now(), trace };
    let audit_id = AuditEntry::new_id(&app.door);
    let cancelled = app
        .store
        .write(async move |tx| {
            let Some(seen) = whose.lead(tx, &id).await? else { return Ok(Cancelled::Unknown) };
            tx.lock_phone(&seen.phone).await?;
            // Read again behind the lock: its end may just have come.
            let Some(mut lead) = whose.lead(tx, &id).await? else { return Ok(Cancelled::Unknown) };
            if !lead.is_live() {
                return Ok(Cancelled::TooLate(lead));
            }
            moves::cancel(tx, &cause, &mut lead, "The check was called off by whoever asked for it.").await?;
            tx.audit(&AuditEntry {
                id: audit_id.clone(),
                workspace: Some(whose.workspace.clone()),
                actor: whose.grant.to_string(),
                action: "lead.cancelled",
                target: lead.id.to_string(),
                trace: cause.trace.clone(),
                at: cause.now,
            })
            .await?;
            Ok(Cancelled::Now(lead))
        })
        .await?;
    match cancelled {
        Cancelled::Now(lead) => Ok(Json(lead.into())),
        Cancelled::TooLate(lead) => {
            let status = word_of(&lead);
            let detail = format!("The lead has ended already: its status is {status}. There is nothing to call off.");
            Err(ApiError::new(StatusCode::CONFLICT, "lead_ended", detail))
        }
        Cancelled::Unknown => Err(ApiError::not_found("lead")),
    }
}

/// Whose leads a caller sees: those of its grant, or of the whole workspace for the operator.
struct Whose {
    workspace: WorkspaceId,
    grant: GrantId,
    is_operator: bool,
}

impl Whose {
    fn of<S: Scope>(caller: &Caller<S>) -> Self {
        Self { workspace: caller.workspace.clone(), grant: caller.grant.clone(), is_operator: caller.is_operator }
    }

    async fn lead(&self, tx: &mut Tx, id: &LeadId) -> Result<Option<Lead>, StoreError> {
        let lead = tx.lead(&self.workspace, id).await?;
        Ok(lead.filter(|lead| self.is_operator || lead.grant == self.grant))
    }
}
