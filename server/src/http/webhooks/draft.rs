//! What a caller asks of a webhook, new or changed, and whether it may be so.

use std::collections::BTreeMap;

use ::http::HeaderName;
use serde::{Deserialize, Deserializer};
use url::Url;
use utoipa::openapi::schema::{
    AdditionalProperties, AllOfBuilder, AnyOfBuilder, ArrayBuilder, OneOfBuilder, Schema, SchemaType, Type,
};
use utoipa::openapi::{ObjectBuilder, Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use alc_core::time::Timestamp;

use crate::app::App;
use crate::event::{EventName, subscribable};
use crate::http::problem::ApiError;
use crate::store::StoreError;
use crate::store::webhooks::{CustomHeaders, Disabled, DisabledReason, Webhook};

/// Longer ones are mistakes.
const NAME_CHARACTERS: usize = 200;
const DESCRIPTION_CHARACTERS: usize = 1_000;
const URL_CHARACTERS: usize = 2_048;
const HEADER_VALUE_BYTES: usize = 1_024;

/// A name for a header that is the owner's to set.
const HEADER_NAME: &str = "^[Xx]-[A-Za-z0-9-]{1,60}$";

#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({ "name": "Results", "url": "https://example.com/hooks/alc", "events": ["lead.processed", "lead.failed"] }))]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookDraft {
    #[serde(default)]
    #[schema(max_length = 200)]
    name: String,
    #[schema(max_length = 1000)]
    description: Option<String>,
    /// Where callbacks go: https, at a public address.
    #[schema(format = "https-url", max_length = 2048)]
    url: String,
    /// One event type, as the published SDK example sends it …
    #[schema(schema_with = event_or_null)]
    event: Option<String>,
    /// … or several. At least one must be there.
    #[serde(default)]
    #[schema(schema_with = some_events)]
    events: Vec<String>,
    /// Sent with each callback, such as `X-Api-Key`.
    #[serde(default)]
    #[schema(schema_with = header_texts)]
    headers: BTreeMap<String, String>,
}

/// A draft that may become a webhook.
pub(super) struct Wanted {
    pub name: String,
    pub description: Option<String>,
    pub url: String,
    pub events: Vec<EventName>,
    pub headers: CustomHeaders,
}

impl WebhookDraft {
    pub(super) fn check(self, app: &App) -> Result<Wanted, ApiError> {
        let mut headers = CustomHeaders::default();
        for (name, value) in &self.headers {
            let (name, value) = (header_name(name)?, header_value(name, value)?);
            headers.0.insert(name, value);
        }
        few_enough(&headers, app.settings.webhooks.most_headers)?;
        Ok(Wanted {
            events: events(self.event.iter().chain(&self.events))?,
            url: url(app, &self.url)?,
            name: name(self.name)?,
            description: self.description.map(description).transpose()?,
            headers,
        })
    }
}

/// A merge patch (RFC 7396): what is not there stays, `null` takes away.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({ "name": "Results of 2027", "description": null, "enabled": true }))]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookPatch {
    #[schema(max_length = 200)]
    name: Option<String>,
    /// Null takes it away.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 1000)]
    description: Field,
    #[schema(format = "https-url", max_length = 2048)]
    url: Option<String>,
    /// All of them; those that are not named any more go.
    #[schema(schema_with = events_or_null)]
    events: Option<Vec<String>>,
    /// Those that are named change; null takes one away.
    #[schema(schema_with = header_changes)]
    headers: Option<BTreeMap<String, Option<String>>>,
    /// True resumes a webhook that was disabled.
    enabled: Option<bool>,
}

/// A draft that says what it wants to hear of: `event` or `events`. [`WebhookDraft`] cannot say that of itself.
pub(super) struct WebhookDraftWithEvents;

impl PartialSchema for WebhookDraftWithEvents {
    fn schema() -> RefOr<Schema> {
        let one = ObjectBuilder::new().property("event", subscribable()).required("event");
        let some = ObjectBuilder::new().property("events", some_events().min_items(Some(1))).required("events");
        let either = AnyOfBuilder::new().item(one).item(some);
        AllOfBuilder::new().item(Ref::from_schema_name(WebhookDraft::name())).item(either).into()
    }
}

