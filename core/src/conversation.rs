//! The conversation with one lead, a state machine: what we say first, what follows from each reply and from each silence.
//!
//! First we want to know whether the lead is interested; then, of one who is, what the campaign asks. [`Progress`] is all that is
//! remembered between two messages. Words come from [`crate::sentences`], meanings from [`crate::consent`] and [`crate::qualifier`];
//! who sends them and when is the caller's business.

use serde::{Deserialize, Serialize};

use crate::campaign::Campaign;
use crate::consent::Consent;
use crate::outcome::{Answer, Interest, Outcome};
use crate::qualifier::{self, AnswerReading, Reading};
use crate::sentences::Sentence;

/// What the record says of somebody who asked us to stop.
pub const ASKED_TO_STOP: &str = "Asked not to be texted again.";

/// How many unclear replies are asked about before we leave it.
pub const CLARIFICATIONS: u32 = 2;

/// The longest answer that is kept: a few SMS in one. Whoever sends more has said it by then.
const ANSWER_CHARACTERS: usize = 1000;

/// The memory a conversation needs between two messages. What is missing in one stored earlier is as in a new one.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// Unclear replies asked about so far.
    pub clarifications: u32,
    /// Replies heard so far.
    pub turns: u32,
    /// Silences we have broken so far.
    pub nudges: u32,
    /// What the lead said to the first thing we want to know; the questions come after it.
    pub interest: Option<Shown>,
    /// Questions asked so far; the last of them is open.
    pub asked: usize,
    pub answers: Vec<Answer>,
}

/// Interest, as the lead showed it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    pub interest: Interest,
    pub confidence: f64,
    /// What will be told of it.
    pub summary: String,
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
    let greeting = match first_name(name) {
        Some(name) => Sentence::Greeting.say(campaign, &[("name", name)]),
        None => Sentence::GreetingUnnamed.say(campaign, &[]),
    };
    Sentence::Opening.say(campaign, &[("greeting", &greeting)])
}

/// How long to wait for the next reply before [`break_silence`] is asked: until the next nudge, else `silence_s`.
pub fn patience_s(campaign: &Campaign, progress: &Progress, silence_s: i64) -> i64 {
    match campaign.nudge_after_s {
        Some(after) if progress.nudges < campaign.nudges => after,
        _ => silence_s,
    }
}

/// Hears one reply of the lead with that first name. Consent is heeded before anything is read into the words.
pub fn hear(campaign: &Campaign, progress: &Progress, name: Option<&str>, reply: &str) -> Turn {
    let mut progress = progress.clone();
    progress.turns += 1;
    match Consent::read(reply, name) {
        // No farewell: whoever said stop gets no further text, and gateways confirm the keyword themselves.
        Some(Consent::Stop) => {
            return Turn::End { say: None, outcome: Outcome::certain(Interest::OptedOut, ASKED_TO_STOP) };
        }
        Some(Consent::Help) => return ask(campaign, progress, Sentence::Help.say(campaign, &[])),
        Some(Consent::Start) | None => {}
    }
    match progress.open_question(campaign) {
        Some(question) => hear_answer(campaign, progress, &question, name, reply),
        None => hear_interest(campaign, progress, name, reply),
    }
}

/// The lead has said nothing for as long as [`patience_s`] told. `has_replied`: it had said something before.
pub fn break_silence(campaign: &Campaign, progress: &Progress, has_replied: bool) -> Turn {
    let mut progress = progress.clone();
    if campaign.nudge_after_s.is_some() && progress.nudges < campaign.nudges {
        progress.nudges += 1;
        let say = match progress.open_question(campaign) {
            Some(question) => Sentence::NudgeQuestion.say(campaign, &[("question", &question)]),
            None => Sentence::Nudge.say(campaign, &[]),
        };
        return Turn::Ask { say, progress };
    }
    Turn::End { say: None, outcome: give_up(&progress, has_replied) }
}

