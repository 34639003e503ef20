//! The conversation with one lead: what we say first, and what follows from each reply.

use serde::{Deserialize, Serialize};

use crate::campaign::Campaign;
use crate::consent::Consent;
use crate::outcome::{Interest, Outcome};
use crate::qualifier::{self, Reading};

/// What the record says of somebody who asked us to stop.
pub const ASKED_TO_STOP: &str = "Asked not to be texted again.";

/// How many unclear replies are asked about before we leave it.
pub const CLARIFICATIONS: u32 = 2;

/// The memory a conversation needs between two messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Progress {
    /// Unclear replies asked about so far.
    pub clarifications: u32,
}

/// What follows from a reply.
#[derive(Debug, Clone, PartialEq)]
pub enum Turn {
    /// Say this and wait.
    Ask { say: String, progress: Progress },
    /// The lead is done; `say` is a last word, if one is due.
    End { say: Option<String>, outcome: Outcome },
}

/// The first message: who we are, what we ask, how to stop.
pub fn opening(campaign: &Campaign, name: &str) -> String {
    let greeting = first_name(name).map_or_else(|| "Hi".to_owned(), |name| format!("Hi {name}"));
    format!(
        "{greeting}, this is {company}. {offer} Are you interested? Reply STOP to opt out.",
        company = campaign.company,
        offer = campaign.offer,
    )
}

/// Hears one reply of the lead with that first name. Consent is heeded before anything is read into the words.
pub fn hear(campaign: &Campaign, progress: Progress, name: Option<&str>, reply: &str) -> Turn {
    match Consent::read(reply, name) {
        // No farewell: whoever said stop gets no further text, and gateways confirm the keyword themselves.
        Some(Consent::Stop) => {
            return Turn::End { say: None, outcome: Outcome::certain(Interest::OptedOut, ASKED_TO_STOP) };
        }
        Some(Consent::Help) => return Turn::Ask { say: help(campaign), progress },
        Some(Consent::Start) | None => {}
    }
    let asks_again = Progress { clarifications: progress.clarifications + 1 };
    match qualifier::read(reply, name) {
        Reading::AsksWho if progress.clarifications < CLARIFICATIONS => {
            Turn::Ask { say: introduction(campaign), progress: asks_again }
        }
        Reading::WrongPerson => Turn::End {
            say: Some("Sorry for the mix-up, and thank you for telling us. We will not text you again.".to_owned()),
            outcome: Outcome {
                interest: Interest::Unreachable,
                confidence: 0.9,
                summary: format!("This number belongs to somebody else: {}", quote(reply)),
            },
        },
        // Whoever is not grown up is not talked to any further, about anything.
        Reading::Minor => Turn::End {
            say: None,
            outcome: Outcome::certain(
                Interest::OptedOut,
                "Whoever answered is not grown up; the phone is not texted again.",
            ),
        },
        Reading::Interest { interest, confidence } => Turn::End {
            say: Some(farewell(campaign, interest)),
            outcome: Outcome { interest, confidence, summary: summary(interest, reply) },
        },
        Reading::Unclear if progress.clarifications < CLARIFICATIONS => {
            Turn::Ask { say: clarification(campaign, progress), progress: asks_again }
        }
        Reading::Unclear | Reading::AsksWho => Turn::End {
            say: Some(farewell(campaign, Interest::Cold)),
            outcome: Outcome {
                interest: Interest::Cold,
                confidence: 0.3,
                summary: format!("Replied, but never clearly. Last words: {}", quote(reply)),
            },
        },
    }
}

/// The outcome of a lead that never said a word, or fell silent half-way.
pub fn silence(replied: bool) -> Outcome {
    if replied {
        Outcome { confidence: 0.5, ..Outcome::certain(Interest::NoReply, "Replied at first, then fell silent.") }
    } else {
        Outcome::certain(Interest::NoReply, "Did not reply.")
    }
}

fn help(campaign: &Campaign) -> String {
    format!("{}: we ask once whether you are interested. Reply YES or NO, or STOP to opt out.", campaign.company)
}

fn introduction(campaign: &Campaign) -> String {
    format!(
        "This is {company}. {offer} Would you like to hear more: yes, no, or later? Reply STOP to opt out.",
        company = campaign.company,
        offer = campaign.offer,
    )
}

