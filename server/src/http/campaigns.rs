//! `/api/v1/campaigns`: what a workspace says to its leads. They belong to the workspace, not to a grant: whoever may read or send its
//! leads may read or write them.

use std::convert::Infallible;

use ::http::request::Parts;
use ::http::{HeaderMap, StatusCode};
use axum::extract::{FromRequestParts, Path, State};
use axum::response::{IntoResponse as _, Response};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Number;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use alc_core::campaign::{Campaign, InvalidCampaign, Language, Tone, check_name, most_turns};

use super::body::Json;
use super::caller::{Caller, ReadLeads, Scope, WriteLeads};
use super::etag;
use super::problem::ApiError;
use crate::app::{App, rfc3339};
use crate::store::audit::{AuditEntry, Origin};
use crate::store::campaigns::{Kept, KeptCampaign, MOST_CAMPAIGNS};

pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(read, save, remove))
}

/// What to say to leads, what to ask them, and how.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CampaignDraft {
    /// Who is texting; the first message names it.
    #[schema(min_length = 1, max_length = 60, format = "line", example = "Acme")]
    company: String,
    /// One sentence: what we would like to know whether the lead wants.
    #[schema(min_length = 1, max_length = 300, format = "line", example = "We can halve your cloud bill.")]
    offer: String,
    /// Asked one by one once the lead has shown interest.
    #[serde(default)]
    #[schema(max_items = 5, inline)]
    questions: Vec<Question>,
    #[serde(default)]
    tone: Tone,
    /// What our own sentences are in; the offer and the questions come in it already.
    #[serde(default)]
    language: Language,
    /// How long a lead may be silent before it is reminded, in seconds; a day, if nothing is said.
    #[serde(default, deserialize_with = "whole_or_null")]
    #[schema(minimum = 600, maximum = 604_800, example = 86_400)]
    nudge_after_s: Option<i64>,
    /// How often a silent lead is reminded.
    #[serde(default, deserialize_with = "whole")]
    #[schema(maximum = 2)]
    nudges: u32,
    /// After so many replies the conversation ends with what is known by then.
    #[serde(default = "most_turns", deserialize_with = "whole")]
    #[schema(minimum = 1, maximum = 50)]
    most_turns: u32,
}

/// A day.
const NUDGE_AFTER_S: i64 = 86_400;

/// To JSON Schema 1.0 is as whole as 1, and some programs write it so.
fn whole<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    let number = whole_or_null(from)?.and_then(|number| u32::try_from(number).ok());
    number.ok_or_else(|| D::Error::custom("expected a whole number that is not negative"))
}

fn whole_or_null<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    let Some(number) = Option::<Number>::deserialize(from)? else { return Ok(None) };
    // Written without a fraction, it is read as it is.
    let without_fraction = || format!("{:.0}", number.as_f64().filter(|number| number.fract() == 0.0)?).parse().ok();
    let whole = number.as_i64().or_else(without_fraction);
    whole.map(Some).ok_or_else(|| D::Error::custom("expected a whole number"))
}

/// A short question, on one line.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(min_length = 1, max_length = 200, format = "line", example = "How many people work there?")]
struct Question(String);

impl From<CampaignDraft> for Campaign {
    fn from(draft: CampaignDraft) -> Self {
        Self {
            company: draft.company,
            offer: draft.offer,
            questions: draft.questions.into_iter().map(|Question(text)| text).collect(),
            tone: draft.tone,
            language: draft.language,
            nudge_after_s: draft.nudge_after_s.or((draft.nudges > 0).then_some(NUDGE_AFTER_S)),
            nudges: draft.nudges,
            most_turns: draft.most_turns,
        }
    }
}

/// A campaign under its name.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Campaign)]
#[serde(rename_all = "camelCase")]
struct CampaignView {
    /// What leads name it by; `default` is for those that name none.
    name: String,
    company: String,
    offer: String,
    questions: Vec<String>,
    tone: Tone,
    language: Language,
    #[schema(required)]
    nudge_after_s: Option<i64>,
    nudges: u32,
    most_turns: u32,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
}

impl From<KeptCampaign> for CampaignView {
    fn from(KeptCampaign { name, campaign, created_at, updated_at }: KeptCampaign) -> Self {
        Self {
            name,
            company: campaign.company,
            offer: campaign.offer,
            questions: campaign.questions,
            tone: campaign.tone,
            language: campaign.language,
            nudge_after_s: campaign.nudge_after_s,
            nudges: campaign.nudges,
            most_turns: campaign.most_turns,
            created_at: rfc3339(created_at),
            updated_at: rfc3339(updated_at),
        }
    }
}

/// All campaigns of a workspace.
#[derive(Debug, Serialize, ToSchema)]
struct CampaignList {
    /// In the order of their names.
    data: Vec<CampaignView>,
}

/// List campaigns.
///
/// Those of the token's workspace, in the order of their names; there are at most a hundred.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns",
    operation_id = "listCampaigns",
    tag = "Campaigns",
    security(("oauth2" = ["leads:read"])),
    params(etag::IfNoneMatch),
    responses((status = 200, description = "The campaigns.", body = CampaignList)),
)]
async fn list(State(app): State<App>, caller: Caller<ReadLeads>, headers: HeaderMap) -> Result<Response, ApiError> {
    let found = app.store.read(async move |tx| tx.campaigns(&caller.workspace).await).await?;
    etag::answer(&headers, &CampaignList { data: found.into_iter().map(CampaignView::from).collect() })
}

