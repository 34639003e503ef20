//! The small language in which [`crate::phrasebook`] writes what to look for in a message.
//!
//! A pattern is words with a space between them. A word may be given as `a|b` (either) or `word*` (all that begin so). Between words `..`
//! skips up to three; `^` and `$` are the ends of the message, `@` is the lead's first name (`@s`: something of theirs) and `#` the age of somebody who is not grown
//! up. Long words are found with a slip of the thumb in them, `~word` however short it is.

use std::collections::BTreeMap;

use crate::slip::is_within;

/// How many words `..` may skip.
const SKIPS: usize = 3;

/// Shorter words become others by one slip ("not" and "now"), and by two up to this length.
const ONE_SLIP_FROM: usize = 5;
const TWO_SLIPS_FROM: usize = 9;

/// A shorter beginning says nothing when it is mistyped.
const BEGINNING_FROM: usize = 4;

/// What is left of a short order by a slip has at least so many letters.
const SHORTEST_ORDER: usize = 3;

/// Ages that are not grown up. Younger ones do not read what we send, and smaller numbers count other things.
const MINOR: std::ops::RangeInclusive<u32> = 6..=17;

/// A word of a pattern, kept once however many patterns have it.
pub(crate) type ShapeId = u16;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern(Vec<Element>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Element {
    Start,
    End,
    Gap,
    Word(Vec<ShapeId>),
}

/// How a typed word fits a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    Well,
    /// It is a short word but for one slip: believed when the words around it fit well.
    Barely,
}

/// What each typed word of a message fits.
pub(crate) type Fits = Vec<BTreeMap<ShapeId, Fit>>;

impl Pattern {
    pub(crate) fn parse(text: &str, shapes: &mut Shapes) -> Self {
        let mut element = |text: &str| match text {
            "^" => Element::Start,
            "$" => Element::End,
            ".." => Element::Gap,
            words => Element::Word(words.split('|').map(|word| shapes.id(word)).collect()),
        };
        Self(text.split(' ').map(&mut element).collect())
    }

    /// The same, as the whole message.
    pub(crate) fn whole(self) -> Self {
        Self([Element::Start].into_iter().chain(self.0).chain([Element::End]).collect())
    }

    /// The shapes one of which its first word has.
    pub(crate) fn beginnings(&self) -> &[ShapeId] {
        self.0
            .iter()
            .find_map(|element| if let Element::Word(shapes) = element { Some(&shapes[..]) } else { None })
            .unwrap_or(&[])
    }

    pub(crate) fn shapes(&self) -> impl Iterator<Item = ShapeId> {
        let shapes = |element: &Element| if let Element::Word(shapes) = element { shapes.clone() } else { Vec::new() };
        self.0.iter().flat_map(shapes)
    }

    pub(crate) fn words(&self) -> usize {
        self.0.iter().filter(|element| matches!(element, Element::Word(_))).count()
    }

    /// Whether it stands in the message from that word on; `doubts` of its words may fit barely.
    pub(crate) fn stands_at(&self, fits: &Fits, at: usize, doubts: usize) -> bool {
        stands(&self.0, fits, at, doubts)
    }
}

fn stands(elements: &[Element], fits: &Fits, at: usize, doubts: usize) -> bool {
    let Some((first, rest)) = elements.split_first() else { return true };
    match first {
        Element::Start => at == 0 && stands(rest, fits, at, doubts),
        Element::End => at == fits.len(),
        Element::Gap => (at..=(at + SKIPS).min(fits.len())).any(|next| stands(rest, fits, next, doubts)),
        Element::Word(shapes) => {
            let Some(fitting) = fits.get(at) else { return false };
            let best = shapes.iter().filter_map(|shape| fitting.get(shape)).min_by_key(|fit| **fit == Fit::Barely);
            match best {
                Some(Fit::Well) => stands(rest, fits, at + 1, doubts),
                Some(Fit::Barely) => doubts > 0 && stands(rest, fits, at + 1, doubts - 1),
                None => false,
            }
        }
    }
}

