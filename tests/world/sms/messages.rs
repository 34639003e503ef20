//! Messages over HTTP, as clients of the gateway know them: create, list, fetch.

use axum::{
    Form, Json,
    extract::{FromRequestParts, OriginalUri, Path, Query, State, rejection::FormRejection},
    http::{StatusCode, header::AUTHORIZATION, request::Parts},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::Deserialize;
use serde_json::{Value, json};
use subtle::ConstantTimeEq;
use url::Url;

use super::{
    errors::SmsError,
    gateway::{Draft, Gateway},
    message::Message,
    number::PhoneText,
};

const LONGEST_BODY: usize = 1600;
const DEFAULT_PAGE: usize = 50;
const LARGEST_PAGE: usize = 1000;

/// A caller who knows the account's token.
pub(crate) struct Account;

impl FromRequestParts<Gateway> for Account {
    type Rejection = SmsError;

    async fn from_request_parts(parts: &mut Parts, gateway: &Gateway) -> Result<Self, SmsError> {
        let sent = parts.headers.get(AUTHORIZATION).and_then(|header| header.to_str().ok());
        let pair = sent.and_then(|header| header.strip_prefix("Basic "));
        let pair = pair.and_then(|pair| BASE64_STANDARD.decode(pair.trim()).ok()).unwrap_or_default();
        let expected = format!("{}:{}", gateway.account_sid, gateway.auth_token);
        let known = bool::from(pair.ct_eq(expected.as_bytes()));
        let mut path = parts.uri.path().split('/');
        let own = path.any(|part| part == gateway.account_sid.as_ref());
        if known && own { Ok(Self) } else { Err(SmsError::unauthenticated()) }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct NewMessage {
    to: Option<String>,
    from: Option<String>,
    body: Option<String>,
    status_callback: Option<String>,
}

impl NewMessage {
    /// In the order in which the gateway looks.
    fn check(self) -> Result<Draft, SmsError> {
        let filled = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        let to = filled(self.to).ok_or_else(SmsError::to_missing)?;
        let from = filled(self.from).ok_or_else(SmsError::from_missing)?;
        let body = filled(self.body).ok_or_else(SmsError::body_missing)?;
        let to = PhoneText::parse(&to).ok_or_else(|| SmsError::to_invalid(&to))?.to_string();
        let from = PhoneText::parse(&from).ok_or_else(|| SmsError::from_invalid(&from))?.to_string();
        if from == to {
            return Err(SmsError::from_is_to());
        }
        if body.chars().count() > LONGEST_BODY {
            return Err(SmsError::body_too_long());
        }
        let status_callback = filled(self.status_callback);
        if let Some(url) = status_callback.as_deref() {
            let web = Url::parse(url).is_ok_and(|parsed| matches!(parsed.scheme(), "http" | "https"));
            if !web {
                return Err(SmsError::callback_invalid(url));
            }
        }
        Ok(Draft { from, to, body, status_callback })
    }
}

/// `POST …/Messages.json`: take a message in; sending it comes after the answer.
pub(crate) async fn create(
    State(gateway): State<Gateway>,
    _account: Account,
    form: Result<Form<NewMessage>, FormRejection>,
) -> Result<Response, SmsError> {
    let Form(new) = form.map_err(|_| SmsError::invalid_parameter("The body is not a form."))?;
    let message = gateway.accept(new.check()?)?;
    Ok((StatusCode::CREATED, Json(message.render(&gateway.account_sid))).into_response())
}

/// `GET …/Messages/{sid}.json`.
pub(crate) async fn fetch(
    State(gateway): State<Gateway>,
    _account: Account,
    Path((_, file)): Path<(String, String)>,
    OriginalUri(uri): OriginalUri,
) -> Result<Json<Value>, SmsError> {
    let wanted = file.strip_suffix(".json");
    let found = gateway.messages().into_iter().find(|message| Some(message.sid.as_str()) == wanted);
    let message = found.ok_or_else(|| SmsError::not_found(uri.path()))?;
    Ok(Json(message.render(&gateway.account_sid)))
}

/// `GET …/Messages.json`: newest first, in pages.
pub(crate) async fn list(
    State(gateway): State<Gateway>,
    _account: Account,
    OriginalUri(uri): OriginalUri,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Json<Value>, SmsError> {
    let filter = Filter::read(&query)?;
    let found: Vec<Message> = gateway.messages().into_iter().rev().filter(|message| filter.admits(message)).collect();
    let start = filter.page * filter.page_size;
    let page: Vec<Value> =
        found.iter().skip(start).take(filter.page_size).map(|message| message.render(&gateway.account_sid)).collect();
    let page_uri = |page: usize| {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(query.iter().filter(|(key, _)| key != "Page" && key != "PageSize" && key != "PageToken"));
        form.append_pair("PageSize", &filter.page_size.to_string()).append_pair("Page", &page.to_string());
        format!("{}?{}", uri.path(), form.finish())
    };
    let more = found.len() > start + page.len();
    Ok(Json(json!({
        "messages": page,
        "page": filter.page,
        "page_size": filter.page_size,
        "start": start,
        "end": (start + page.len()).saturating_sub(1),
        "uri": page_uri(filter.page),
        "first_page_uri": page_uri(0),
        "next_page_uri": more.then(|| page_uri(filter.page + 1)),
        "previous_page_uri": filter.page.checked_sub(1).map(page_uri),
    })))
}

struct Filter {
    to: Option<String>,
    from: Option<String>,
    /// Both ends count; a message not sent yet is in no span of time.
    sent: Option<(Timestamp, Timestamp)>,
    page: usize,
    page_size: usize,
}

impl Filter {
    fn read(query: &[(String, String)]) -> Result<Self, SmsError> {
        let mut filter = Self { to: None, from: None, sent: None, page: 0, page_size: DEFAULT_PAGE };
        for (key, value) in query.iter().filter(|(_, value)| !value.is_empty()) {
            let (since, until) = filter.sent.unwrap_or((Timestamp::MIN, Timestamp::MAX));
            match key.as_str() {
                "To" => filter.to = Some(value.clone()),
                "From" => filter.from = Some(value.clone()),
                "DateSent" => filter.sent = Some(span(value)?),
                // `DateSent>=…` arrives as the key `DateSent>`.
                "DateSent>" => filter.sent = Some((since.max(span(value)?.0), until)),
                "DateSent<" => filter.sent = Some((since, until.min(span(value)?.1))),
                "Page" => filter.page = count(key, value)?,
                "PageSize" => filter.page_size = count(key, value)?.clamp(1, LARGEST_PAGE),
                _ => {}
            }
        }
        Ok(filter)
    }

    fn admits(&self, message: &Message) -> bool {
        let sent_within = |(since, until)| message.sent_at.is_some_and(|sent| since <= sent && sent <= until);
        self.to.as_ref().is_none_or(|to| *to == message.to)
            && self.from.as_ref().is_none_or(|from| *from == message.from)
            && self.sent.is_none_or(sent_within)
    }
}

/// A moment is a span of itself, a date the whole of its day in UTC.
fn span(text: &str) -> Result<(Timestamp, Timestamp), SmsError> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok((moment, moment));
    }
    let day = || -> Option<(Timestamp, Timestamp)> {
        let date: Date = text.parse().ok()?;
        let start = date.to_zoned(TimeZone::UTC).ok()?.timestamp();
        let next = date.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp();
        Some((start, next - jiff::SignedDuration::from_nanos(1)))
    };
    day().ok_or_else(|| SmsError::invalid_parameter(format!("DateSent {text} is not a date.")))
}

fn count(key: &str, value: &str) -> Result<usize, SmsError> {
    value.parse().map_err(|_| SmsError::invalid_parameter(format!("{key} {value} is not a number.")))
}