fn clarification(campaign: &Campaign, progress: Progress) -> String {
    if progress.clarifications == 0 {
        format!("Sorry, I am not sure I understood. {} Would you like to hear more: yes, no, or later?", campaign.offer)
    } else {
        "Just so that I note it right: are you interested? A simple yes or no will do.".to_owned()
    }
}

fn farewell(campaign: &Campaign, interest: Interest) -> String {
    match interest {
        Interest::Hot => format!("Great, thank you! Somebody from {} will be in touch shortly.", campaign.company),
        Interest::Warm => format!("Thank you! {} will send you the details.", campaign.company),
        Interest::Cold => "Understood, thank you for telling us. We will leave it for now.".to_owned(),
        _ => "Thank you for letting us know. We will not ask again.".to_owned(),
    }
}

fn summary(interest: Interest, reply: &str) -> String {
    let reading = match interest {
        Interest::Hot => "Wants to go ahead",
        Interest::Warm => "Wants to know more",
        Interest::Cold => "Not now",
        _ => "Declined",
    };
    format!("{reading}: {}", quote(reply))
}

/// The lead's own words, shortened so that a record stays readable.
fn quote(reply: &str) -> String {
    const SHOWN: usize = 160;
    let reply = reply.split_whitespace().collect::<Vec<_>>().join(" ");
    if reply.chars().count() <= SHOWN {
        return format!("“{reply}”");
    }
    let cut: String = reply.chars().take(SHOWN).collect();
    format!("“{cut}…”")
}

/// The name to greet somebody with; none when the text is no name a person would like to read.
pub fn first_name(name: &str) -> Option<&str> {
    const LONGEST: usize = 30;
    let first = name.split_whitespace().next()?;
    let looks_like_a_name = first.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '’' | '.'))
        && first.chars().any(char::is_alphabetic)
        && first.chars().count() <= LONGEST;
    // "Unknown" is what the published SDK example sends for a person without a name.
    (looks_like_a_name && first != "Unknown").then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn campaign() -> Campaign {
        Campaign { company: "Acme".into(), offer: "We can cut your cloud bill.".into() }
    }

    #[test]
    fn the_opening_names_the_company_and_how_to_stop() {
        let text = opening(&campaign(), "Ada Lovelace");
        assert_eq!(
            text,
            "Hi Ada, this is Acme. We can cut your cloud bill. Are you interested? Reply STOP to opt out."
        );
        assert!(opening(&campaign(), "Unknown").starts_with("Hi, "));
        assert!(opening(&campaign(), "🎉🎉").starts_with("Hi, "));
    }

    #[test]
    fn a_stop_ends_without_another_word() {
        let Turn::End { say: None, outcome } = hear(&campaign(), Progress::default(), Some("Ada"), "Stop") else {
            panic!("should end silently")
        };
        assert_eq!(outcome.interest, Interest::OptedOut);
    }

    #[test]
    fn unclear_replies_are_asked_about_twice_and_then_left() {
        let mut progress = Progress::default();
        for _ in 0..CLARIFICATIONS {
            let Turn::Ask { progress: next, .. } = hear(&campaign(), progress, Some("Ada"), "hm") else {
                panic!("should ask again")
            };
            progress = next;
        }
        let Turn::End { outcome, .. } = hear(&campaign(), progress, Some("Ada"), "hm") else { panic!("should end") };
        assert_eq!(outcome.interest, Interest::Cold);
    }

    #[test]
    fn somebody_else_hears_an_apology_and_a_child_nothing() {
        let Turn::End { say: Some(_), outcome } = hear(&campaign(), Progress::default(), Some("Ada"), "I'm not Ada")
        else {
            panic!("should apologise")
        };
        assert_eq!(outcome.interest, Interest::Unreachable);
        let Turn::End { say: None, outcome } = hear(&campaign(), Progress::default(), Some("Ada"), "im 14 lol") else {
            panic!("should end silently")
        };
        assert_eq!(outcome.interest, Interest::OptedOut);
    }

    #[test]
    fn help_explains_and_costs_no_turn() {
        let Turn::Ask { progress, say } = hear(&campaign(), Progress::default(), Some("Ada"), "HELP") else {
            panic!("should answer")
        };
        assert_eq!(progress, Progress::default());
        assert!(say.contains("STOP"));
    }
}
