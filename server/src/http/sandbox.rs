//! `/sandbox/phones`: the phones of a workspace in test mode. Nothing that is said to its leads leaves the house; it stands here, and
//! whoever is logged in answers as the person would. An answer takes the way of every SMS that comes in ([`crate::inbound`]).

use std::time::Duration;

use ::http::header::LOCATION;
use ::http::{HeaderMap, StatusCode};
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use alc_core::id::{LeadId, MessageId};
use alc_core::lead::Lead;
use alc_core::time::Timestamp;

use super::leads::word_of;
use super::login::{self, Entry};
use super::oauth::params::{Form, Query};
use super::pages::{PhoneOnPage, PhonesPage, Refusal, TextOnPage};
use super::path::PathId;
use super::trace::Trace;
use crate::app::App;
use crate::connectors::sandbox;
use crate::inbound::{self, Inbound};
use crate::store::handsets::Handset;
use crate::store::leads::LeadPosition;
use crate::store::messages::{Message, MessageState};
use crate::store::sessions::Session;
use crate::store::workspaces::Mode;
use crate::store::{StoreError, Tx};

const PHONES: &str = "/sandbox/phones";

const ON_A_PAGE: i64 = 10;

/// What gateways take of one text.
const LONGEST_TEXT: usize = 1_600;

/// The agent answers in a job; whoever sent the form sees it at once when it is that quick.
const PATIENCE: Duration = Duration::from_secs(2);

pub fn router() -> OpenApiRouter<App> {
    login::same_origin_only(OpenApiRouter::new().routes(routes!(show)).routes(routes!(reply)))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PhonesQuery {
    /// The last lead of the page before.
    #[param(value_type = String, required = false)]
    before: Option<String>,
}

#[derive(Deserialize, ToSchema)]
struct ReplyForm {
    /// What the person says: at most 1600 characters.
    #[schema(required, nullable = false, min_length = 1, max_length = 1600)]
    body: Option<String>,
}

/// The phones of test mode.
///
/// The leads that were sent in test mode, newest first, with what was said.
#[utoipa::path(
    get,
    path = "/sandbox/phones",
    operation_id = "showPhones",
    tag = "Pages",
    params(PhonesQuery),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        (status = 303, description = "To the login page.", headers(("Location" = String, description = "Where to."))),
        Refusal,
    ),
)]
async fn show(State(app): State<App>, headers: HeaderMap, Query(params): Query) -> Result<Response, Refusal> {
    let Some(session) = login::current(&app, &headers).await? else {
        return Ok(login::send_to_login(PHONES, Entry::First));
    };
    let (workspace, before) = (session.workspace.clone(), params.read::<PhonesQuery>().before.map(LeadId::from));
    let found = app.store.read(async move |tx| {
        let before = match &before {
            Some(id) => tx.lead(&workspace, id).await?,
            None => None,
        };
        let from = before.map(|lead| LeadPosition { created_at: lead.created_at, id: lead.id });
        let mut phones = Vec::new();
        for lead in tx.leads_of_sandbox(&workspace, from.as_ref(), ON_A_PAGE).await? {
            let texts = texts(tx, &lead).await?;
            phones.push((lead, texts));
        }
        Ok(phones)
    });
    let found = found.await?;
    let is_full = i64::try_from(found.len()).is_ok_and(|count| count == ON_A_PAGE);
    let older = found.last().filter(|_| is_full).map(|(lead, _)| lead.id.to_string());
    let page = PhonesPage {
        workspace_name: &session.workspace_name,
        is_test: session.mode == Mode::Test,
        company: &app.settings.campaign.company,
        phones: found.into_iter().map(on_page).collect(),
        older,
    };
    Ok(page.respond())
}

