//! Words that end or pause a conversation whatever else they say.
//!
//! The keywords are those that carriers and gateways act on (CTIA Messaging Principles and Best Practices, 2023, §5.1.3; Twilio's default
//! opt-out keywords), and with them plain refusals in the languages we meet ([`crate::phrasebook`]). Whoever sends one is not texted again.

use crate::phrasebook::{Message, Saying};

/// What a message says about consent, before anybody reads it for interest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// Never text this phone again.
    Stop,
    /// Text it again.
    Start,
    /// Say who we are and how to stop.
    Help,
}

impl Consent {
    /// Reads one message, of somebody with that first name if it is known; `None` when it says nothing about consent.
    pub fn read(text: &str, first_name: Option<&str>) -> Option<Self> {
        let message = Message::read(text, first_name);
        let is_stop = orders_to_stop(&message)
            || message.says(Saying::Refusals)
            || begins_with_stop(&message)
            || orders_to_stop(&message.without_courtesy());
        if is_stop {
            Some(Self::Stop)
        } else if message.says(Saying::Start) {
            Some(Self::Start)
        } else if message.says(Saying::Help) {
            Some(Self::Help)
        } else {
            None
        }
    }
}

/// Words that are one slip from an order and stand alone as something else: "top!" is praise in half of Europe.
const NO_ORDERS: &[&str] = &["top", "shop", "step", "send", "and", "qui", "aja", "naja"];

fn orders_to_stop(message: &Message) -> bool {
    message.says(Saying::Stop) && !(message.len() == 1 && message.word(0).is_some_and(|word| NO_ORDERS.contains(&word)))
}

/// "stop it now", "Stop, I never asked for this": an order. "stop by my office" is none.
fn begins_with_stop(message: &Message) -> bool {
    message.word(0) == Some("stop") && !matches!(message.word(1), Some("by" | "in" | "over" | "at" | "worrying"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_and_refusals_stop_whatever_the_case_and_punctuation() {
        for text in [
            "STOP",
            " stop. ",
            "Stop!!!",
            "S T O P",
            "sotp",
            "UNSUBSCRIBE",
            "stop please",
            "please stop",
            "Unsubscribe now, thanks",
            "Stop, I never asked for this",
            "bitte abmelden",
            "Please don’t text me again",
            "take me off your list",
            "Foutez-moi la paix",
            "Não me mande mais mensagem",
        ] {
            assert_eq!(Consent::read(text, None), Some(Consent::Stop), "{text}");
        }
    }

    #[test]
    fn ordinary_sentences_are_not_orders() {
        for text in [
            "can you stop by my office on Friday",
            "I can't stop thinking about it",
            "the end of May suits me",
            "you sell a tool to remove measurements?",
            "yes",
            "top",
            "I never got the details, send them again",
            "para mí sí",
            "",
        ] {
            assert_eq!(Consent::read(text, None), None, "{text}");
        }
    }

    #[test]
    fn help_and_start_are_read() {
        assert_eq!(Consent::read("Help?", None), Some(Consent::Help));
        assert_eq!(Consent::read("START", None), Some(Consent::Start));
        assert_eq!(Consent::read("start with the price", None), None);
    }
}
