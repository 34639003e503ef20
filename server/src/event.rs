//! The types of events that webhooks are told of: those of a lead, as core names them, and those of a webhook itself.

use alc_core::lead::EventType;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

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

    /// A test goes to the webhook that is tested, whatever it subscribed to.
    pub fn is_for_subscribers(self) -> bool {
        self != Self::WebhookTest
    }
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
