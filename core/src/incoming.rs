//! A callback that comes in: any partner's, ours among them. Only the record and its status are promised, at the top level where
//! the published SDK example puts them; what else there is makes the order of callbacks surer and the record fuller.

use serde_json::{Map, Value, json};

use crate::callback::{InvalidCallback, count, optional, outcome, text};
use crate::outcome::Outcome;
use crate::record::{Seen, should_apply};
use crate::time::Timestamp;

/// `alc_status` is a text of any partner's choosing, within reason.
pub const STATUS_CHARACTERS: usize = 200;

/// Lead ids are the partner's own; they are compared, kept and shown.
pub const LEAD_ID_CHARACTERS: usize = 200;

/// What a partner says about a record.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IncomingCallback {
    /// The record in Attio.
    #[cfg_attr(feature = "openapi", schema(format = "uuid"))]
    pub record_id: String,
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 200, pattern = r"\S"))]
    pub status: String,
    #[cfg_attr(feature = "openapi", schema(max_length = 200))]
    pub lead_id: Option<String>,
    pub sequence: Option<u32>,
    /// RFC 3339: when it became so.
    #[cfg_attr(feature = "openapi", schema(format = DateTime))]
    pub timestamp: Option<String>,
    pub outcome: Option<Outcome>,
}

/// Where a callback stands among all of its record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// Where the sender counts.
    pub seen: Option<Seen>,
    /// When it became so, as far as is known.
    pub at: Timestamp,
}

impl IncomingCallback {
    pub fn parse(body: &[u8]) -> Result<Self, InvalidCallback> {
        let body: Value = serde_json::from_slice(body).map_err(|error| InvalidCallback::NotJson(error.to_string()))?;
        let named = |field| body[field].as_str().filter(|text| !text.trim().is_empty());
        let record_id = named("record_id").ok_or(InvalidCallback::MissingRecordId)?.to_owned();
        let status = named("status").ok_or(InvalidCallback::MissingStatus)?.to_owned();
        if status.chars().count() > STATUS_CHARACTERS {
            return Err(InvalidCallback::WrongShape(format!("`status` is longer than {STATUS_CHARACTERS} characters")));
        }
        let lead_id = optional(&body["lead_id"]).map(|_| text(&body, "lead_id")).transpose()?;
        let is_storable = |id: &String| !id.contains('\0') && id.chars().count() <= LEAD_ID_CHARACTERS;
        if !lead_id.as_ref().is_none_or(is_storable) {
            let why = format!("`lead_id` is longer than {LEAD_ID_CHARACTERS} characters, or holds U+0000");
            return Err(InvalidCallback::WrongShape(why));
        }
        Ok(Self {
            record_id,
            status,
            lead_id,
            sequence: optional(&body["sequence"]).map(|_| count(&body, "sequence")).transpose()?,
            timestamp: optional(&body["timestamp"]).map(|_| text(&body, "timestamp")).transpose()?,
            outcome: optional(&body["outcome"]).map(outcome).transpose()?,
        })
    }

    /// `at`: the callback's own time, or when it was sent.
    pub fn position(&self, at: Timestamp) -> Position {
        let seen = self.lead_id.clone().zip(self.sequence);
        Position { seen: seen.map(|(lead_id, sequence)| Seen { lead_id, sequence }), at }
    }

    /// The `values` of Attio's `PATCH /v2/objects/people/records/{id}`. What an earlier check found is cleared with a status that
    /// brings no outcome (Attio clears a single-valued attribute with an empty list).
    ///
    /// `checked_at`: RFC 3339; written only with an outcome.
    pub fn values(&self, checked_at: &str) -> Map<String, Value> {
        let text = |text: &str| json!([{ "value": text }]);
        let mut values = Map::new();
        values.insert("alc_status".into(), text(&self.status));
        if let Some(lead_id) = &self.lead_id {
            values.insert("alc_lead_id".into(), text(lead_id));
        }
        let outcome = self.outcome.as_ref();
        let or_nothing = |value: Option<Value>| value.unwrap_or_else(|| json!([]));
        values
            .insert("alc_interest".into(), or_nothing(outcome.map(|outcome| json!([{ "option": outcome.interest }]))));
        values.insert("alc_summary".into(), or_nothing(outcome.map(|outcome| text(&outcome.summary))));
        values.insert("alc_checked_at".into(), or_nothing(outcome.map(|_| text(checked_at))));
        values
    }
}

impl Position {
    /// Whether a callback at `self` may follow one at `earlier`: within a lead by its sequence, otherwise by time.
    pub fn may_follow(&self, earlier: &Self) -> bool {
        match (&self.seen, &earlier.seen) {
            (Some(seen), Some(before)) if seen.lead_id == before.lead_id => should_apply(Some(before), seen),
            _ => self.at >= earlier.at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64, seen: Option<(&str, u32)>) -> Position {
        let seen = seen.map(|(lead, sequence)| Seen { lead_id: lead.to_owned(), sequence });
        Position { seen, at: Timestamp::from_millis(seconds * 1000) }
    }

    #[test]
    fn the_record_and_its_status_are_enough() {
        let read = IncomingCallback::parse(br#"{"record_id":"r","status":"Qualified"}"#).unwrap();
        assert_eq!((read.record_id.as_str(), read.status.as_str()), ("r", "Qualified"));
        let values = read.values("2026-11-21T10:00:00Z");
        assert_eq!(values["alc_status"], json!([{ "value": "Qualified" }]));
        assert_eq!((&values["alc_interest"], values.get("alc_lead_id")), (&json!([]), None));
    }

    #[test]
    fn what_is_missing_or_misshapen_has_its_code() {
        for (body, code) in [
            (r#"{"status":"Complete"}"#, "missing_record_id"),
            (r#"{"record_id":"r","status":" "}"#, "missing_status"),
            (r#"{"record_id":"r","status":"Complete","sequence":"2"}"#, "invalid_callback"),
            (r#"{"record_id":"r","status":"Complete","lead_id":"\u0000"}"#, "invalid_callback"),
            (r#"{"record_id":"r","status":"Complete","outcome":{"interest":"Boiling"}}"#, "invalid_callback"),
            ("[", "malformed_json"),
        ] {
            assert_eq!(IncomingCallback::parse(body.as_bytes()).unwrap_err().code(), code, "{body}");
        }
    }

    #[test]
    fn within_a_lead_the_sequence_decides_and_otherwise_the_time() {
        assert!(at(1, Some(("a", 3))).may_follow(&at(2, Some(("a", 2)))), "a clock that steps back changes nothing");
        assert!(!at(3, Some(("a", 2))).may_follow(&at(2, Some(("a", 2)))));
        assert!(at(3, Some(("a", 1))).may_follow(&at(2, Some(("b", 9)))));
        assert!(!at(1, None).may_follow(&at(2, Some(("b", 9)))));
        assert!(at(2, None).may_follow(&at(2, None)));
    }
}
