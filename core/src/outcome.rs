//! What was learned from a lead.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a lead ended, in the words the record shows (the options of `alc_interest`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Interest {
    Hot,
    Warm,
    Cold,
    #[serde(rename = "Not interested")]
    NotInterested,
    #[serde(rename = "Opted out")]
    OptedOut,
    #[serde(rename = "No reply")]
    NoReply,
    Unreachable,
}

impl Interest {
    /// In the order people read them: best first.
    pub const ALL: [Self; 7] =
        [Self::Hot, Self::Warm, Self::Cold, Self::NotInterested, Self::OptedOut, Self::NoReply, Self::Unreachable];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hot => "Hot",
            Self::Warm => "Warm",
            Self::Cold => "Cold",
            Self::NotInterested => "Not interested",
            Self::OptedOut => "Opted out",
            Self::NoReply => "No reply",
            Self::Unreachable => "Unreachable",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|interest| interest.as_str() == text)
    }
}

impl fmt::Display for Interest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What goes back onto the record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Outcome {
    pub interest: Interest,
    /// 0 (a guess) to 1 (said in so many words).
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 1))]
    pub confidence: f64,
    /// One paragraph for a person to read; never quotes more of the lead than it has to.
    pub summary: String,
    /// What the lead answered to the campaign's questions. Not there when nothing was asked or answered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<Answer>,
}

/// A question of the campaign, and what the lead said to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Answer {
    pub question: String,
    /// In the lead's own words.
    pub answer: String,
}

impl Outcome {
    /// An outcome that needs no reading of the lead's words.
    pub fn certain(interest: Interest, summary: impl Into<String>) -> Self {
        Self { interest, confidence: 1.0, summary: summary.into(), answers: Vec::new() }
    }
}
