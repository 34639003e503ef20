//! Attio's REST API v2, as far as records of people are written by us (workspaces without the app).
//!
//! Sources: Attio API reference "Update a record (append)", "Attributes", "Select options", "Rate limiting".

use std::time::Duration;

use ::http::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use thiserror::Error;

use alc_core::record::{ATTRIBUTES, Attribute};
use alc_core::time::Timestamp;

use super::endpoint;
use super::http::{Outbound, Reach};
use crate::settings::Attio as AttioSettings;

/// A list of all attributes of a much-used object stays well below this.
const ANSWER_BYTES: usize = 4 * 1024 * 1024;

const PEOPLE: &str = "/v2/objects/people";

/// A workspace at Attio.
pub struct Attio<'a> {
    settings: &'a AttioSettings,
    outbound: &'a Outbound,
    token: &'a SecretString,
    /// It may name the moment from which it can be asked again.
    now: Timestamp,
}

/// Why Attio did not do it. Texts hold codes and statuses, never values.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotDone {
    #[error("Attio has no such record (any more)")]
    Gone,
    /// The operator can mend that.
    #[error("Attio does not let us: {0}; check the connection's token and its scopes")]
    NotAllowed(String),
    /// As it is, it will be refused again.
    #[error("Attio refused it: {0}")]
    Refused(String),
    #[error("Attio could not do it now: {why}")]
    NotNow {
        why: String,
        /// How long it asks us to wait, in milliseconds (`Retry-After`).
        wait_ms: Option<i64>,
    },
}

impl<'a> Attio<'a> {
    pub const fn new(
        settings: &'a AttioSettings,
        outbound: &'a Outbound,
        token: &'a SecretString,
        now: Timestamp,
    ) -> Self {
        Self { settings, outbound, token, now }
    }

    /// `values`: by slug, as the API takes them. `record_id`: a UUID.
    pub async fn update_person(&self, record_id: &str, values: &Value) -> Result<(), NotDone> {
        let path = format!("{PEOPLE}/records/{record_id}");
        self.ask(Method::PATCH, &path, Some(json!({ "data": { "values": values } }))).await.map(drop)
    }

    /// Makes sure People has the attributes that outcomes are written to. Running it twice, or twice at once, does no harm.
    pub async fn ensure_attributes(&self) -> Result<(), NotDone> {
        // Archived ones keep their slug, so nothing new can be made under it.
        let present = self.ask(Method::GET, &format!("{PEOPLE}/attributes?show_archived=true"), None).await?;
        for wanted in &ATTRIBUTES {
            let found = present.as_array().into_iter().flatten().find(|one| one["api_slug"] == wanted.slug);
            match found {
                None => or_there(self.create(wanted).await)?,
                Some(found) if found["is_archived"] == true => {
                    let path = format!("{PEOPLE}/attributes/{}", wanted.slug);
                    self.ask(Method::PATCH, &path, Some(json!({ "data": { "is_archived": false } }))).await?;
                }
                Some(_) => {}
            }
            self.ensure_options(wanted).await?;
        }
        Ok(())
    }

    async fn create(&self, attribute: &Attribute) -> Result<(), NotDone> {
        let body = json!({ "data": {
            "title": attribute.title,
            "description": attribute.description,
            "api_slug": attribute.slug,
            "type": attribute.kind,
            "is_required": false,
            "is_unique": false,
            "is_multiselect": false,
            "config": {},
        } });
        self.ask(Method::POST, &format!("{PEOPLE}/attributes"), Some(body)).await.map(drop)
    }

    async fn ensure_options(&self, attribute: &Attribute) -> Result<(), NotDone> {
        if attribute.options.is_empty() {
            return Ok(());
        }
        let path = format!("{PEOPLE}/attributes/{}/options", attribute.slug);
        let present = self.ask(Method::GET, &path, None).await?;
        let is_there = |title: &str| present.as_array().into_iter().flatten().any(|one| one["title"] == title);
        for title in attribute.options.iter().filter(|title| !is_there(title)) {
            or_there(self.ask(Method::POST, &path, Some(json!({ "data": { "title": title } }))).await.map(drop))?;
        }
        Ok(())
    }

    /// What Attio wraps in `data`.
    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, NotDone> {
        let url = format!("{}{path}", self.settings.base_url.trim_end_matches('/'));
        let deadline = Duration::from_millis(self.settings.timeout_ms);
        let answer = self
            .outbound
            .send(Reach::Configured, deadline, ANSWER_BYTES, |client| {
                let request = client.request(method, url).bearer_auth(self.token.expose_secret());
                if let Some(body) = &body { request.json(body) } else { request }
            })
            .await
            .map_err(|no_answer| NotDone::NotNow { why: no_answer.to_string(), wait_ms: None })?;
        let status = answer.status.as_u16();
        let mut json = answer.json().unwrap_or_default();
        if answer.status.is_success() {
            return Ok(json["data"].take());
        }
        let wait_ms = endpoint::asked_to_wait(&answer, self.now);
        Err(not_done(status, json["code"].as_str().unwrap_or("no code"), wait_ms))
    }
}

/// Somebody else, or another run of ours, was faster.
fn or_there(done: Result<(), NotDone>) -> Result<(), NotDone> {
    match done {
        Err(NotDone::Refused(why)) if why.contains("slug_conflict") => Ok(()),
        done => done,
    }
}

fn not_done(status: u16, code: &str, wait_ms: Option<i64>) -> NotDone {
    let why = format!("{status} {code}");
    match status {
        // The record is the result of a merge that is not applied yet.
        _ if code == "merge_in_progress" => NotDone::NotNow { why, wait_ms },
        404 => NotDone::Gone,
        401 | 403 => NotDone::NotAllowed(why),
        _ if code == "slug_conflict" => NotDone::Refused(why),
        408 | 409 | 429 | 500.. => NotDone::NotNow { why, wait_ms },
        _ => NotDone::Refused(why),
    }
}