impl ToSchema for WebhookDraftWithEvents {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((WebhookDraft::name().into_owned(), WebhookDraft::schema()));
    }
}

fn event_or_null() -> OneOfBuilder {
    OneOfBuilder::new().item(subscribable()).item(ObjectBuilder::new().schema_type(Type::Null))
}

fn some_events() -> ArrayBuilder {
    ArrayBuilder::new().items(subscribable())
}

fn events_or_null() -> ArrayBuilder {
    some_events().schema_type(SchemaType::from_iter([Type::Array, Type::Null])).min_items(Some(1))
}

fn header_texts() -> ObjectBuilder {
    headers_of(ObjectBuilder::new().schema_type(Type::String))
}

fn header_changes() -> ObjectBuilder {
    let text = ObjectBuilder::new().schema_type(SchemaType::from_iter([Type::String, Type::Null]));
    headers_of(text).schema_type(SchemaType::from_iter([Type::Object, Type::Null]))
}

fn headers_of(text: ObjectBuilder) -> ObjectBuilder {
    // A name that is ours is refused by name: which those are is told by the problem, not by a pattern.
    let name = ObjectBuilder::new().schema_type(Type::String).pattern(Some(HEADER_NAME)).build();
    let text = text.max_length(Some(HEADER_VALUE_BYTES)).pattern(Some("^[ -~]*$"));
    ObjectBuilder::new().property_names(Some(name)).additional_properties(Some(AdditionalProperties::from(text)))
}

/// A text that can be taken away.
#[derive(Debug, Default)]
enum Field {
    #[default]
    Stays,
    Goes,
    Set(String),
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(input)?.map_or(Self::Goes, Self::Set))
    }
}

/// A patch that may be applied.
pub(super) struct Change {
    name: Option<String>,
    description: Field,
    url: Option<String>,
    events: Option<Vec<EventName>>,
    headers: BTreeMap<String, Option<String>>,
    most_headers: usize,
    enabled: Option<bool>,
}

impl WebhookPatch {
    pub(super) fn check(self, app: &App) -> Result<Change, ApiError> {
        let mut headers = BTreeMap::new();
        for (name, value) in self.headers.unwrap_or_default() {
            let value = value.map(|value| header_value(&name, &value)).transpose()?;
            headers.insert(header_name(&name)?, value);
        }
        let described = match self.description {
            Field::Set(text) => Field::Set(description(text)?),
            other => other,
        };
        Ok(Change {
            name: self.name.map(name).transpose()?,
            description: described,
            url: self.url.map(|text| url(app, &text)).transpose()?,
            events: self.events.map(|names| events(names.iter())).transpose()?,
            headers,
            most_headers: app.settings.webhooks.most_headers,
            enabled: self.enabled,
        })
    }
}

impl Change {
    pub(super) fn apply(&self, webhook: &mut Webhook, now: Timestamp) -> Result<(), StoreError> {
        let keep = |field: &mut String, wanted: &Option<String>| {
            if let Some(wanted) = wanted {
                field.clone_from(wanted);
            }
        };
        if self.url.as_ref().is_some_and(|url| *url != webhook.url) {
            // What another endpoint failed at is not held against this one.
            webhook.failing_since = None;
        }
        keep(&mut webhook.name, &self.name);
        keep(&mut webhook.url, &self.url);
        match &self.description {
            Field::Stays => {}
            Field::Goes => webhook.description = None,
            Field::Set(description) => webhook.description = Some(description.clone()),
        }
        if let Some(events) = &self.events {
            webhook.events.clone_from(events);
        }
        for (name, value) in &self.headers {
            match value {
                Some(value) => webhook.headers.0.insert(name.clone(), value.clone()),
                None => webhook.headers.0.remove(name),
            };
        }
        few_enough(&webhook.headers, self.most_headers)?;
        match self.enabled {
            Some(true) => (webhook.disabled, webhook.failing_since) = (None, None),
            Some(false) if webhook.disabled.is_none() => {
                webhook.disabled = Some(Disabled { at: now, reason: DisabledReason::ByOwner });
            }
            _ => {}
        }
        Ok(())
    }
}

