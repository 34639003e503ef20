//! `/api/v1/leads`: take leads in, say what became of them, call them off.

mod batch;
mod gate;
mod list;
mod view;

use ::http::{HeaderMap, StatusCode};
use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use alc_core::callback::Announcement;
use alc_core::id::{GrantId, LeadId, WorkspaceId};
use alc_core::lead::{Lead, LeadDraft, Sender};

pub(super) use self::view::word_of;
use self::view::{LeadView, LeadWithConversation};

use super::always::Always;
use super::body::Json;
use super::caller::{Caller, ReadLeads, Scope, WriteLeads};
use super::etag;
use super::idempotency::{self, Answer, InFlight, Keyed};
use super::path::PathId;
use super::problem::ApiError;
use crate::app::{App, region};
use crate::fail_point::FailPoint;
use crate::moves::{self, Cause};
use crate::store::audit::{AuditEntry, Origin};
use crate::store::workspaces::Mode;
use crate::store::{StoreError, Tx};

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create, list::list))
        .routes(routes!(check))
        .routes(routes!(batch::create))
        .routes(routes!(read))
        .routes(routes!(cancel))
        .layer(Extension(InFlight::default()))
}

/// Send a lead to be checked.
///
/// It is taken in, announced and planned for its first text in one commit, so a crash loses none of them. With an
/// `Idempotency-Key`, a request that is sent again is answered as it was the first time.
#[utoipa::path(
    post,
    path = "/api/v1/leads",
    operation_id = "createLead",
    tag = "Leads",
    security(("oauth2" = ["leads:write"])),
    params(idempotency::Key),
    request_body = LeadDraft,
    responses(
        (status = 201, description = "The lead.", body = LeadView),
        (status = 200, description = "The live lead that this record has already.", body = LeadView),
    ),
    extensions(("x-problem-codes" = json!([
        "budget_spent", "campaign_unknown", "consent_unconfirmed", "name_too_long", "phone_number_invalid", "phone_number_missing", "phone_number_not_textable",
        "phone_number_unreadable", "record_id_missing", "record_id_too_long", "region_unknown",
    ]))),
)]
async fn create(
    State(app): State<App>,
    caller: Caller<WriteLeads>,
    origin: Origin,
    request: Keyed<LeadDraft>,
) -> Result<Response, ApiError> {
    let (draft, once, _busy) = request.begin(&app, &caller)?;
    let campaigns = Campaigns::named_in(&app, &caller, draft.campaign.is_some()).await?;
    let (lead, announcement) = accepted(&app, &caller, &campaigns, &draft)?;
    let (mode, public_url) = (caller.mode, app.public_url.clone());
    let consent_required = app.settings.conduct.consent_required;
    let deadline_at = lead.created_at.plus_millis(app.settings.conversation.last_deadline_s * 1000);
    let deed = deed(&app, &caller, &origin, "lead.created", lead.id.as_str());
    let cause = Cause { door: app.door.clone(), now: lead.created_at, trace: origin.trace };

    let answer = app
        .store
        .write(async move |tx| {
            if let Some(earlier) = once.earlier(tx).await? {
                return Ok(Some(earlier));
            }
            // Changed since the token was read: asked again, the lead is what it should be.
            if !tx.hold_mode(&lead.workspace, mode).await? {
                return Err(StoreError::Again);
            }
            let closed = gate::closed(tx, &lead.workspace, mode, consent_required, cause.now).await?;
            // The lead that is there already was taken in before.
            if let Some(closed) = closed
                && tx.live_lead(&lead.workspace, &lead.grant, &lead.record_id).await?.is_none()
            {
                return Err(closed.into());
            }
            let Some(stored) = moves::accept(tx, &cause, &lead, &announcement, deadline_at).await? else {
                return Ok(None);
            };
            if stored.is_new {
                tx.audit(&deed).await?;
            }
            let status = if stored.is_new { StatusCode::CREATED } else { StatusCode::OK };
            let answer = Answer::json(status, &LeadView::new(stored.lead, &public_url))?;
            once.keep(tx, &answer).await?;
            Ok(Some(answer))
        })
        .await?;
    FailPoint::LeadCommitted.reached();
    answer.map(Answer::into_response).ok_or_else(ApiError::token_ended)
}

