//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a request that is sent again is not done again.
//!
//! The answer is kept in the commit of what was done, so a crash between the two is answered like any other retry. Refusals are not
//! kept: they did nothing, and a corrected request may use the same key.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use ::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;

use alc_core::id::GrantId;

use super::body;
use super::caller::{Caller, Scope};
use super::problem::ApiError;
use crate::app::App;
use crate::store::idempotency::{Earlier, KeptAnswer, KeyedRequest};
use crate::store::{StoreError, Tx};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// Longer keys are mistakes.
const LONGEST_KEY: usize = 255;

/// How a request says that it is the same as one before.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it only describes; the header is read by `key_of`, which knows strings of RFC 9651")]
pub struct Key {
    /// Of your making, such as a UUID: a request with the same key is done once and answered the same each time.
    #[param(
        rename = "Idempotency-Key",
        value_type = String,
        required = false,
        min_length = 1,
        max_length = 255,
        pattern = r"^[!#-+\--\[\]-~]+$",
        example = "8e03978e-40d5-43dd-bc93-6894a57f9324"
    )]
    idempotency_key: Option<String>,
}

/// A JSON body that may come with a key.
pub struct Keyed<T> {
    body: T,
    key: Option<String>,
    content: String,
    in_flight: InFlight,
}

impl<T: DeserializeOwned> FromRequest<App> for Keyed<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let key = key_of(request.headers())?;
        let route = format!("{} {}", request.method(), request.uri().path());
        let in_flight = request.extensions().get::<InFlight>().cloned().ok_or_else(ApiError::internal)?;
        let bytes = body::read(request, app).await?;
        let body = body::parse(&bytes)?;
        // What parses as JSON is UTF-8.
        let content = format!("{route}\n{}", String::from_utf8_lossy(&bytes));
        Ok(Self { body, key, content, in_flight })
    }
}

impl<T> Keyed<T> {
    /// The body, what the transaction needs to do it once, and the note that it is being done, to be held until it is answered.
    pub fn begin<S: Scope>(self, app: &App, caller: &Caller<S>) -> Result<(T, Once, Option<Busy>), ApiError> {
        let Some(key) = self.key else { return Ok((self.body, Once(None), None)) };
        let busy = self.in_flight.enter(&caller.grant, &key)?;
        let at = app.now();
        let request = KeyedRequest {
            workspace: caller.workspace.clone(),
            grant: caller.grant.clone(),
            key,
            content: self.content,
            at,
            expires_at: at.plus_millis(app.settings.limits.idempotency_kept_s * 1000),
        };
        Ok((self.body, Once(Some(request)), Some(busy)))
    }
}

/// A request that is done once; without a key, as often as it is sent.
pub struct Once(Option<KeyedRequest>);

impl Once {
    /// The answer of the first try. Asked at the start of the transaction; when there is one, nothing more is to be done in it.
    pub async fn earlier(&self, tx: &mut Tx) -> Result<Option<Answer>, StoreError> {
        let Some(request) = &self.0 else { return Ok(None) };
        match tx.earlier_answer(request).await? {
            Earlier::Nothing => Ok(None),
            Earlier::Same(kept) => Ok(Some(Answer { kept, is_replayed: true })),
            Earlier::Other => Err(StoreError::refused(
                "idempotency_key_reused",
                "This Idempotency-Key belongs to another request. Use a new key for each request, the same one only to repeat it.",
            )),
        }
    }

    /// Keeps the answer, at the end of the transaction.
    pub async fn keep(&self, tx: &mut Tx, answer: &Answer) -> Result<(), StoreError> {
        match &self.0 {
            Some(request) => tx.keep_answer(request, &answer.kept).await,
            None => Ok(()),
        }
    }
}

/// An answer made inside a transaction.
pub struct Answer {
    kept: KeptAnswer,
    is_replayed: bool,
}

impl Answer {
    pub fn json(status: StatusCode, body: &impl Serialize) -> Result<Self, StoreError> {
        let body = serde_json::to_string(body).map_err(|error| StoreError::Database(error.to_string()))?;
        Ok(Self { kept: KeptAnswer { status: status.as_u16(), body }, is_replayed: false })
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let Ok(status) = StatusCode::from_u16(self.kept.status) else { return ApiError::internal().into_response() };
        let kind = HeaderValue::from_static("application/json");
        let mut response = (status, [(header::CONTENT_TYPE, kind)], self.kept.body).into_response();
        if self.is_replayed {
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}

/// The keys that requests of this process are at work on. Of two replicas, the second waits for the first in the store and repeats
/// its answer, which is as safe.
#[derive(Clone, Default)]
pub struct InFlight(Arc<Mutex<HashSet<(GrantId, String)>>>);

impl InFlight {
    fn enter(&self, grant: &GrantId, key: &str) -> Result<Busy, ApiError> {
        let entry = (grant.clone(), key.to_owned());
        if !self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(entry.clone()) {
            let detail = "A request with this Idempotency-Key is being done at this moment. Repeat it in a second.";
            let refused = ApiError::new(StatusCode::CONFLICT, "idempotency_key_in_flight", detail);
            return Err(refused.with_header(header::RETRY_AFTER, "1"));
        }
        Ok(Busy { in_flight: self.clone(), entry })
    }
}

/// While it lives, its key is in flight.
pub struct Busy {
    in_flight: InFlight,
    entry: (GrantId, String),
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.in_flight.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.entry);
    }
}

fn key_of(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let mut values = headers.get_all(KEY).into_iter();
    let Some(value) = values.next() else { return Ok(None) };
    let key = value.to_str().ok().and_then(parse_key).filter(|_| values.next().is_none());
    key.map(Some).ok_or_else(|| {
        let detail =
            "Idempotency-Key must be there once, with 1 to 255 visible ASCII characters, for example a UUID in quotes.";
        ApiError::bad_request("idempotency_key_malformed", detail)
    })
}

/// A string of RFC 9651, as the draft has it, or the same text bare, as most clients send it.
fn parse_key(text: &str) -> Option<String> {
    let text = text.trim();
    let key = match text.strip_prefix('"') {
        Some(rest) => {
            let mut key = String::new();
            let mut rest = rest.chars();
            loop {
                match rest.next()? {
                    '"' => break,
                    '\\' => key.push(rest.next().filter(|escaped| ['"', '\\'].contains(escaped))?),
                    plain => key.push(plain),
                }
            }
            rest.next().is_none().then_some(key)?
        }
        None => {
            let is_bare = |c: char| c.is_ascii_graphic() && !['"', '\\', ','].contains(&c);
            text.chars().all(is_bare).then(|| text.to_owned())?
        }
    };
    (1..=LONGEST_KEY).contains(&key.len()).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_quoted_and_bare() {
        for (text, key) in [
            ("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
            ("\"8e03978e-40d5-43dd-bc93-6894a57f9324\"", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
            (" \"two words\" ", "two words"),
            (r#""a \"quoted\" \\ key""#, r#"a "quoted" \ key"#),
        ] {
            assert_eq!(parse_key(text).as_deref(), Some(key), "{text}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let (long, long_quoted) = ("x".repeat(256), format!("\"{}\"", "x".repeat(256)));
        for text in [
            "",
            " ",
            "\"\"",
            "\"open",
            "shut\"",
            "\"a\";b=1",
            "\"a\" \"b\"",
            r#""a\n""#,
            "a b",
            "a,b",
            &long,
            &long_quoted,
        ] {
            assert_eq!(parse_key(text), None, "{text}");
        }
        assert!(parse_key(&"x".repeat(255)).is_some());
    }
}
