//! What came of it, in one line, and every difference in a line of its own.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use crate::people::{Ending, Expected, Pressed};

/// The numbers of a run.
pub struct Report {
    people: usize,
    accepted: usize,
    rejected: BTreeMap<String, usize>,
    completed: usize,
    opted_out: usize,
    lost: usize,
    seconds: f64,
    pub differences: Vec<String>,
}

impl Report {
    pub fn of(endings: &[Ending], took: Duration) -> Self {
        let mut rejected = BTreeMap::new();
        for ending in endings {
            if let Pressed::Refused(code) = &ending.pressed {
                *rejected.entry(code.clone()).or_default() += 1;
            }
        }
        let accepted = endings.iter().filter(|ending| matches!(ending.pressed, Pressed::Sent)).count();
        let completed = endings.iter().filter(|ending| ending.status.as_deref() == Some("Complete")).count();
        Self {
            people: endings.len(),
            accepted,
            rejected,
            completed,
            opted_out: endings.iter().filter(|ending| ending.interest.as_deref() == Some("Opted out")).count(),
            // Taken in, and no record says how it ended.
            lost: accepted - completed,
            seconds: (took.as_secs_f64() * 10.0).round() / 10.0,
            differences: endings.iter().filter_map(difference).collect(),
        }
    }

    pub fn is_right(&self) -> bool {
        self.differences.is_empty()
            && self.lost == 0
            && self.people == self.accepted + self.rejected.values().sum::<usize>()
    }

    pub fn line(&self) -> String {
        json!({
            "people": self.people,
            "accepted": self.accepted,
            "rejected": self.rejected,
            "completed": self.completed,
            "opted_out": self.opted_out,
            "lost": self.lost,
            "seconds": self.seconds,
        })
        .to_string()
    }
}

fn difference(ending: &Ending) -> Option<String> {
    let person = &ending.person;
    let typed = person.phones.first().map_or("no number", |phone| phone.typed.as_str());
    let expected = ending.expected();
    let got = match (&ending.pressed, &ending.status, &ending.interest) {
        (Pressed::Refused(code), ..) if expected == Expected::Refused(code) => return None,
        (Pressed::Sent, Some(status), Some(interest))
            if status == "Complete" && expected == Expected::Interest(interest) =>
        {
            return None;
        }
        (Pressed::Refused(code), ..) => format!("refused as {code}"),
        (Pressed::Sent, status, interest) => format!("status {status:?}, interest {interest:?}"),
    };
    let replies = person.reply.as_ref().map(|reply| reply.texts.join(" | ")).unwrap_or_default();
    Some(format!("{} ({typed}; says \"{replies}\"): expected {expected:?}, got {got}", person.name()))
}