/// The draft as a lead of the caller's, if it can be one, and what is announced of it first.
fn accepted(
    app: &App,
    caller: &Caller<WriteLeads>,
    campaigns: &Campaigns,
    draft: &LeadDraft,
) -> Result<(Lead, Announcement), ApiError> {
    campaigns.check(draft)?;
    let checked = draft.check(region(caller.default_region.as_deref()))?;
    let sender =
        Sender { workspace: caller.workspace.clone(), grant: caller.grant.clone(), is_test: caller.mode == Mode::Test };
    Ok(checked.accept(app.new_id(), sender, app.now()))
}

/// The names of the caller's campaigns, where they matter.
struct Campaigns(Vec<String>);

impl Campaigns {
    /// `any`: whether a lead names one; without, there is nothing to look up.
    async fn named_in(app: &App, caller: &Caller<WriteLeads>, any: bool) -> Result<Self, StoreError> {
        if !any {
            return Ok(Self(Vec::new()));
        }
        let workspace = caller.workspace.clone();
        let kept = app.store.read(async move |tx| tx.campaigns(&workspace).await).await?;
        Ok(Self(kept.into_iter().map(|kept| kept.name).collect()))
    }

    fn check(&self, draft: &LeadDraft) -> Result<(), ApiError> {
        if draft.campaign.as_ref().is_none_or(|name| self.0.contains(name)) {
            return Ok(());
        }
        let there_are = if self.0.is_empty() {
            "It has none; leave campaign out.".to_owned()
        } else {
            format!("Name one of {}, or leave campaign out.", self.0.join(", "))
        };
        let detail = format!("The workspace has no campaign of that name. {there_are}");
        Err(ApiError::unprocessable("campaign_unknown", detail))
    }
}

/// Whether a draft can be a lead.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
enum Verdict {
    Good(GoodLead),
    Refused(RefusedLead),
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct GoodLead {
    #[schema(inline)]
    ok: Always<true>,
    /// E.164.
    #[schema(example = "+447400123456")]
    phone_number: String,
    /// Whose numbering plan it belongs to, where it belongs to one.
    #[schema(required, example = "GB")]
    region: Option<String>,
}

/// Why a draft cannot be a lead.
#[derive(Debug, Serialize, ToSchema)]
struct RefusedLead {
    #[schema(inline)]
    ok: Always<false>,
    #[schema(example = "phone_number_invalid")]
    code: &'static str,
    message: String,
}

impl RefusedLead {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { ok: Always, code, message: message.into() }
    }
}

/// Ask whether a lead would be taken.
///
/// Nothing is stored. A refusal is the answer here, not an error.
#[utoipa::path(
    post,
    path = "/api/v1/leads/check",
    operation_id = "checkLead",
    tag = "Leads",
    security(("oauth2" = ["leads:write"])),
    request_body = LeadDraft,
    responses((status = 200, description = "The verdict.", body = Verdict)),
)]
async fn check(
    State(app): State<App>,
    caller: Caller<WriteLeads>,
    Json(draft): Json<LeadDraft>,
) -> Result<Json<Verdict>, ApiError> {
    let campaigns = Campaigns::named_in(&app, &caller, draft.campaign.is_some()).await?;
    if let Err(refused) = campaigns.check(&draft) {
        return Ok(Json(Verdict::Refused(RefusedLead::new(refused.code(), refused.detail()))));
    }
    Ok(Json(match draft.check(region(caller.default_region.as_deref())) {
        Ok(lead) => Verdict::Good(GoodLead {
            ok: Always,
            phone_number: lead.phone.as_e164().to_owned(),
            region: lead.phone.region().map(|region| region.as_str().to_owned()),
        }),
        Err(refused) => Verdict::Refused(RefusedLead::new(refused.code(), refused.to_string())),
    }))
}