fn name(text: String) -> Result<String, ApiError> {
    if text.chars().count() > NAME_CHARACTERS {
        let cure = "The name is longer than 200 characters. Shorten it.";
        return Err(ApiError::unprocessable("name_too_long", cure));
    }
    Ok(text)
}

fn description(text: String) -> Result<String, ApiError> {
    if text.chars().count() > DESCRIPTION_CHARACTERS {
        let cure = "The description is longer than 1000 characters. Shorten it.";
        return Err(ApiError::unprocessable("description_too_long", cure));
    }
    Ok(text)
}

fn url(app: &App, text: &str) -> Result<String, ApiError> {
    let cure = "Use an absolute https:// URL that leads to a public address.";
    if text.chars().count() > URL_CHARACTERS {
        return Err(ApiError::unprocessable("invalid_url", "The URL is longer than 2048 characters. Shorten it."));
    }
    let url = Url::parse(text)
        .map_err(|_| ApiError::unprocessable("invalid_url", format!("The URL cannot be read. {cure}")))?;
    app.outbound
        .judge(&url)
        .map_err(|refused| ApiError::unprocessable("url_not_allowed", format!("{refused}. {cure}")))?;
    Ok(url.into())
}

fn events<'a>(names: impl Iterator<Item = &'a String>) -> Result<Vec<EventName>, ApiError> {
    let mut events = Vec::new();
    for name in names {
        let event = EventName::parse(name).filter(|event| event.is_for_subscribers()).ok_or_else(|| {
            let known = EventName::ALL.into_iter().filter(|event| event.is_for_subscribers());
            let known: Vec<&str> = known.map(EventName::as_str).collect();
            let cure = format!("There is no such event type. Choose among {}.", known.join(", "));
            ApiError::unprocessable("unknown_event", cure)
        })?;
        if !events.contains(&event) {
            events.push(event);
        }
    }
    if events.is_empty() {
        return Err(ApiError::unprocessable("event_missing", "Say which event to send: `event` or `events`."));
    }
    Ok(events)
}

/// Names are compared without case, so they are kept in lower case.
fn header_name(text: &str) -> Result<String, ApiError> {
    let name = HeaderName::from_bytes(text.as_bytes()).map_err(|_| {
        ApiError::unprocessable("invalid_header", "A header's name has letters, digits and hyphens only. Change it.")
    })?;
    if is_ours(name.as_str()) {
        let detail = format!("We set or refuse the header {name} ourselves. Choose another name.");
        return Err(ApiError::unprocessable("header_not_allowed", detail));
    }
    Ok(name.as_str().to_owned())
}

/// What says where a callback goes, what it holds, how it travels and who vouches for it is not for others to say.
fn is_ours(name: &str) -> bool {
    let alone = [
        "host",
        "connection",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "expect",
        "user-agent",
        "accept-encoding",
    ];
    alone.contains(&name) || ["content-", "webhook-", "proxy-"].iter().any(|prefix| name.starts_with(prefix))
}

fn header_value(name: &str, text: &str) -> Result<String, ApiError> {
    let text = text.trim();
    let is_printable = text.bytes().all(|c| c == b' ' || c.is_ascii_graphic());
    if text.len() > HEADER_VALUE_BYTES || !is_printable {
        let detail =
            format!("The value of {} must be printable ASCII of at most 1024 characters. Change it.", shown(name));
        return Err(ApiError::unprocessable("invalid_header", detail));
    }
    Ok(text.to_owned())
}

/// A name that came from outside, in a sentence of ours.
fn shown(name: &str) -> String {
    name.chars().filter(char::is_ascii_graphic).take(64).collect()
}

/// Counted when all are together.
fn few_enough(headers: &CustomHeaders, most: usize) -> Result<(), StoreError> {
    if headers.0.len() <= most {
        return Ok(());
    }
    let cure = format!("A webhook has at most {most} headers of its own. Take some away by setting them to null.");
    Err(StoreError::refused("too_many_headers", cure))
}