/// All shapes of a phrasebook.
#[derive(Debug, Default)]
pub(crate) struct Shapes {
    ids: BTreeMap<String, ShapeId>,
    /// Words as such.
    exact: BTreeMap<String, Vec<ShapeId>>,
    /// Words that may be mistyped, by their length.
    slipping: BTreeMap<usize, Vec<(Vec<char>, ShapeId, Slips)>>,
    beginnings: Vec<(String, ShapeId)>,
    /// `~word`: heard even in a word we know.
    orders: Vec<(Vec<char>, ShapeId)>,
    name: Option<ShapeId>,
    /// `@s`: something of theirs ("Ada's number").
    possessive: Option<ShapeId>,
    minor: Option<ShapeId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slips {
    /// Short: one, and it fits barely.
    Doubtful,
    One,
    Two,
}

impl Shapes {
    fn id(&mut self, text: &str) -> ShapeId {
        if let Some(id) = self.ids.get(text) {
            return *id;
        }
        let id = ShapeId::try_from(self.ids.len()).expect("a phrasebook has fewer than 65,536 different words");
        self.ids.insert(text.to_owned(), id);
        match text {
            "@" => self.name = Some(id),
            "@s" => self.possessive = Some(id),
            "#" => self.minor = Some(id),
            _ => match text.strip_suffix('*') {
                Some(start) => self.beginnings.push((start.to_owned(), id)),
                None => self.word(text, id),
            },
        }
        id
    }

    fn word(&mut self, text: &str, id: ShapeId) {
        let word = text.trim_start_matches('~');
        self.exact.entry(word.to_owned()).or_default().push(id);
        let letters: Vec<char> = word.chars().collect();
        if text != word {
            self.orders.push((letters, id));
            return;
        }
        let slips = match letters.len() {
            TWO_SLIPS_FROM.. => Slips::Two,
            ONE_SLIP_FROM.. => Slips::One,
            2.. => Slips::Doubtful,
            _ => return,
        };
        self.slipping.entry(letters.len()).or_default().push((letters, id, slips));
    }

    /// What a typed word fits as it stands.
    pub(crate) fn exactly(&self, typed: &str, name: Option<&str>) -> BTreeMap<ShapeId, Fit> {
        let words = self.exact.get(typed).into_iter().flatten();
        let beginnings =
            self.beginnings.iter().filter(|(start, _)| typed.starts_with(start.as_str())).map(|(_, id)| id);
        let named = self.name.iter().filter(|_| name == Some(typed));
        let minor = self.minor.iter().filter(|_| typed.parse().is_ok_and(|age| MINOR.contains(&age)));
        let possessive = self.possessive.iter().filter(|_| name_of_owner(typed) == name && name.is_some());
        words.chain(beginnings).chain(named).chain(possessive).chain(minor).map(|id| (*id, Fit::Well)).collect()
    }

    /// The shapes that are this very word.
    pub(crate) fn named(&self, typed: &str) -> &[ShapeId] {
        self.exact.get(typed).map_or(&[], Vec::as_slice)
    }

    /// Orders that a word we know may be a slip of: whoever has had enough types in haste.
    pub(crate) fn orders_in(&self, typed: &str, fits: &mut BTreeMap<ShapeId, Fit>) {
        let letters: Vec<char> = typed.chars().collect();
        for (order, id) in &self.orders {
            if letters.len() >= SHORTEST_ORDER && is_within(1, order, &letters) {
                fits.entry(*id).or_insert(Fit::Barely);
            }
        }
    }

