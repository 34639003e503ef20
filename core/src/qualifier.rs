//! Reads a reply for interest by rules alone: offline, deterministic, the floor under anything cleverer.

use crate::consent::{contains_words, plain, words_at};
use crate::outcome::Interest;

/// What a reply says about interest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reading {
    Interest {
        interest: Interest,
        confidence: f64,
    },
    /// Nothing we can be sure of: ask again.
    Unclear,
}

struct Rule {
    interest: Interest,
    confidence: f64,
    phrases: &'static [&'static str],
}

/// In order: the first rule with a phrase in the reply decides. Refusals stand before agreement because they contain
/// it ("not interested" holds "interested"), delay before agreement because it qualifies it ("yes but not now").
const RULES: &[Rule] = &[
    Rule {
        interest: Interest::NotInterested,
        confidence: 0.95,
        phrases: &[
            "not interested",
            "not really interested",
            "not very interested",
            "not that interested",
            "not too interested",
            "definitely not",
            "absolutely not",
            "certainly not",
            "auf keinen fall",
            "bestimmt nicht",
            "no interest",
            "no thanks",
            "no thank you",
            "no thx",
            "nope",
            "not for me",
            "wrong number",
            "wrong person",
            "already have",
            "already using",
            "kein interesse",
            "nein danke",
            "kein bedarf",
            "pas intéressé",
            "pas intéressée",
            "pas interesse",
            "non merci",
            "no me interesa",
            "no gracias",
            "geen interesse",
            "nee bedankt",
            "nee dank je",
        ],
    },
    Rule {
        interest: Interest::Cold,
        confidence: 0.8,
        phrases: &[
            "not now",
            "not right now",
            "maybe later",
            "some other time",
            "next year",
            "next quarter",
            "in a few months",
            "not at the moment",
            "no budget",
            "too busy",
            "später",
            "nächstes jahr",
            "im moment nicht",
            "gerade nicht",
            "plus tard",
            "l'année prochaine",
            "pas maintenant",
            "más tarde",
            "ahora no",
            "el próximo año",
            "later misschien",
            "volgend jaar",
            "nu niet",
        ],
    },
    Rule {
        interest: Interest::Hot,
        confidence: 0.9,
        phrases: &[
            "call me",
            "give me a call",
            "ring me",
            "let's talk",
            "lets talk",
            "sign me up",
            "i'm in",
            "im in",
            "very interested",
            "definitely",
            "absolutely",
            "book a",
            "set up a call",
            "set up a meeting",
            "when can we",
            "yes please",
            "rufen sie mich an",
            "ruf mich an",
            "sehr interessiert",
            "ja gerne",
            "ja bitte",
            "unbedingt",
            "appelez moi",
            "appelez-moi",
            "très intéressé",
            "oui volontiers",
            "oui s'il vous plaît",
            "llámame",
            "llámeme",
            "muy interesado",
            "muy interesada",
            "sí por favor",
            "bel me",
            "bel mij",
            "zeer geïnteresseerd",
            "ja graag",
        ],
    },
    Rule {
        interest: Interest::Warm,
        confidence: 0.75,
        phrases: &[
            "tell me more",
            "more info",
            "more information",
            "more details",
            "send me",
            "how much",
            "what does it cost",
            "price",
            "pricing",
            "how does it work",
            "interested",
            "sounds good",
            "sounds interesting",
            "could be",
            "mehr informationen",
            "mehr infos",
            "was kostet",
            "wie viel kostet",
            "klingt gut",
            "klingt interessant",
            "interessiert",
            "plus d'informations",
            "plus d'infos",
            "combien",
            "ça m'intéresse",
            "intéressé",
            "intéressée",
            "más información",
            "cuánto cuesta",
            "me interesa",
            "suena bien",
            "meer informatie",
            "meer info",
            "wat kost",
            "hoeveel kost",
            "klinkt goed",
            "geïnteresseerd",
        ],
    },
];

const YES: &[&str] = &[
    "yes", "yep", "yeah", "yup", "sure", "ok", "okay", "y", "ja", "jep", "klar", "gerne", "oui", "sí", "si", "graag",
    "👍",
];
const NO: &[&str] = &["no", "n", "nah", "never", "nein", "non", "nee"];
const MAYBE: &[&str] = &["maybe", "perhaps", "vielleicht", "peut-être", "quizás", "tal vez", "misschien"];

