//! The people of the world: `people.json`, made by `seed/generate.mjs`. What each typed as their phone number is by hand; the
//! verdicts beside it were computed by a library the service does not use.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

const PEOPLE: &str = include_str!("people.json");

/// Who is in the workspace when it opens.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    pub companies: Vec<Company>,
    pub people: Vec<Person>,
}

impl Seed {
    /// The built-in people.
    ///
    /// # Panics
    /// Never: the tests of this file read the same text.
    pub fn built_in() -> Self {
        Self::parse(PEOPLE).expect("people.json has the shape of a seed")
    }

    pub fn parse(json: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json)
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Company {
    pub id: Uuid,
    pub name: String,
    pub domain: String,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The record id in the workspace.
    pub id: Uuid,
    pub first_name: String,
    pub last_name: String,
    pub email: Option<String>,
    /// ISO 3166-1 alpha-2 of where the person is: the region hint for numbers in national form.
    pub country_code: Option<String>,
    pub company: Option<Uuid>,
    pub job_title: Option<String>,
    pub phones: Vec<Phone>,
    /// What is right to decide about the first phone.
    pub expected: Verdict,
    /// The other person who gave this number.
    pub shares_number_with: Option<Uuid>,
    /// What the person does when a text arrives; only people whose number can be texted have one.
    pub reply: Option<Reply>,
}

impl Person {
    pub fn name(&self) -> String {
        let parts = [self.first_name.as_str(), self.last_name.as_str()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// The number to text, when there is one.
    pub fn e164(&self) -> Option<&str> {
        match &self.expected {
            Verdict::Accepted { e164 } => Some(e164),
            Verdict::Rejected { .. } => None,
        }
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Phone {
    pub typed: String,
    /// E.164 where a numbering plan knows the number.
    pub number: Option<String>,
    /// `mobile`, `fixed_line`, `voip`, …, where a numbering plan knows the number.
    pub kind: Option<String>,
}

#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(tag = "verdict", rename_all = "lowercase", deny_unknown_fields)]
pub enum Verdict {
    Accepted { e164: String },
    Rejected { code: String },
}

/// How a person answers.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    pub profile: Profile,
    /// Sent one by one, each after the next text that arrives; empty for who stays silent.
    pub texts: Vec<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    Hot,
    Warm,
    Cold,
    NotInterested,
    Stop,
    Silent,
    AmbiguousThenHot,
}
