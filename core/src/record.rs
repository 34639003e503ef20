//! What of a lead stands on its record in Attio: five attributes, and the rule that the newest news wins.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::outcome::{Interest, Outcome};

/// `alc_status`, in the words the record shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum RecordStatus {
    Pending,
    Complete,
    Cancelled,
    Failed,
}

impl RecordStatus {
    pub const ALL: [Self; 4] = [Self::Pending, Self::Complete, Self::Cancelled, Self::Failed];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Complete => "Complete",
            Self::Cancelled => "Cancelled",
            Self::Failed => "Failed",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// An attribute that the People object must have before an outcome can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Attribute {
    pub slug: &'static str,
    pub title: &'static str,
    pub description: &'static str,
    /// Attio's attribute type.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The options of a select; empty otherwise.
    pub options: &'static [&'static str],
}

const INTERESTS: [&str; 7] = {
    let mut titles = [""; 7];
    let mut at = 0;
    while at < titles.len() {
        titles[at] = Interest::ALL[at].as_str();
        at += 1;
    }
    titles
};

pub const ATTRIBUTES: [Attribute; 5] = [
    Attribute {
        slug: "alc_lead_id",
        title: "ALC lead ID",
        description: "The lead that Acme Lead Checker last checked this person as",
        kind: "text",
        options: &[],
    },
    Attribute {
        slug: "alc_status",
        title: "ALC status",
        description: "Where the check stands: Pending, Complete, Cancelled or Failed",
        kind: "text",
        options: &[],
    },
    Attribute {
        slug: "alc_interest",
        title: "ALC interest",
        description: "How interested this person is, as they told us",
        kind: "select",
        options: &INTERESTS,
    },
    Attribute {
        slug: "alc_summary",
        title: "ALC summary",
        description: "What the conversation found out",
        kind: "text",
        options: &[],
    },
    Attribute {
        slug: "alc_checked_at",
        title: "ALC checked at",
        description: "When the check ended",
        kind: "timestamp",
        options: &[],
    },
];

/// What to write on a record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordUpdate {
    pub lead_id: String,
    pub status: RecordStatus,
    #[serde(default)]
    pub outcome: Option<Outcome>,
    /// RFC 3339; written only with an outcome.
    #[serde(default)]
    pub checked_at: Option<String>,
}

impl RecordUpdate {
    /// The `values` of Attio's `PATCH /v2/objects/people/records/{id}`.
    ///
    /// A lead sent again starts with a clean slate: what an earlier check found is cleared (Attio clears a
    /// single-valued attribute with an empty list), so a record never shows Pending beside last month's interest.
    pub fn values(&self) -> Map<String, Value> {
        let text = |text: &str| json!([{ "value": text }]);
        let mut values = Map::new();
        values.insert("alc_lead_id".into(), text(&self.lead_id));
        values.insert("alc_status".into(), text(self.status.as_str()));
        if let Some(outcome) = &self.outcome {
            values.insert("alc_interest".into(), json!([{ "option": outcome.interest }]));
            values.insert("alc_summary".into(), text(&outcome.summary));
        } else {
            values.insert("alc_interest".into(), json!([]));
            values.insert("alc_summary".into(), json!([]));
        }
        let checked_at = self.outcome.as_ref().and(self.checked_at.as_deref());
        values.insert("alc_checked_at".into(), checked_at.map_or_else(|| json!([]), text));
        values
    }
}

/// The last news of a record that was written to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seen {
    pub lead_id: String,
    pub sequence: u32,
}

/// Whether `incoming` is newer than what was `seen` on the record.
///
/// Callbacks are delivered at least once and not always in order. Within a lead the higher sequence wins; between two
/// leads of one record the later lead wins (ids sort by their time of birth), so a straggler of an old check never
/// overwrites the new one.
pub fn should_apply(seen: Option<&Seen>, incoming: &Seen) -> bool {
    seen.is_none_or(|seen| (incoming.lead_id.as_str(), incoming.sequence) > (seen.lead_id.as_str(), seen.sequence))
}