/// How many words before an agreement may turn it round.
const NEGATION_REACH: usize = 2;
const NEGATIONS: &[&str] = &[
    "not", "never", "don't", "dont", "can't", "cant", "won't", "wont", "isn't", "no", "without", "nicht", "kein",
    "keine", "nie", "pas", "jamais", "ne", "nunca", "niet", "geen", "nooit",
];

const WHO: &[&str] = &[
    "who is this",
    "who's this",
    "whos this",
    "who is it",
    "who are you",
    "who dis",
    "wer ist das",
    "wer ist da",
    "wer sind sie",
    "wer bist du",
    "qui est ce",
    "c'est qui",
    "qui êtes vous",
    "qui es tu",
    "quién es",
    "quién eres",
    "quien es",
    "quien eres",
    "wie is dit",
    "wie ben je",
    "wie bent u",
];

/// A longer message that wonders who we are says something else as well.
const WHO_WORDS: usize = 6;

/// Whether a reply only asks who is texting.
pub fn asks_who(reply: &str) -> bool {
    let plain = plain(reply);
    plain.split(' ').count() <= WHO_WORDS && WHO.iter().any(|phrase| contains_words(&plain, phrase))
}
const WHY: &[&str] = &["why", "warum", "wieso", "pourquoi", "qué", "que", "waarom"];

/// Reads one reply. Consent words are somebody else's business ([`crate::consent`]) and have been heeded before.
pub fn read(reply: &str) -> Reading {
    let plain = plain(reply);
    for rule in RULES {
        let may_be_negated = matches!(rule.interest, Interest::Hot | Interest::Warm);
        let Some(phrase) = rule.phrases.iter().find(|phrase| contains_words(&plain, phrase)) else { continue };
        if may_be_negated && words_at(&plain, phrase).all(|at| is_negated(&plain, at)) {
            return Reading::Unclear;
        }
        return Reading::Interest { interest: rule.interest, confidence: rule.confidence };
    }
    let words: Vec<&str> = plain.split(' ').collect();
    let first = words.first().copied().unwrap_or_default();
    if NO.contains(&first) {
        return Reading::Interest { interest: Interest::NotInterested, confidence: 0.85 };
    }
    // "maybe" alone commits to nothing; "yes maybe" is still a yes of sorts.
    if MAYBE.contains(&first) {
        return Reading::Unclear;
    }
    if YES.contains(&first) || reply.contains('👍') {
        return Reading::Interest { interest: Interest::Hot, confidence: 0.8 };
    }
    Reading::Unclear
}

/// "please don't call me", "not interested in more info": agreement turned round. What it says instead is not ours to guess.
fn is_negated(text: &str, at: usize) -> bool {
    let mut before = text[..at].split_whitespace().rev().take(NEGATION_REACH + 1).peekable();
    for _ in 0..NEGATION_REACH {
        let Some(word) = before.next() else { return false };
        // "Why not, call me": a shrug that agrees.
        if NEGATIONS.contains(&word) && before.peek().is_none_or(|earlier| !WHY.contains(earlier)) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads_as(interest: Interest, replies: &[&str]) {
        for reply in replies {
            assert!(
                matches!(read(reply), Reading::Interest { interest: read, .. } if read == interest),
                "{reply:?} should read as {interest}, not {:?}",
                read(reply)
            );
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
        reads_as(Interest::Hot, &["yes, call me tomorrow", "Yes", "ja gerne", "Sure!", "👍", "why not, call me"]);
        reads_as(
            Interest::Warm,
            &["How much is it?", "Sounds interesting", "was kostet das", "Pourquoi pas, c'est combien ?"],
        );
        reads_as(Interest::Cold, &["yes but not now", "maybe later", "Volgend jaar"]);
    }

    #[test]
    fn who_asks_for_us_is_told_from_who_says_something() {
        for reply in ["Who is this?", "sorry, who’s this", "Wer ist das?", "C'est qui ?", "¿Quién es?"] {
            assert!(asks_who(reply), "{reply:?}");
        }
        for reply in ["I know who is this about and yes, I want it", "yes", "how much?"] {
            assert!(!asks_who(reply), "{reply:?}");
        }
    }

    #[test]
    fn what_says_nothing_is_asked_again() {
        for reply in
            ["who is this?", "hm", "", "maybe", "priceless", "please don't call me", "I'm not sure, send me nothing"]
        {
            assert_eq!(read(reply), Reading::Unclear, "{reply:?}");
        }
    }
}