/// Read a lead and its conversation.
///
/// A lead of the token's grant, with what was said. The operator's token sees every lead of the workspace, and the conversations of
/// its own.
#[utoipa::path(
    get,
    path = "/api/v1/leads/{id}",
    operation_id = "readLead",
    tag = "Leads",
    security(("oauth2" = ["leads:read"])),
    params(("id" = inline(LeadId), Path, description = "The lead's id."), etag::IfNoneMatch),
    responses((status = 200, description = "The lead.", body = LeadWithConversation)),
)]
async fn read(
    State(app): State<App>,
    caller: Caller<ReadLeads>,
    origin: Origin,
    PathId(id): PathId<LeadId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let whose = Whose::of(&caller);
    let (seen, wanted) = (whose.clone(), id.clone());
    let called_off = app.store.read(async move |tx| match seen.lead(tx, &wanted).await? {
        Some(lead) if lead.is_live() && tx.called_off(&lead).await?.is_some() => Ok(Some(lead)),
        _ => Ok(None),
    });
    if let Some(lead) = called_off.await? {
        end(&app, origin, lead).await?;
    }
    let found = app
        .store
        .read(async move |tx| {
            let Some(lead) = whose.lead(tx, &id).await? else { return Ok(None) };
            let hold = tx.hold_of_lead(&lead.workspace, &lead.id).await?;
            if lead.grant != whose.grant {
                return Ok(Some((lead, hold, None)));
            }
            let messages = tx.messages_of_lead(&lead.workspace, &lead.id).await?;
            Ok(Some((lead, hold, Some(messages))))
        })
        .await?;
    let (lead, hold, messages) = found.ok_or_else(|| ApiError::not_found("lead"))?;
    etag::answer(&headers, &LeadWithConversation::new(lead, hold, messages, &app.public_url))
}

/// Its turn to be cancelled has not come, but whoever asks must hear what will be: no callback may tell them later.
async fn end(app: &App, origin: Origin, lead: Lead) -> Result<(), StoreError> {
    let cause = Cause { door: app.door.clone(), now: app.now(), trace: origin.trace };
    app.store
        .write(async move |tx| {
            tx.lock_phone(&lead.phone).await?;
            match tx.lead(&lead.workspace, &lead.id).await? {
                Some(mut lead) => moves::heed_calling_off(tx, &cause, &mut lead).await.map(drop),
                None => Ok(()),
            }
        })
        .await
}

/// What came of calling a lead off.
enum Cancelled {
    Now(Lead),
    /// It had ended before.
    TooLate(Lead),
    Unknown,
}

/// Call a lead off.
///
/// Its record says Cancelled, and nobody is texted any more.
#[utoipa::path(
    post,
    path = "/api/v1/leads/{id}/cancel",
    operation_id = "cancelLead",
    tag = "Leads",
    security(("oauth2" = ["leads:write"])),
    params(("id" = inline(LeadId), Path, description = "The lead's id.")),
    responses((status = 200, description = "The lead, cancelled.", body = LeadView)),
    extensions(("x-problem-codes" = json!(["lead_ended"]))),
)]
async fn cancel(
    State(app): State<App>,
    caller: Caller<WriteLeads>,
    origin: Origin,
    PathId(id): PathId<LeadId>,
) -> Result<Json<LeadView>, ApiError> {
    let whose = Whose::of(&caller);
    let deed = deed(&app, &caller, &origin, "lead.cancelled", id.as_str());
    let cause = Cause { door: app.door.clone(), now: app.now(), trace: origin.trace };
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
            tx.audit(&deed).await?;
            Ok(Cancelled::Now(lead))
        })
        .await?;
    match cancelled {
        Cancelled::Now(lead) => Ok(Json(LeadView::new(lead, &app.public_url))),
        Cancelled::TooLate(lead) => {
            let status = word_of(&lead);
            let detail = format!("The lead has ended already: its status is {status}. There is nothing to call off.");
            Err(ApiError::new(StatusCode::CONFLICT, "lead_ended", detail))
        }
        Cancelled::Unknown => Err(ApiError::not_found("lead")),
    }
}

/// The line of the audit log for what a caller does to a lead.
fn deed<S: Scope>(app: &App, caller: &Caller<S>, origin: &Origin, action: &'static str, target: &str) -> AuditEntry {
    AuditEntry {
        id: app.new_id(),
        workspace: Some(caller.workspace.clone()),
        actor: caller.grant.to_string(),
        action,
        target: target.to_owned(),
        reason: None,
        affected: None,
        origin: origin.clone(),
        at: app.now(),
    }
}

/// Whose leads a caller sees: those of its grant, or of the whole workspace for the operator.
#[derive(Clone)]
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