/// What is known of a lead that is not waited for any longer.
pub fn give_up(progress: &Progress, has_replied: bool) -> Outcome {
    match &progress.interest {
        // Whoever said yes and left a question open is no less interested for it.
        Some(shown) => found(shown, &progress.answers),
        None if has_replied => {
            Outcome { confidence: 0.5, ..Outcome::certain(Interest::NoReply, "Replied at first, then fell silent.") }
        }
        None => Outcome::certain(Interest::NoReply, "Did not reply."),
    }
}

/// What follows from a reply to a conversation that has ended.
#[derive(Debug, Clone, PartialEq)]
pub enum LateTurn {
    /// The phone is not to be texted again; what was found stays true.
    Stop,
    /// What was found is wrong now.
    Correct { say: String, outcome: Outcome },
    /// Kept, for people to read.
    Note,
}

/// Hears a reply to a conversation that has ended. `found`: what was learned by then, if it ended with that.
pub fn hear_late(campaign: &Campaign, found: Option<&Outcome>, name: Option<&str>, reply: &str) -> LateTurn {
    match Consent::read(reply, name) {
        Some(Consent::Stop) => return LateTurn::Stop,
        // Nobody is there to go on with them; the words are kept.
        Some(Consent::Help | Consent::Start) => return LateTurn::Note,
        None => {}
    }
    let reading = qualifier::read(reply, name);
    if reading == Reading::Minor {
        return LateTurn::Stop;
    }
    let changes =
        |found: &&Outcome| matches!(found.interest, Interest::NoReply | Interest::Cold | Interest::NotInterested);
    let (Some(found), Reading::Interest { interest: Interest::Hot, confidence }) = (found.filter(changes), reading)
    else {
        return LateTurn::Note;
    };
    let summary = format!("Replied late. {}", summary(Interest::Hot, reply));
    let outcome = Outcome { interest: Interest::Hot, confidence, summary, answers: found.answers.clone() };
    LateTurn::Correct { say: Sentence::FarewellHot.say(campaign, &[]), outcome }
}

impl Progress {
    fn open_question(&self, campaign: &Campaign) -> Option<String> {
        self.interest.as_ref()?;
        campaign.questions.get(self.asked.checked_sub(1)?).cloned()
    }
}

fn hear_interest(campaign: &Campaign, mut progress: Progress, name: Option<&str>, reply: &str) -> Turn {
    let may_ask_again = progress.clarifications < CLARIFICATIONS;
    match qualifier::read(reply, name) {
        Reading::AsksWho if may_ask_again => {
            progress.clarifications += 1;
            ask(campaign, progress, Sentence::Introduction.say(campaign, &[]))
        }
        Reading::WrongPerson => wrong_person(campaign, reply),
        Reading::Minor => minor(),
        Reading::Interest { interest, confidence } => {
            let shown = Shown { interest, confidence, summary: summary(interest, reply) };
            let leads_on = matches!(interest, Interest::Hot | Interest::Warm);
            match campaign.questions.first().filter(|_| leads_on) {
                Some(question) => {
                    let sentence = match interest {
                        Interest::Hot => Sentence::QuestionAfterYes,
                        _ => Sentence::QuestionAfterCuriosity,
                    };
                    progress.interest = Some(shown);
                    progress.asked = 1;
                    ask(campaign, progress, sentence.say(campaign, &[("question", question)]))
                }
                None => end(campaign, &shown, &[]),
            }
        }
        Reading::Unclear if may_ask_again => {
            let sentence = if progress.clarifications == 0 { Sentence::UnclearFirst } else { Sentence::UnclearAgain };
            progress.clarifications += 1;
            ask(campaign, progress, sentence.say(campaign, &[]))
        }
        Reading::Unclear | Reading::AsksWho => end(campaign, &never_clear(reply), &[]),
    }
}

