//! `GET /api/v1/leads`: page by page, newest first.

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use alc_core::id::LeadId;
use alc_core::lead::{Lead, RECORD_ID_CHARACTERS};
use alc_core::time::Timestamp;

use super::view::{LeadView, STATUSES};
use crate::app::App;
use crate::http::body::Json;
use crate::http::caller::{Caller, ReadLeads};
use crate::http::problem::ApiError;
use crate::http::query::Query;
use crate::store::leads::{LeadFilter, LeadPosition};

const PARAMETERS: &[&str] = &["status", "record_id", "created_after", "created_before", "limit", "cursor"];

/// The leads of the caller's grant (of its whole workspace, for the operator) that pass the filters. A page is read where the one
/// before it ended, so leads that come in meanwhile shift nothing.
pub async fn list(
    State(app): State<App>,
    caller: Caller<ReadLeads>,
    RawQuery(raw): RawQuery,
) -> Result<Response, ApiError> {
    let query = Query::parse(raw.as_deref(), PARAMETERS)?;
    let limit = query.limit()?;
    let from = query.get("cursor").map(parse_cursor).transpose()?;
    let filter = filter(&query, &caller)?;

    let found =
        app.store.read(async move |tx| tx.leads(&caller.workspace, &filter, from.as_ref(), limit + 1).await).await?;
    let next = (found.len() > limit).then(|| print_cursor(&found[limit - 1]));
    let views: Vec<LeadView> = found.into_iter().take(limit).map(LeadView::from).collect();
    Ok(Json(json!({ "data": views, "next_cursor": next })).into_response())
}

fn filter(query: &Query, caller: &Caller<ReadLeads>) -> Result<LeadFilter, ApiError> {
    let status = query.get("status").map(|word| {
        let known = STATUSES.iter().find(|(known, _)| *known == word);
        known.map(|(_, status)| *status).ok_or_else(|| {
            let words = STATUSES.map(|(word, _)| word).join(", ");
            ApiError::bad_request("invalid_status", format!("There is no such status. Choose among {words}."))
        })
    });
    let record_id = query.get("record_id").map(|id| {
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
        created_after: query.after("created_after")?,
        created_before: query.before("created_before")?,
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
