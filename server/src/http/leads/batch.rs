//! `POST /api/v1/leads/batch`: many leads in one request and one commit; each is judged by itself.

use ::http::StatusCode;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use alc_core::callback::Announcement;
use alc_core::lead::{Lead, LeadDraft};

use super::{Campaigns, LeadView, RefusedLead, accepted, deed, gate};
use crate::app::App;
use crate::fail_point::FailPoint;
use crate::http::always::Always;
use crate::http::caller::{Caller, WriteLeads};
use crate::http::idempotency::{self, Answer, Keyed};
use crate::http::problem::ApiError;
use crate::moves::{self, Cause};
use crate::store::StoreError;
use crate::store::audit::{AuditEntry, Origin};

/// More would keep other writers waiting for the one commit.
const MOST: usize = 250;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// Read one by one: what does not fit spoils only itself.
    #[schema(value_type = Vec<LeadDraft>, min_items = 1, max_items = 250)]
    leads: Vec<Value>,
}

/// What became of a batch.
#[derive(Debug, Serialize, ToSchema)]
struct BatchResults<'a> {
    /// One for each lead, in their order.
    data: &'a [ItemResult<'a>],
}

#[derive(Debug, Serialize, ToSchema)]
struct ItemResult<'a> {
    /// Which of the leads it is about, from 0.
    index: usize,
    #[serde(flatten)]
    #[schema(inline)]
    became: Became<'a>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
enum Became<'a> {
    Taken(Box<TakenLead>),
    Refused(&'a RefusedLead),
}

#[derive(Debug, Serialize, ToSchema)]
struct TakenLead {
    #[schema(inline)]
    ok: Always<true>,
    /// False: the record's live lead, which was there before.
    created: bool,
    lead: LeadView,
}

/// An item of a batch, judged.
enum Item {
    Lead(Box<(Lead, Announcement)>),
    Refused(RefusedLead),
}

/// Send many leads.
///
/// Every lead that can be taken in is, in one commit; each has its own result. Of two leads with one record, the second is answered
/// with the first.
#[utoipa::path(
    post,
    path = "/api/v1/leads/batch",
    operation_id = "createLeads",
    tag = "Leads",
    security(("oauth2" = ["leads:write"])),
    params(idempotency::Key),
    request_body = Batch,
    responses((status = 200, description = "What became of each lead.", body = BatchResults<'_>)),
    extensions(("x-problem-codes" = json!(["batch_empty", "batch_too_large"]))),
)]
pub async fn create(
    State(app): State<App>,
    caller: Caller<WriteLeads>,
    origin: Origin,
    request: Keyed<Batch>,
) -> Result<Response, ApiError> {
    let (batch, once, _busy) = request.begin(&app, &caller)?;
    if batch.leads.is_empty() {
        return Err(ApiError::unprocessable("batch_empty", "There is no lead in `leads`. Send at least one."));
    }
    if batch.leads.len() > MOST {
        let detail = format!("There are more than {MOST} leads in `leads`. Send them in several batches.");
        return Err(ApiError::unprocessable("batch_too_large", detail));
    }
    // The first of them stands for all; how many there are is told beside it.
    let deed = deed(&app, &caller, &origin, "lead.created", "");
    let cause = Cause { door: app.door.clone(), now: app.now(), trace: origin.trace };
    let any = batch.leads.iter().any(|draft| !draft["campaign"].is_null());
    let campaigns = Campaigns::named_in(&app, &caller, any).await?;
    let items: Vec<Item> = batch.leads.into_iter().map(|draft| judge(&app, &caller, &campaigns, draft)).collect();
    let public_url = app.public_url.clone();
    let consent_required = app.settings.conduct.consent_required;
    let deadline_at = cause.now.plus_millis(app.settings.conversation.last_deadline_s * 1000);
    // Batches that meet on PostgreSQL take the same records in the same order, so that none waits for the other.
    let mut turns: Vec<usize> = (0..items.len()).collect();
    turns.sort_by_key(|turn| match &items[*turn] {
        Item::Lead(lead) => Some(lead.0.record_id.clone()),
        Item::Refused(_) => None,
    });

    let answer = app
        .store
        .write(async move |tx| {
            if let Some(earlier) = once.earlier(tx).await? {
                return Ok(Some(earlier));
            }
            if !tx.hold_mode(&caller.workspace, caller.mode).await? {
                return Err(StoreError::Again);
            }
            let closed = gate::closed(tx, &caller.workspace, caller.mode, consent_required, cause.now).await?;
            let closed = closed.map(|closed| RefusedLead::new(closed.code, closed.detail));
            let mut results: Vec<_> = (0..items.len()).map(|_| None).collect();
            let mut created = Vec::new();
            for turn in &turns {
                results[*turn] = Some(match &items[*turn] {
                    Item::Refused(refusal) => Became::Refused(refusal),
                    Item::Lead(item) => {
                        let (lead, announcement) = item.as_ref();
                        if let Some(closed) = &closed
                            && tx.live_lead(&lead.workspace, &lead.grant, &lead.record_id).await?.is_none()
                        {
                            results[*turn] = Some(Became::Refused(closed));
                            continue;
                        }
                        let Some(stored) = moves::accept(tx, &cause, lead, announcement, deadline_at).await? else {
                            return Ok(None);
                        };
                        if stored.is_new {
                            created.push(stored.lead.id.to_string());
                        }
                        Became::Taken(Box::new(TakenLead {
                            ok: Always,
                            created: stored.is_new,
                            lead: LeadView::new(stored.lead, &public_url),
                        }))
                    }
                });
            }
            if let Some(first) = created.iter().min() {
                let deed = deed.clone().of_many(created.len());
                tx.audit(&AuditEntry { target: first.clone(), ..deed }).await?;
            }
            let results = results.into_iter().flatten().enumerate();
            let results: Vec<_> = results.map(|(index, became)| ItemResult { index, became }).collect();
            let answer = Answer::json(StatusCode::OK, &BatchResults { data: &results })?;
            once.keep(tx, &answer).await?;
            Ok(Some(answer))
        })
        .await?;
    FailPoint::LeadCommitted.reached();
    answer.map(Answer::into_response).ok_or_else(ApiError::token_ended)
}

fn judge(app: &App, caller: &Caller<WriteLeads>, campaigns: &Campaigns, draft: Value) -> Item {
    // Serde would read a list as the fields in order; the API takes objects.
    if !draft.is_object() {
        return refused("invalid_body", "The lead does not fit: it must be a JSON object.");
    }
    let draft: LeadDraft = match serde_path_to_error::deserialize(draft) {
        Ok(draft) => draft,
        Err(error) => {
            let path = error.path().to_string();
            let place = if path == "." { "The lead".to_owned() } else { format!("`{path}`") };
            return refused("invalid_body", &format!("{place} does not fit: {}.", error.into_inner()));
        }
    };
    match accepted(app, caller, campaigns, &draft) {
        Ok(lead) => Item::Lead(Box::new(lead)),
        Err(refusal) => refused(refusal.code(), refusal.detail()),
    }
}

fn refused(code: &'static str, message: &str) -> Item {
    Item::Refused(RefusedLead::new(code, message))
}