    /// What a word that we do not know may be a slip of.
    pub(crate) fn slips_in(&self, typed: &str, name: Option<&str>, fits: &mut BTreeMap<ShapeId, Fit>) {
        let letters: Vec<char> = typed.chars().collect();
        let lengths = letters.len().saturating_sub(2)..=letters.len() + 2;
        for (word, id, slips) in self.slipping.range(lengths).flat_map(|(_, words)| words) {
            let (most, fit) = match slips {
                Slips::Doubtful => (1, Fit::Barely),
                Slips::One => (1, Fit::Well),
                Slips::Two => (2, Fit::Well),
            };
            if is_within(most, word, &letters) {
                fits.entry(*id).or_insert(fit);
            }
        }
        for (order, id) in &self.orders {
            if letters.len() >= SHORTEST_ORDER && is_within(1, order, &letters) {
                fits.insert(*id, Fit::Well);
            }
        }
        for (start, id) in &self.beginnings {
            if begins_almost(start, &letters) {
                fits.entry(*id).or_insert(if start.len() >= ONE_SLIP_FROM { Fit::Well } else { Fit::Barely });
            }
        }
        if let (Some(id), Some(name)) = (self.name, name)
            && is_slip_of_name(name, &letters)
        {
            fits.insert(id, Fit::Well);
        }
    }
}

/// "adas" is what "Ada's" is read as.
fn name_of_owner(typed: &str) -> Option<&str> {
    typed.strip_suffix('s')
}

fn is_slip_of_name(name: &str, typed: &[char]) -> bool {
    let name: Vec<char> = name.chars().collect();
    name.len() >= ONE_SLIP_FROM && is_within(1, &name, typed)
}

fn begins_almost(start: &str, typed: &[char]) -> bool {
    let start: Vec<char> = start.chars().collect();
    start.len() >= BEGINNING_FROM
        && (start.len() - 1..=start.len() + 1).any(|length| is_within(1, &start, &typed[..length.min(typed.len())]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::words_of;

    #[track_caller]
    fn stands_in(pattern: &str, text: &str, expected: bool) {
        let mut shapes = Shapes::default();
        let pattern = Pattern::parse(pattern, &mut shapes);
        let fit = |word: &String| {
            let mut fits = shapes.exactly(word, Some("ada"));
            if fits.is_empty() {
                shapes.slips_in(word, Some("ada"), &mut fits);
            }
            fits
        };
        let fits: Fits = words_of(text).iter().map(fit).collect();
        assert_eq!((0..fits.len()).any(|at| pattern.stands_at(&fits, at, 0)), expected, "{pattern:?} in {text:?}");
    }

    #[test]
    fn words_stand_whole_and_in_order() {
        stands_in("tell me more", "please tell me more!", true);
        stands_in("price", "priceless", false);
        stands_in("tell me", "me tell", false);
    }

    #[test]
    fn alternatives_beginnings_and_gaps() {
        stands_in("stop|quit text*|contact*", "quit texting me", true);
        stands_in("remove .. list", "remove me from your list", true);
        stands_in("remove .. list", "remove one two three four list", false);
    }

    #[test]
    fn anchors_hold_the_ends() {
        stands_in("^ no $", "No.", true);
        stands_in("^ no", "no way", true);
        stands_in("^ no $", "no way", false);
    }

    #[test]
    fn long_words_allow_slips_and_short_ones_only_when_told() {
        for slip in ["interestd", "intersted", "inteerested", "interwsted", "interesetd", "nterested", "intrestd"] {
            stands_in("interested", slip, true);
        }
        stands_in("interested", "interesting", false);
        stands_in("not", "now", false);
        stands_in("~stop", "sotp", true);
        stands_in("unsubscri*", "unsbscribing", true);
        stands_in("unsubscri*", "under", false);
    }

    #[test]
    fn names_and_ages_are_recognised() {
        stands_in("not @", "I am not ada", true);
        stands_in("not @", "I am not Eve", false);
        stands_in("@s number", "not Ada's number", true);
        stands_in("@s number", "not Eve's number", false);
        stands_in("im #", "im 14 lol", true);
        stands_in("im #", "I'm 41", false);
    }
}
