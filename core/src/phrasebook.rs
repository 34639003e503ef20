//! What people write back: eight languages, a file each, all read at once, for nobody says first which one they answer in.
//!
//! The files list phrases by what they say, in the small language of [`crate::pattern`] and in the plain letters of [`crate::words`].
//! A further language is a further file. [`Message`] is a message with all that is said in it; [`crate::consent`] and
//! [`crate::qualifier`] decide what follows.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::pattern::{Fits, Pattern, ShapeId, Shapes};
use crate::words::words_of;

const LANGUAGES: &[(&str, &str)] = &[
    ("de", include_str!("phrasebook/de.txt")),
    ("en", include_str!("phrasebook/en.txt")),
    ("es", include_str!("phrasebook/es.txt")),
    ("fr", include_str!("phrasebook/fr.txt")),
    ("it", include_str!("phrasebook/it.txt")),
    ("nl", include_str!("phrasebook/nl.txt")),
    ("pl", include_str!("phrasebook/pl.txt")),
    ("pt", include_str!("phrasebook/pt.txt")),
];

/// What a phrase says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Saying {
    /// An order to stop that is the whole message.
    Stop,
    /// A word that makes an order polite or urgent and changes nothing of it.
    Courtesy,
    /// An order to start again that is the whole message.
    Start,
    /// A call for help that is the whole message.
    Help,
    /// Consent withdrawn in so many words, anywhere in a message.
    Refusals,
    /// Whoever writes is not grown up.
    Minor,
    /// Whoever writes is not whom we look for.
    WrongPerson,
    /// Asks who we are, or where we have the number from.
    Who,
    Declines,
    /// Takes an interest shown before back; fewer words than `Declines`, which an answer to a question may hold ("we already have a team of
    /// five").
    Withdraws,
    /// Not now, whatever else it says.
    Delays,
    Agrees,
    /// A later time: a delay if nothing agrees to it.
    Later,
    /// Curious.
    Asks,
    /// What somebody wants to know before anything else: prices, details.
    Information,
    /// A first word that answers a yes-or-no question with yes.
    Yes,
    /// A first word that answers it with no.
    No,
    /// A word that turns an agreement round when it stands shortly before it.
    Negations,
    /// "Why not": the negation after it agrees.
    Why,
    /// A frequent word of the language, which tells it from others.
    Common,
}

const SECTIONS: &[(&str, Saying)] = &[
    ("stop", Saying::Stop),
    ("courtesy", Saying::Courtesy),
    ("start", Saying::Start),
    ("help", Saying::Help),
    ("refusals", Saying::Refusals),
    ("minor", Saying::Minor),
    ("wrong_person", Saying::WrongPerson),
    ("who", Saying::Who),
    ("declines", Saying::Declines),
    ("withdraws", Saying::Withdraws),
    ("delays", Saying::Delays),
    ("agrees", Saying::Agrees),
    ("later", Saying::Later),
    ("asks", Saying::Asks),
    ("information", Saying::Information),
    ("yes", Saying::Yes),
    ("no", Saying::No),
    ("negations", Saying::Negations),
    ("why", Saying::Why),
    ("common", Saying::Common),
];

/// These are all that a message says, or say nothing.
const WHOLE: &[Saying] = &[Saying::Stop, Saying::Start, Saying::Help];

/// Longer phrases are believed with one short word mistyped.
const DOUBT_FROM: usize = 2;

struct Phrase {
    saying: Saying,
    language: usize,
    pattern: Pattern,
    /// How many of its words may fit barely.
    doubts: usize,
}

struct Phrasebook {
    shapes: Shapes,
    /// Which languages have a shape, a bit each.
    languages: Vec<u16>,
    phrases: Vec<Phrase>,
    /// By the shape of their first word.
    beginning_with: Vec<Vec<usize>>,
}

static PHRASEBOOK: LazyLock<Phrasebook> = LazyLock::new(|| {
    let (mut shapes, mut languages, mut phrases) = (Shapes::default(), Vec::new(), Vec::new());
    for (language, (_, text)) in LANGUAGES.iter().enumerate() {
        for (saying, phrase) in listed(text) {
            let pattern = Pattern::parse(phrase, &mut shapes);
            for shape in pattern.shapes() {
                let shape = usize::from(shape);
                languages.resize(languages.len().max(shape + 1), 0);
                languages[shape] |= 1 << language;
            }
            // Not to hear somebody who has had enough is the worse mistake, so slips are believed sooner there.
            let doubts =
                usize::from(saying == Saying::Stop || (saying == Saying::Refusals && pattern.words() >= DOUBT_FROM));
            let pattern = if WHOLE.contains(&saying) { pattern.whole() } else { pattern };
            phrases.push(Phrase { saying, language, pattern, doubts });
        }
    }
    let mut beginning_with = Vec::new();
    for (index, phrase) in phrases.iter().enumerate() {
        for shape in phrase.pattern.beginnings() {
            let shape = usize::from(*shape);
            if beginning_with.len() <= shape {
                beginning_with.resize(shape + 1, Vec::new());
            }
            beginning_with[shape].push(index);
        }
    }
    Phrasebook { shapes, languages, phrases, beginning_with }
});

impl Phrasebook {
    fn languages_of(&self, shape: ShapeId) -> u16 {
        self.languages.get(usize::from(shape)).copied().unwrap_or(0)
    }
}

