//! `GET /api/v1/leads`: page by page, newest first.

use ::http::HeaderMap;
use axum::extract::State;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use alc_core::id::LeadId;
use alc_core::lead::{Lead, LeadStatus, RECORD_ID_CHARACTERS};
use alc_core::time::Timestamp;

use super::view::{LeadView, STATUSES};
use crate::app::App;
use crate::http::caller::{Caller, ReadLeads};
use crate::http::etag;
use crate::http::problem::ApiError;
use crate::http::query::{self, Query};
use crate::store::leads::{LeadFilter, LeadPosition};

/// Which leads, and which page of them.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LeadQuery {
    /// Only leads with this status.
    #[param(value_type = Option<LeadStatus>)]
    status: Option<String>,
    /// Only the leads of this record.
    #[param(min_length = 1, max_length = 200, pattern = r"\S")]
    record_id: Option<String>,
    /// Only leads that came in later than this.
    #[param(format = DateTime)]
    created_after: Option<String>,
    /// Only leads that came in earlier than this.
    #[param(format = DateTime)]
    created_before: Option<String>,
    /// How many to show.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 250, default = 50)]
    limit: Option<String>,
    /// `next_cursor` of the page before.
    #[param(format = "lead-cursor")]
    cursor: Option<String>,
}

/// A page of leads.
#[derive(Debug, Serialize, ToSchema)]
struct LeadPage {
    /// Newest first.
    data: Vec<LeadView>,
    /// Leads to the next page; null on the last.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// List leads.
///
/// Those of the token's grant (of its whole workspace, for the operator's), newest first. A page begins where the one before it
/// ended, so leads that come in meanwhile shift nothing.
#[utoipa::path(
    get,
    path = "/api/v1/leads",
    operation_id = "listLeads",
    tag = "Leads",
    security(("oauth2" = ["leads:read"])),
    params(LeadQuery, etag::IfNoneMatch),
    responses((status = 200, description = "A page of leads.", body = LeadPage)),
    extensions(("x-problem-codes" = json!([
        "invalid_cursor", "invalid_limit", "invalid_record_id", "invalid_status", "invalid_time",
    ]))),
)]
pub async fn list(
    State(app): State<App>,
    caller: Caller<ReadLeads>,
    Query(query): Query<LeadQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let limit = query::limit(query.limit.as_deref())?;
    let from = query.cursor.as_deref().map(parse_cursor).transpose()?;
    let filter = filter(&query, &caller)?;

    let found =
        app.store.read(async move |tx| tx.leads(&caller.workspace, &filter, from.as_ref(), limit + 1).await).await?;
    let next = (found.len() > limit).then(|| print_cursor(&found[limit - 1]));
    let data = found.into_iter().take(limit).map(|lead| LeadView::new(lead, &app.public_url)).collect();
    etag::answer(&headers, &LeadPage { data, next_cursor: next })
}

fn filter(query: &LeadQuery, caller: &Caller<ReadLeads>) -> Result<LeadFilter, ApiError> {
    let status = query.status.as_deref().map(|word| {
        let known = STATUSES.iter().find(|(known, _)| *known == word);
        known.map(|(_, status)| *status).ok_or_else(|| {
            let words = STATUSES.map(|(word, _)| word).join(", ");
            ApiError::bad_request("invalid_status", format!("There is no such status. Choose among {words}."))
        })
    });
    let record_id = query.record_id.as_deref().map(|id| {
        if id.trim().is_empty() || id.chars().count() > RECORD_ID_CHARACTERS || id.contains('\0') {
            let detail = "record_id cannot be the id of a record. Send the id as it was sent with the lead.";
            return Err(ApiError::bad_request("invalid_record_id", detail));
        }
        Ok(id.trim().to_owned())
    });
    Ok(LeadFilter {
        grant: (!caller.is_operator).then(|| caller.grant.clone()),
        status: status.transpose()?,
        record_id: record_id.transpose()?,
        created_after: query::after("created_after", query.created_after.as_deref())?,
        created_before: query::before("created_before", query.created_before.as_deref())?,
    })
}

/// Where a page ended. It tells nothing that the page did not, and leads nowhere that the caller may not look.
fn print_cursor(last: &Lead) -> String {
    URL_SAFE_NO_PAD.encode(format!("{} {}", last.created_at.as_millis(), last.id))
}

fn parse_cursor(text: &str) -> Result<LeadPosition, ApiError> {
    let read = || {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let (at, id) = text.split_once(' ')?;
        let unique = id.strip_prefix(LeadId::PREFIX)?;
        let is_id = unique.len() == 32 && unique.bytes().all(|digit| digit.is_ascii_hexdigit());
        is_id.then_some(LeadPosition { created_at: Timestamp::from_millis(at.parse().ok()?), id: id.into() })
    };
    read().ok_or_else(|| {
        let detail = "This is no cursor of ours. Take next_cursor of the page before, as it is, or begin without one.";
        ApiError::bad_request("invalid_cursor", detail)
    })
}
