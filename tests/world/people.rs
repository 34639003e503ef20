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
    WrongPerson,
    Stop,
    Silent,
    AmbiguousThenHot,
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashMap};

    use super::{Profile, Seed, Verdict};

    const REFUSALS: &[&str] = &[
        "phone_number_missing",
        "phone_number_unreadable",
        "phone_number_invalid",
        "phone_number_not_textable",
        "region_unknown",
        "name_too_long",
    ];

    #[test]
    fn the_world_is_wide() {
        let people = Seed::built_in().people;
        let countries: BTreeSet<_> = people.iter().filter_map(|person| person.country_code.as_deref()).collect();
        let kinds: BTreeSet<_> =
            people.iter().flat_map(|person| &person.phones).filter_map(|phone| phone.kind.as_deref()).collect();

        assert!(people.len() >= 200, "{} people", people.len());
        assert!(countries.len() >= 25, "{countries:?}");
        for kind in ["mobile", "fixed_line", "fixed_line_or_mobile", "toll_free", "voip", "pager", "personal_number"] {
            assert!(kinds.contains(kind), "nobody has a {kind} number");
        }
    }

    #[test]
    fn every_refusal_happens_to_somebody_and_no_other() {
        let people = Seed::built_in().people;
        let codes: BTreeSet<_> = people
            .iter()
            .filter_map(|person| match &person.expected {
                Verdict::Rejected { code } => Some(code.as_str()),
                Verdict::Accepted { .. } => None,
            })
            .collect();
        assert_eq!(codes, REFUSALS.iter().copied().collect());
    }

    #[test]
    fn two_numbers_are_shared_and_no_more() {
        let people = Seed::built_in().people;
        let mut owners: HashMap<&str, Vec<_>> = HashMap::new();
        for person in &people {
            if let Some(number) = person.e164() {
                owners.entry(number).or_default().push(person);
            }
        }
        let shared: Vec<_> = owners.values().filter(|people| people.len() > 1).collect();
        assert_eq!(shared.len(), 2);
        for people in shared {
            let [first, second] = people.as_slice() else { panic!("more than two share a number") };
            assert_eq!(second.shares_number_with, Some(first.id));
        }
    }

    #[test]
    fn who_can_be_texted_has_a_reply_and_nobody_else() {
        for person in Seed::built_in().people {
            assert_eq!(person.e164().is_some(), person.reply.is_some(), "{}", person.name());
            if let Some(reply) = person.reply {
                assert_eq!(reply.profile == Profile::Silent, reply.texts.is_empty());
            }
        }
    }

    #[test]
    fn ids_and_addresses_are_unique() {
        let people = Seed::built_in().people;
        let ids: BTreeSet<_> = people.iter().map(|person| person.id).collect();
        let emails: Vec<_> = people.iter().filter_map(|person| person.email.as_deref()).collect();
        assert_eq!(ids.len(), people.len());
        assert_eq!(emails.iter().collect::<BTreeSet<_>>().len(), emails.len());
    }
}
