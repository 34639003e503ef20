//! The types of events that webhooks are told of: those of a lead, as core names them, and those of a webhook itself. What each
//! means and how its body looks stands here and nowhere else; the catalogue that partners read is rendered from it.

use alc_core::lead::EventType;
use alc_core::outcome::Interest;
use alc_core::record::RecordStatus;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};
use utoipa::openapi::schema::{Schema, Type};
use utoipa::openapi::{ObjectBuilder, RefOr};
use utoipa::{PartialSchema, ToSchema};

/// What an event is called, everywhere it is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventName {
    Lead(EventType),
    /// A webhook of the same grant was disabled, because its endpoint is no use.
    WebhookDisabled,
    /// Asked for by the webhook's owner, who wants to see whether callbacks arrive.
    WebhookTest,
}

impl EventName {
    pub const ALL: [Self; 7] = [
        Self::Lead(EventType::LeadCreated),
        Self::Lead(EventType::LeadContacted),
        Self::Lead(EventType::LeadReplied),
        Self::Lead(EventType::LeadProcessed),
        Self::Lead(EventType::LeadFailed),
        Self::WebhookDisabled,
        Self::WebhookTest,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lead(event) => event.as_str(),
            Self::WebhookDisabled => "webhook.disabled",
            Self::WebhookTest => "webhook.test",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.as_str() == text)
    }

    pub const fn description(self) -> &'static str {
        match self {
            Self::Lead(EventType::LeadCreated) => "A lead was taken in.",
            Self::Lead(EventType::LeadContacted) => "The first text to the lead is out.",
            Self::Lead(EventType::LeadReplied) => "The lead answered for the first time.",
            Self::Lead(EventType::LeadProcessed) => "The lead is closed, and its outcome is known.",
            Self::Lead(EventType::LeadFailed) => "The lead was cancelled, or given up; the reason says why.",
            Self::WebhookDisabled => "A webhook was disabled, because its endpoint is gone or has failed for too long.",
            Self::WebhookTest => "A test that the webhook's owner asked for. It cannot be subscribed to.",
        }
    }

    /// The body of its callback, as JSON Schema (2020-12). Fields may be added; those named here stay.
    pub fn schema(self) -> Value {
        let (properties, required) = match self {
            Self::Lead(event) => of_lead(event),
            Self::WebhookDisabled => (
                json!({ "webhook_id": id("wh_"), "reason": { "enum": ["gone", "failing"] } }),
                json!(["type", "timestamp", "webhook_id", "reason"]),
            ),
            Self::WebhookTest => (
                json!({
                    "webhook_id": id("wh_"),
                    "data": { "type": "object", "description": "What the request for the test had under `data`." },
                }),
                json!(["type", "timestamp", "webhook_id"]),
            ),
        };
        let mut schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": self,
            "description": self.description(),
            "type": "object",
            "properties": properties,
            "required": required,
        });
        schema["properties"]["type"] = json!({ "const": self });
        schema["properties"]["timestamp"] = json!({ "type": "string", "format": "date-time" });
        schema
    }

    /// A test goes to the webhook that is tested, whatever it subscribed to.
    pub fn is_for_subscribers(self) -> bool {
        self != Self::WebhookTest
    }
}

fn of_lead(event: EventType) -> (Value, Value) {
    let mut properties = json!({
        "record_id": { "type": "string" },
        "status": { "enum": statuses(event) },
        "lead_id": id("lead_"),
        "sequence": {
            "type": "integer",
            "minimum": 1,
            "description": "Rises with each event of this lead: a lower one than you have seen is old news.",
        },
        "outcome": { "type": "null" },
        "test": { "const": true, "description": "The lead was sent in test mode. Not there when it was not." },
    });
    let mut required = vec!["type", "timestamp", "record_id", "status", "lead_id", "sequence", "outcome"];
    match event {
        EventType::LeadProcessed => properties["outcome"] = outcome(),
        EventType::LeadFailed => {
            properties["reason"] = json!({ "type": "string" });
            required.push("reason");
        }
        EventType::LeadCreated | EventType::LeadContacted | EventType::LeadReplied => {}
    }
    (properties, json!(required))
}

/// What the record shows after this event.
fn statuses(event: EventType) -> Vec<RecordStatus> {
    match event {
        EventType::LeadCreated | EventType::LeadContacted | EventType::LeadReplied => vec![RecordStatus::Pending],
        EventType::LeadProcessed => vec![RecordStatus::Complete],
        EventType::LeadFailed => vec![RecordStatus::Cancelled, RecordStatus::Failed],
    }
}

fn outcome() -> Value {
    json!({
        "type": "object",
        "properties": {
            "interest": { "enum": Interest::ALL.map(Interest::as_str) },
            "confidence": { "type": "number", "minimum": 0, "maximum": 1 },
            "summary": { "type": "string" },
        },
        "required": ["interest", "confidence", "summary"],
    })
}

fn id(prefix: &str) -> Value {
    json!({ "type": "string", "pattern": format!("^{prefix}[0-9a-f]{{32}}$") })
}

impl PartialSchema for EventName {
    fn schema() -> RefOr<Schema> {
        names(Self::ALL.into_iter())
    }
}

impl ToSchema for EventName {}

/// The names that a webhook may subscribe to, for a description.
pub fn subscribable() -> RefOr<Schema> {
    names(EventName::ALL.into_iter().filter(|event| event.is_for_subscribers()))
}

fn names(events: impl Iterator<Item = EventName>) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(events.map(EventName::as_str))).into()
}

impl Serialize for EventName {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for EventName {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = String::deserialize(input)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("there is no such event type"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_of_a_lead_is_among_them_and_has_a_name_of_its_own() {
        let names: Vec<&str> = EventName::ALL.map(EventName::as_str).to_vec();
        for event in EventType::ALL {
            assert_eq!(EventName::parse(event.as_str()), Some(EventName::Lead(event)));
        }
        assert!(names.iter().all(|name| names.iter().filter(|other| *other == name).count() == 1), "{names:?}");
    }
}