/// While a question is open only what ends the conversation is read out of a reply; everything else is the answer.
fn hear_answer(campaign: &Campaign, mut progress: Progress, question: &str, name: Option<&str>, reply: &str) -> Turn {
    match qualifier::read_answer(reply, name) {
        AnswerReading::WrongPerson => return wrong_person(campaign, reply),
        AnswerReading::Minor => return minor(),
        AnswerReading::Withdrawal => {
            let interest = Interest::NotInterested;
            let summary = format!("Was interested at first. {}", summary(interest, reply));
            let shown = Shown { interest, confidence: 0.9, summary };
            return end(campaign, &shown, &progress.answers);
        }
        AnswerReading::Answer => {}
    }
    if reply.trim().is_empty() {
        // A picture without words, say: asked once more, and then left open.
        if progress.clarifications < CLARIFICATIONS {
            progress.clarifications += 1;
            return ask(campaign, progress, Sentence::QuestionAgain.say(campaign, &[("question", question)]));
        }
    } else {
        let answer = reply.split_whitespace().collect::<Vec<_>>().join(" ");
        let answer = answer.chars().take(ANSWER_CHARACTERS).collect();
        progress.answers.push(Answer { question: question.to_owned(), answer });
    }
    match (campaign.questions.get(progress.asked), &progress.interest) {
        (Some(next), _) => {
            progress.asked += 1;
            ask(campaign, progress, Sentence::QuestionNext.say(campaign, &[("question", next)]))
        }
        (None, Some(shown)) => end(campaign, shown, &progress.answers),
        (None, None) => end(campaign, &never_clear(reply), &progress.answers),
    }
}

/// Says something that waits for a reply, unless the turns are used up: then what is known by now is what we found.
fn ask(campaign: &Campaign, progress: Progress, say: String) -> Turn {
    if progress.turns < campaign.most_turns {
        return Turn::Ask { say, progress };
    }
    match &progress.interest {
        Some(shown) => end(campaign, shown, &progress.answers),
        None => {
            let summary = "Replied many times, but never clearly.".to_owned();
            end(campaign, &Shown { interest: Interest::Cold, confidence: 0.3, summary }, &[])
        }
    }
}

fn end(campaign: &Campaign, shown: &Shown, answers: &[Answer]) -> Turn {
    let farewell = match shown.interest {
        Interest::Hot => Sentence::FarewellHot,
        Interest::Warm => Sentence::FarewellWarm,
        Interest::Cold => Sentence::FarewellCold,
        _ => Sentence::FarewellDeclined,
    };
    Turn::End { say: Some(farewell.say(campaign, &[])), outcome: found(shown, answers) }
}

fn wrong_person(campaign: &Campaign, reply: &str) -> Turn {
    let summary = format!("This number belongs to somebody else: {}", quote(reply));
    Turn::End {
        say: Some(Sentence::FarewellWrongPerson.say(campaign, &[])),
        outcome: Outcome { confidence: 0.9, ..Outcome::certain(Interest::Unreachable, summary) },
    }
}

/// Whoever is not grown up is not talked to any further, about anything.
fn minor() -> Turn {
    let summary = "Whoever answered is not grown up; the phone is not texted again.";
    Turn::End { say: None, outcome: Outcome::certain(Interest::OptedOut, summary) }
}

fn never_clear(reply: &str) -> Shown {
    let summary = format!("Replied, but never clearly. Last words: {}", quote(reply));
    Shown { interest: Interest::Cold, confidence: 0.3, summary }
}

/// One paragraph: what was shown, then each question with its answer.
fn found(shown: &Shown, answers: &[Answer]) -> Outcome {
    let told = answers.iter().map(|answer| format!(" {} {}", answer.question, quote(&answer.answer)));
    let summary = std::iter::once(shown.summary.clone()).chain(told).collect();
    Outcome { interest: shown.interest, confidence: shown.confidence, summary, answers: answers.to_vec() }
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
mod tests;