/// Answer as the person on a phone of test mode.
#[utoipa::path(
    post,
    path = "/sandbox/phones/{lead}/reply",
    operation_id = "replyOnPhone",
    tag = "Pages",
    params(("lead" = inline(LeadId), Path, description = "The lead whose phone it is.")),
    request_body(content = ReplyForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Back to the phones, or to the login page.", headers(("Location" = String, description = "Where to."))),
        (status = 404, description = "There is no such phone.", body = String, content_type = "text/html"),
        Refusal,
    ),
    extensions(("x-problem-codes" = json!(["not_found"]))),
)]
async fn reply(
    State(app): State<App>,
    Trace(trace): Trace,
    headers: HeaderMap,
    PathId(id): PathId<LeadId>,
    Form(params, _): Form<Refusal>,
) -> Result<Response, Refusal> {
    let Some(session) = login::current(&app, &headers).await? else {
        return Ok(login::send_to_login(PHONES, Entry::First));
    };
    let lead = lead_of_sandbox(&app, &session, &id).await?.ok_or_else(|| {
        let detail = "It may belong to another workspace, or it was not sent in test mode. Go back to the phones.";
        Refusal::new(StatusCode::NOT_FOUND, "There is no such phone", detail)
    })?;
    let form = params.read::<ReplyForm>();
    let body = form.body.as_deref().map(str::trim).filter(|_| params.broken().is_none()).unwrap_or_default();
    if body.is_empty() || body.chars().count() > LONGEST_TEXT {
        let detail = format!("A text has 1 to {LONGEST_TEXT} characters. Go back, and type one.");
        return Err(Refusal::bad_request("This text cannot be sent", detail));
    }
    let text = app.new_id::<MessageId>();
    let inbound = Inbound {
        gateway_id: format!("sandbox/{text}"),
        id: text,
        our_number: sandbox::number(&lead.workspace),
        from: Handset::of(&lead),
        body: body.to_owned(),
        pictures: 0,
        at: app.now(),
    };
    inbound::take_in(&app, trace, inbound).await?;
    // Whatever happens to the answer, the text is in.
    let _ = tokio::time::timeout(PATIENCE, is_answered(&app, &lead)).await;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, format!("{PHONES}#{id}"))]).into_response())
}

async fn lead_of_sandbox(app: &App, session: &Session, id: &LeadId) -> Result<Option<Lead>, StoreError> {
    let (workspace, id) = (session.workspace.clone(), id.clone());
    let lead = app.store.read(async move |tx| tx.lead(&workspace, &id).await).await?;
    Ok(lead.filter(|lead| lead.is_test))
}

/// Until nothing that is to be said to the lead is still on its way.
async fn is_answered(app: &App, lead: &Lead) -> Result<(), StoreError> {
    loop {
        let ended = app.job_ended.notified();
        let (workspace, id) = (lead.workspace.clone(), lead.id.clone());
        let messages = app.store.read(async move |tx| tx.messages_of_lead(&workspace, &id).await).await?;
        if !messages.iter().any(|message| matches!(message.state, MessageState::Planned | MessageState::Sending)) {
            return Ok(());
        }
        ended.await;
    }
}

/// What was said on a lead's phone, in order of time: in its conversation, and beside it.
async fn texts(tx: &mut Tx, lead: &Lead) -> Result<Vec<(Timestamp, TextOnPage)>, StoreError> {
    let messages = tx.messages_of_lead(&lead.workspace, &lead.id).await?;
    let strays = tx.stray_messages_from(&sandbox::number(&lead.workspace), &Handset::of(lead)).await?;
    let beside = strays.into_iter().filter(|stray| stray.received_at >= lead.created_at);
    let beside = beside.map(|stray| (stray.received_at, TextOnPage { is_to_lead: false, note: "", body: stray.body }));
    let mut texts: Vec<_> = messages.into_iter().map(in_conversation).chain(beside).collect();
    texts.sort_by_key(|(at, _)| *at);
    Ok(texts)
}

fn in_conversation(message: Message) -> (Timestamp, TextOnPage) {
    let note = match message.state {
        MessageState::Planned | MessageState::Sending => "not delivered yet",
        MessageState::Failed => "withheld",
        _ => "",
    };
    let is_to_lead = message.state != MessageState::Received;
    (message.created_at, TextOnPage { is_to_lead, note, body: message.body })
}

fn on_page((lead, texts): (Lead, Vec<(Timestamp, TextOnPage)>)) -> PhoneOnPage {
    PhoneOnPage {
        status: word_of(&lead).replace('_', " "),
        outcome: lead.stage.outcome().map(|outcome| outcome.interest.as_str()),
        who: if lead.name.is_empty() { "Somebody".to_owned() } else { lead.name },
        number: lead.phone,
        lead: lead.id.to_string(),
        texts: texts.into_iter().map(|(_, text)| text).collect(),
    }
}
