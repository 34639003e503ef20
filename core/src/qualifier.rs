//! Reads a reply for interest by rules alone: offline, deterministic, the floor under anything cleverer.

use crate::outcome::Interest;
use crate::phrasebook::{Message, Saying};

/// What a reply says, to whoever asked whether the lead is interested.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reading {
    Interest {
        interest: Interest,
        confidence: f64,
    },
    /// Whoever writes is not whom we look for.
    WrongPerson,
    /// Whoever writes is not grown up.
    Minor,
    /// Only asks who is texting, or where we have the number from.
    AsksWho,
    /// Nothing we can be sure of: ask again.
    Unclear,
}

/// A longer message that wonders who we are says something else as well.
const WHO_WORDS: usize = 9;

/// Shorter questions wonder about us rather than about the offer.
const QUESTION_WORDS: usize = 4;

/// How many words before an agreement may turn it round.
const NEGATION_REACH: usize = 2;

/// Reads one reply. Consent words are somebody else's business ([`crate::consent`]) and have been heeded before.
pub fn read(reply: &str, first_name: Option<&str>) -> Reading {
    let message = Message::read(reply, first_name);
    let found = |interest, confidence| Reading::Interest { interest, confidence };
    if message.says(Saying::Minor) {
        return Reading::Minor;
    }
    if message.says(Saying::WrongPerson) {
        return Reading::WrongPerson;
    }
    if message.len() <= WHO_WORDS && message.says(Saying::Who) {
        return Reading::AsksWho;
    }
    // Refusals before agreement because they contain it ("not interested" holds "interested"), delay before agreement because it
    // qualifies it ("yes but not now").
    if message.says(Saying::Delays) {
        return found(Interest::Cold, 0.8);
    }
    if message.says(Saying::Declines) {
        return found(Interest::NotInterested, 0.95);
    }
    let (agrees, asks) = (agreement(&message, Saying::Agrees), agreement(&message, Saying::Asks));
    // Whoever agrees and asks for the price in one breath wants to know first, unless the answer begins with a yes.
    let wants_to_know = asks == Some(true) && message.says(Saying::Information) && !message.says_at(Saying::Yes, 0);
    if agrees == Some(true) && !wants_to_know {
        return found(Interest::Hot, 0.9);
    }
    if asks == Some(true) {
        return found(Interest::Warm, 0.75);
    }
    if message.says(Saying::Later) {
        return found(Interest::Cold, 0.6);
    }
    // Agreement turned round; what it says instead is not ours to guess.
    if agrees.is_some() || asks.is_some() {
        return Reading::Unclear;
    }
    if message.says_at(Saying::No, 0) {
        return found(Interest::NotInterested, 0.85);
    }
    if message.says_at(Saying::Yes, 0) {
        return found(Interest::Hot, 0.8);
    }
    // Whoever asks us something we do not understand wants an answer all the same.
    if reply.contains('?') && message.len() >= QUESTION_WORDS {
        return found(Interest::Warm, 0.5);
    }
    Reading::Unclear
}

/// What matters in the answer to a question that we asked; everything else in it is the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerReading {
    Answer,
    /// The lead wants none of it any more.
    Withdrawal,
    WrongPerson,
    Minor,
}

/// Reads the answer to a question of the campaign's own. A plain "no" may answer it, so less is read into it than [`read`] would.
pub fn read_answer(reply: &str, first_name: Option<&str>) -> AnswerReading {
    let message = Message::read(reply, first_name);
    if message.says(Saying::Minor) {
        return AnswerReading::Minor;
    }
    if message.says(Saying::WrongPerson) {
        return AnswerReading::WrongPerson;
    }
    if message.says(Saying::Withdraws) { AnswerReading::Withdrawal } else { AnswerReading::Answer }
}

/// Whether the reply agrees; `Some(false)` when every agreement in it is turned round.
fn agreement(message: &Message, saying: Saying) -> Option<bool> {
    message.says(saying).then(|| message.places(saying).any(|at| !is_negated(message, at)))
}

/// "please don't call me", "not interested in more info": agreement turned round.
fn is_negated(message: &Message, at: usize) -> bool {
    (at.saturating_sub(NEGATION_REACH)..at).any(|before| {
        // "Why not, call me": a shrug that agrees.
        message.says_at(Saying::Negations, before) && !(before > 0 && message.says_at(Saying::Why, before - 1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads_as(interest: Interest, replies: &[&str]) {
        for reply in replies {
            assert!(
                matches!(read(reply, Some("Ada")), Reading::Interest { interest: read, .. } if read == interest),
                "{reply:?} should read as {interest}, not {:?}",
                read(reply, Some("Ada"))
            );
        }
    }

    #[track_caller]
    fn reads(reading: Reading, replies: &[&str]) {
        for reply in replies {
            assert_eq!(read(reply, Some("Ada")), reading, "{reply:?}");
        }
    }

    #[test]
    fn refusals_win_over_the_agreement_they_contain() {
        reads_as(
            Interest::NotInterested,
            &[
                "Not interested, sorry",
                "No thanks",
                "nein danke!",
                "no",
                "Non merci",
                "No, I'm good",
                "definitely not",
                "I'm not very interested",
                "Absolutely not!",
            ],
        );
    }

    #[test]
    fn agreement_delay_and_curiosity_differ() {
        reads_as(
            Interest::Hot,
            &[
                "yes, call me tomorrow",
                "Yes",
                "Sure!",
                "Sounds great, let's talk!",
                "Muy interesado, llámame",
                "ja gerne",
                "👍",
                "why not, call me",
            ],
        );
        reads_as(
            Interest::Warm,
            &[
                "How much is it?",
                "Sounds interesting",
                "was kostet das",
                "Pourquoi pas, c'est combien ?",
                "Interested, send me pricing",
                "Could be interesting, send me the details",
                "C'est intéressant, plus d'infos svp",
            ],
        );
        reads_as(Interest::Cold, &["yes but not now", "maybe later", "Volgend jaar"]);
    }

    #[test]
    fn answers_are_answers_until_the_interest_is_taken_back() {
        for answer in
            ["no", "we already have a team of five", "12", "Nein", "non, pas encore", "about 40 people", "maybe"]
        {
            assert_eq!(read_answer(answer, Some("Ada")), AnswerReading::Answer, "{answer:?}");
        }
        for refusal in [
            "Sorry, changed my mind",
            "not interested any more",
            "nein danke",
            "Non merci",
            "ya no me interesa",
            "no grazie",
            "laat maar",
            "jednak nie jestem zainteresowany",
            "não tenho interesse",
        ] {
            assert_eq!(read_answer(refusal, Some("Ada")), AnswerReading::Withdrawal, "{refusal:?}");
        }
        assert_eq!(read_answer("This isn't Ada", Some("Ada")), AnswerReading::WrongPerson);
    }

    #[test]
    fn whoever_is_not_meant_is_noticed() {
        reads(Reading::WrongPerson, &["This isn't Ada", "falsche Nummer", "Ada n'est plus ici"]);
        reads(Reading::Minor, &["I'm 14", "j'ai 13 ans", "tengo 15 años"]);
        reads(Reading::AsksWho, &["Who is this?", "sorry, who’s this", "Wer ist das?", "C'est qui ?", "¿Quién es?"]);
    }

    #[test]
    fn what_says_nothing_is_asked_again() {
        reads(
            Reading::Unclear,
            &["hm", "Hmm ok", "", "maybe", "priceless", "please don't call me", "I'm not sure, send me nothing"],
        );
    }
}
