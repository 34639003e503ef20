//! Words that end or pause a conversation whatever else they say.
//!
//! The keywords are those that carriers and gateways act on (CTIA Messaging Principles and Best Practices, 2023, §5.1.3;
//! Twilio's default opt-out keywords), plus plain refusals in the languages we meet. Whoever sends one is not texted
//! again.

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

const STOP: &[&str] = &[
    "stop",
    "stopall",
    "stop all",
    "unsubscribe",
    "cancel",
    "end",
    "quit",
    "revoke",
    "optout",
    "opt out",
    "arret",
    "arrêt",
    "stopp",
    "abmelden",
    "baja",
    "parar",
    "alto",
    "afmelden",
    "uitschrijven",
];
const COURTESY: &[&str] = &[
    "please",
    "pls",
    "plz",
    "now",
    "immediately",
    "thanks",
    "thank",
    "thx",
    "you",
    "just",
    "bitte",
    "sofort",
    "danke",
    "svp",
    "merci",
    "por",
    "favor",
    "gracias",
    "alsjeblieft",
    "aub",
    "graag",
];
const START: &[&str] = &["start", "unstop", "resume"];
const HELP: &[&str] = &["help", "info", "aide", "hilfe", "ayuda"];

/// Refusals inside longer sentences: a person who writes these has withdrawn consent in so many words.
const STOP_PHRASES: &[&str] = &[
    "stop texting",
    "stop messaging",
    "stop contacting",
    "stop sending",
    "do not text",
    "don't text",
    "dont text",
    "do not contact",
    "don't contact",
    "dont contact",
    "do not message",
    "don't message",
    "dont message",
    "remove me",
    "take me off",
    "unsubscribe me",
    "opt me out",
    "leave me alone",
    "lose my number",
    "delete my number",
    "nicht mehr schreiben",
    "keine nachrichten mehr",
    "keine sms mehr",
    "lassen sie mich in ruhe",
    "ne m'écrivez plus",
    "ne m'ecrivez plus",
    "arrêtez de m'écrire",
    "ne me contactez plus",
    "no me escriba",
    "no me escribas",
    "no me escribas más",
    "no me contacte",
    "deja de escribirme",
    "stuur me geen",
    "geen berichten meer",
    "laat me met rust",
];

impl Consent {
    /// Reads one message; `None` when it says nothing about consent.
    pub fn read(text: &str) -> Option<Self> {
        let plain = plain(text);
        let is_one_of = |words: &[&str]| words.contains(&plain.as_str());
        if STOP.contains(&without_courtesy(&plain).as_str())
            || STOP_PHRASES.iter().any(|phrase| contains_words(&plain, phrase))
            || begins_with_stop(&plain)
        {
            return Some(Self::Stop);
        }
        if is_one_of(START) {
            return Some(Self::Start);
        }
        if is_one_of(HELP) {
            return Some(Self::Help);
        }
        None
    }
}

/// Whether `phrase` stands in `text` at word borders: "price" is not in "priceless".
pub(crate) fn contains_words(text: &str, phrase: &str) -> bool {
    words_at(text, phrase).next().is_some()
}

/// Where `phrase` stands in `text` at word borders.
pub(crate) fn words_at<'a>(text: &'a str, phrase: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.match_indices(phrase).map(|(at, _)| at).filter(move |at| {
        let before = text[..*at].chars().next_back();
        let after = text[at + phrase.len()..].chars().next();
        before.is_none_or(|c| c == ' ') && after.is_none_or(|c| c == ' ')
    })
}

/// "stop it now", "Stop, I never asked for this": an order. "stop by my office" is none.
fn begins_with_stop(plain: &str) -> bool {
    let mut words = plain.split(' ');
    words.next() == Some("stop") && !matches!(words.next(), Some("by" | "in" | "over" | "at" | "worrying"))
}

/// "please stop", "unsubscribe now, thanks": the order in it.
fn without_courtesy(plain: &str) -> String {
    let mut words: Vec<&str> = plain.split(' ').collect();
    words.retain(|word| !COURTESY.contains(word));
    words.join(" ")
}

/// Lower case, typographic quotes made plain, punctuation gone, single spaces.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            '’' | '‘' | '`' | '\'' => out.push('\''),
            c if c.is_alphanumeric() => out.push(c),
            _ if out.ends_with(' ') || out.is_empty() => {}
            _ => out.push(' '),
        }
    }
    out.truncate(out.trim_end().len());
    out
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
            "UNSUBSCRIBE",
            "stop please",
            "please stop",
            "Unsubscribe now, thanks",
            "Stop, I never asked for this",
            "bitte abmelden",
            "Please don’t text me again",
            "take me off your list",
        ] {
            assert_eq!(Consent::read(text), Some(Consent::Stop), "{text}");
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
        ] {
            assert_eq!(Consent::read(text), None, "{text}");
        }
    }

    #[test]
    fn help_and_start_are_read() {
        assert_eq!(Consent::read("Help?"), Some(Consent::Help));
        assert_eq!(Consent::read("START"), Some(Consent::Start));
    }
}
