//! A campaign: what to say to leads, what to ask them, and how.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The words a conversation is made of, and its patience. Its name is where it is kept: beside it, not in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Campaign {
    /// Who is texting; the first message names it, as carriers' rules and decency ask.
    pub company: String,
    /// One sentence: what we would like to know whether the lead wants.
    pub offer: String,
    /// Asked one by one once the lead has shown interest.
    #[serde(default)]
    pub questions: Vec<String>,
    #[serde(default)]
    pub tone: Tone,
    /// What our own sentences are in; the offer and the questions come in it already.
    #[serde(default)]
    pub language: Language,
    /// How long a lead may be silent before it is reminded; needed with nudges.
    #[serde(default)]
    pub nudge_after_s: Option<i64>,
    /// How often a silent lead is reminded in all.
    #[serde(default)]
    pub nudges: u32,
    /// After so many replies the conversation ends with what is known by then: two machines may talk for ever.
    #[serde(default = "most_turns")]
    pub most_turns: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    #[default]
    Friendly,
    Formal,
}

/// ISO 639-1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Language {
    #[default]
    En,
    De,
    Fr,
    Es,
    It,
    Nl,
    Pl,
    Pt,
}

pub const fn most_turns() -> u32 {
    12
}

/// What a campaign may be like; beyond it lie slips of the hand.
pub const NAME_CHARACTERS: usize = 64;
pub const COMPANY_CHARACTERS: usize = 60;
/// With company, greeting and how to stop it must go into one message of few segments.
pub const OFFER_CHARACTERS: usize = 300;
pub const QUESTIONS: usize = 5;
pub const QUESTION_CHARACTERS: usize = 200;
pub const NUDGES: u32 = 2;
/// Sooner would be pushing, later than any silence lasts.
pub const NUDGE_AFTER_S: std::ops::RangeInclusive<i64> = 600..=604_800;
pub const TURNS: std::ops::RangeInclusive<u32> = 1..=50;

/// Why something is no campaign. `field` is its name as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{field} {problem}")]
pub struct InvalidCampaign {
    pub field: &'static str,
    pub problem: String,
}

impl Campaign {
    /// One that asks only whether the lead is interested.
    pub fn new(company: impl Into<String>, offer: impl Into<String>) -> Self {
        Self {
            company: company.into(),
            offer: offer.into(),
            questions: Vec::new(),
            tone: Tone::default(),
            language: Language::default(),
            nudge_after_s: None,
            nudges: 0,
            most_turns: most_turns(),
        }
    }

    pub fn check(&self) -> Result<(), InvalidCampaign> {
        said("company", &self.company, COMPANY_CHARACTERS)?;
        said("offer", &self.offer, OFFER_CHARACTERS)?;
        if self.questions.len() > QUESTIONS {
            return Err(wrong("questions", format!("must be at most {QUESTIONS}")));
        }
        for question in &self.questions {
            said("questions", question, QUESTION_CHARACTERS)?;
        }
        if self.nudges > NUDGES {
            return Err(wrong("nudges", format!("must be at most {NUDGES}")));
        }
        if self.nudges > 0 && self.nudge_after_s.is_none() {
            return Err(wrong("nudge_after_s", "must say after which silence to nudge".to_owned()));
        }
        if self.nudge_after_s.is_some_and(|after| !NUDGE_AFTER_S.contains(&after)) {
            let (least, most) = (NUDGE_AFTER_S.start(), NUDGE_AFTER_S.end());
            return Err(wrong("nudge_after_s", format!("must be {least} to {most} seconds")));
        }
        if !TURNS.contains(&self.most_turns) {
            return Err(wrong("most_turns", format!("must be {} to {}", TURNS.start(), TURNS.end())));
        }
        Ok(())
    }
}

/// Campaigns are named in paths, on command lines and in leads.
pub fn check_name(name: &str) -> Result<(), InvalidCampaign> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    let is_name =
        (1..=NAME_CHARACTERS).contains(&name.len()) && name.chars().all(is_plain) && !name.starts_with(['-', '_']);
    if is_name {
        return Ok(());
    }
    let rule = format!("must be 1 to {NAME_CHARACTERS} of a-z, 0-9, - and _, and begin with a letter or digit");
    Err(wrong("name", rule))
}

fn said(field: &'static str, text: &str, most: usize) -> Result<(), InvalidCampaign> {
    let is_line = !text.chars().any(char::is_control) && text.trim() == text;
    if is_line && (1..=most).contains(&text.chars().count()) {
        return Ok(());
    }
    Err(wrong(field, format!("must be 1 to {most} characters on one line, without spaces around them")))
}

const fn wrong(field: &'static str, problem: String) -> InvalidCampaign {
    InvalidCampaign { field, problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_sms_should_say_is_refused() {
        let good = Campaign::new("Acme", "We can cut your cloud bill.");
        assert_eq!(good.check(), Ok(()));
        for (bad, field) in [
            (Campaign { company: String::new(), ..good.clone() }, "company"),
            (Campaign { company: "Ac\nme".into(), ..good.clone() }, "company"),
            (Campaign { offer: "x".repeat(OFFER_CHARACTERS + 1), ..good.clone() }, "offer"),
            (Campaign { questions: vec!["Why?".into(); QUESTIONS + 1], ..good.clone() }, "questions"),
            (Campaign { questions: vec![" ".into()], ..good.clone() }, "questions"),
            (Campaign { nudges: 1, ..good.clone() }, "nudge_after_s"),
            (Campaign { nudge_after_s: Some(1), ..good.clone() }, "nudge_after_s"),
            (Campaign { nudges: NUDGES + 1, nudge_after_s: Some(86_400), ..good.clone() }, "nudges"),
            (Campaign { most_turns: 0, ..good }, "most_turns"),
        ] {
            assert_eq!(bad.check().unwrap_err().field, field);
        }
    }

    #[test]
    fn names_are_plain() {
        for name in ["default", "spring-2027", "a", "1_b"] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        for name in ["", "Spring", "a b", "-a", "é", "a/b"] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
        assert!(check_name(&"a".repeat(NAME_CHARACTERS + 1)).is_err());
    }

    #[test]
    fn a_campaign_of_two_words_is_enough() {
        let read: Campaign = serde_json::from_str(r#"{"company":"Acme","offer":"Hello."}"#).unwrap();
        assert_eq!(read, Campaign::new("Acme", "Hello."));
    }
}