/// One message and what is said in it, each with the index of the word where it begins.
#[derive(Debug)]
pub(crate) struct Message {
    words: Vec<String>,
    fits: Fits,
    /// The languages it may be in, a bit each.
    spoken: u16,
    said: BTreeSet<(Saying, usize)>,
}

impl Message {
    /// `first_name` is the lead's, to tell "I am not Ada" from "I am not sure".
    pub(crate) fn read(text: &str, first_name: Option<&str>) -> Self {
        let name = first_name.and_then(|name| words_of(name).into_iter().next());
        let words = words_of(text);
        let mut fits: Fits = words.iter().map(|word| PHRASEBOOK.shapes.exactly(word, name.as_deref())).collect();
        let spoken = spoken(&fits);
        for (word, fits) in words.iter().zip(&mut fits) {
            // A word of a language that is spoken here is no slip of another.
            let known = PHRASEBOOK.shapes.named(word).iter().any(|shape| PHRASEBOOK.languages_of(*shape) & spoken != 0);
            if known || name.as_ref() == Some(word) {
                PHRASEBOOK.shapes.orders_in(word, fits);
            } else {
                PHRASEBOOK.shapes.slips_in(word, name.as_deref(), fits);
            }
        }
        Self::with(words, fits, spoken)
    }

    fn with(words: Vec<String>, fits: Fits, spoken: u16) -> Self {
        let mut said = BTreeSet::new();
        for (at, fitting) in fits.iter().enumerate() {
            let shapes = fitting.keys().filter_map(|shape| PHRASEBOOK.beginning_with.get(usize::from(*shape)));
            let phrases = shapes.flatten().map(|index| &PHRASEBOOK.phrases[*index]);
            for phrase in
                phrases.filter(|phrase| WHOLE.contains(&phrase.saying) || spoken & (1 << phrase.language) != 0)
            {
                if !said.contains(&(phrase.saying, at)) && phrase.pattern.stands_at(&fits, at, phrase.doubts) {
                    said.insert((phrase.saying, at));
                }
            }
        }
        Self { words, fits, spoken, said }
    }

    /// What is left without politeness: the order in "please stop".
    pub(crate) fn without_courtesy(&self) -> Self {
        let kept = (0..self.len()).filter(|at| !self.says_at(Saying::Courtesy, *at));
        let (words, fits) = kept.map(|at| (self.words[at].clone(), self.fits[at].clone())).unzip();
        Self::with(words, fits, self.spoken)
    }

    pub(crate) fn word(&self, at: usize) -> Option<&str> {
        self.words.get(at).map(String::as_str)
    }

    pub(crate) fn len(&self) -> usize {
        self.words.len()
    }

    pub(crate) fn says(&self, saying: Saying) -> bool {
        self.places(saying).next().is_some()
    }

    pub(crate) fn says_at(&self, saying: Saying, at: usize) -> bool {
        self.said.contains(&(saying, at))
    }

    pub(crate) fn places(&self, saying: Saying) -> impl Iterator<Item = usize> {
        self.said.range((saying, 0)..=(saying, usize::MAX)).map(|(_, at)| *at)
    }
}

/// The languages a message may be in, a bit each: those that know most of its words. "some" is to vanish in Portuguese, but not in an
/// English sentence.
fn spoken(fits: &Fits) -> u16 {
    let known = |language: usize| {
        fits.iter()
            .filter(|fits| fits.keys().any(|shape| PHRASEBOOK.languages_of(*shape) & (1 << language) != 0))
            .count()
    };
    let counts: Vec<usize> = (0..LANGUAGES.len()).map(known).collect();
    let most = counts.iter().max().copied().unwrap_or(0);
    (0..LANGUAGES.len())
        .filter(|language| counts[*language] * 3 >= most * 2)
        .fold(0, |spoken, language| spoken | 1 << language)
}

/// A file's phrases with the section they stand in.
fn listed(text: &str) -> impl Iterator<Item = (Saying, &str)> {
    let mut section = Saying::Stop;
    text.lines().flat_map(move |line| {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            let known = SECTIONS.iter().find(|(section, _)| *section == name);
            section = known.unwrap_or_else(|| panic!("no section is called {name}; see SECTIONS")).1;
            return Vec::new();
        }
        line.split(',').map(str::trim).filter(|phrase| !phrase.is_empty()).map(|phrase| (section, phrase)).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_something_to_say_of_everything() {
        for (language, text) in LANGUAGES {
            let said: BTreeSet<Saying> = listed(text).map(|(saying, _)| saying).collect();
            for (name, saying) in SECTIONS {
                assert!(said.contains(saying), "{language}.txt says nothing under [{name}]");
            }
        }
    }

    #[test]
    fn phrases_are_written_as_messages_are_read() {
        for (language, text) in LANGUAGES {
            for (_, phrase) in listed(text) {
                for word in
                    phrase.split([' ', '|']).filter(|word| !matches!(*word, "^" | "$" | ".." | "@" | "@s" | "#"))
                {
                    let bare = word.trim_end_matches('*').trim_start_matches('~');
                    assert_eq!(words_of(bare), [bare], "{language}.txt: {word:?} in {phrase:?} is never met like this");
                }
            }
        }
    }

    #[test]
    fn no_phrase_is_listed_twice() {
        for (language, text) in LANGUAGES {
            let mut seen = BTreeSet::new();
            for listed in listed(text) {
                assert!(seen.insert(listed), "{language}.txt lists {listed:?} twice");
            }
        }
    }
}