/// Read a campaign.
#[utoipa::path(
    get,
    path = "/api/v1/campaigns/{name}",
    operation_id = "readCampaign",
    tag = "Campaigns",
    security(("oauth2" = ["leads:read"])),
    params(("name" = String, Path, description = "The campaign's name.", format = "campaign-name"), etag::IfNoneMatch),
    responses((status = 200, description = "The campaign.", body = CampaignView)),
)]
async fn read(
    State(app): State<App>,
    caller: Caller<ReadLeads>,
    CampaignName(name): CampaignName,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let name = known(name)?;
    let found = app.store.read(async move |tx| tx.campaign(&caller.workspace, &name).await).await?;
    let kept = found.ok_or_else(|| ApiError::not_found("campaign"))?;
    etag::answer(&headers, &CampaignView::from(kept))
}

/// Keep a campaign.
///
/// Under a name that is free, or over the campaign that has it. Conversations that have begun go on with the campaign as it was.
#[utoipa::path(
    put,
    path = "/api/v1/campaigns/{name}",
    operation_id = "saveCampaign",
    tag = "Campaigns",
    security(("oauth2" = ["leads:write"])),
    params(("name" = String, Path, description = "What leads name it by.", format = "campaign-name")),
    request_body = CampaignDraft,
    responses(
        (status = 201, description = "The campaign, new.", body = CampaignView),
        (status = 200, description = "The campaign, replaced.", body = CampaignView),
    ),
    extensions(("x-problem-codes" = json!(["invalid_campaign", "too_many_campaigns"]))),
)]
async fn save(
    State(app): State<App>,
    caller: Caller<WriteLeads>,
    origin: Origin,
    CampaignName(name): CampaignName,
    Json(draft): Json<CampaignDraft>,
) -> Result<Response, ApiError> {
    check_name(&name).map_err(|invalid| refusal(&invalid))?;
    let campaign = Campaign::from(draft);
    campaign.check().map_err(|invalid| refusal(&invalid))?;
    let kept = KeptCampaign { name, campaign, created_at: app.now(), updated_at: app.now() };
    let deed = deed(&app, &caller, &origin, "campaign.saved", &kept.name);
    let saved = app.store.write(async move |tx| {
        let became = tx.save_campaign(&caller.workspace, &kept).await?;
        if became != Kept::TooMany {
            tx.audit(&deed).await?;
        }
        Ok((became, tx.campaign(&caller.workspace, &kept.name).await?))
    });
    let (status, kept) = match saved.await? {
        (Kept::New, Some(kept)) => (StatusCode::CREATED, kept),
        (Kept::Replaced, Some(kept)) => (StatusCode::OK, kept),
        _ => {
            let detail = format!("The workspace has {MOST_CAMPAIGNS} campaigns already. Remove one that nobody needs.");
            return Err(ApiError::unprocessable("too_many_campaigns", detail));
        }
    };
    Ok((status, Json(CampaignView::from(kept))).into_response())
}

/// Remove a campaign.
///
/// Conversations that have begun go on with it. Leads that name it and have not been texted yet are given up, and their records say so.
#[utoipa::path(
    delete,
    path = "/api/v1/campaigns/{name}",
    operation_id = "removeCampaign",
    tag = "Campaigns",
    security(("oauth2" = ["leads:write"])),
    params(("name" = String, Path, description = "The campaign's name.", format = "campaign-name")),
    responses((status = 204, description = "It is gone.")),
)]
async fn remove(
    State(app): State<App>,
    caller: Caller<WriteLeads>,
    origin: Origin,
    CampaignName(name): CampaignName,
) -> Result<StatusCode, ApiError> {
    let name = known(name)?;
    let deed = deed(&app, &caller, &origin, "campaign.removed", &name);
    let removed = app.store.write(async move |tx| {
        let removed = tx.delete_campaign(&caller.workspace, &name).await?;
        if removed {
            tx.audit(&deed).await?;
        }
        Ok(removed)
    });
    if removed.await? { Ok(StatusCode::NO_CONTENT) } else { Err(ApiError::not_found("campaign")) }
}

/// The name in a path; an empty one where it is no text at all.
struct CampaignName(String);

impl<S: Send + Sync> FromRequestParts<S> for CampaignName {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        Ok(Self(Path::from_request_parts(parts, state).await.map(|Path(name)| name).unwrap_or_default()))
    }
}

/// What can be no name of a campaign is answered like one that is not there.
fn known(name: String) -> Result<String, ApiError> {
    if check_name(&name).is_ok() { Ok(name) } else { Err(ApiError::not_found("campaign")) }
}

fn refusal(invalid: &InvalidCampaign) -> ApiError {
    // In the words of the API.
    let field = match invalid.field {
        "nudge_after_s" => "nudgeAfterS",
        "most_turns" => "mostTurns",
        field => field,
    };
    ApiError::unprocessable("invalid_campaign", format!("`{field}` {}.", invalid.problem))
}

fn deed<S: Scope>(app: &App, caller: &Caller<S>, origin: &Origin, action: &'static str, name: &str) -> AuditEntry {
    AuditEntry {
        id: app.new_id(),
        workspace: Some(caller.workspace.clone()),
        actor: caller.grant.to_string(),
        action,
        target: name.to_owned(),
        reason: None,
        affected: None,
        origin: origin.clone(),
        at: app.now(),
    }
}
